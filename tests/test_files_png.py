"""Files: the palettes, bits and key colours of PNG, its chunks, and the PNGs that are refused."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from picture_files import IMAGE, NAMES, as_pillow, bytes_of, chunk, picture, png_of, refused

from imgkernels import opencv
from imgkernels.errors import MissingDependency
from imgkernels.files import png_chunks, png_pixels, read

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


def test_a_chunk_of_the_wrong_length_is_refused() -> None:
    data = png_of(1, 1, 8, 0, b"\0\5", chunk(b"pHYs", bytes(8)))
    assert "is damaged: chunk pHYs has the wrong length" in refused(data)


def test_a_damaged_chunk_that_does_not_matter_is_left_out() -> None:
    bad = chunk(b"pHYs", bytes(9))[:-1] + b"x"
    found = read(png_of(1, 1, 8, 0, b"\0\5", bad))
    assert found.pixels.tolist() == [[5]]
    assert found.metadata.notes == ("chunk pHYs is damaged and was left out",)


def test_what_opencv_does_not_take_is_read_by_pillow(capfd: pytest.CaptureFixture[str]) -> None:
    wide = png_of(1_000_001, 1, 8, 0, b"\0" + bytes(1_000_000) + b"\7")
    found = read(wide).pixels
    assert found.shape == (1, 1_000_001)
    assert found[0, -1] == 7
    deep = png_of(1_000_001, 1, 16, 2, bytes(6_000_007))
    assert "16-bit colour of more pixels than OpenCV reads" in refused(deep)
    assert capfd.readouterr() == ("", "")
    header = png_chunks.Header(40_000, 40_000, 8, 0, False)
    assert not png_pixels.fits_opencv(header)
    assert png_pixels.fits_opencv(replace(header, height=26_000))


PALETTE = chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6]))


@pytest.mark.parametrize(
    ("alpha", "shown"), [(b"\x10\x20\x30\x40\x50", [16, 32]), (b"\x10", [16, 255])]
)
def test_alpha_of_more_or_fewer_colours_than_there_are(
    alpha: bytes, shown: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    found = read(png_of(2, 1, 1, 3, b"\0\x40", PALETTE, chunk(b"tRNS", alpha)))
    assert found.pixels[0, :, 3].tolist() == shown
    assert capfd.readouterr() == ("", "")


def test_a_colour_key_counts_as_far_as_it_fits() -> None:
    """Only the low bits of the key are those of a sample; a key of another length is none."""
    rows = b"\0\5\6"
    keyed = read(png_of(2, 1, 8, 0, rows, chunk(b"tRNS", b"\x01\5")))
    assert keyed.pixels.tolist() == [[[5, 0], [6, 255]]]
    for key in (bytes([0, 5] * 3), b"\5", b""):
        assert read(png_of(2, 1, 8, 0, rows, chunk(b"tRNS", key))).pixels.tolist() == [[5, 6]]
