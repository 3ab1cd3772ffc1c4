"""From the segments of a TIFF page to samples, at their own depth, whatever the layout.

Neither Pillow nor OpenCV does this for all files: Pillow keeps 8 bits of colour, and OpenCV 5.0
misreads samples of more than 8 bits that lie in planes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import tiff_repack
from imgkernels.files.tiff_page import COUNTS, OFFSETS, TILE_COUNTS, TILE_OFFSETS, Page
from imgkernels.values import Array

NONE, DEFLATE, OLD_DEFLATE = 1, 8, 32946
LIBRARY = {5: "LZW", 32773: "PackBits", 34925: "LZMA", 50000: "Zstandard"}
_HORIZONTAL, _FLOATING = 2, 3
_THREE_BYTES = 24  # bits, for which numpy has no name
Bytes = bytes | bytearray | memoryview

_MIRRORED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1])


def readable(page: Page) -> bool:
    """Tell whether `samples` can read this page."""
    predictors = {"u": (1, 2), "i": (1, 2), "f": (1, 2, 3)}.get(page.kind, ())
    return (
        page.dtype is not None
        and page.compression in (NONE, DEFLATE, OLD_DEFLATE, *LIBRARY)
        and page.predictor in predictors
        and (page.bits in (8, 16, 32, 64) or page.predictor == 1)
    )


def samples(page: Page, kept: int) -> Array:
    """Return height, width and the first `kept` samples of each pixel, in native byte order."""
    offsets, counts = segments(page, kept if page.planar else 1)
    parts = [_raw(page, int(o), int(c)) for o, c in zip(offsets, counts, strict=True)]
    short = offsets + counts > len(page.tags.data)
    if not page.planar:
        return plane(page, parts, page.samples, short)[..., :kept]
    n = len(parts) // kept
    spans = [slice(i * n, (i + 1) * n) for i in range(kept)]
    return np.dstack([plane(page, parts[span], 1, short[span]) for span in spans])


def cut(page: Page) -> bool:
    """Tell whether a part of the pixels lies beyond the end of the file."""
    return _end(page) > len(page.tags.data)


def filled(page: Page, data: bytes) -> bytes:
    """Return the file with zeros where pixels are missing."""
    return data + bytes(min(_end(page) - len(data), _most(page))) if cut(page) else data


def _end(page: Page) -> int:
    tags = (TILE_OFFSETS, TILE_COUNTS) if page.tiled else (OFFSETS, COUNTS)
    offsets, counts = (page.tags.values(tag).astype(np.float64) for tag in tags)
    number = min(offsets.size, counts.size)
    return int((offsets[:number] + counts[:number]).max(initial=0))


def _most(page: Page) -> int:
    """Return more bytes than the pixels of any page of this size take."""
    return 2 * page.width * page.height * page.samples * max(1, page.bits // 8) + (1 << 16)


def segments(page: Page, planes: int) -> tuple[Array, Array]:
    """Return where the segments of the first planes lie, and how long they are."""
    tags = (TILE_OFFSETS, TILE_COUNTS) if page.tiled else (OFFSETS, COUNTS)
    down, across = page.grid
    expected = down * across * planes
    offsets, counts = (page.tags.values(tag)[:expected].astype(np.int64) for tag in tags)
    if min(offsets.size, counts.size) < expected:
        raise FileProblem("is damaged: parts of its pixels have no place")
    if (offsets < 0).any() or (counts < 0).any():
        raise FileProblem("is damaged: a part of its pixels lies nowhere")
    return offsets, counts


def plane(
    page: Page, parts: Sequence[Bytes], samples: int, short: Sequence[bool] | Array = ()
) -> Array:
    """Return height, width and samples of what these segments hold; `short` tells which are cut."""
    down, across = page.grid
    rows, columns = page.segment
    row_bytes = -(-columns * samples * page.bits // 8)
    if page.reversed_bits:
        parts = [_MIRRORED[np.frombuffer(part, np.uint8)].tobytes() for part in parts]
    if page.compression in LIBRARY:
        packed = tiff_repack.unpacked(page, list(map(bytes, parts)), row_bytes)
    else:
        packed = np.empty((down * rows, across * row_bytes), np.uint8)
        for i, part in enumerate(parts):
            y, x = i // across * rows, i % across * row_bytes
            height = rows if page.tiled else min(rows, page.height - y)
            block = _inflated(page, part, height * row_bytes, i < len(short) and bool(short[i]))
            packed[y : y + height, x : x + row_bytes] = block.reshape(height, row_bytes)
    wide = packed[: page.height].reshape(page.height, across, row_bytes)
    values = _values(page, wide, columns, samples)
    return values.reshape(page.height, across * columns, samples)[:, : page.width]


def _raw(page: Page, offset: int, count: int) -> memoryview:
    """Return a part as it lies in the file; one that is cut was allowed to be before."""
    return memoryview(page.tags.data)[offset : offset + count]


def _inflated(page: Page, part: Bytes, size: int, short: bool) -> Array:
    if page.compression != NONE:
        try:
            part = zlib.decompressobj().decompress(part, size)
        except zlib.error as error:
            raise FileProblem("is damaged: its pixels cannot be unpacked") from error
    if len(part) < size:
        if not short:
            raise FileProblem("is truncated: rows of pixels are missing")
        part = bytes(part).ljust(size, b"\0")
    return np.frombuffer(part, np.uint8, size)


def _values(page: Page, packed: Array, columns: int, samples: int) -> Array:
    """Turn rows of bytes (row, segment, byte) into samples (row, segment, column and sample)."""
    count = columns * samples
    if page.bits == _THREE_BYTES:
        return _from_three_bytes(packed, page.tags.order, count)
    if page.bits % 8:
        return _from_bits(packed, page.bits, count)
    dtype = np.dtype(f"{page.tags.order}{page.kind}{page.bits // 8}")
    if page.predictor == _FLOATING:
        # Bytes of one rank lie together, the highest first, each less the one `samples` before.
        sums = _summed(packed, samples).reshape(*packed.shape[:2], page.bits // 8, count)
        packed = np.ascontiguousarray(sums.swapaxes(2, 3)).reshape(packed.shape)
        dtype = dtype.newbyteorder(">")
    values = np.ascontiguousarray(packed).view(dtype)
    values = values.astype(dtype.newbyteorder("="), copy=False)
    if page.predictor != _HORIZONTAL:
        return values
    as_integers = values.view(f"u{page.bits // 8}")
    return _summed(as_integers, samples).view(values.dtype)


def _summed(x: Array, step: int) -> Array:
    """Undo differences along the last axis between values `step` apart; sums wrap."""
    apart = x.reshape(*x.shape[:-1], -1, step)
    return np.cumsum(apart, axis=-2, dtype=x.dtype).reshape(x.shape)


def _from_three_bytes(packed: Array, order: str, count: int) -> Array:
    each = packed[..., : 3 * count].reshape(*packed.shape[:-1], count, 3).astype(np.uint32)
    high, middle, low = np.moveaxis(each if order == ">" else each[..., ::-1], -1, 0)
    values: Array = high << 16 | middle << 8 | low
    return values


def _from_bits(packed: Array, bits: int, count: int) -> Array:
    """Return samples of 1 to 15 bits, which follow each other without gaps."""
    each = np.unpackbits(packed, axis=-1)[..., : bits * count].reshape(*packed.shape[:-1], -1, bits)
    values: Array = np.zeros(each.shape[:-1], np.uint8 if bits <= 8 else np.uint16)
    for bit in range(bits):
        values = values << 1 | each[..., bit]
    return values
