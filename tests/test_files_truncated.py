"""Files: what was cut is refused, or read as far as it goes and said to be cut."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
from picture_files import bytes_of, picture, refused, simple

from imgkernels.errors import FileProblem
from imgkernels.files import read, read_frames
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image

WHOLE = Image.of(np.repeat(np.arange(64, dtype=np.uint8)[:, None, None] * 3, 48, 1).repeat(3, 2))
NOTE = "the file is truncated"


def cut_file(name: str) -> bytes:
    if name == "rle.tga":
        out = io.BytesIO()
        PIL.Image.fromarray(WHOLE.pixels).save(out, "TGA", compression="tga_rle")
        return out.getvalue()
    if name == "lzw-gif":
        out = io.BytesIO()
        PIL.Image.fromarray(WHOLE.pixels[..., 0]).save(out, "GIF")
        return out.getvalue()
    image = Image.of(WHOLE.pixels.astype(np.float32)) if name == "pfm" else WHOLE
    return bytes_of(image, name)


READ = ["webp", "png", "jpeg", "tiff", "bmp", "tga", "ppm", "pam", "npy", "lzw-gif", "rle.tga"]


@pytest.mark.parametrize("name", READ)
def test_what_is_there_of_a_cut_file(name: str) -> None:
    data = cut_file(name)
    half = data[: len(data) * 3 // 4]
    line = refused(half)
    assert "is truncated: " in line
    assert line.endswith("--allow-truncated takes what is there")
    found = read(half, allow_truncated=True)
    assert any(note.startswith(NOTE) for note in found.metadata.notes)
    rows = found.pixels.reshape(64, 48, -1)[..., 0]
    same = np.abs(rows.astype(int) - WHOLE.pixels[..., 0]).max(axis=1) <= 3
    assert same.sum() >= 24  # of three quarters of the bytes, some of which are heads
    whole = read(data, allow_truncated=True)
    assert not any(NOTE in note for note in whole.metadata.notes)


@pytest.mark.parametrize("name", [*READ, "avif", "npz", "pfm"])
def test_cut_anywhere_it_is_read_or_refused_in_one_line(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = cut_file(name)
    for end in range(0, len(data), max(1, len(data) // 25)):
        try:
            found = read(data[:end], allow_truncated=True)
        except FileProblem as error:
            line = str(error)
            assert line.isprintable()
        else:
            assert found.pixels.shape[:2] == (64, 48)
            if "tga" not in name or end < len(data) - 26:  # of a footer that may be there
                assert any(NOTE in note for note in found.metadata.notes)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("compression", [1, 8])
def test_strips_of_a_tiff_that_are_missing_are_black(compression: int) -> None:
    import zlib

    x = picture("uint16", 1, (40, 30)).pixels
    packed = x.tobytes() if compression == 1 else zlib.compress(x.tobytes(), 0)
    data = simple(x, "<", packed, t259=("H", (compression,)))[: -len(packed) // 2]
    assert "is truncated: pixels lie beyond its end; --allow-truncated" in refused(data)
    found = read(data, allow_truncated=True)
    np.testing.assert_array_equal(found.pixels[:19], x[:19])
    assert not found.pixels[-19:].any()
    assert found.metadata.notes == (
        "the file is truncated: pixels lie beyond its end; what is missing is filled",
    )


def test_frames_that_are_there_of_an_animation() -> None:
    images = tuple(Image.of(WHOLE.pixels + np.uint8(seed)) for seed in range(3))
    for name in ("gif", "png"):
        data = bytes_of(Frames(images, (Showing(50.0, 1),) * 3), name)  # type: ignore[arg-type]
        with pytest.raises(FileProblem, match="is truncated"):
            read_frames(data[:-9])
        found = read_frames(data[:-9], allow_truncated=True)
        assert len(found) == 3
        assert any(NOTE in note for note in found.notes)
        np.testing.assert_array_equal(found.images[1].pixels, images[1].pixels)


@pytest.mark.parametrize("metadata", [b"", b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"])
@pytest.mark.parametrize("lossless", [True, False])
def test_rows_that_are_there_of_a_webp(lossless: bool, metadata: bytes) -> None:
    y, x = np.mgrid[:200, :300]
    pixels = np.stack([128 + 100 * np.sin(x / 17 + y / 29), 128 + 90 * np.cos(y / 13), x * 0.8], 2)
    noise = np.random.default_rng(0).integers(0, 6, pixels.shape)
    out = io.BytesIO()
    PIL.Image.fromarray((pixels + noise).astype(np.uint8)).save(
        out, "WEBP", lossless=lossless, quality=90, exif=metadata
    )
    data, whole = out.getvalue(), read(out.getvalue()).pixels
    for share, rows in ((0.5, 50), (0.75, 100), (0.97, 180)):
        found = read(data[: int(share * len(data))], allow_truncated=True).pixels
        np.testing.assert_array_equal(found[:rows], whole[:rows])


def test_what_a_webp_says_is_missing_is_not_believed() -> None:
    data = bytearray(bytes_of(WHOLE, "webp"))
    data[4:8] = data[16:20] = b"\xf0\xff\xff\xff"
    assert "more is missing than its pixels can take" in refused(bytes(data), allow_truncated=True)


@pytest.mark.parametrize(("name", "why"), [
    ("avif", "is truncated; an AVIF gives no pixels before all of it is there"),
    ("npz", "its directory is missing, without which nothing is read"),
    ("webp", "is truncated, and no frame of a WebP animation is read that was cut"),
])  # fmt: skip
def test_what_cannot_be_read_in_part_says_so(name: str, why: str) -> None:
    several = Frames((WHOLE, WHOLE), (Showing(50.0, 1),) * 2)
    data = bytes_of(several if name == "webp" else WHOLE, name)  # type: ignore[arg-type]
    assert refused(data[: len(data) * 3 // 4], allow_truncated=True).endswith(why)


def test_the_command_line_warns_and_writes(cli: Any, tmp_path: Any) -> None:
    source, target = tmp_path / "cut.png", tmp_path / "out.png"
    source.write_bytes(bytes_of(WHOLE, "png")[:-30])
    code, _, err = cli("apply", "blur", source, target)
    assert code == 1
    assert err.startswith(f"imgkernels: {source}: is truncated")
    assert not target.exists()
    code, _, err = cli("apply", "blur", source, target, "--allow-truncated")
    assert code == 0
    assert err.startswith("imgkernels: note: the file is truncated")
    assert read(target).pixels.shape == (64, 48, 3)


def test_the_note_is_for_those_who_asked() -> None:
    with pytest.raises(FileProblem, match="--allow-truncated takes what is there"):
        Wanted().cut("rows")
    assert Wanted(allow_truncated=True).cut("rows") == (
        "the file is truncated: rows; what is missing is filled"
    )
