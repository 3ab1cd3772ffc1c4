"""Files: the layouts, packings and pages of TIFF, and the TIFFs that are refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from picture_files import ORDERS, as_pillow, bytes_of, picture, refused, simple, tiff

from imgkernels.files import encode, read, tiff_layout as layout, tiff_pillow

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


@pytest.mark.parametrize("bits", range(1, 8))
def test_tiff_of_few_bits_is_spread_to_8(bits: int) -> None:
    most = (1 << bits) - 1
    x = np.random.default_rng(0).integers(0, most, (5, 7, 3), np.uint8, endpoint=True)
    each = (x[..., None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(5, -1)
    packed = np.packbits(each, axis=1).tobytes()
    data = simple(x, "<", packed, t258=("H", (bits,) * 3), t262=("H", (2,)))
    np.testing.assert_array_equal(read(data).pixels, np.rint(x / most * 255))
    first = np.packbits(each.reshape(5, 7, 3, bits)[:, :, 0].reshape(5, -1), axis=1)
    grey = simple(x[..., 0], "<", first.tobytes(), t258=("H", (bits,)), t262=("H", (0,)))
    np.testing.assert_array_equal(read(grey).pixels, 255 - np.rint(x[..., 0] / most * 255))


@ORDERS
def test_tiff_of_24_bits_is_kept(order: str) -> None:
    x = np.random.default_rng(0).integers(0, 1 << 24, (4, 5), np.uint32)
    wide = x.astype(f"{order}u4")[..., None].view(np.uint8)
    packed = np.ascontiguousarray(wide[..., 1:] if order == ">" else wide[..., :3]).tobytes()
    found = read(simple(x, order, packed, t258=("H", (24,))))
    np.testing.assert_array_equal(found.pixels, x)
    assert found.white == (1 << 24) - 1


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
    ({"t258": ("H", (20,))}, "20-bit samples in a form that is not read"),
    ({"t258": ("H", (24,)), "t339": ("H", (3,))}, "24-bit samples in a form that is not read"),
    ({"t258": ("H", (0,))}, "says that a sample has 0 bits"),
    ({"t258": ("H", (65,))}, "says that a sample has 65 bits"),
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
    data = layout.file_of([(tags, [b"\1\2"])], big=True)
    place = struct.pack("<Q", len(data) - 2)
    assert data.count(place) == 1
    nowhere = data.replace(place, struct.pack("<q", -2))
    assert "is truncated: pixels lie beyond its end" in refused(nowhere)
    assert "lies nowhere" in refused(nowhere, allow_truncated=True)


def test_bigtiff() -> None:
    tags = {256: layout.long(2), 257: layout.long(1), 258: layout.short(8), 262: layout.short(1)}
    tags[278] = layout.long(1)
    data = layout.file_of([(tags, [b"\1\2"])], big=True)
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


def test_tiffs_that_lack_pixels() -> None:
    x = picture("uint8", 1).pixels
    assert "is truncated: pixels lie beyond its end" in refused(simple(x, "<", x.tobytes())[:-1])
    short = simple(x, "<", zlib.compress(x.tobytes()[:-1]), t259=("H", (8,)))
    assert "is truncated: rows of pixels are missing" in refused(short)
    missing = simple(x, "<", x.tobytes(), t278=("I", (1,)))
    assert "parts of its pixels have no place" in refused(missing)


def test_pages_that_bite_their_tail() -> None:
    data = bytearray(bytes_of(picture("uint8", 1), "tiff"))
    (count,) = struct.unpack_from("<H", data, 8)
    struct.pack_into("<I", data, 10 + 12 * count, 8)
    assert "list of pages does not end" in refused(bytes(data))


def test_tags_that_are_read_in_two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow decodes what it reads itself: it must be the size that was admitted."""
    palette = {"t262": ("H", (3,)), "t320": ("H", tuple(range(768)))}
    data, other = (
        simple(np.zeros(s, np.uint8), "<", bytes(8), **palette) for s in ((2, 4), (1, 8))
    )
    assert read(data).pixels.shape == (2, 4, 3)
    opened = tiff_pillow.opened
    monkeypatch.setattr(tiff_pillow, "opened", lambda _: opened(other))
    assert "its tags are read in two ways" in refused(data)


@pytest.mark.parametrize(("bits", "samples"), [(8, 3), (32, 4), (4, 4)])
def test_tiffs_of_no_known_inks(bits: int, samples: int) -> None:
    dtype = {4: np.uint8, 8: np.uint8, 32: np.uint32}[bits]
    x = np.zeros((2, 2, samples), dtype)
    more = {"t262": ("H", (5,)), "t258": ("H", (bits,) * samples)}
    assert f"CMYK of {samples} samples of {bits} bits" in refused(
        simple(x, "<", x.tobytes(), **more)
    )
