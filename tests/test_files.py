"""Files: laws of reading and writing, what is refused, what a fault leaves behind."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import resource
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from imgkernels import opencv
from imgkernels.errors import (
    FileProblem,
    ImgkernelsError,
    InvalidValue,
    MissingDependency,
    UnknownName,
)
from imgkernels.files import (
    FORMATS,
    atomic,
    encode,
    format_of,
    png,
    png_chunks,
    read,
    tiff_layout as layout,
    words,
    write,
)
from imgkernels.files.formats import Format as Form
from imgkernels.image import Image, Metadata
from imgkernels.values import SUPPORTED

cv2 = pytest.importorskip("cv2")

Array = np.ndarray[Any, np.dtype[Any]]

IMAGES = Path(__file__).parents[2] / "shared" / "corpora" / "images"
LOSSLESS = [form for form in FORMATS if form.name != "jpeg"]
NAMES = {1: "grey", 2: "grey+alpha", 3: "rgb", 4: "rgba"}
HELD = [
    pytest.param(form, dtype, channels, id=f"{form.name}-{dtype}-{NAMES[channels]}")
    for form in LOSSLESS
    for dtype in form.dtypes
    for channels in form.channels or NAMES
]


def picture(dtype: str, channels: int, shape: tuple[int, ...] = (7, 9), seed: int = 0) -> Image:
    """Return noise over the whole range of the dtype, both ends included."""
    rng = np.random.default_rng(seed)
    full = shape if channels == 1 else (*shape, channels)
    if dtype.startswith("float"):
        x = rng.random(full).astype(dtype)
        x.flat[0], x.flat[-1] = 0, 1
    else:
        info = np.iinfo(dtype)
        x = rng.integers(info.min, info.max, full, dtype, endpoint=True)
        x.flat[0], x.flat[-1] = info.min, info.max
    return Image.of(x, "zyx"[-len(shape) :] + "c" * (channels > 1), alpha=channels in (2, 4))


def held(form: Form, image: Image) -> Image:
    """Return the picture, in black and white where the format has no more."""
    if form.name != "pbm":
        return image
    return image.with_pixels(np.where(image.pixels > 100, 255, 0).astype(np.uint8))


IMAGE = picture("uint8", 3)


def bytes_of(image: Image, name: str) -> bytes:
    return encode(image, name)[0]


def as_pillow(data: bytes) -> Array:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened)


def as_opencv(data: bytes) -> Array:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return found if found.ndim == 2 else found[..., [2, 1, 0, 3][: found.shape[2]]]


def from_opencv(suffix: str, rgb: Array) -> bytes:
    bgr = rgb if rgb.ndim == 2 else rgb[..., [2, 1, 0, 3][: rgb.shape[2]]]
    return cv2.imencode(suffix, bgr)[1].tobytes()


def refused(source: Any, **options: Any) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(FileProblem) as caught:
        read(source, **options)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    return line


# ---------------------------------------------------------------- laws


def same_pixels(found: Image, image: Image, form: Form) -> None:
    x = image.pixels
    if form.name == "webp" and image.alpha and (x[..., 3] == 255).all():
        x = x[..., :3]  # libwebp leaves out an alpha that is opaque everywhere
    np.testing.assert_array_equal(found.pixels, x)
    assert found.pixels.dtype == x.dtype


@pytest.mark.parametrize(("form", "dtype", "channels"), HELD)
def test_what_is_written_is_read_again(form: Form, dtype: str, channels: int) -> None:
    image = held(form, picture(dtype, channels))
    data, notes = encode(image, form.name)
    again = read(data)
    same_pixels(again, image, form)
    assert again.axes == image.axes
    assert again.alpha == (image.alpha and not form.bare)
    assert again.white == image.white
    called = ("pgm", "ppm")[channels > 1] if form.name == "pnm" else form.name
    assert again.metadata.format == called
    assert bool(notes) == (form.bare and image.alpha)


@pytest.mark.parametrize(("form", "dtype", "channels"), HELD)
def test_every_layout_in_memory_is_written_alike(form: Form, dtype: str, channels: int) -> None:
    image = held(form, picture(dtype, channels))
    x = image.pixels
    layouts = (
        np.asfortranarray(x),
        np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
        x.astype(x.dtype.newbyteorder()),
        np.repeat(x, 2, axis=1)[:, ::2],
    )
    expected, before = bytes_of(image, form.name), x.copy()
    for layout_of_x in (x, *layouts):
        layout_of_x.flags.writeable = False
        assert bytes_of(image.with_pixels(layout_of_x), form.name) == expected
    np.testing.assert_array_equal(x, before)


@settings(max_examples=200, deadline=None, database=None)
@given(
    what=st.sampled_from([param.values for param in HELD]),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 9),
)
def test_every_size_survives(what: Any, shape: tuple[int, int], seed: int) -> None:
    form, dtype, channels = what
    image = held(form, picture(dtype, channels, shape, seed))
    same_pixels(read(bytes_of(image, form.name)), image, form)


@pytest.mark.parametrize(("name", "channels"), [
    ("png", 1), ("png", 3), ("png", 4), ("tiff", 1), ("tiff", 3), ("tiff", 4),
    ("bmp", 1), ("bmp", 3), ("bmp", 4), ("webp", 3), ("webp", 4), ("pgm", 1), ("ppm", 3),
])  # fmt: skip
def test_others_read_what_we_write(name: str, channels: int) -> None:
    image = picture("uint8", channels, (33, 41))
    data = bytes_of(image, name)
    np.testing.assert_array_equal(as_pillow(data), image.pixels)
    if (name, channels) != ("tiff", 4):  # OpenCV multiplies the colours of it by alpha
        np.testing.assert_array_equal(as_opencv(data), image.pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["png", "tiff"])
def test_opencv_reads_our_16_bits(name: str, channels: int) -> None:
    image = picture("uint16", channels)
    np.testing.assert_array_equal(as_opencv(bytes_of(image, name)), image.pixels)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_opencv_reads_our_other_tiffs(dtype: str) -> None:
    image = picture(dtype, 3)
    np.testing.assert_array_equal(as_opencv(bytes_of(image, "tiff")), image.pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_we_read_what_opencv_writes(suffix: str, dtype: str, channels: int) -> None:
    image = picture(dtype, channels, (40, 30))
    found = read(from_opencv(suffix, image.pixels))  # its TIFF is packed by LZW with prediction
    np.testing.assert_array_equal(found.pixels, image.pixels)
    assert found.pixels.dtype == image.pixels.dtype
    assert found.alpha == (channels == 4)


PACKINGS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "tiff_lzma", "zstd")
PILLOW_HOLDS = [("uint8", n) for n in (1, 3, 4)] + [(d, 1) for d in ("uint16", "int32", "float32")]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize(("dtype", "channels"), PILLOW_HOLDS)
def test_we_read_each_packing_of_tiff(packing: str, dtype: str, channels: int) -> None:
    import PIL.Image

    image, out = picture(dtype, channels, (50, 37)), io.BytesIO()
    try:
        PIL.Image.fromarray(image.pixels).save(out, "TIFF", compression=packing)
    except OSError:
        pytest.skip(f"this Pillow does not write {packing}")
    found = read(out.getvalue())
    np.testing.assert_array_equal(found.pixels, image.pixels)
    assert found.pixels.dtype == image.pixels.dtype


@pytest.mark.parametrize("shape", [(48, 64), (1, 1), (5, 3)])
def test_jpeg_is_near_and_not_subsampled(shape: tuple[int, int]) -> None:
    import PIL.Image

    y, x = np.mgrid[: shape[0], : shape[1]]
    smooth = np.dstack([y * 3, x * 2, 90 + 0 * x]).astype(np.uint8)
    data = bytes_of(Image.of(smooth), "jpeg")
    assert np.abs(read(data).pixels.astype(int) - smooth).max() <= 5  # quality 95, measured 3
    with PIL.Image.open(io.BytesIO(data)) as opened:
        assert {part[1:3] for part in opened.layer} == {(1, 1)}  # type: ignore[attr-defined]
    assert read(bytes_of(Image.of(smooth[..., 0]), "jpeg")).axes == "yx"


def test_jpeg_without_opencv_is_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture("uint8", 3, (32, 32))
    ours = read(bytes_of(image, "jpeg")).pixels
    monkeypatch.setattr(opencv, "load", lambda: None)
    np.testing.assert_array_equal(read(bytes_of(image, "jpeg")).pixels, ours)


# ---------------------------------------------------------------- layouts of TIFF


def tiff(order: str, page: dict[int, tuple[str, tuple[int, ...]]], data: bytes) -> bytes:
    """Lay out one page by hand, in either byte order; tag 273 is given as places within `data`."""
    kinds = {"H": 3, "I": 4}
    start = 8 + 2 + 12 * len(page) + 4
    behind, entries = b"", b""
    long = {tag: struct.pack(order + code * len(v), *v) for tag, (code, v) in page.items()}
    free = start + sum(len(body) for body in long.values() if len(body) > 4)
    for tag in sorted(page):
        code, values = page[tag]
        if tag in (273, 324):
            values = tuple(free + v for v in values)
        body = struct.pack(order + code * len(values), *values)
        entries += struct.pack(order + "HHI", tag, kinds[code], len(values))
        if len(body) > 4:
            entries += struct.pack(order + "I", start + len(behind))
            behind += body
        else:
            entries += body.ljust(4, b"\0")
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "H", len(page)) + entries + bytes(4) + behind + data


def simple(x: Array, order: str, packed: bytes, **more: tuple[str, tuple[int, ...]]) -> bytes:
    samples = 1 if x.ndim == 2 else x.shape[2]
    kind = {"u": 1, "i": 2, "f": 3}[x.dtype.kind]
    page = {
        256: ("I", (x.shape[1],)), 257: ("I", (x.shape[0],)), 259: ("H", (1,)),
        258: ("H", (8 * x.dtype.itemsize,) * samples), 262: ("H", (2 if samples == 3 else 1,)),
        273: ("I", (0,)), 277: ("H", (samples,)), 278: ("I", (x.shape[0],)),
        279: ("I", (len(packed),)), 339: ("H", (kind,) * samples),
    }  # fmt: skip
    page |= {int(tag.removeprefix("t")): value for tag, value in more.items()}
    return tiff(order, page, packed)


ORDERS = pytest.mark.parametrize("order", ["<", ">"])


@ORDERS
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiff_in_planes_and_either_order(order: str, dtype: str, channels: int) -> None:
    x = picture(dtype, channels).pixels
    planes = np.moveaxis(x.reshape(7, 9, -1), 2, 0).astype(x.dtype.newbyteorder(order))
    size = planes[0].nbytes
    places = tuple(i * size for i in range(channels))
    data = simple(
        x, order, planes.tobytes(), t284=("H", (2,)),
        t273=("I", places), t279=("I", (size,) * channels),
    )  # fmt: skip
    np.testing.assert_array_equal(read(data).pixels, x)


@ORDERS
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32"])
def test_tiff_with_horizontal_prediction(order: str, dtype: str) -> None:
    x = picture(dtype, 3).pixels
    less = x.copy()
    less[:, 1:] -= x[:, :-1]
    packed = zlib.compress(less.astype(x.dtype.newbyteorder(order)).tobytes())
    data = simple(x, order, packed, t259=("H", (8,)), t317=("H", (2,)))
    np.testing.assert_array_equal(read(data).pixels, x)


@ORDERS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiff_with_floating_prediction(order: str, dtype: str) -> None:
    """Technical Note 3: bytes by rank, the highest first, then differences between bytes."""
    x = picture(dtype, 3).pixels
    rows = x.astype(x.dtype.newbyteorder(">")).reshape(7, 27, 1).view(np.uint8)
    ranked = rows.swapaxes(1, 2).reshape(7, -1).copy()
    ranked[:, 3:] -= rows.swapaxes(1, 2).reshape(7, -1)[:, :-3]
    packed = zlib.compress(ranked.tobytes())
    data = simple(x, order, packed, t259=("H", (8,)), t317=("H", (3,)))
    np.testing.assert_array_equal(read(data).pixels, x)


def packbits(data: bytes) -> bytes:
    """Pack as literal runs only (TIFF 6.0, section 9)."""
    runs = [data[i : i + 128] for i in range(0, len(data), 128)]
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


@ORDERS
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", [1, 8, 32773])
def test_tiff_in_tiles(order: str, channels: int, compression: int) -> None:
    pack = {1: bytes, 8: zlib.compress, 32773: packbits}[compression]
    x = picture("uint16", channels, (37, 53)).pixels.reshape(37, 53, -1)
    padded = np.zeros((48, 64, x.shape[2]), np.uint16)
    padded[:37, :53] = x
    grid = (
        padded.reshape(3, 16, 2, 32, -1).swapaxes(1, 2).astype(np.dtype("u2").newbyteorder(order))
    )
    parts = [pack(tile.tobytes()) for row in grid for tile in row]
    sizes = tuple(map(len, parts))
    page = {
        256: ("I", (53,)), 257: ("I", (37,)), 258: ("H", (16,) * channels),
        259: ("H", (compression,)), 262: ("H", (2 if channels == 3 else 1,)),
        277: ("H", (channels,)), 322: ("I", (32,)), 323: ("I", (16,)),
        324: ("I", tuple(sum(sizes[:i]) for i in range(6))), 325: ("I", sizes),
    }  # fmt: skip
    found = read(tiff(order, page, b"".join(parts))).pixels
    np.testing.assert_array_equal(found.reshape(37, 53, -1), x)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("columns", [1, 7, 8])
def test_tiff_of_odd_depths_is_kept(bits: int, columns: int) -> None:
    x = np.random.default_rng(0).integers(0, 1 << bits, (5, columns), np.uint16)
    each = (x[..., None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(5, -1)
    packed = np.packbits(each, axis=1).tobytes()
    found = read(simple(x, "<", packed, t258=("H", (bits,))))
    np.testing.assert_array_equal(found.pixels, x)
    assert found.white == (1 << bits) - 1
    assert f"white is {found.white:.0f}" in found.metadata.notes[0]
    _, notes = encode(found, "png")
    assert notes == (f"white is {found.white:g} here, but PNG shows 65535 as white",)


def test_tiff_white_is_zero_and_mirrored_bits() -> None:
    x = picture("uint16", 1).pixels
    inverted = simple(65535 - x, "<", (65535 - x).tobytes(), t262=("H", (0,)))
    np.testing.assert_array_equal(read(inverted).pixels, x)
    bits = np.unpackbits(np.frombuffer(x.tobytes(), np.uint8)[:, None], axis=1)[:, ::-1]
    mirrored = simple(x, "<", np.packbits(bits).tobytes(), t266=("H", (2,)))
    np.testing.assert_array_equal(read(mirrored).pixels, x)


def test_tiff_alpha_is_made_straight() -> None:
    """Of 0x8000 alpha and 0x4000 colour, the colour is half: 0x4000 * 65535 // 0x8000."""
    x = np.array([[[0x4000, 0, 0, 0x8000], [9, 9, 9, 0]]], np.uint16)
    data = simple(x, "<", x.tobytes(), t262=("H", (2,)), t338=("H", (1,)))
    found = read(data)
    assert found.pixels.tolist() == [[[32767, 0, 0, 0x8000], [0, 0, 0, 0]]]
    assert found.alpha
    assert "divided by alpha" in found.metadata.notes[0]


