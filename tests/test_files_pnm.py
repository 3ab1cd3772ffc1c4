"""Files: PNM by hand, broken PNM, and what PNM changes."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from picture_files import picture, refused

from imgkernels.errors import FileProblem
from imgkernels.files import encode, read


@pytest.mark.parametrize(("data", "pixels"), [
    (b"P1\n# a comment\n3 2\n1 0 1\n010\n", [[0, 255, 0], [255, 0, 255]]),
    (b"P2 2 1 255\n0 # dark\n255", [[0, 255]]),
    (b"P3 1 1 65535 1 2 65535 ", [[[1, 2, 65535]]]),
    (b"P4 3 1\n\xa0", [[0, 255, 0]]),
    (b"P5 #c\r\n2 1 65535\n\x01\x02\xff\xff", [[258, 65535]]),
    (b"P5 3 1 15 \x00\x07\x0f", [[0, 119, 255]]),  # n * 17
    (b"P6 1 1 255 abc", [[[97, 98, 99]]]),
    (b"P7\nWIDTH 1\n# c\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nab",
     [[[97, 98]]]),
    (b"PF 1 2 -1.0\n" + struct.pack("<6f", 1, 2, 3, 4, 5, 6), [[[4, 5, 6]], [[1, 2, 3]]]),
    (b"Pf 1 1 1\n" + struct.pack(">f", 0.5), [[0.5]]),
])  # fmt: skip
def test_pnm_by_hand(data: bytes, pixels: list[Any]) -> None:
    assert read(data).pixels.tolist() == pixels


@pytest.mark.parametrize(("data", "why"), [
    (b"P5 2 2 255 abc", "truncated"),
    (b"P5 2 # no end", "truncated within its header"),
    (b"P5 2 2 0 abcd", "white is 0"),
    (b"P5 2 2 70000 abcdabcd", "white is 70000"),
    (b"P5 1 1 15 \xff", "above 15"),
    (b"P2 1 1 255 256", "above 255"),
    (b"P2 1 1 255 -1", "no whole number"),
    (b"P1 2 1 1", "truncated"),
    (b"P6 0 5 255 ", "no pixels"),
    (b"P6 100000 100000 255 ", "the limit is 100,000,000"),
    (b"P7\nWIDTH 1\nENDHDR\n", "not that of a PAM"),
    (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde", "5 samples"),
    (b"PF 1 1 0\n" + bytes(12), "scale is 0"),
    (b"P5 1x 1 255 a", "a number of its header is none"),
])  # fmt: skip
def test_broken_pnm(data: bytes, why: str) -> None:
    assert why in refused(data)


def test_what_pnm_changes_is_said() -> None:
    assert read(b"P5 1 1 15 \x07").metadata.notes == ("values up to 15 were spread to 255",)
    two = b"P5 1 1 255\na" * 2
    assert read(two).metadata.notes == ("the file holds more pictures; this is the first",)
    with pytest.raises(FileProblem, match="PBM holds black and white"):
        encode(picture("uint8", 1), "pbm")
