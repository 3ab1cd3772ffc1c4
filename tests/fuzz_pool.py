"""Runs `fuzzing.py` in processes of their own, so that a crash of one is seen, and named."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
WORKERS = 2
MEMORY = 4 << 30  # bytes of address space for each
# A case may take 5 seconds of the processor; one that hangs without it is found by this.
PATIENCE = 3600 if NIGHTLY else 300


def findings(kind: str, first: int, count: int, folder: Path) -> list[str]:
    """Return what is wrong among the cases from `first` on: one line each, a crash as well."""
    share = -(-count // WORKERS)
    shares = [(first + i * share, min(share, count - i * share)) for i in range(WORKERS)]
    running = [(_started(kind, *each, folder), folder / f"{each[0]}") for each in shares]
    found = []
    for process, at in running:
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            said = f"{process.communicate()[0]}{kind} {at.read_text().strip()}: does not end"
        found += said.splitlines()
        if process.returncode > 0 or (process.returncode < -1 and "does not end" not in str(found)):
            found.append(f"{kind} {at.read_text().strip()}: ended with {process.returncode}")
    return found


def _started(kind: str, first: int, count: int, folder: Path) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("fuzzing.py")
    command = [sys.executable, script, kind, str(first), str(count), str(folder / f"{first}")]
    return subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),  # noqa: PLW1509
    )
