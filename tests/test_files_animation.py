"""Files: animations and pages, each frame whole, with their times, disposals and loops."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import Array, chunk, picture, png_of, refused

from imgkernels.errors import FileProblem
from imgkernels.files import FORMATS, encode, read, read_frames, wanted, write
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image

SHOWINGS = (Showing(50.0, 1), Showing(120.0, 2), Showing(2000.0, 3))
TIMED = [form.name for form in FORMATS if form.timed]


def animated(kind: str) -> tuple[bytes, list[Array]]:
    import PIL.Image

    frames = [picture("uint8", 3, (8, 8), seed).pixels for seed in range(3)]
    first, *rest = map(PIL.Image.fromarray, frames)
    out = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    first.save(out, kind, save_all=True, append_images=rest, duration=50, **options)
    return out.getvalue(), frames


def few_colours(channels: int, seed: int) -> Image:
    """Return a picture of four colours, holes in it where it has alpha: a GIF holds it exactly."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (4, channels), np.uint8)
    if channels == 4:
        x[:, 3] = 0, 255, 255, 255
        x[0, :3] = 0
    return Image.of(x[rng.integers(0, 4, (6, 7))], alpha=channels == 4)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_one_picture_is_asked_for_and_all_are_read(kind: str) -> None:
    data, frames = animated(kind)
    line = refused(data)
    assert "holds 3 frames" in line
    assert "--frame N (0 to 2), or all with --volume" in line
    every = read_frames(data)
    assert [each.milliseconds for each in every.showings] == [50.0] * 3
    volume = read(data, volume=True)
    assert volume.axes == "zyxc"
    for index, frame in enumerate(frames):
        one = read(data, frame=index).pixels
        np.testing.assert_array_equal(one, every.images[index].pixels)
        np.testing.assert_array_equal(one, volume.pixels[index])
        if kind != "GIF":  # whose 64 colours Pillow may choose
            np.testing.assert_array_equal(one[..., :3], frame)
    assert "holds 3 frames, counted from 0" in refused(data, frame=3)


@pytest.mark.parametrize("plays", [0, 1, 5])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", TIMED)
def test_an_animation_comes_back_as_it_was(name: str, channels: int, plays: int) -> None:
    images = tuple(few_colours(channels, seed) for seed in range(3))
    data, notes = encode(Frames(images, SHOWINGS, plays), name)
    assert notes == ()
    again = read_frames(data)
    assert again.plays == plays
    for found, image in zip(again, images, strict=True):
        np.testing.assert_array_equal(found.pixels, image.pixels)
    assert [s.milliseconds for s in again.showings] == [s.milliseconds for s in SHOWINGS]
    kept = {"webp": [1, 2, 1], "gif": [1, 2, 3] if channels == 3 else [2, 2, 3]}
    assert [s.disposal for s in again.showings] == kept.get(name, [1, 2, 3])


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", TIMED)
def test_pillow_shows_the_frames_that_we_wrote(name: str, channels: int) -> None:
    import PIL.Image
    import PIL.ImageSequence

    images = tuple(few_colours(channels, seed) for seed in range(3))
    data, _ = encode(Frames(images, SHOWINGS, 0), name)
    with PIL.Image.open(io.BytesIO(data)) as opened:
        shown = [np.asarray(each.convert("RGBA")) for each in PIL.ImageSequence.Iterator(opened)]
    for found, image in zip(shown, images, strict=True):
        seen = found[..., 3] > 0
        np.testing.assert_array_equal(found[seen][:, :3], image.pixels[seen][:, :3])
        assert channels == 3 or (seen == (image.pixels[..., 3] > 0)).all()


def test_apng_keeps_16_bits_fractions_and_the_cover() -> None:
    images = tuple(picture("uint16", 4, (5, 6), seed) for seed in range(3))
    showings = (Showing(), Showing(1000 / 3, 1), Showing(1000 / 60, 2))
    again = read_frames(encode(Frames(images, showings, 2, cover=True), "png")[0])
    for found, image in zip(again, images, strict=True):
        np.testing.assert_array_equal(found.pixels, image.pixels)
        assert found.pixels.dtype == np.uint16
    assert again.cover
    assert again.plays == 2
    np.testing.assert_allclose([s.milliseconds for s in again.showings], [0, 1000 / 3, 1000 / 60])
    _, notes = encode(
        Frames(tuple(few_colours(3, i) for i in range(3)), SHOWINGS, cover=True), "webp"
    )
    assert notes == ("the picture before the animation was left out, WebP has no place for it",)


def apng(*pieces: tuple[tuple[int, ...], bytes]) -> bytes:
    """Lay out an animation of RGBA: width, height, x, y, disposal, blend, and the pixels."""
    chunks, number = [chunk(b"acTL", struct.pack(">II", len(pieces), 0))], 0
    for index, ((width, height, x, y, disposal, blend), pixels) in enumerate(pieces):
        body = struct.pack(">IIIIIHHBB", number, width, height, x, y, 1, 10, disposal, blend)
        rows = b"".join(
            b"\0" + pixels[i : i + 4 * width] for i in range(0, len(pixels), 4 * width or 4)
        )
        chunks.append(chunk(b"fcTL", body))
        if index:
            chunks.append(chunk(b"fdAT", struct.pack(">I", number + 1) + zlib.compress(rows)))
        else:
            chunks.append(chunk(b"IDAT", zlib.compress(rows)))
        number += 1 + bool(index)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


RED, BLUE, NONE = bytes([255, 0, 0, 255]), bytes([0, 0, 255, 255]), bytes(4)
HALF_BLUE = bytes([0, 0, 255, 128])
FIRST = ((2, 1, 0, 0, 0, 0), RED + RED)


