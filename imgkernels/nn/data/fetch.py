"""Fetching MNIST: four files, each held to its checksum before it is kept."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from imgkernels.errors import FileProblem
from imgkernels.files.atomic import replace_file
from imgkernels.files.words import reason, shown

# The md5 of each file unzipped: mirrors have zipped them anew.
MNIST = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_MOST = 64 << 20  # bytes, packed or unpacked; the largest file has 47 million
_SECONDS = 20


def fetch_mnist(
    folder: Path,
    mirrors: Sequence[str] = MIRRORS,
    told: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Put the four files of MNIST into a folder, where they are not there yet; return them.

    Each comes from the first mirror that has it with the right checksum. Raises `FileProblem`
    that says what to do where no mirror answers; a file is there whole or not at all.
    """
    paths = []
    for name, checksum in MNIST.items():
        path = folder / f"{name}.gz"
        if not _is_right(path, checksum):
            told(f"fetching {name}.gz")
            data = _from_mirrors(name, checksum, mirrors, folder)
            folder.mkdir(parents=True, exist_ok=True)
            try:
                replace_file(path, data)
            except FileProblem as error:
                raise FileProblem(f"{shown(str(path))}: {error}") from error
        paths.append(path)
    return paths


def checksum_of(data: bytes) -> str:
    """Return the md5 of what is gzipped; nothing for what is not, or unpacks to too much."""
    machine = zlib.decompressobj(wbits=31)
    try:
        whole = machine.decompress(data, _MOST)
    except zlib.error:
        return ""
    return hashlib.md5(whole, usedforsecurity=False).hexdigest() if machine.eof else ""


def _is_right(path: Path, checksum: str) -> bool:
    return path.is_file() and checksum_of(path.read_bytes()) == checksum


def _from_mirrors(name: str, checksum: str, mirrors: Sequence[str], folder: Path) -> bytes:
    reasons = []
    for mirror in mirrors:
        try:
            with urllib.request.urlopen(f"{mirror}{name}.gz", timeout=_SECONDS) as answer:
                data: bytes = answer.read(_MOST)
        except (OSError, HTTPException, ValueError) as error:
            told = error.reason if isinstance(error, urllib.error.URLError) else error
            reasons.append(f"{mirror} ({reason(OSError(str(told)))})")
            continue
        if checksum_of(data) == checksum:
            return data
        reasons.append(f"{mirror} (its file has another checksum)")
    raise FileProblem(
        f"{name}.gz could not be fetched from {', '.join(reasons)}; put the four gzipped files "
        f"of MNIST into {shown(str(folder))} by hand: {', '.join(MNIST)}"
    )
