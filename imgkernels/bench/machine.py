"""Where and with what a figure was measured: no paths, no names of hosts or people."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from imgkernels import __version__
from imgkernels.cores import VARIABLE, cores
from imgkernels.engine.machine import processor

# They tell OpenBLAS to take another machine's kernels: figures would be of that machine.
MISLEADING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_TELLING = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", VARIABLE, *MISLEADING)
_HERE = Path(__file__).parent


def clean_environment() -> None:
    """Start this program anew without what misleads BLAS."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    if len(kept) < len(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], kept)


def provenance(*packages: str) -> dict[str, Any]:
    """Return date, commit, processor, versions, and what the environment says of threads."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "imgkernels": __version__,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", ".")),
        "cpu": processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: v for name in packages if (v := version(name))},
        "env": {name: os.environ[name] for name in _TELLING if name in os.environ},
    }


def version(package: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(*words: str) -> str | None:
    """Return what git says of this checkout; None where it is none."""
    if not (_HERE.parents[1] / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, cwd=_HERE, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