def test_tiff_samples_without_meaning_are_left_out_and_said() -> None:
    x = picture("uint16", 4).pixels
    data = simple(x, "<", x.tobytes(), t262=("H", (2,)), t338=("H", (0,)))
    found = read(data)
    np.testing.assert_array_equal(found.pixels, x[..., :3])
    assert found.metadata.notes == (
        "1 more samples per pixel, of no stated meaning, were left out",
    )


@pytest.mark.parametrize(("more", "why"), [
    ({"t277": ("H", (65,))}, "65 samples per pixel"),
    ({"t258": ("H", (8, 16))}, "samples of different kinds"),
    ({"t262": ("H", (2,))}, "RGB of 1 samples"),
    ({"t258": ("H", (24,))}, "24-bit samples in a form that is not read"),
    ({"t339": ("H", (6,)), "t258": ("H", (64,))}, "64-bit samples in a form that is not read"),
    ({"t259": ("H", (50001,)), "t258": ("H", (16,))}, "compression 50001"),
    ({"t278": ("I", (0,))}, "strips or tiles have no size"),
])  # fmt: skip
def test_tiffs_of_no_known_form(more: dict[str, Any], why: str) -> None:
    assert why in refused(simple(np.zeros((1, 2), np.uint8), "<", bytes(2), **more))


