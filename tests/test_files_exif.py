"""Files: EXIF is kept where asked, and says nothing of where."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from picture_files import bytes_of, picture

from imgkernels.errors import ImgkernelsError
from imgkernels.files import FORMATS, encode, exif, read, tiff_layout as layout
from imgkernels.image import Image, Metadata

MAKE, SOFTWARE, EXPOSURE, MAKER_NOTE = 271, 305, 33434, 37500
CAMERA, POSITION = 34665, 34853
SECRET = b"52 deg 30 min north"


def camera_file(kind: str) -> bytes:
    """Return what a camera writes: make, exposure, maker note, position and orientation."""
    if kind == "TIFF":  # whose positions Pillow does not write
        return camera_tiff()
    said, out = PIL.Image.Exif(), io.BytesIO()
    said[274], said[MAKE], said[SOFTWARE] = 6, "Maker", "Camera 1.0"
    said.get_ifd(CAMERA).update({EXPOSURE: 0.25, MAKER_NOTE: b"note " * 20})
    said.get_ifd(POSITION).update({1: "N", 2: (52.0, 30.0, 0.0), 27: SECRET})
    x = PIL.Image.fromarray(picture("uint8", 3, (8, 16)).pixels)
    x.save(out, kind, exif=said)
    return out.getvalue()


def camera_tiff() -> bytes:
    def text(body: bytes) -> layout.Value:
        return layout.Value(2, len(body) + 1, body + b"\0")

    x = picture("uint8", 3, (8, 16)).pixels
    quarter, note = layout.rational(0.25), layout.undefined(b"note " * 20)
    tags: layout.Tags = {
        256: layout.long(16), 257: layout.long(8), 258: layout.short(8, 8, 8), 262: layout.short(2),
        274: layout.short(6), 277: layout.short(3), 278: layout.long(8),
        MAKE: text(b"Maker"), SOFTWARE: text(b"Camera 1.0"),
        CAMERA: {EXPOSURE: quarter, MAKER_NOTE: note},
        POSITION: {1: text(b"N"), 27: layout.undefined(SECRET)},
    }  # fmt: skip
    return layout.file_of([(tags, [x.tobytes()])])


CARRIERS = [form.name for form in FORMATS if form.exif]


@pytest.mark.parametrize("target", CARRIERS)
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_what_the_camera_said_is_kept_without_the_position(source: str, target: str) -> None:
    data = camera_file(source)
    assert SECRET in data
    image = read(data, keep_metadata=True)
    notes = " ".join(image.metadata.notes)
    assert "the position" in notes
    assert "the maker note" in notes
    written = bytes_of(image, target)
    assert SECRET not in written
    assert b"note note" not in written
    with PIL.Image.open(io.BytesIO(written)) as opened:
        found = opened.getexif()
        assert found[MAKE] == "Maker"
        assert found[SOFTWARE] == "Camera 1.0"
        assert found.get_ifd(CAMERA)[EXPOSURE] == 0.25
        assert not found.get_ifd(POSITION)
        assert found.get(274, 1) == 1
        assert opened.size == (8, 16)
    again = read(written, keep_metadata=True)
    assert again.metadata.exif is not None
    assert exif.kept(again.metadata.exif, True).left_out == ()


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_it_is_left_out_and_said_where_it_is_not_asked_for(source: str) -> None:
    image = read(camera_file(source))
    assert image.metadata.exif is None
    assert "EXIF" in " ".join(image.metadata.notes)
    assert SECRET not in bytes_of(image, "png")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_format_without_a_place_for_it_says_so(form: Any) -> None:
    said = exif.kept(PIL.Image.Exif().tobytes(), True)
    assert said == (None, ())
    kept = read(camera_file("JPEG"), keep_metadata=True).metadata.exif
    x = picture("float64" if form.name in ("txt", "csv") else
                "float32" if form.name == "pfm" else "uint8", 1)  # fmt: skip
    if form.name == "pbm":
        x = Image.of(np.zeros((3, 3), np.uint8))
    _, notes = encode(replace(x, metadata=Metadata(exif=kept)), form.name)
    assert any("EXIF was left out" in note for note in notes) == (not form.exif)


def test_broken_and_long_exif_says_nothing() -> None:
    data = bytearray(camera_file("JPEG"))
    place = data.index(b"Exif\0\0") + 6
    for cut in range(8, 300, 7):
        broken = exif.kept(bytes(data[place : place + cut]), True)
        assert broken.exif is None or SECRET not in broken.exif
    rng = np.random.default_rng(0)
    body = bytes(data[place : place + 400])
    for _ in range(3000):
        noisy = bytearray(body)
        for at in rng.integers(0, len(noisy), 3):
            noisy[at] = rng.integers(0, 256)
        try:
            exif.kept(bytes(noisy), True)
        except ImgkernelsError as error:
            pytest.fail(str(error))
    long = PIL.Image.Exif()
    long[SOFTWARE] = "x" * 61_000
    assert exif.kept(long.tobytes(), True) == (None, ("long EXIF",))