@pytest.mark.parametrize(("disposal", "blend", "second", "third"), [
    (0, 0, HALF_BLUE, HALF_BLUE), (1, 0, HALF_BLUE, NONE), (2, 0, HALF_BLUE, RED),
    (0, 1, bytes([127, 0, 128, 255]), bytes([127, 0, 128, 255])),
])  # fmt: skip
def test_apng_is_laid_on_as_the_format_says(
    disposal: int, blend: int, second: bytes, third: bytes
) -> None:
    """PNG 13.16: 128 of 255 of blue over red is 127 and 128, and stays opaque."""
    piece = ((1, 1, 1, 0, disposal, blend), HALF_BLUE)
    shown = [
        each.pixels.tobytes()
        for each in read_frames(apng(FIRST, piece, ((1, 1, 0, 0, 0, 0), BLUE)))
    ]
    assert shown == [RED + RED, RED + second, BLUE + third]


@pytest.mark.parametrize(("piece", "why"), [
    (((1, 1, 2, 0, 0, 0), BLUE), "lies outside of the picture"),
    (((0, 1, 0, 0, 0, 0), BLUE), "lies outside of the picture"),
    (((1, 1, 0, 0, 3, 0), BLUE), "in an unknown way"),
    (((1, 1, 0, 0, 0, 2), BLUE), "in an unknown way"),
    (((1, 1, 0, 0, 0, 0), b""), "rows of pixels are missing"),
])  # fmt: skip
def test_apng_of_no_sound_frames(piece: Any, why: str) -> None:
    assert why in refused(apng(FIRST, piece), frame=1)


def test_an_animation_has_no_more_frames_than_chunks() -> None:
    data, _ = animated("PNG")
    place = data.index(b"acTL")
    claim = struct.pack(">II", 1 << 30, 0)
    forged = data[: place - 4] + chunk(b"acTL", claim) + data[place + 16 :]
    assert "holds 3 frames" in refused(forged)
    empty = chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", bytes(26)) * 2
    assert "a frame has no pixels" in refused(png_of(1, 1, 16, 0, bytes(3), empty), frame=1)


@pytest.mark.parametrize("name", [*TIMED, "tiff"])
def test_frames_and_all_their_pixels_are_limited(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tuple(few_colours(3, seed) for seed in range(3))
    data, _ = encode(Frames(images, SHOWINGS), name)
    assert "3 frames together is 126 pixels, the limit is 125" in frames_refused(data, 125)
    assert len(read_frames(data, max_pixels=126)) == 3
    monkeypatch.setattr(wanted, "MAX_FRAMES", 2)
    assert "holds 3 frames, the limit is 2; --frame N takes one" in frames_refused(data, 126)
    assert read(data, frame=1).pixels.shape == (6, 7, 3)
    assert read(data, volume=True).pixels.shape == (3, 6, 7, 3)  # whose planes are not counted


def frames_refused(data: bytes, max_pixels: int) -> str:
    with pytest.raises(FileProblem) as caught:
        read_frames(data, max_pixels=max_pixels)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_frames_are_written_or_refused(form: Any, tmp_path: Path) -> None:
    frames = Frames(tuple(few_colours(3, seed) for seed in range(3)), SHOWINGS)
    target = tmp_path / "out.file"
    if form.write_frames is not None:
        write(target, frames, format=form.name)
        assert len(read_frames(target)) == 3
        return
    with pytest.raises(FileProblem, match=r"out\.file: .* holds one picture, here are 3 frames; "):
        write(target, frames, format=form.name)
    assert not target.exists()


def test_pages_differ_and_become_frames_where_they_do_not() -> None:
    pages = Frames.of(picture("uint16", 3, (3, 4)), picture("float32", 1, (5, 2)))
    again = read_frames(encode(pages, "tiff")[0])
    for found, page in zip(again, pages, strict=True):
        np.testing.assert_array_equal(found.pixels, page.pixels)
    assert not again.animated
    with pytest.raises(FileProblem, match="PNG holds frames of one size; here are 2 pages that"):
        encode(pages, "png")
    alike = Frames.of(*(few_colours(3, seed) for seed in range(2)))
    data, notes = encode(alike, "gif")
    assert notes == ("the pages became frames of 100 ms",)
    assert [each.milliseconds for each in read_frames(data).showings] == [100, 100]
    _, notes = encode(replace(alike, showings=SHOWINGS[:2]), "tiff")
    assert notes == ("the times of the frames were left out, TIFF has none",)


def test_the_command_line_filters_every_frame(cli: Any, tmp_path: Path) -> None:
    from imgkernels.pipeline import apply

    frames = Frames(tuple(few_colours(3, seed) for seed in range(3)), SHOWINGS, 4)
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    write(source, frames)
    assert cli("apply", "blur", source, target)[0] == 0
    found = read_frames(target)
    assert (found.showings, found.plays) == (SHOWINGS, 4)
    for image, blurred in zip(frames, found, strict=True):
        np.testing.assert_array_equal(blurred.pixels, apply(image.pixels, "blur"))
    code, _, err = cli("apply", "blur", source, tmp_path / "out.jpg")
    assert code == 1
    assert f"{tmp_path / 'out.jpg'}: JPEG holds one picture, here are 3 frames; take one" in err
    assert cli("apply", "blur", source, tmp_path / "out.jpg", "--frame", "1")[0] == 0
    assert cli("apply", "blur", source, tmp_path / "out.tif", "--volume")[0] == 0
    assert read(tmp_path / "out.tif", volume=True).pixels.shape == (3, 6, 7, 3)