def test_of_twin_tags_the_first_holds() -> None:
    data = bytearray(simple(np.zeros((1, 2), np.uint8), "<", b"\1\2", t500=("I", (9,))))
    place = bytes(data).index(struct.pack("<HHI", 500, 4, 1))
    struct.pack_into("<H", data, place, 256)
    assert read(bytes(data)).pixels.tolist() == [[1, 2]]


def test_places_beyond_what_fits_a_number() -> None:
    tags = {256: layout.long(2), 257: layout.long(1), 258: layout.short(8), 278: layout.long(1)}
    parts = layout._file_of([(tags, [b"\1\2"])], big=True)
    assert parts is not None
    data = b"".join(parts)
    place = struct.pack("<Q", len(data) - 2)
    assert data.count(place) == 1
    assert "lies nowhere" in refused(data.replace(place, struct.pack("<q", -2)))


def test_bigtiff() -> None:
    tags = {256: layout.long(2), 257: layout.long(1), 258: layout.short(8), 262: layout.short(1)}
    tags[278] = layout.long(1)
    parts = layout._file_of([(tags, [b"\1\2"])], big=True)
    assert parts is not None
    data = b"".join(parts)
    assert data[:4] == b"II+\0"
    assert read(data).pixels.tolist() == [[1, 2]]
    np.testing.assert_array_equal(as_pillow(data), [[1, 2]])


def test_pages_are_refused_chosen_or_stacked() -> None:
    volume = picture("uint16", 1, (4, 5, 6))
    data = bytes_of(volume, "tiff")
    line = refused(data)
    assert "4 pages" in line
    assert "--frame N" in line
    assert "--volume" in line
    np.testing.assert_array_equal(read(data, frame=2).pixels, volume.pixels[2])
    stacked = read(data, volume=True)
    assert stacked.axes == "zyx"
    np.testing.assert_array_equal(stacked.pixels, volume.pixels)
    assert "counted from 0" in refused(data, frame=4)
    colours = picture("float32", 3, (2, 5, 6))
    again = read(bytes_of(colours, "tiff"), volume=True)
    assert again.axes == "zyxc"
    np.testing.assert_array_equal(again.pixels, colours.pixels)


def test_pages_that_differ_make_no_volume() -> None:
    tags = [
        {256: layout.long(n), 257: layout.long(1), 258: layout.short(8), 278: layout.long(1)}
        for n in (2, 3)
    ]
    data = layout.file_of([(tags[0], [b"\1\2"]), (tags[1], [b"\1\2\3"])])
    assert "pages that differ" in refused(data, volume=True)
    assert read(data, frame=1).pixels.tolist() == [[1, 2, 3]]


def test_a_reduced_copy_is_no_page() -> None:
    tags = {256: layout.long(1), 257: layout.long(1), 258: layout.short(8), 278: layout.long(1)}
    small = tags | {254: layout.long(1)}
    data = layout.file_of([(small, [b"\7"]), (tags, [b"\5"])])
    assert read(data).pixels.tolist() == [[5]]


# ---------------------------------------------------------------- palettes, bits, alpha, colour


def png_of(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [
        chunk(b"IHDR", header),
        *chunks,
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


WITHOUT = pytest.mark.parametrize("without_opencv", [False, True])


@pytest.fixture
def engine(without_opencv: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if without_opencv:
        monkeypatch.setattr(opencv, "load", lambda: None)


@WITHOUT
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_is_expanded(depth: int) -> None:
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 7]))
    indices = [0] * (depth - 1) + [1] + [0] * depth  # the bits of 1 and 0
    rows = b"\0" + np.packbits(indices).tobytes()
    found = read(png_of(2, 1, depth, 3, rows, palette))
    assert found.pixels.tolist() == [[[0, 255, 7], [255, 0, 0]]]
    assert not found.alpha
    shown = read(png_of(2, 1, depth, 3, rows, palette, chunk(b"tRNS", b"\x09")))
    assert shown.pixels.tolist() == [[[0, 255, 7, 255], [255, 0, 0, 9]]]
    assert shown.alpha


