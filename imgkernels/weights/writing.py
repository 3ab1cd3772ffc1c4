"""Writing weights: npz or safetensors, by the suffix; the file is replaced whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy.typing as npt

from imgkernels.errors import FileProblem, unknown
from imgkernels.files.atomic import replace_file
from imgkernels.files.words import shown
from imgkernels.values import checked_array
from imgkernels.weights import npz, safetensors
from imgkernels.weights.metadata import NAME, packed

WRITERS = {".npz": npz.write, ".safetensors": safetensors.write}


def write(
    path: str | os.PathLike[str],
    arrays: Mapping[str, npt.ArrayLike],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write arrays by name; kernels are called `layer/kernel` and have their filters last.

    `metadata` are short texts that are kept beside them.
    Raises `FileProblem`, one line that begins with the path; `UnknownName` for the suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise unknown("format of weights", suffix or os.fspath(path), WRITERS)
    found = {name: checked_array(x, name) for name, x in arrays.items()}
    if metadata:
        found[NAME] = packed(metadata)
    data = WRITERS[suffix](found)
    try:
        replace_file(Path(path), data)
    except FileProblem as error:
        raise FileProblem(f"{shown(os.fspath(path))}: {error}") from error.__cause__
