"""What this machine is."""

from __future__ import annotations

import os
import platform


def processor() -> str:
    """Return the processor's name, or the kind of machine where nobody tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            head = file.read(4096)
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in head.splitlines() if "model name" in line]
    return names[0] if names else os.uname().machine