@WITHOUT
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("depth", "row", "values"), [(1, 0x40, [0, 255]), (2, 0x60, [85, 170]), (4, 0x1E, [17, 238])]
)
def test_few_bits_of_grey_are_expanded(depth: int, row: int, values: list[int]) -> None:
    rows = bytes([0, row])
    found = read(png_of(2, 1, depth, 0, rows))
    assert found.pixels.tolist() == [values]
    key = chunk(b"tRNS", struct.pack(">H", row >> 8 - depth))
    assert read(png_of(2, 1, depth, 0, rows, key)).pixels.tolist() == [
        [[values[0], 0], [values[1], 255]]
    ]


@WITHOUT
@pytest.mark.usefixtures("engine")
def test_a_key_colour_is_transparent() -> None:
    key = chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    found = read(png_of(2, 1, 8, 2, bytes([0, 1, 2, 3, 1, 2, 4]), key))
    assert found.pixels.tolist() == [[[1, 2, 3, 0], [1, 2, 4, 255]]]


def test_a_key_colour_of_16_bits_is_transparent() -> None:
    key = chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    found = read(png_of(2, 1, 16, 2, b"\0" + struct.pack(">6H", 1, 2, 3, 1, 2, 259), key))
    assert found.pixels.tolist() == [[[1, 2, 3, 0], [1, 2, 259, 65535]]]


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_colour_png_needs_opencv(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    image, grey = picture("uint16", channels), picture("uint16", 1)
    data, alone = bytes_of(image, "png"), bytes_of(grey, "png")
    monkeypatch.setattr(opencv, "load", lambda: None)
    with pytest.raises(MissingDependency, match=r"<bytes>: .*pip install opencv-python-headless"):
        read(data)
    np.testing.assert_array_equal(read(alone).pixels, grey.pixels)
    np.testing.assert_array_equal(read(bytes_of(image, "tiff")).pixels, image.pixels)


@WITHOUT
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("channels", NAMES)
def test_png_reads_alike_without_opencv(channels: int) -> None:
    image = picture("uint8", channels)
    np.testing.assert_array_equal(read(bytes_of(image, "png")).pixels, image.pixels)


def test_cmyk_becomes_rgb_and_its_profile_is_said_to_be_lost() -> None:
    import PIL.Image

    out = io.BytesIO()
    profile = b"\0" * 16 + b"CMYK" + b"\0" * 108
    PIL.Image.new("CMYK", (3, 2), (0, 255, 255, 0)).save(out, "TIFF", icc_profile=profile)
    found = read(out.getvalue())
    assert found.pixels.tolist() == [[[255, 0, 0]] * 3] * 2
    assert found.metadata.icc is None
    assert [note for note in found.metadata.notes if "CMYK was converted" in note]
    assert [note for note in found.metadata.notes if "profile is for CMYK" in note]


@ORDERS
def test_cmyk_of_16_bits_keeps_them(order: str) -> None:
    """Half of cyan on a quarter of black leaves 3/8 of red, and 3/4 of the others."""
    x = np.array([[[32768, 0, 0, 16384], [0, 0, 65535, 0], [0, 0, 0, 65535]]], np.uint16)
    inks = x.astype(x.dtype.newbyteorder(order)).tobytes()
    found = read(simple(x, order, inks, t262=("H", (5,))))
    assert found.pixels.tolist() == [[[24575, 49151, 49151], [65535, 65535, 0], [0, 0, 0]]]
    assert found.pixels.dtype == np.uint16
    assert found.metadata.notes == ("CMYK was converted to RGB without its colour profile",)


def test_lab_becomes_rgb() -> None:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.new("LAB", (1, 1), (255, 128, 128)).save(out, "TIFF")
    found = read(out.getvalue())
    assert found.metadata.notes == ("LAB was converted to RGB",)
    assert found.axes == "yxc"
    assert found.pixels.shape == (1, 1, 3)


def test_alpha_is_laid_on_white_where_there_is_none() -> None:
    x = np.array([[[0, 100, 200, 0], [0, 100, 200, 255], [0, 100, 200, 51]]], np.uint8)
    data, notes = encode(Image.of(x, alpha=True), "ppm")
    # 51 / 255 is a fifth: 4/5 * 255 = 204, 204 + 20, 204 + 40.
    assert read(data).pixels.tolist() == [[[255, 255, 255], [0, 100, 200], [204, 224, 244]]]
    assert notes == ("alpha was composited on white, PPM has none",)
    grey, notes = encode(Image.of(x[..., 2:], alpha=True), "jpeg")
    assert read(grey).axes == "yx"
    assert notes == ("alpha was composited on white, JPEG has none",)


@pytest.mark.parametrize(("name", "channels", "becomes", "note"), [
    ("webp", 1, 3, "grey became RGB, WebP has no grey"),
    ("webp", 2, 4, "grey became RGB, WebP has no grey"),
    ("bmp", 2, 4, "grey became RGB, BMP has no grey"),
    ("ppm", 1, 3, "grey became RGB, PPM has no grey"),
])  # fmt: skip
def test_grey_is_spread_where_there_is_none(
    name: str, channels: int, becomes: int, note: str
) -> None:
    image = picture("uint8", channels)
    data, notes = encode(image, name)
    if name == "bmp":  # which has grey, but none with alpha
        notes = tuple(n.replace("no grey and alpha", "no grey") for n in notes)
    assert notes == (note,)
    found = read(data).pixels
    grey = image.pixels.reshape(7, 9, -1)
    np.testing.assert_array_equal(found[..., :3], np.repeat(grey[..., :1], 3, axis=2))
    assert found.shape[2] == becomes
    if becomes == 4:
        np.testing.assert_array_equal(found[..., 3], grey[..., 1])


def test_an_unnamed_channel_is_taken_as_alpha_and_said() -> None:
    image = Image.of(picture("uint8", 4).pixels)
    data, notes = encode(image, "png")
    assert notes == ("channel 4 was taken as alpha",)
    assert read(data).alpha
    single = Image.of(picture("uint8", 1).pixels[..., None])
    assert read(bytes_of(single, "png")).axes == "yx"


# ---------------------------------------------------------------- orientation, profile, resolution

UPRIGHT = np.arange(5 * 3 * 3, dtype=np.uint8).reshape(5, 3, 3) * 5
TURNED = {  # what a camera stores, by the words of the standard: where row 0 and column 0 are
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1),
    6: UPRIGHT.swapaxes(0, 1)[::-1],
    7: UPRIGHT.swapaxes(0, 1)[::-1, ::-1],
    8: UPRIGHT.swapaxes(0, 1)[:, ::-1],
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_orientation_is_applied_once(kind: str, orientation: int) -> None:
    import PIL.Image

    stored = PIL.Image.fromarray(np.ascontiguousarray(TURNED[orientation]))
    exif, out = PIL.Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    if kind == "JPEG":
        options = {"quality": 100, "subsampling": 0}
    stored.save(out, kind, exif=exif, **options)
    found = read(out.getvalue())
    assert found.pixels.shape == UPRIGHT.shape
    assert np.abs(found.pixels.astype(int) - UPRIGHT).max() <= (3 if kind == "JPEG" else 0)
    again = read(bytes_of(found, kind.lower()))
    assert again.pixels.shape == UPRIGHT.shape
    assert np.abs(again.pixels.astype(int) - UPRIGHT).max() <= (12 if kind == "JPEG" else 0)


def test_orientation_of_packed_bits_and_swapped_resolution() -> None:
    import PIL.Image

    stored = PIL.Image.fromarray(np.eye(4, 6, dtype=bool))
    exif, out = PIL.Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    stored.save(out, "TIFF", exif=exif, compression="group4", dpi=(200, 100))
    found = read(out.getvalue())
    np.testing.assert_array_equal(found.pixels, np.rot90(np.eye(4, 6), -1) * 255)
    assert found.metadata.dpi == (100, 200)


def test_resolution_turns_with_the_picture() -> None:
    exif = chunk(b"eXIf", tiff("<", {274: ("H", (6,))}, b""))
    dots = chunk(b"pHYs", struct.pack(">IIB", 4000, 2000, 1))
    found = read(png_of(2, 1, 8, 0, bytes(3), exif, dots))
    assert found.pixels.shape == (2, 1)
    assert found.metadata.dpi == pytest.approx((50.8, 101.6))


def test_orientation_in_text_is_read_as_pillow_does() -> None:
    xmp = b'<x tiff:Orientation="3"/>'
    row = bytes([0, 1, 2])
    plain = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    packed = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp))
    for text in (plain, packed):
        assert read(png_of(2, 1, 8, 0, row, text)).pixels.tolist() == [[2, 1]]
    broken = chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")
    assert read(png_of(2, 1, 8, 0, row, broken)).pixels.tolist() == [[1, 2]]


