"""Where and with what a result was made."""

import datetime
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def provenance(*packages):
    """Return date, commit, cpu and versions, as every result file carries them."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", "imgkernels")),
        "cpu": _cpu(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("numpy", *packages)},
    }


def _git(*words):
    done = subprocess.run(["git", *words], capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout.strip()


def _cpu():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor()} x {len(named) or 1}"


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
