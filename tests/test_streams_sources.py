"""Streams: what is read part by part is what is read whole, in every layout."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import ORDERS, picture, simple, tiff
from streams_common import Array, agrees, noise

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files import encode, read
from imgkernels.streams import Place, Raw

DTYPES = ("uint8", "uint16", "int16", "float32", "float64")
SHAPES = [((90, 61), "yx"), ((90, 61, 3), "yxc"), ((5, 20, 33), "zyx"), ((5, 20, 33, 3), "zyxc")]


def put(folder: Path, data: bytes, name: str = "in.tif") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@ORDERS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("packing", [None, "zlib"])
@pytest.mark.parametrize("layout", [{"rowsperstrip": 7}, {"tile": (32, 48)}, {}])
def test_tiff(
    order: str, dtype: str, planar: str, packing: str | None, layout: dict[str, Any], tmp_path: Path
) -> None:
    tifffile = pytest.importorskip("tifffile")
    x = noise((90, 61, 3), dtype)
    given = np.moveaxis(x, -1, 0) if planar == "separate" else x
    predicts = packing is not None and not dtype.startswith("float")
    tifffile.imwrite(
        tmp_path / "in.tif", given, byteorder=order, planarconfig=planar, compression=packing,
        predictor=predicts or None, photometric="rgb", bigtiff=dtype == "uint16", **layout,
    )  # fmt: skip
    agrees(Place(str(tmp_path / "in.tif")), x, "yxc")


@pytest.mark.parametrize("packing", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "zstd"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_tiff_in_packings_of_libtiff(packing: str, dtype: str, tmp_path: Path) -> None:
    import PIL.Image

    x, path = noise((300, 61), dtype), tmp_path / "in.tif"
    try:
        PIL.Image.fromarray(x).save(path, "TIFF", compression=packing, tiffinfo={278: 7})
    except OSError:
        pytest.skip(f"this Pillow does not write {packing}")
    agrees(Place(str(path)), x, "yx")


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 12, 24])
def test_tiff_of_other_depths(bits: int, tmp_path: Path) -> None:
    x = np.random.default_rng(bits).integers(0, 1 << bits, (9, 13), np.uint32)
    every = np.unpackbits(x.astype(">u4").view(np.uint8).reshape(9, 13, 4), axis=-1)
    data = np.packbits(every[..., 32 - bits :].reshape(9, -1), axis=-1).tobytes()
    if bits == 24:  # whole bytes lie in the order of the file
        data = x.astype("<u4").view(np.uint8).reshape(9, 13, 4)[..., :3].tobytes()
    path = put(tmp_path, simple(x, "<", data, t258=("H", (bits,))))
    whole = read(path)
    agrees(Place(str(path)), whole.pixels, "yx")
    with Place(str(path)).opened() as found:
        assert found.facts.white == whole.white == (255 if bits < 8 else (1 << bits) - 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [1, 3])
def test_orientation(orientation: int, channels: int, tmp_path: Path) -> None:
    image = picture("uint8", channels, (23, 17))
    x = image.pixels
    path = put(tmp_path, simple(x, "<", x.tobytes(), t274=("H", (orientation,))))
    whole = read(path)
    agrees(Place(str(path)), whole.pixels, whole.axes)


def test_alpha_profile_and_resolution_are_told(tmp_path: Path) -> None:
    from dataclasses import replace

    image = picture("uint8", 4, (23, 17))
    told = replace(image.metadata, dpi=(300.0, 150.0))
    path = put(tmp_path, encode(replace(image, metadata=told), "tiff")[0])
    whole = read(path)
    with Place(str(path)).opened() as found:
        assert found.facts.alpha
        assert found.facts.metadata == whole.metadata
        assert found.facts.metadata.dpi == (300.0, 150.0)


def test_multiplied_alpha_and_inverted_grey(tmp_path: Path) -> None:
    x = picture("uint8", 4, (23, 17)).pixels
    path = put(tmp_path, simple(x, "<", x.tobytes(), t262=("H", (2,)), t338=("H", (1,))))
    agrees(Place(str(path)), read(path).pixels, "yxc")
    grey = noise((23, 17), "uint16")
    path = put(tmp_path, simple(grey, "<", grey.tobytes(), t262=("H", (0,))))
    agrees(Place(str(path)), 65535 - grey, "yx")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axes"), SHAPES[2:])
def test_pages_as_a_volume_and_one_by_one(
    dtype: str, shape: tuple[int, ...], axes: str, tmp_path: Path
) -> None:
    from imgkernels.image import Image

    x = noise(shape, dtype)
    path = put(tmp_path, encode(Image.of(x, axes), "tiff")[0])
    agrees(Place(str(path), volume=True), x, axes)
    agrees(Place(str(path), frame=3), x[3], axes[1:])
    with pytest.raises(FileProblem, match=r"in\.tif: holds 5 pages"), Place(str(path)).opened():
        pass


@pytest.mark.parametrize("dtype", [*DTYPES, ">u2", ">f4"])
@pytest.mark.parametrize("fortran", [False, True])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_npy_and_raw(
    dtype: str, fortran: bool, shape: tuple[int, ...], axes: str, tmp_path: Path
) -> None:
    x, volume = noise(shape, dtype), axes == "zyx"
    np.save(tmp_path / "x.npy", np.asarray(x, order="F" if fortran else "C"))
    agrees(Place(str(tmp_path / "x.npy"), volume), x, axes)
    if axes.startswith("z"):
        agrees(Place(str(tmp_path / "x.npy"), frame=2), x[2], axes[1:])
    path = put(tmp_path, b"head" + x.tobytes("F" if fortran else "C"), "x.bin")
    agrees(Place(str(path), volume, raw=Raw(shape, x.dtype, 4, fortran)), x, axes)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", [2, 3])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_zarr(dtype: str, form: int, shape: tuple[int, ...], axes: str, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    x = noise(shape, dtype)
    names = {"dimension_names": list(axes)} if form == 3 else {}
    array = zarr.create_array(
        tmp_path / "in.zarr", shape=shape, dtype=dtype, chunks=(4,) * len(shape),
        zarr_format=form, **names,
    )  # fmt: skip
    array[:] = x
    agrees(Place(str(tmp_path / "in.zarr"), volume=axes == "zyx"), x, axes)
    if axes.startswith("z") and form == 3:
        agrees(Place(str(tmp_path / "in.zarr"), frame=2), x[2], axes[1:])


def test_a_group_of_zarr_names_its_arrays(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    zarr.open_group(tmp_path / "in.zarr", mode="w").create_array("s0", shape=(3, 3), dtype="u1")
    place = Place(str(tmp_path / "in.zarr"))
    with pytest.raises(FileProblem, match=r"name one of them: in\.zarr/s0"), place.opened():
        pass
    agrees(Place(str(tmp_path / "in.zarr" / "s0")), np.zeros((3, 3), np.uint8), "yx")


HUGE = 1 << 30


def _npy(shape: str) -> bytes:
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"\1" * 64


def _packed(width: int, height: int, body: bytes, **more: tuple[str, tuple[int, ...]]) -> bytes:
    sized = {"t256": ("I", (width,)), "t257": ("I", (height,)), "t278": ("I", (height,))}
    return simple(np.zeros((1, 1), np.uint8), "<", body, **sized | more)


HOSTILE = {
    "more rows than there are": (_packed(1000, 1000, b"\1" * 64), "truncated|no place"),
    "a gigantic size": (_packed(HUGE, HUGE, b"\1" * 64), "truncated|no place|damaged"),
    "a strip of a gigabyte": (_packed(HUGE, 1, bytes(60_000), t259=("H", (8,))), "in parts"),
    "a strip too well packed": (_packed(HUGE, 1, bytes(100), t259=("H", (8,))), "truncated"),
    "rows that a strip has not": (_packed(8, 8, b"\1" * 64, t279=("I", (60,))), "rows of pixels"),
    "tiles of a gigabyte": (
        _packed(8, 8, bytes(60_000), t259=("H", (8,)), t322=("I", (1 << 15,)),
                t323=("I", (1 << 15,)), t324=("I", (0,)), t325=("I", (60_000,))), "in parts",
    ),
    "many tiny strips": (_packed(8, HUGE, b"\1" * 64, t278=("I", (1,))), "no place"),
    "samples of another kind": (_packed(8, 8, b"\1" * 64, t262=("H", (6,))), "in parts"),
    "a TIFF without end": (tiff("<", {256: ("I", (3,))}, b"")[:20], "truncated|damaged"),
    "npy of a gigantic size": (_npy(f"({HUGE}, {HUGE})"), "truncated"),
    "npy of a negative size": (_npy("(-1, 3)"), "damaged"),
    "npy of no size": (_npy("(0, 3)"), "no pixels"),
    "a picture of another kind": (b"\xff\xd8\xff\xe0" + bytes(64), "not read in parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_heads_take_no_memory(name: str, tmp_path: Path) -> None:
    data, message = HOSTILE[name]
    path = put(tmp_path, data, "in.dat")
    tracemalloc.start()
    try:
        with (
            pytest.raises(FileProblem, match=message) as caught,
            Place(str(path)).opened() as found,
        ):
            found.source.read(tuple(slice(0, min(n, 64)) for n in found.source.shape[:2]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: ")
    assert most < 8 << 20


def test_every_cut_of_a_tiff_is_refused(tmp_path: Path) -> None:
    data = encode(picture("uint16", 3), "tiff")[0]
    for length in range(8, len(data) - 1):
        path = put(tmp_path, data[:length])
        with pytest.raises(FileProblem, match=r"truncated|damaged"), Place(str(path)).opened():
            pass


def test_pixels_that_cannot_be_unpacked_are_told_with_the_name(tmp_path: Path) -> None:
    x = noise((8, 8), "uint8")
    path = put(tmp_path, simple(x, "<", b"\1\2\3" * 9, t259=("H", (8,))))
    with (
        Place(str(path)).opened() as found,
        pytest.raises(FileProblem, match=r"in\.tif: is damaged"),
    ):
        found.source.read((slice(0, 8), slice(0, 8)))


@pytest.mark.parametrize(
    "text", ["", "5x5", "5x5,uint7", "5xx5,uint8", "0x5,uint8", "1x2x3x4x5,uint8", "5x5,uint8,up",
             "5x5,uint8,offset=-1", "-5x5,uint8"]
)  # fmt: skip
def test_raw_says_what_it_must_be(text: str) -> None:
    with pytest.raises((InvalidValue, TypeError), match="raw"):
        Raw.parse(text)


def test_raw_beyond_the_end(tmp_path: Path) -> None:
    path = put(tmp_path, bytes(99))
    place = Place(str(path), raw=Raw.parse("10x10,uint8"))
    with pytest.raises(FileProblem, match=r"has 99 bytes; --raw asks for 100"), place.opened():
        pass


def test_a_cell_is_unpacked_once_while_its_neighbours_are_read() -> None:
    from imgkernels.streams.cells import Grid, Loaded
    from imgkernels.streams.kept import Kept

    loaded: list[tuple[int, ...]] = []
    grid = Grid((40, 40), (10, 10))

    def load(index: tuple[int, ...]) -> Array:
        loaded.append(index)
        return np.full((10, 10), len(loaded), np.uint8)

    source = Loaded(grid, np.dtype(np.uint8), load, Kept(most=800))
    for start in range(0, 36, 4):
        source.read((slice(start, start + 4), slice(0, 40)))
    assert len(loaded) == 16
    source.read((slice(0, 40), slice(0, 40)))
    assert 16 < len(loaded) <= 32  # 8 of 16 are kept


def test_who_waits_for_a_cell_hears_why_it_is_not_there() -> None:
    from imgkernels.streams.kept import Kept

    def fail() -> Array:
        raise FileProblem("is damaged")

    kept = Kept()
    for _ in range(2):
        with pytest.raises(FileProblem, match="is damaged"):
            kept.get(1, fail)


def test_bytes_are_read_where_positions_are_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.delattr(os, "preadv")
    monkeypatch.delattr(os, "pwrite")
    x = noise((20, 30), "uint16")
    np.save(tmp_path / "x.npy", x)
    agrees(Place(str(tmp_path / "x.npy")), x, "yx")
    from imgkernels import streams

    streams.apply("identity", tmp_path / "x.npy", tmp_path / "y.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), x)
