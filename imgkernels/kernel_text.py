"""A kernel as people write it: on the command line, or in a text, JSON or .npy file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import numpy as np

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.small_file import small_file, small_text

SUFFIXES = (".csv", ".txt", ".json", ".npy")


def parse_kernel(text: str) -> Kernel:
    """Read "0 -1 0; -1 5 -1; 0 -1 0", or the csv, txt, json or npy file of that name.

    Rows end at a semicolon or a line's end, numbers at white space or a comma; `a/b` is a
    fraction. A JSON file holds nested lists, or an object with `taps` and optionally `anchor`.
    Raises `InvalidValue` for what is no kernel.

    >>> parse_kernel("1/4 1/2 1/4").taps.tolist()
    [[0.25, 0.5, 0.25]]
    """
    if Path(text).suffix.lower() in SUFFIXES:
        return _from_file(Path(text))
    return _from_rows(re.split(r"[;\n]", text.strip().strip(";")))


def is_kernel_text(text: str) -> bool:
    """Tell whether a text is rows of numbers or the name of a kernel's file, and no filter's name.

    >>> is_kernel_text("-1 0 1"), is_kernel_text("mine.csv"), is_kernel_text("sobel-x:ksize=5")
    (True, True, False)
    """
    named = Path(text).suffix.lower() in SUFFIXES and ":" not in text
    return named or re.match(r"\s*[-+]?[.\d]", text) is not None


def kernel_to_text(kernel: Kernel) -> str:
    """Write a kernel of one or two axes so that `parse_kernel` reads the same taps.

    >>> kernel_to_text(Kernel([[0, 1], [2, 0.5]]))
    '0 1; 2 0.5'
    """
    rows = np.atleast_2d(kernel.taps)
    if rows.ndim > 2:
        raise InvalidValue("kernel: text has room for 2 axes; keep 3 axes in a .json or .npy file")
    return "; ".join(" ".join(repr(float(tap)).removesuffix(".0") for tap in row) for row in rows)


def _from_file(path: Path) -> Kernel:
    try:
        if path.suffix.lower() == ".npy":
            return Kernel(_array(small_file(path, "a kernel")))
        text = small_text(path, "a kernel")
        return _from_json(text) if path.suffix.lower() == ".json" else _from_rows(text.splitlines())
    except FileProblem as error:
        raise InvalidValue(f"kernel: {error}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"kernel: {path} cannot be read: {error}") from None


def _array(data: bytes) -> np.ndarray:
    """Return the array of a .npy; no more memory is taken than the file has bytes."""
    file = BytesIO(data)
    first = np.lib.format.read_magic(file) == (1, 0)
    head = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, _, dtype = head(file)
    if math.prod(shape) * dtype.itemsize > len(data):
        raise ValueError("its header declares more than there is")
    return np.load(BytesIO(data), allow_pickle=False)  # type: ignore[no-any-return]


def _from_json(text: str) -> Kernel:
    import json

    found = json.loads(text, parse_constant=_refuse)
    if isinstance(found, dict):
        return Kernel(found.get("taps", []), found.get("anchor"))
    return Kernel(found)


def _refuse(constant: str) -> NoReturn:
    raise InvalidValue(f"kernel: taps must be finite; got {constant}")


def _from_rows(lines: Iterable[str]) -> Kernel:
    rows = [re.split(r"[\s,]+", line.strip().strip(",")) for line in lines if line.strip()]
    return Kernel([[_number(word) for word in row] for row in rows])


def _number(word: str) -> float:
    top, slash, bottom = word.partition("/")
    try:
        value = float(top) / float(bottom) if slash else float(top)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if math.isnan(value):
        raise InvalidValue(
            f"kernel: {word!r} is no number; write rows like '0 -1 0; -1 5 -1; 0 -1 0', "
            f"or name a file ending in {', '.join(SUFFIXES)}"
        )
    return value