ICC = b"\0" * 16 + b"RGB " + bytes(range(256)) * 600  # 154 KB: three segments of a JPEG


COLOURED = [form for form in FORMATS if form.bare or 3 in form.channels]


def tagged(image: Image, dpi: tuple[float, float]) -> Image:
    return replace(image, metadata=Metadata(icc=ICC, dpi=dpi))


@pytest.mark.parametrize("dpi", [(300.0, 150.0), (72.009, 72.009), (2.54, 5.08), (1200.0, 1200.0)])
@pytest.mark.parametrize("form", COLOURED, ids=lambda form: form.name)
def test_profile_and_resolution_are_kept_or_named(form: Form, dpi: tuple[float, float]) -> None:
    image = tagged(picture("uint8" if "uint8" in form.dtypes else "float32", 3), dpi)
    data, notes = encode(image, form.name)
    found = read(data).metadata
    assert found.icc == (ICC if form.icc else None)
    assert any("profile was left out" in note for note in notes) == (not form.icc)
    assert any("resolution was left out" in note for note in notes) == (not form.dpi)
    if not form.dpi:
        assert found.dpi is None
        return
    assert found.dpi is not None
    # A PNG counts whole pixels per metre: 2.54 dpi is 100 of them, exactly.
    np.testing.assert_allclose(found.dpi, dpi, rtol=0.005)


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "tiff"])
def test_pillow_finds_our_metadata(name: str) -> None:
    import PIL.Image

    data = bytes_of(tagged(picture("uint8", 3), (300, 300)), name)
    with PIL.Image.open(io.BytesIO(data)) as opened:
        opened.load()
        assert opened.info["icc_profile"] == ICC
        if name != "webp":
            assert opened.info["dpi"] == pytest.approx((300, 300), rel=1e-4)


def test_a_long_profile_is_numbered_as_icc_1_b_4_says() -> None:
    data = bytes_of(tagged(picture("uint8", 3), (300, 300)), "jpeg")
    parts = data.split(b"ICC_PROFILE\0")[1:]
    assert [tuple(part[:2]) for part in parts] == [(1, 3), (2, 3), (3, 3)]


def test_a_profile_for_other_colours_is_left_out() -> None:
    image = tagged(picture("uint8", 1), (300, 300))
    data, notes = encode(image, "png")
    assert notes == ("the colour profile is for RGB, the pixels are GRAY: it was left out",)
    assert read(data).metadata.icc is None
    packed = chunk(b"iCCP", b"x\0\0" + zlib.compress(ICC))
    assert read(png_of(1, 1, 8, 0, b"\0\0", packed)).metadata.icc is None
    for body in (b"x\0\0junk", b"x", b"x\0\0" + zlib.compress(ICC)[:-9]):
        broken = read(png_of(1, 1, 8, 2, b"\0\0\0\0", chunk(b"iCCP", body)))
        assert broken.metadata.notes == ("the colour profile is broken and was left out",)


# ---------------------------------------------------------------- PNM, npy, animations


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


def animated(kind: str) -> tuple[bytes, list[Array]]:
    import PIL.Image

    frames = [picture("uint8", 3, (8, 8), seed).pixels for seed in range(3)]
    first, *rest = map(PIL.Image.fromarray, frames)
    out = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    first.save(out, kind, save_all=True, append_images=rest, duration=50, **options)
    return out.getvalue(), frames


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_or_one_frame_read(kind: str) -> None:
    data, frames = animated(kind)
    line = refused(data)
    assert "3 frames" in line
    assert "--frame N (0 to 2)" in line
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(read(data, frame=index).pixels[..., :3], frame)
    assert "holds 3 frames" in refused(data, frame=3)
    assert f"is a {'WebP' if kind == 'WEBP' else kind}; --volume takes" in refused(
        data, volume=True
    )


def test_an_animation_has_no_more_frames_than_chunks() -> None:
    data, _ = animated("PNG")
    place = data.index(b"acTL")
    claim = struct.pack(">II", 1 << 30, 0)
    forged = data[: place - 4] + chunk(b"acTL", claim) + data[place + 16 :]
    assert "holds 3 frames" in refused(forged)


# ---------------------------------------------------------------- what is refused


def test_recognised_by_content_never_by_name(tmp_path: Path) -> None:
    image = picture("uint8", 3)
    liar = tmp_path / "really-a-png.jpg"
    liar.write_bytes(bytes_of(image, "png"))
    np.testing.assert_array_equal(read(liar).pixels, image.pixels)
    with liar.open("rb") as stream:
        np.testing.assert_array_equal(read(stream).pixels, image.pixels)
    assert read(str(liar)).metadata.format == "png"


