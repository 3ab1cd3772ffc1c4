"""Files: CMYK and LAB, and alpha and grey where a format has none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from picture_files import ORDERS, bytes_of, picture, simple

from imgkernels.files import encode, read
from imgkernels.image import Image


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
