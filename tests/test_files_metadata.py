"""Files: orientation, colour profile and resolution."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from picture_files import bytes_of, chunk, picture, png_of, tiff

from imgkernels.files import FORMATS, encode, read
from imgkernels.files.formats import Format as Form
from imgkernels.image import Image, Metadata

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
