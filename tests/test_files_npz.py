"""Files: npz, judged before memory is taken, and hostile ones."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import bytes_of, picture, refused
from test_weights_hostile import bomb, npy, packed, twice

from imgkernels.files import npz, read, write
from imgkernels.image import Image


@pytest.mark.parametrize("compress", ["none", "deflate"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float64"])
def test_volumes_come_back_and_numpy_reads_them(dtype: str, compress: str) -> None:
    volume = picture(dtype, 1, (4, 5, 6))
    data = npz.encode(volume, compress)
    assert data == npz.encode(volume, compress)  # no time in it
    with np.load(io.BytesIO(data), allow_pickle=False) as opened:
        np.testing.assert_array_equal(opened["image"], volume.pixels)
    again = read(data, volume=True)
    assert again.axes == "zyx"
    assert again.metadata.format == "npz"
    np.testing.assert_array_equal(again.pixels, volume.pixels)
    np.testing.assert_array_equal(read(data, frame=2).pixels, volume.pixels[2])


def test_a_compressed_one_is_smaller(tmp_path: Path) -> None:
    flat = Image.of(np.zeros((64, 64, 64), np.uint8), "zyx")
    assert len(npz.encode(flat, "deflate")) < len(npz.encode(flat)) // 100
    write(tmp_path / "b.npz", flat, compress="deflate")
    assert (tmp_path / "b.npz").read_bytes() == npz.encode(flat, "deflate")
    write(tmp_path / "a.npz", flat)
    assert (tmp_path / "a.npz").read_bytes() == npz.encode(flat)


def test_what_numpy_saves_is_read_and_one_of_several_is_asked_for() -> None:
    out, x, y = io.BytesIO(), np.arange(12.0).reshape(3, 4), np.eye(3, dtype=np.uint8)
    np.savez_compressed(out, depth=x, mask=y)
    assert "holds 2 arrays (depth, mask); choose one with --frame N (0 to 1)" in refused(
        out.getvalue()
    )
    np.testing.assert_array_equal(read(out.getvalue(), frame=1).pixels, y)
    one = io.BytesIO()
    np.savez(one, x)
    np.testing.assert_array_equal(read(one.getvalue()).pixels, x)


def lying() -> bytes:
    """A header of 64 GiB before a few bytes."""
    return packed([("a.npy", npy((1 << 34,)))])


def pickled() -> bytes:
    out = io.BytesIO()
    np.savez(out, a=np.array([{}], object))
    return out.getvalue()


def torn() -> bytes:
    data = bytearray(bytes_of(picture("uint8", 1), "npz"))
    data[80] ^= 255  # within the array: the checksum of the archive finds it
    return bytes(data)


def many() -> bytes:
    return packed([(f"{i}.npy", b"") for i in range(30_000)])


def stranger() -> bytes:
    return packed([("a.npy", npy((1,), data=bytes(4))), ("b.txt", b"x")])


HOSTILE: dict[str, tuple[Any, str]] = {
    "bomb": (bomb, "is 134,217,728 pixels, the limit is 100,000,000"),
    "lying": (lying, "declares 68,719,476,"),
    "twice": (twice, "holds two members of one name"),
    "outside": (lambda: packed([("../a.npy", npy((0,)))]), "holds a member of the name"),
    "many": (many, "more than 4,096 members"),
    "stranger": (stranger, "is no npz"),
    "nothing": (lambda: packed([("word/document.xml", b"x")]), "is no npz"),
    "pickled": (pickled, "holds object"),
    "torn": (torn, "is damaged"),
    "cut": (lambda: bytes_of(picture("uint8", 1), "npz")[:-9], "is a truncated zip archive"),
    "wide": (lambda: packed([("a.npy", npy((1, 1, 1 << 29), "|u1"))]), "declares 536,870,"),
    "empty": (lambda: packed([("a.npy", npy((0, 3)))]), "has no pixels"),
    "axes": (lambda: packed([("a.npy", npy((1,) * 9, data=bytes(4)))]), "1 to 4 axes"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_before_memory_is_taken(name: str) -> None:
    make, why = HOSTILE[name]
    data = make()
    tracemalloc.start()
    try:
        assert why in refused(data)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20  # reliability, row 37
    finally:
        tracemalloc.stop()


def test_values_beside_each_other_count_too() -> None:
    """One pixel of many channels is no way around the limit."""
    data = packed([("a.npy", npy((1, 1, 5000), "|u1", bytes(5000)))], zipfile.ZIP_STORED)
    assert "holds 5,000 values, more than --max-pixels allows" in refused(data, max_pixels=1000)
    assert read(data, max_pixels=1250).pixels.shape == (1, 1, 5000)