@pytest.mark.parametrize(("data", "why"), [
    (b"", "is empty"),
    (b"GIF89a" + bytes(50), "is a GIF, which is not read; read are PNG, JPEG, TIFF"),
    (b"%!PS-Adobe-3.0 EPSF-3.0", "is PostScript, which is not read"),
    (b"8BPS" + bytes(50), "is a Photoshop file"),
    (bytes(50), "is not a picture of a known kind; read are PNG"),
    (b"\x89PNG\r\n\x1a\n", "is truncated"),
    (b"\xff\xd8\xff", "is damaged or no true JPEG"),
    (b"II*\0", "is truncated"),
    (b"II*\0\x08\0\0\0", "is truncated"),
    (b"BM", "is damaged or no true BMP"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "is truncated"),
    (b"RIFF\0\0\0\0WEBPJUNK" + bytes(20), "must begin with VP8"),
])  # fmt: skip
def test_each_refusal_is_one_clear_line(data: bytes, why: str, tmp_path: Path) -> None:
    file = tmp_path / "bad file.png"
    file.write_bytes(data)
    line = refused(file)
    assert line.startswith(f"{file}: ")
    assert why in line


@pytest.mark.parametrize("name", [form.name for form in FORMATS if form.name != "pnm"])
def test_every_truncation_is_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere, a file is refused; only a text of digits may end early and be whole."""
    form = next(form for form in FORMATS if form.name == name)
    dtype = "uint8" if "uint8" in form.dtypes else "float32"
    image = held(form, picture(dtype, (form.channels or (3,))[-1], (20, 20)))
    data = bytes_of(image, name)
    for end in sorted({*range(0, len(data), max(1, len(data) // 40)), len(data) - 1}):
        assert refused(data[:end]).startswith("<bytes>: ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("where", [20, 30, 45, -20, -1])
def test_a_flipped_bit_in_a_png_is_refused(where: int) -> None:
    data = bytearray(bytes_of(picture("uint8", 3), "png"))
    data[where] ^= 4
    assert "is damaged: the checksum" in refused(bytes(data))


def test_sound_chunks_with_broken_rows_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    good = zlib.compress(bytes(4) * 2)
    for rows, why in {
        b"": "truncated",
        good[:-6]: "truncated",
        zlib.compress(bytes(4)): "truncated",
        good[:-4] + b"abcd": "cannot be unpacked",
        b"garbage": "cannot be unpacked",
        zlib.compress(b"\7" + bytes(7)): "unknown filter",
    }.items():
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 2, 0, 0, 0))
        data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
        assert why in refused(data)
    assert capfd.readouterr() == ("", "")  # libpng would print


def test_many_pixels_are_laid_into_several_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png_chunks, "_MOST_BODY", 50)
    data = bytes_of(IMAGE, "png")
    assert data.count(b"IDAT") > 3
    np.testing.assert_array_equal(as_pillow(data), IMAGE.pixels)
    np.testing.assert_array_equal(read(data).pixels, IMAGE.pixels)


def test_more_chunks_than_any_picture_has() -> None:
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    assert "more than 200,000 chunks" in refused(data + chunk(b"tEXt", b"") * 200_000)


@pytest.mark.parametrize(("values", "why"), [
    ((1, 1, 8, 0, 0, 0, 2), "unknown method"),
    ((1, 1, 8, 0, 1, 0, 0), "unknown method"),
    ((1, 1, 8, 5, 0, 0, 0), "colour type 5"),
    ((1, 1, 4, 2, 0, 0, 0), "4 bits of colour type 2"),
    ((0, 1, 8, 2, 0, 0, 0), "has no pixels"),
    ((1, 1, 8, 3, 0, 0, 0), "palette is missing"),
])  # fmt: skip
def test_headers_that_no_png_has(values: tuple[int, ...], why: str) -> None:
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", *values)) + chunk(
        b"IDAT", zlib.compress(bytes(8))
    )
    assert why in refused(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))


def test_an_animation_of_16_bits_is_refused() -> None:
    control, frame = chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", bytes(26))
    data = png_of(1, 1, 16, 0, bytes(3), control, frame, frame)
    assert "would be read with 8" in refused(data, frame=1)


def test_memory_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    data = bytes_of(IMAGE, "png")
    monkeypatch.setattr(png_chunks, "parse", fail)
    assert refused(data) == "<bytes>: there is not enough memory for it"
    monkeypatch.setattr(png, "_packed", fail)
    with pytest.raises(FileProblem, match=r"out\.png: there is not enough memory to write PNG"):
        write(tmp_path / "out.png", IMAGE)


def test_a_chunk_of_the_wrong_length_is_refused() -> None:
    data = png_of(1, 1, 8, 0, b"\0\5", chunk(b"pHYs", bytes(8)))
    assert "is damaged: chunk pHYs has the wrong length" in refused(data)


def test_tiffs_that_lack_pixels() -> None:
    x = picture("uint8", 1).pixels
    assert "a part of its pixels lies beyond its end" in refused(simple(x, "<", x.tobytes())[:-1])
    short = simple(x, "<", zlib.compress(x.tobytes()[:-1]), t259=("H", (8,)))
    assert "is truncated: rows of pixels are missing" in refused(short)
    missing = simple(x, "<", x.tobytes(), t278=("I", (1,)))
    assert "parts of its pixels have no place" in refused(missing)


def test_a_damaged_chunk_that_does_not_matter_is_left_out() -> None:
    bad = chunk(b"pHYs", bytes(9))[:-1] + b"x"
    found = read(png_of(1, 1, 8, 0, b"\0\5", bad))
    assert found.pixels.tolist() == [[5]]
    assert found.metadata.notes == ("chunk pHYs is damaged and was left out",)


WIDE, ONE = 1 << 20, np.zeros((1, 1), np.uint8)
BOMBS = {
    "png": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDE, WIDE, 8, 2, 0, 0, 0)),
    "webp": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2,
    "bmp": b"BM" + struct.pack("<IHHIIiiHH24x", 60, 0, 0, 54, 40, WIDE, WIDE, 1, 24),
    "tiff": simple(ONE, "<", b"", t256=("I", (WIDE,)), t257=("I", (WIDE,))),
    "tile": simple(ONE, "<", b"", t322=("I", (WIDE,)), t323=("I", (WIDE,))),
    "jpeg": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\0\x03\x11\0"
    b"\xff\xda\0\x08\1\1\0\0?\0",
}


@pytest.mark.parametrize("name", BOMBS)
def test_the_size_is_checked_before_anything_is_decoded(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    assert "the limit is 100,000,000; --max-pixels raises it" in refused(BOMBS[name])
    assert time.perf_counter() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


@pytest.mark.parametrize("name", ["png", "jpeg", "tiff", "bmp", "webp", "ppm", "npy"])
def test_the_limit_can_be_set(name: str) -> None:
    data = bytes_of(picture("uint8", 3), name)
    assert read(data, max_pixels=63).pixels.shape == (7, 9, 3)
    assert "is 63 pixels, the limit is 62" in refused(data, max_pixels=62)


def test_pages_that_bite_their_tail() -> None:
    data = bytearray(bytes_of(picture("uint8", 1), "tiff"))
    (count,) = struct.unpack_from("<H", data, 8)
    struct.pack_into("<I", data, 10 + 12 * count, 8)
    assert "list of pages does not end" in refused(bytes(data))


def test_missing_and_odd_paths(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.png")
    assert "Is a directory" in refused(tmp_path)
    assert refused("a\0b.png") == "a\\x00b.png: no file can have this name"
    assert "/esc\\x1b[2J\\n.png: No such file" in refused(tmp_path / "esc\x1b[2J\n.png")
    assert "not a picture" in refused("/dev/zero")  # which never ends
    with pytest.raises(InvalidValue, match="a stream must give bytes; got str"):
        read(io.StringIO("text"))  # type: ignore[arg-type]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(b"x")
    file.chmod(0)
    assert "Permission denied" in refused(file)


@pytest.mark.parametrize(
    "options", [{"frame": -1}, {"max_pixels": 0}, {"volume": True, "frame": 0}]
)
def test_impossible_options(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="read: "):
        read(b"P5 1 1 255 a", **options)


@pytest.mark.parametrize(("image", "name", "why"), [
    (picture("uint16", 3), "jpeg", "JPEG holds uint8; got uint16, which PNG, TIFF, PGM, PPM"),
    (picture("uint16", 3), "webp", "got uint16, which PNG, TIFF"),
    (picture("uint16", 1), "bmp", "got uint16, which PNG, TIFF"),
    (picture("float32", 1), "png", "uint8 and uint16; got float32, which TIFF, PFM, npy hold"),
    (picture("float64", 1), "pfm", "got float64, which TIFF, npy hold"),
    (picture("uint8", 3), "pgm", "PGM holds grey only; got RGB"),
    (picture("uint8", 1, (2, 3, 4)), "png", "PNG holds no volumes; TIFF and npy do"),
    (Image.of([1.0, 2.0]), "tiff", "TIFF holds no signals of one axis; npy does"),
    (Image.of(np.zeros((0, 5), np.uint8)), "png", "no pixels"),
    (Image.of(np.zeros((1, 70_000), np.uint8)), "jpeg", "at most 65,500 pixels a side"),
    (Image.of(np.zeros((2, 2, 7), np.uint8)), "tiff", "1 to 4 channels; got 7, which npy holds"),
])  # fmt: skip
def test_what_a_format_cannot_hold_is_an_error(
    image: Image, name: str, why: str, tmp_path: Path
) -> None:
    target = tmp_path / "out.file"
    with pytest.raises(FileProblem) as caught:
        write(target, image, format=name)
    assert str(caught.value).startswith(f"{target}: ")
    assert why in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_format_of() -> None:
    for form in FORMATS:
        for suffix in form.suffixes:
            assert format_of(f"a.b/photo{suffix.upper()}") == form.name
    with pytest.raises(
        UnknownName, match=r"photo.jpgg: .*did you mean '.jpg'\?; known are .png, .jpg"
    ):
        format_of("photo.jpgg")
    with pytest.raises(UnknownName, match="name without a suffix; known are"):
        format_of("photo")
    with pytest.raises(UnknownName, match="did you mean 'jpeg'"):
        encode(picture("uint8", 1), "jpg")


# ---------------------------------------------------------------- replaced whole or not at all

GOOD = b"what was there before"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "out.png"
    path.write_bytes(GOOD)
    atomic._swept.clear()
    yield path
    assert [each.name for each in tmp_path.iterdir()] == ["out.png"]  # nothing else was left


def test_write_replaces(target: Path) -> None:
    assert write(target, IMAGE) == ()
    np.testing.assert_array_equal(read(target).pixels, IMAGE.pixels)


def test_no_space(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def full(file: int, data: bytes) -> int:
        if os.fstat(file).st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[:100])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(
        FileProblem, match=r"out\.png: the disk is full \(no space left on device\)"
    ):
        write(target, IMAGE)
    assert target.read_bytes() == GOOD


def test_a_real_limit_on_the_size_of_files(target: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(FileProblem, match=r"out\.png: cannot be written: File too large"):
            write(target, picture("uint8", 3, (100, 100)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == GOOD


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "fstat"])
@pytest.mark.parametrize("fault", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_fault_at_any_step(
    step: str, fault: BaseException, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(os, step, fail)
    expected = FileProblem if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write(target, IMAGE)
    monkeypatch.undo()
    assert target.read_bytes() == GOOD


def test_a_short_file_is_noticed(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda file, data: len(data))  # says so, and does not
    with pytest.raises(FileProblem, match="not as long as what was written"):
        write(target, IMAGE)
    assert target.read_bytes() == GOOD


def test_encoding_fails_before_the_file_is_touched(target: Path) -> None:
    with pytest.raises(FileProblem, match="PNG holds uint8 and uint16"):
        write(target, picture("float64", 1))
    assert target.read_bytes() == GOOD


def test_mode_is_kept_and_links_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(GOOD)
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, IMAGE)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    np.testing.assert_array_equal(read(real).pixels, IMAGE.pixels)
    old = os.umask(0o027)
    try:
        write(tmp_path / "new.png", IMAGE)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o640


def test_targets_that_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileProblem, match="is a folder"):
        write(tmp_path, IMAGE, format="png")
    with pytest.raises(FileProblem, match="its folder does not exist"):
        write(tmp_path / "none" / "out.png", IMAGE)
    with pytest.raises(FileProblem, match="no file can have this name"):
        write("a\0.png", IMAGE)
    with pytest.raises(FileProblem, match="File name too long"):
        write(tmp_path / f"{'n' * 300}.png", IMAGE)
    longest = tmp_path / f"{'n' * 251}.png"
    write(longest, IMAGE)
    assert longest.exists()
    before = os.stat("/dev/null")
    write("/dev/null", IMAGE, format="png")
    assert os.stat("/dev/null").st_ino == before.st_ino  # written to, not replaced
    with pytest.raises(FileProblem, match="disk is full"):
        write("/dev/full", IMAGE, format="png")
    longest.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # as it is for all but root
    with pytest.raises(FileProblem, match="is read-only"):
        write(longest, IMAGE)


def test_what_a_killed_process_left_is_swept(target: Path) -> None:
    dead = target.with_name(".out.png.imgkernels-1-0.tmp")
    busy = target.with_name(".out.png.imgkernels-1-1.tmp")
    other = target.with_name(".out.png.imgkernels.tmp")
    for path in (dead, busy, other):
        path.write_bytes(b"half")
    with busy.open("rb") as held_open:
        import fcntl

        fcntl.flock(held_open, fcntl.LOCK_EX)
        write(target, IMAGE)
    assert not dead.exists()
    assert busy.exists()  # another process is writing it
    assert other.exists()  # not ours
    busy.unlink()
    other.unlink()


WRITER = """
import sys
import numpy as np
from imgkernels.files import write
from imgkernels.image import Image
images = [Image.of(np.full((600, 600, 3), value, np.uint8)) for value in (7, 9)]
for i in range(10**9):
    write(sys.argv[1], images[i % 2])
    if not i:
        print("ready", flush=True)
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    write(target, IMAGE)
    for number in range(4):
        command = [sys.executable, "-c", WRITER, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.02 + 0.013 * number)
            process.send_signal(signal.SIGKILL)
        assert np.unique(read(target).pixels).tolist() in ([7], [9])
    atomic._swept.clear()
    write(target, IMAGE)
    assert [each.name for each in tmp_path.iterdir()] == ["out.png"]


