"""JPEGs of strips of one picture, encoded side by side, joined as one scan by restart markers.

A restart marker lets the coding of coefficients begin anew, as a file of its own does (T.81, E.1.4
and F.1.1.5.1); the coefficients are those of the picture encoded in one go.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from imgkernels.files.jpeg_head import FRAMES, segments

BLOCK = 8  # rows and columns of a block, the unit of what is not subsampled
_STRIP = 1 << 21  # values of a strip
_MOST = 65_535  # blocks between restarts
_RESTART, _INTERVAL, _END = 0xD0, 0xDD, 2  # markers, and bytes of the end's


def rows_of(shape: tuple[int, ...]) -> int:
    """Return the rows of a strip of `(rows, columns, ...)`; all of them where that is quicker."""
    height, width, *rest = shape
    across = -(-width // BLOCK)
    wanted = _STRIP // (BLOCK * width * (rest[0] if rest else 1))
    rows = BLOCK * min(max(1, wanted), _MOST // across)
    return rows if height >= 2 * rows else height


def joined(strips: Sequence[bytes], rows: int, height: int) -> bytes | None:
    """Return one JPEG of strips of so many rows, the last one shorter; None if tables differ."""
    parted = [_parted(strip, height) for strip in strips]
    (tables, scan, width), *_ = ((*head, size) for head, _, size in parted)
    if any(head != (tables, scan) for head, _, _ in parted):
        return None
    blocks = -(-width // BLOCK) * (rows // BLOCK)
    parts = [tables, struct.pack(">BBHH", 0xFF, _INTERVAL, 4, blocks), scan]
    for number, (_, coded, _) in enumerate(parted):
        if number:
            parts.append(bytes([0xFF, _RESTART + (number - 1) % 8]))
        parts.append(coded)
    return b"".join([*parts, strips[0][-_END:]])


def _parted(data: bytes, height: int) -> tuple[tuple[bytes, bytes], bytes, int]:
    """Return what stands before the scan's head, with this height, that head; codes; the width."""
    found = list(segments(data))
    frame = next(each for each in found if each.marker in FRAMES)
    scan, place = found[-1], frame.at + 1
    start, end = scan.at - 4, scan.at + len(scan.body)
    tables = data[:place] + struct.pack(">H", height) + data[place + 2 : start]
    (width,) = struct.unpack_from(">H", frame.body, 3)
    return (tables, data[start:end]), data[end:-_END], width
