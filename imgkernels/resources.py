"""The folders that travel with the package: presets and samples."""

from __future__ import annotations

from pathlib import Path

from imgkernels.errors import FileProblem

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder "presets" or "samples", from an installed wheel or from a checkout."""
    for home in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if home.is_dir():
            return home
    raise FileProblem(f"the folder {name!r} is missing from this installation; install it again")
