"""Readers that are not ours: a PNG decoder in a page, tifffile, OpenCV, ImageMagick, Pillow."""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
import subprocess
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

IMAGES = Path(__file__).parents[2] / "shared" / "corpora" / "images"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
           (0, 1, 1, 2))  # fmt: skip


def entries(kind: str) -> list[dict[str, Any]]:
    """Return what the manifest says of the files of one kind; nothing where it is absent."""
    manifest = IMAGES / "manifest.json"
    found = json.loads(manifest.read_text()) if manifest.exists() else []
    return [entry for entry in found if entry["kind"] == kind]


def png(data: bytes) -> Array:
    """Decode a still PNG as its standard says, in plain steps: colours, alpha, 8 or 16 bits."""
    chunks, place = [], 8
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        chunks.append((name, data[place + 8 : place + 8 + length]))
        place += 12 + length
    first: dict[bytes, bytes] = dict(reversed(chunks))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", first[b"IHDR"])
    rows = zlib.decompressobj().decompress(b"".join(b for n, b in chunks if n == b"IDAT"))
    x = np.zeros((height, width, _SAMPLES[colour]), np.uint16)
    at = 0
    for left, top, dx, dy in _PASSES if interlaced else ((0, 0, 1, 1),):
        part = x[top::dy, left::dx]
        if part.size:
            at = _pass(rows, at, part, depth)
    return _coloured(x, colour, depth, first)


def _pass(rows: bytes, at: int, part: Array, depth: int) -> int:
    height, width, samples = part.shape
    size, back = -(-width * samples * depth // 8), max(1, samples * depth // 8)
    above = bytearray(size)
    for y in range(height):
        kind, row = rows[at], bytearray(rows[at + 1 : at + 1 + size])
        at += 1 + size
        for i in range(size if kind else 0):
            a, c = (row[i - back], above[i - back]) if i >= back else (0, 0)
            b = above[i]
            guess = a + b - c
            paeth = min((abs(guess - v), k, v) for k, v in enumerate((a, b, c)))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        above = row
        part[y] = _bits(row, depth, width * samples).reshape(width, samples)
    return at


def _bits(row: bytearray, depth: int, count: int) -> Array:
    if depth == 16:
        return np.frombuffer(row, ">u2")[:count]
    each = np.unpackbits(np.frombuffer(row, np.uint8)).reshape(-1, depth)
    return (each @ (1 << np.arange(depth)[::-1]))[:count]


def _coloured(x: Array, colour: int, depth: int, first: dict[bytes, bytes]) -> Array:
    alpha = first.get(b"tRNS")
    if colour == 3:
        table = np.zeros((256, 4), np.uint8)
        given = np.frombuffer(first[b"PLTE"], np.uint8).reshape(-1, 3)
        table[: len(given), :3] = given
        table[:, 3] = 255
        if alpha:
            table[: len(alpha), 3] = np.frombuffer(alpha, np.uint8)[:256]
        return table[x[..., 0]][..., : 4 if alpha else 3]
    most = (1 << depth) - 1
    dtype = np.uint16 if depth == 16 else np.uint8
    white = np.iinfo(dtype).max
    wide = (x.astype(np.uint32) * white // most).astype(dtype)
    if alpha and colour in (0, 2) and len(alpha) == 2 * x.shape[2]:
        key = np.frombuffer(alpha, ">u2") & most
        shown = (x != key).any(axis=2, keepdims=True) * dtype(white)
        wide = np.concatenate([wide, shown.astype(dtype)], axis=2)
    return wide[..., 0] if wide.shape[2] == 1 else wide


def pillow(path: Path) -> list[Array]:
    """Return every frame as Pillow converts it to grey, RGB, or with alpha; upright."""
    import PIL.Image
    import PIL.ImageOps
    import PIL.ImageSequence

    frames = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with PIL.Image.open(path) as opened:
            for each in PIL.ImageSequence.Iterator(opened):
                each.load()
                turned = PIL.ImageOps.exif_transpose(each)
                mode = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "PA": "RGBA"}.get(
                    turned.mode, turned.mode
                )
                if "transparency" in turned.info and mode in ("L", "RGB"):
                    mode = "LA" if mode == "L" else "RGBA"
                frames.append(np.asarray(turned.convert(mode)))
    return frames


def opencv(path: Path) -> Array | None:
    """Return what OpenCV reads, unchanged, RGB order."""
    import cv2

    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if found is None or found.ndim == 2:
        return found
    return found[..., [2, 1, 0, 3][: found.shape[2]]]


def tifffile(path: Path) -> list[Array]:
    """Return the pages that tifffile reads without the help of other packages."""
    import logging

    import tifffile as reader

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with reader.TiffFile(path) as opened:
        return [_channels_last(page) for page in opened.pages if not page.is_reduced]


def _channels_last(page: Any) -> Array:
    x = page.asarray()
    return np.moveaxis(x, 0, -1) if page.axes.startswith("S") else x


def magick(path: Path, channels: str) -> Array | None:
    """Return the first picture as ImageMagick reads it, 16 bits a sample."""
    program = shutil.which("convert")
    if program is None:
        return None
    size = ["-format", "%w %h\n", "info:"]
    command = [program, f"{path}[0]", "-auto-orient"]
    told = subprocess.run([*command, *size], capture_output=True, check=False).stdout.split()
    raw = subprocess.run(
        [*command, "-depth", "16", f"{channels}:-"], capture_output=True, check=False
    ).stdout
    if len(told) < 2:
        return None
    return np.frombuffer(raw, np.uint16).reshape(int(told[1]), int(told[0]), -1)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """OpenCV's remarks on odd files are no news."""
    import cv2

    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(0)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def tiff_of_odd_bits(path: Path) -> Array:
    """Return samples of 9 to 15 bits of an uncompressed page, unpacked bit by bit."""
    import tifffile as reader

    data = path.read_bytes()
    with reader.TiffFile(path) as opened:
        page = opened.pages[0]
        bits, planes = page.bitspersample, page.samplesperpixel if page.planarconfig == 2 else 1
        size = page.imagelength, page.imagewidth, page.samplesperpixel // planes
        strips = [
            data[o : o + n] for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)
        ]
        white_is_zero = page.photometric == 0
    packed = np.frombuffer(b"".join(strips), np.uint8)
    rows = packed.reshape(planes, size[0], -1)
    each = np.unpackbits(rows, axis=2)[:, :, : size[1] * size[2] * bits]
    values = each.reshape(planes, *size, bits) @ (1 << np.arange(bits)[::-1])
    x = np.concatenate(list(values), axis=2).astype(np.uint16)
    x = (1 << bits) - 1 - x if white_is_zero else x
    return (x[..., 0] if x.shape[2] == 1 else x).astype(np.uint16)


