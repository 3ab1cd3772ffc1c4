"""What this machine is, told quickly: a plan must not wait for it."""

from __future__ import annotations

import os
import platform
import sys

from imgkernels import __version__

_COUNT = ("numpy", "scipy", "opencv", "halide")  # whose versions change what methods cost


def processor() -> str:
    """Return the processor's name, or the kind of machine where nobody tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            head = file.read(4096)
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in head.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def identity() -> dict[str, str]:
    """Return what the costs of methods depend on: processor, cores, versions.

    Versions are read off the names of the folders that installers leave: `importlib.metadata`
    takes longer to import than a small picture to blur.
    """
    # All cores, not those that this process may use: plans must not depend on that.
    found = {"imgkernels": __version__, "cpu": processor(), "cores": str(os.cpu_count())}
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in sorted(names):
            word, dash, version = name.removesuffix(".dist-info").partition("-")
            known = word.partition("_")[0]
            if dash and name.endswith(".dist-info") and known in _COUNT:
                found.setdefault(known, version)
    return found
