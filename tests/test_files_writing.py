"""Files: which format a name means, and what a format cannot hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from picture_files import picture

from imgkernels.errors import FileProblem, UnknownName
from imgkernels.files import FORMATS, encode, format_of, write
from imgkernels.image import Image
from imgkernels.values import SUPPORTED


@pytest.mark.parametrize(("image", "name", "why"), [
    (picture("uint16", 3), "jpeg", "JPEG holds uint8; got uint16, which PNG, TIFF, PGM, PPM"),
    (picture("uint16", 3), "webp", "got uint16, which PNG, TIFF"),
    (picture("uint16", 1), "bmp", "got uint16, which PNG, TIFF"),
    (picture("float32", 1), "png", "uint8 and uint16; got float32, which TIFF, PFM, npy, npz hold"),
    (picture("float64", 1), "pfm", "got float64, which TIFF, npy, npz, text, CSV hold"),
    (picture("uint8", 3), "pgm", "PGM holds grey only; got RGB"),
    (picture("uint8", 1, (2, 3, 4)), "png", "PNG holds no volumes; TIFF, npy and npz do"),
    (Image.of([1.0, 2.0]), "tiff", "TIFF holds no signals of one axis; npy and npz do"),
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
        UnknownName, match=r"photo.jpgg: .*did you mean '.jpg'\?; known are .png, .apng, .jpg"
    ):
        format_of("photo.jpgg")
    with pytest.raises(UnknownName, match="name without a suffix; known are"):
        format_of("photo")
    with pytest.raises(UnknownName, match="did you mean 'jpeg'"):
        encode(picture("uint8", 1), "jpg")


def test_every_dtype_has_a_format() -> None:
    assert {dtype for form in FORMATS if not form.bare for dtype in form.dtypes} == set(SUPPORTED)
