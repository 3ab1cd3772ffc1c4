"""Files: what is written is read again, by us and by others, and we read what others write."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from picture_files import NAMES, as_opencv, as_pillow, bytes_of, from_opencv, held, picture

from imgkernels import opencv
from imgkernels.files import FORMATS, encode, read
from imgkernels.files.formats import Format as Form
from imgkernels.image import Image

LOSSLESS = [form for form in FORMATS if form.name not in ("jpeg", "avif")]
HELD = [
    pytest.param(form, dtype, channels, id=f"{form.name}-{dtype}-{NAMES[channels]}")
    for form in LOSSLESS
    for dtype in form.dtypes
    for channels in form.channels or NAMES
]


def same_pixels(found: Image, image: Image, form: Form) -> None:
    x = image.pixels
    if form.name in ("webp", "gif") and image.alpha and (x[..., 3] == 255).all():
        x = x[..., :3]  # libwebp leaves out an alpha that is opaque everywhere, and we from a GIF
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
