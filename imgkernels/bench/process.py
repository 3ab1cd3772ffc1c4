"""Processes of their own: what is measured whole, or held to one core."""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from imgkernels.errors import FileProblem

_NO_HALIDE = "import sys; sys.modules['halide'] = None\n"


def without_halide() -> None:
    """Make this process, and those that `python` starts, ones of a machine without Halide."""
    sys.modules["halide"] = None  # type: ignore[assignment]  # importing it fails from now on


def python(code: str, *words: str) -> list[str]:
    """Return the command that runs some Python of ours, with Halide if this process has it."""
    hidden = sys.modules.get("halide", sys) is None
    return [sys.executable, "-c", (_NO_HALIDE if hidden else "") + code, *words]


def ran(words: list[str], *, errors: bool = False) -> str:
    """Run a command; return what it said, on stderr for `errors`, or raise its last words."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise FileProblem(f"bench: {Path(words[0]).name} ended with {done.returncode}: {last}")
    return done.stderr if errors else done.stdout


@functools.cache
def _environment() -> dict[str, str]:
    """Return the environment, but for one thing: what Python compiles is kept for the next start.

    So it is after an installation; a developer's settings may be others.
    """
    home = tempfile.TemporaryDirectory(prefix="imgkernels-bench-")
    atexit.register(home.cleanup)
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return own | {"PYTHONPYCACHEPREFIX": home.name}
