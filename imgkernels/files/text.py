"""Matrices of numbers as text, rows as lines: how MATLAB and spreadsheets pass pictures on."""

from __future__ import annotations

import re

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.decoded import Decoded
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image

_BETWEEN = re.compile(r"[\s,;]+")


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read rows of numbers between white space, commas or semicolons, as float64.

    White counts as 1, whatever the numbers are.
    """
    lines = [line.strip().strip(",;") for line in data.decode("ascii").splitlines()]
    lines = [line for line in lines if line]
    columns = len(_BETWEEN.split(lines[0].strip())) if lines else 0
    wanted.admit(columns, len(lines))
    rows = [_BETWEEN.split(line.strip()) for line in lines]
    ragged = next((n for n, row in enumerate(rows, start=1) if len(row) != columns), None)
    if ragged is not None:
        raise FileProblem(f"row {ragged} has {len(rows[ragged - 1])} numbers, the first {columns}")
    wanted.one_of(1, "pages")
    form = "csv" if "," in lines[0] else "txt"
    return Decoded(np.array(rows, np.float64)).image(form)


def encode_spaced(image: Image) -> bytes:
    """Return rows with spaces between numbers, each as short as says it exactly."""
    return _encoded(image, " ")


def encode_commas(image: Image) -> bytes:
    """Return rows with commas between numbers, each as short as says it exactly."""
    return _encoded(image, ",")


def _encoded(image: Image, between: str) -> bytes:
    rows = image.pixels.astype(str).tolist()
    return "".join(f"{between.join(row)}\n" for row in rows).encode()
