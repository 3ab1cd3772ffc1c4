"""Where and with what a figure was measured, and how it is kept."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from imgkernels.files.atomic import replace_file

HERE = Path(__file__).parent
RESULTS = HERE / "results"
# They tell OpenBLAS to take another machine's kernels: figures would be of that machine.
_MISLEADING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def clean_environment():
    """Start this script anew without the variables that turn BLAS into another machine's."""
    kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    if len(kept) < len(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], kept)


def provenance(*packages):
    """Return date, commit, processor and versions."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", "../../imgkernels")),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in packages},
    }


def keep(name, record):
    """Write a record to results/NAME.json, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=1) + "\n"
    replace_file(RESULTS / f"{name}.json", text.encode())


def _git(*words):
    done = subprocess.run(["git", *words], capture_output=True, text=True, cwd=HERE, check=True)
    return done.stdout.strip()


def _cpu():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
