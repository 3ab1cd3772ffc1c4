"""Files: AVIF, TGA, GIF of one picture, and the names of what is not read."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from picture_files import as_pillow, bytes_of, picture, png_of, refused

from imgkernels.files import FORMATS, encode, read, strangers
from imgkernels.image import Image


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tga_is_read_by_pillow(channels: int) -> None:
    image = picture("uint8", channels)
    data = bytes_of(image, "tga")
    np.testing.assert_array_equal(as_pillow(data), image.pixels)
    np.testing.assert_array_equal(read(data).pixels, image.pixels)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("packed", [None, "tga_rle"])
def test_tga_of_every_kind(mode: str, packed: str | None) -> None:
    x = PIL.Image.fromarray(picture("uint8", 4, (20, 30)).pixels).convert(mode)
    out = io.BytesIO()
    x.save(out, "TGA", compression=packed)
    expected = np.asarray(x.convert("RGB") if mode == "P" else x)
    np.testing.assert_array_equal(read(out.getvalue()).pixels, expected)


@pytest.mark.parametrize(
    "form", [form for form in FORMATS if form.name != "tga"], ids=lambda f: f.name
)
def test_no_other_file_is_taken_for_a_tga(form: object) -> None:
    tga = next(form for form in FORMATS if form.name == "tga")
    name = form.name  # type: ignore[attr-defined]
    if name in ("txt", "csv", "pfm"):
        return
    x = (
        Image.of(np.zeros((9, 9), np.uint8))
        if name in ("pbm", "pgm", "pnm")
        else picture("uint8", 3)
    )
    assert not tga.begins.match(bytes_of(x, name))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_avif_is_near(channels: int) -> None:
    y, x = np.mgrid[:48, :64]
    planes = [y * 3, x * 2, 90 + 0 * x, 255 - x][:channels]
    smooth = np.dstack(planes).astype(np.uint8)
    image = Image.of(smooth[..., 0] if channels == 1 else smooth, alpha=channels == 4)
    data = bytes_of(image, "avif")
    found = read(data).pixels
    found = found[..., 0] if channels == 1 and found.ndim == 3 else found
    assert np.abs(found.astype(int) - image.pixels).max() <= 6  # quality 95, measured 4
    assert read(data).metadata.format == "avif"


def test_avif_of_more_than_8_bits_is_said_to_lose_them() -> None:
    data = bytes_of(picture("uint8", 3), "avif")
    place = re.search(rb"av1C\x81.", data, re.DOTALL)
    assert place is not None
    deep = bytearray(data)
    for at in [m.end() for m in re.finditer(rb"av1C\x81.", data, re.DOTALL)]:
        deep[at] |= 0x40
    try:
        notes = read(bytes(deep)).metadata.notes
    except OSError as error:  # a library may hold the box against the pixels
        assert "damaged" in str(error)  # noqa: PT017
    else:
        assert any("10 bits per sample were read as 8" in note for note in notes)


def gif(mode: str, **options: int) -> bytes:
    out = io.BytesIO()
    x = PIL.Image.fromarray(picture("uint8", 3, (20, 30)).pixels).convert(mode)
    x.save(out, "GIF", **options)
    return out.getvalue()


@pytest.mark.parametrize("options", [{}, {"interlace": 1}, {"transparency": 3}])
@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_gif_is_as_pillow_converts_it(mode: str, options: dict[str, int]) -> None:
    data = gif(mode, **options)
    with PIL.Image.open(io.BytesIO(data)) as opened:
        grey = opened.mode == "L"
        clear = "transparency" in opened.info
        wanted = {(0, 0): "RGB", (0, 1): "RGBA", (1, 0): "L", (1, 1): "LA"}[grey, clear]
        expected = np.asarray(opened.convert(wanted))
    np.testing.assert_array_equal(read(data).pixels, expected)


def test_gif_colours_are_reduced_and_that_is_said() -> None:
    many = picture("uint8", 3, (40, 40))
    data, notes = encode(many, "gif")
    assert notes == ("colours were reduced to a palette of 256, as GIF has it",)
    assert np.abs(read(data).pixels.astype(int) - many.pixels).mean() < 25
    half = Image.of(np.full((2, 2, 4), 127, np.uint8), alpha=True)
    data, notes = encode(half, "gif")
    assert notes == ("colours were reduced to a palette of 256, as GIF has it",)
    assert not read(data).pixels[..., 3].any()
    ramp = Image.of(np.arange(256, dtype=np.uint8).reshape(16, 16))
    data, notes = encode(ramp, "gif")
    assert notes == ()
    np.testing.assert_array_equal(read(data).pixels, ramp.pixels)


def test_gif_screens_are_limited_where_a_frame_is_larger_than_the_screen() -> None:
    data = bytearray(gif("L"))
    place = data.index(b",\0\0\0\0")
    data[place + 1 : place + 9] = b"\xff" * 8
    assert "131070 x 131070" in refused(bytes(data))


NAMED = {
    b"%!PS-Adobe-3.0 EPSF-3.0": "PostScript (EPS)", b"8BPS\0\1": "a Photoshop file",
    b"%PDF-1.4": "a PDF", b"\0\0\1\0\2\0": "an icon (ICO)", b"\1\xda\1\1\0\2": "an SGI picture",
    b"\0\0\0\x18ftypheic": "a HEIF", b"v/1\1\2\0\0\0": "OpenEXR", b"<svg xmlns=": "XML or SVG",
    b"gimp xcf v011": "a GIMP file", b"\x80\4\x95": "a pickle", bytes(128) + b"DICM": "DICOM",
    b"\0\0\0\x0cjP  \r\n": "a JPEG 2000", b"\xff\x0a": "a JPEG XL", b"\x1f\x8b\x08": "gzip",
    b"\x0a\5\1\x08": "a PCX", b"#?RADIANCE": "Radiance HDR", b"\0\1\0\0\x11\xaf": "a FLIC film",
}  # fmt: skip


@pytest.mark.parametrize("head", NAMED)
def test_what_is_not_read_is_named(head: bytes, tmp_path: Path) -> None:
    assert strangers.name_of(head) == NAMED[head]
    file = tmp_path / "picture.png"
    file.write_bytes(head + bytes(300))
    assert refused(file).startswith(f"{file}: is {NAMED[head]}, which is not read; read are PNG")


def test_png_words_and_gamma_are_said_to_be_left_out() -> None:
    import struct

    from picture_files import chunk

    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    words = chunk(b"tEXt", b"Title\0Dunes")
    data = png_of(1, 1, 8, 0, b"\0\1", gamma, words)
    assert read(data).metadata.notes == ("gamma and text were left out",)
    usual = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert read(png_of(1, 1, 8, 0, b"\0\1", usual)).metadata.notes == ()
    coloured = png_of(1, 1, 8, 0, b"\0\1", gamma, chunk(b"sRGB", b"\0"))
    assert read(coloured).metadata.notes == ()
