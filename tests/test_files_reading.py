"""Files: what is recognised, what is refused, and the limit on the size of a picture."""

from __future__ import annotations

import io
import os
import resource
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import IMAGE, ONE, bytes_of, chunk, held, picture, refused, simple

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files import FORMATS, png, png_chunks, read, write


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
    (b"GIF89a" + bytes(50), "is truncated: it ends before its first picture is whole"),
    (b"%!PS-Adobe-3.0 EPSF-3.0", "is PostScript (EPS), which is not read; read are PNG, JPEG"),
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


@pytest.mark.parametrize("name", [f.name for f in FORMATS if f.name not in ("pnm", "txt", "csv")])
def test_every_truncation_is_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere, a file is refused; only a text of digits may end early and be whole."""
    form = next(form for form in FORMATS if form.name == name)
    dtype = "uint8" if "uint8" in form.dtypes else "float32"
    image = held(form, picture(dtype, (form.channels or (3,))[-1], (20, 20)))
    data = bytes_of(image, name)
    if name == "tga":
        data = data[:-26]  # of a footer that says nothing
    for end in sorted({*range(0, len(data), max(1, len(data) // 40)), len(data) - 1}):
        assert refused(data[:end]).startswith("<bytes>: ")
    assert capfd.readouterr() == ("", "")


def test_memory_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    data = bytes_of(IMAGE, "png")
    monkeypatch.setattr(png_chunks, "parse", fail)
    assert refused(data) == "<bytes>: there is not enough memory for it"
    monkeypatch.setattr(png, "packed", fail)
    with pytest.raises(FileProblem, match=r"out\.png: there is not enough memory to write PNG"):
        write(tmp_path / "out.png", IMAGE)


WIDE = 1 << 20
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
