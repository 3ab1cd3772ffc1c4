"""The folders that travel with the package: presets, samples, and what the bench measures."""

from __future__ import annotations

from pathlib import Path

from imgkernels.errors import FileProblem

_PACKAGE = Path(__file__).parent
_IN_CHECKOUT = {"bench": "tests/bench"}


def folder(name: str) -> Path:
    """Return the folder "presets", "samples" or "bench", from a wheel or from a checkout."""
    for home in (_PACKAGE / "data" / name, _PACKAGE.parent / _IN_CHECKOUT.get(name, name)):
        if home.is_dir():
            return home
    raise FileProblem(f"the folder {name!r} is missing from this installation; install it again")