# ---------------------------------------------------------------- quiet, and quick to import


def test_threads_share_the_silence_and_restore_it() -> None:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.new("P", (300, 300)).save(out, "TIFF")
    before, failures = list(warnings.filters), []

    def work() -> None:
        try:
            for _ in range(20):
                read(out.getvalue())
        except ImgkernelsError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert warnings.filters == before


def test_nothing_is_printed_by_a_plain_process(tmp_path: Path) -> None:
    """Where no test runner catches it: libtiff's errors, and the log of Pillow."""
    many = simple(ONE, "<", bytes(7), t258=("H", (8,) * 7), t277=("H", (7,)), t262=("H", (5,)))
    cut = simple(ONE, "<", b"\x80", t259=("H", (5,)))
    (tmp_path / "many.tif").write_bytes(many)
    (tmp_path / "cut.tif").write_bytes(cut)
    code = """if True:
        import sys
        from imgkernels.files import read
        for name in sys.argv[1:]:
            try:
                read(name)
            except OSError as error:
                print(error)
    """
    files = [str(tmp_path / "many.tif"), str(tmp_path / "cut.tif")]
    command = [sys.executable, "-c", code, *files]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert [line.partition(": ")[0] for line in run.stdout.splitlines()] == files


def test_reasons_are_one_printable_line() -> None:
    assert words.reason(ValueError("a\n  b\x1b[1m")) == "a b\\x1b[1m"
    assert words.reason(KeyError()) == "KeyError"
    assert len(words.reason(ValueError("x" * 9999))) == 200


