"""IDX, the format of MNIST and Fashion-MNIST: a shape, then the values; plain or gzipped.

Source: Yann LeCun, Corinna Cortes, Christopher Burges, "The MNIST database".
"""

from __future__ import annotations

import math
import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.words import reason, shown
from imgkernels.nn.data.dataset import Dataset, Splits
from imgkernels.values import Array
from imgkernels.weights.limits import MAX_BYTES, Budget

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_GZIP = b"\x1f\x8b"
_NAME = re.compile(
    r"(?:.*[-_])?(?P<part>train|t10k|test)[-_](?P<what>images|labels)[-.]idx[13][-.]ubyte(\.gz)?$"
)
DIGITS = tuple("0123456789")
FASHION = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
)  # fmt: skip


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Array:
    """Return the array of an IDX file; its size is checked before memory is taken.

    Raises `FileProblem`, one line that begins with the name.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise FileProblem(f"is longer than {max_bytes:,} bytes")
        return _array(data, max_bytes)
    except FileProblem as error:
        raise FileProblem(f"{shown(os.fspath(path))}: {error}") from error.__cause__
    except OSError as error:
        raise FileProblem(f"{shown(os.fspath(path))}: {reason(error)}") from error


def _array(data: bytes, most: int) -> Array:
    packed = data.startswith(_GZIP)
    head = _unpacked(data, 4 + 4 * 255) if packed else data
    shape, dtype, start = _header(head)
    budget = Budget.of_packed(len(data), most) if packed else Budget(most)
    due = start + budget.take("its values", shape, dtype)
    if packed:
        data = _unpacked(data, due + 1)
    if len(data) != due:
        what = "truncated" if len(data) < due else "longer than it says"
        raise FileProblem(f"is {what}: {due:,} bytes are declared for the shape {shape}")
    x = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return x.astype(dtype.newbyteorder("="))


def _header(head: bytes) -> tuple[tuple[int, ...], np.dtype[np.generic], int]:
    """Return shape, dtype and where the values start."""
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES:
        raise FileProblem("is no IDX file")
    axes = head[3]
    if not 1 <= axes <= 8 or len(head) < 4 + 4 * axes:
        raise FileProblem(f"is no sound IDX file: {axes} axes")
    shape = struct.unpack_from(f">{axes}I", head, 4)
    if math.prod(shape) > 1 << 48:
        raise FileProblem(f"is no sound IDX file: its shape is {shape}")
    return shape, np.dtype(_TYPES[head[2]]), 4 + 4 * axes


def _unpacked(data: bytes, most: int) -> bytes:
    """Return up to `most` bytes of what is gzipped, never more."""
    machine = zlib.decompressobj(wbits=31)
    try:
        found = machine.decompress(data, most)
    except zlib.error as error:
        raise FileProblem(f"is damaged: {error}") from error
    if not machine.eof and len(found) < most:
        raise FileProblem("is truncated: its gzip stream is cut off")
    return found


def idx_folder(folder: str | os.PathLike[str]) -> Splits:
    """Return train and test of a folder with the four files of MNIST or Fashion-MNIST.

    The names of clothes are used where the path speaks of fashion. Raises `FileProblem`.
    """
    found = idx_files(folder)
    who = shown(os.fspath(folder))
    parts = []
    for part in ("train", "test"):
        paths = [found.get((part, what)) for what in ("images", "labels")]
        if None in paths:
            raise FileProblem(f"{who}: the {part} images or labels are missing, as IDX files")
        parts.append(_dataset(*map(str, paths)))
    return Splits(*parts)


def idx_files(folder: str | os.PathLike[str]) -> dict[tuple[str, str], Path]:
    """Return the IDX files of a folder by ("train" or "test", "images" or "labels")."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(Path(folder).iterdir(), reverse=True):  # plain files before gzipped ones
        match = _NAME.match(path.name)
        if match:
            part = "test" if match["part"] == "t10k" else match["part"]
            found[part, match["what"]] = path
    return found


def _dataset(images: str, labels: str) -> Dataset:
    x, y = read_idx(images), read_idx(labels)
    if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
        raise FileProblem(
            f"{shown(images)}: pictures of shape {x.shape} do not go with labels of {y.shape}"
        )
    names = FASHION if "fashion" in images.lower() else DIGITS
    most = int(y.max(initial=0))
    classes = names if most < len(names) else tuple(map(str, range(most + 1)))
    return Dataset(x[..., np.newaxis], y.astype(np.int64), classes)