def tiff_of_16_bit_inks(path: Path) -> Array:
    """Return what cyan, magenta, yellow and black leave of white."""
    x = tifffile(path)[0].astype(np.float64)
    return np.rint((65535 - x[..., :3]) * (65535 - x[..., 3:]) / 65535).astype(np.uint16)


def readings(path: Path, channels: int) -> Iterator[tuple[str, list[Array]]]:
    """Yield each reading of a file that somebody else, or the standard, gives."""
    readers = {
        "standard": lambda: [png(path.read_bytes())],
        "tifffile": lambda: tifffile(path),
        "bits": lambda: [tiff_of_odd_bits(path)],
        "inks": lambda: [tiff_of_16_bit_inks(path)],
        "opencv": lambda: [opencv(path)],
        "magick": lambda: [_magick_like(path, channels)],
        "pillow": lambda: pillow(path),
    }
    for name, reader in readers.items():
        with contextlib.suppress(Exception), silent():  # most readers are for other files
            yield name, reader()


def _magick_like(path: Path, channels: int) -> Array | None:
    x = magick(path, "gray" if channels == 1 else "rgb" if channels == 3 else "rgba")
    if x is None:
        return None
    x = x[..., [0, 3]] if channels == 2 else x
    x = x[..., 0] if x.shape[2] == 1 else x
    return x if (x % 257).any() else (x // 257).astype(np.uint8)


def same(one: Array | None, other: Array) -> bool:
    """Tell whether two readings are the same to the last bit, in shape and kind."""
    if one is None or one.shape != other.shape or one.dtype.newbyteorder("=") != other.dtype:
        return False
    return bool(np.array_equal(one, other, equal_nan=other.dtype.kind == "f"))