def modules_after(code: str) -> set[str]:
    code += (
        "\nimport sys; print(*(m for m in ('PIL', 'cv2', 'scipy', 'logging') if m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_imports_are_late(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    write(file, IMAGE)
    assert modules_after("import imgkernels.files") == set()
    plain = f"from imgkernels.files import read, write; write({str(file)!r}, read({str(file)!r}))"
    assert not modules_after(plain) & {"PIL", "scipy"}


# ---------------------------------------------------------------- files that nobody here made


def corpus(kind: str) -> list[Any]:
    manifest = IMAGES / "manifest.json"
    if not manifest.exists():
        reason = f"there is no {manifest}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    entries = json.loads(manifest.read_text())
    return [pytest.param(e, id=e["file"]) for e in entries if e["kind"] == kind]


UNREAD = (".gif", ".avif", ".tga", ".sgi", ".ico")


@pytest.mark.parametrize("entry", corpus("valid"))
def test_valid_files(entry: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    path = IMAGES / entry["file"]
    if path.suffix in UNREAD:
        assert refused(path).startswith(f"{path}: is ")
        return
    uncounted = path.name == "multipage_rgb.tif"  # Pillow cannot, so the manifest does not say
    several = uncounted or ("multi-frame" in entry["features"] and path.suffix != ".mpo")
    if several:
        assert "--frame N" in refused(path)
    image = read(path, frame=0 if several else None)
    assert capfd.readouterr() == ("", "")
    told = entry["pillow"]
    if "16bit" in entry["features"] or told.get("mode", "").startswith("I;16"):
        assert image.pixels.dtype == np.uint16
    if "float" in entry["features"]:
        assert image.pixels.dtype.kind == "f"
    if "signed" in entry["features"]:
        assert image.pixels.dtype.kind == "i"
    if (told.get("icc_bytes") or 0) and "cmyk" not in entry["features"]:
        assert image.metadata.icc is not None
        assert len(image.metadata.icc) == told["icc_bytes"]
    if image.pixels.dtype == np.uint8 and told.get("load") == "ok":
        np.testing.assert_array_equal(image.pixels, by_pillow(path))


def by_pillow(path: Path) -> Array:
    import PIL.Image
    import PIL.ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with PIL.Image.open(path) as opened:
            opened.load()
            turned = PIL.ImageOps.exif_transpose(opened)
            mode = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB"}.get(turned.mode, turned.mode)
            if mode in ("P", "L", "RGB") and "transparency" in opened.info:
                mode = "LA" if mode == "L" else "RGBA"
            return np.asarray(turned.convert("RGB" if mode == "P" else mode))


@pytest.mark.parametrize("entry", corpus("broken"))
def test_broken_files(entry: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    path = IMAGES / entry["file"]
    start = time.perf_counter()
    try:
        read(path)
    except FileProblem as error:
        line = str(error)
        assert line.startswith(f"{path}: ")
        assert line.isprintable()
        assert len(line) < len(str(path)) + 300
    else:
        assert not entry["expect"].startswith("reject")
    assert time.perf_counter() - start < 1
    assert capfd.readouterr() == ("", "")


def find(folder: str, pattern: str) -> list[Path]:
    return sorted((IMAGES / "valid" / folder).glob(pattern))


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
@pytest.mark.parametrize(("folder", "first", "pattern", "decibels"), [
    ("exif-orientation", "Landscape_1.jpg", "Landscape_*.jpg", 28),
    ("pillow", "hopper_orientation_2.jpg", "hopper_orientation_*.jpg", 28),
    ("pillow", "hopper_orientation_2.jpg", "hopper_orientation_*.webp", 28),
    ("pillow", "g4_orientation_1.tif", "g4_orientation_*.tif", 26),  # one bit; Pillow's are 26.8
])  # fmt: skip
def test_orientations_show_one_picture(
    folder: str, first: str, pattern: str, decibels: float
) -> None:
    expected = read(IMAGES / "valid" / folder / first).pixels.astype(float)
    found = find(folder, pattern)
    assert found
    for path in found:
        x = read(path).pixels
        assert x.shape == expected.shape
        error = np.mean((x - expected) ** 2)
        assert error == 0 or 10 * np.log10(255**2 / error) >= decibels


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_16_bit_png_agrees_with_the_high_bytes_of_pillow() -> None:
    """Pillow keeps the high byte of 16-bit colour: a reader that is not OpenCV."""
    found = [path for path in find("pngsuite", "*2c16.png") if not path.name.startswith("t")]
    assert len(found) >= 3
    for path in found:
        np.testing.assert_array_equal(read(path).pixels >> 8, as_pillow(path.read_bytes()))


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_the_same_ramp_in_each_encoding_of_tiff() -> None:
    """image-tiff's seq files: the hash that ends the name stands for the pixels."""
    ramps: dict[str, list[Array]] = {}
    for path in find("image-tiff", "seq-1c-*.tiff"):
        with contextlib.suppress(FileProblem):  # the one of several pages
            ramps.setdefault(path.stem[-8:], []).append(read(path).pixels)
    assert max(map(len, ramps.values())) >= 3
    for same in ramps.values():
        for x in same[1:]:
            np.testing.assert_array_equal(x, same[0])


def test_every_dtype_has_a_format() -> None:
    assert {dtype for form in FORMATS if not form.bare for dtype in form.dtypes} == set(SUPPORTED)
