"""Files: the axes and layouts of npy, and hostile npy."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from picture_files import Array, refused

from imgkernels.files import read


def npy(array: Array, **options: Any) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


def test_npy_axes_are_as_asked() -> None:
    x = np.arange(2 * 3 * 6.0).reshape(2, 3, 6)
    data = npy(np.asfortranarray(x))
    plain = read(data)
    assert plain.axes == "yxc"
    assert "6 channels; --volume" in plain.metadata.notes[0]
    assert read(data, volume=True).axes == "zyx"
    np.testing.assert_array_equal(read(data, volume=True).pixels, x)
    np.testing.assert_array_equal(read(data, frame=1).pixels, x[1])
    assert read(npy(x[0])).axes == "yx"
    assert read(npy(x[0, 0])).axes == "x"
    assert "3, or 4 with channels" in refused(npy(x[0]), volume=True)
    bits = read(npy(np.array([[True, False]])))
    assert bits.pixels.tolist() == [[255, 0]]
    assert bits.pixels.dtype == np.uint8
    assert bits.metadata.notes == ("true and false became 255 and 0",)


def test_npy_that_lies_askew() -> None:
    """A header of odd length puts the values where no float can lie in memory."""
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n"
    for pad in range(8):
        text = b" " * pad + head
        data = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + struct.pack("<2d", 1, 2)
        found = read(data).pixels
        assert found.flags.aligned
        assert found.tolist() == [[1, 2]]


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("code of a file was run",))


@pytest.mark.parametrize(("data", "why"), [
    (npy(np.array([[Trap()]], object), allow_pickle=True), "holds object; supported are uint8"),
    (npy(np.ones((2, 2), complex)), "holds complex128"),
    (npy(np.zeros((2, 2), "U3")), "holds str96"),
    (npy(np.zeros(3, [("a", "u1")])), "version|holds void8"),
    (npy(np.zeros((2, 2)))[:-1], "truncated"),
    (npy(np.zeros((2, 2))).replace(b"(2, 2)", b"(9, 9)"), "truncated"),
    (npy(np.zeros((2, 2))).replace(b"(2, 2), }    ", b"(20000, 9999)}"), "the limit is|truncated"),
    (npy(np.zeros((2, 2))).replace(b"(2, 2)", b"(2,-2)"), "shape"),
    (npy(np.zeros(())), "must have 1 to 4 axes"),
    (npy(np.zeros((1,) * 5)), "must have 1 to 4 axes"),
    (b"\x93NUMPY\x01\x00\xff\xff{", "header"),
    (b"\x93NUMPY\x09\x09", "format version|version"),
])  # fmt: skip
def test_hostile_npy(data: bytes, why: str) -> None:
    line = refused(data)
    assert any(each in line for each in why.split("|")), line
