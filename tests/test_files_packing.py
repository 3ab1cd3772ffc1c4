"""Packing, and reading some rows at a time: the pixels that went in come out, whatever the cuts."""

import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

import imgkernels as ik
from imgkernels import files, resources
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.files import png_pack, png_pixels, tiff_encode
from imgkernels.image import Image
from imgkernels.shells import work

KINDS = [("uint8", 1), ("uint8", 2), ("uint8", 3), ("uint8", 4), ("uint16", 1), ("uint16", 3)]
BY_PILLOW = [("uint8", 1), ("uint8", 3), ("uint8", 4), ("uint16", 1)]


def picture(dtype, channels, size=(23, 17)):
    """Shades with grain, flat rows and a jump: every filter of PNG wins somewhere."""
    shape = (*size, channels) if channels > 1 else size
    x = (
        np.random.default_rng(0)
        .integers(0, 4, shape)
        .astype(dtype)
        .cumsum(0, dtype)
        .cumsum(1, dtype)
    )
    x[3:6] = 7
    return Image.of(x, "yxc" if channels > 1 else "yx", alpha=channels in (2, 4))


@pytest.fixture(params=[1, 100, 1 << 20], ids=lambda n: f"strips of {n} bytes")
def strips(request, monkeypatch):
    """Strips of a row each, of some, and of all."""
    for module in (png_pack, png_pixels, tiff_encode):
        monkeypatch.setattr(module, "_STRIP", request.param)


@pytest.mark.parametrize("packing", png_pack.PACKINGS)
@pytest.mark.parametrize(("dtype", "channels"), KINDS)
def test_a_png_comes_back_however_it_was_packed(dtype, channels, packing, strips):
    image = picture(dtype, channels)
    data, notes = files.encode(image, "png", packing)
    assert notes == ()
    np.testing.assert_array_equal(ik.read(data).pixels, image.pixels)
    if (dtype, channels) in BY_PILLOW:
        with PIL.Image.open(BytesIO(data)) as theirs:
            np.testing.assert_array_equal(np.asarray(theirs), image.pixels)


@pytest.mark.parametrize(("dtype", "channels"), BY_PILLOW)
def test_a_png_of_another_program_is_read_in_strips(dtype, channels, strips):
    """Pillow chooses among all filters, row by row, and some look at the row above."""
    image, out = picture(dtype, channels), BytesIO()
    PIL.Image.fromarray(image.pixels).save(out, "PNG")
    np.testing.assert_array_equal(ik.read(out.getvalue()).pixels, image.pixels)


def test_the_checksum_of_strips_is_that_of_all_rows():
    rng = np.random.default_rng(0)
    for _ in range(50):
        one, two = (
            rng.integers(0, 256, rng.integers(0, 70_000)).astype(np.uint8).tobytes() for _ in "ab"
        )
        joined = png_pack._joined(zlib.adler32(one), zlib.adler32(two), len(two))
        assert joined == zlib.adler32(one + two)


def test_bytes_do_not_depend_on_the_threads(monkeypatch):
    image, found = picture("uint8", 3, (900, 801)), set()
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("IMGKERNELS_THREADS", threads)
        found.add(files.encode(image, "png")[0])
    assert len(found) == 1


def test_small_is_smaller_than_fast_and_none_is_none():
    image = ik.read(resources.folder("samples") / "coffee.png")
    sizes = {how: len(files.encode(image, "png", how)[0]) for how in png_pack.PACKINGS}
    assert (
        sizes["small"] < 0.96 * sizes["fast"] < sizes["fast"] < image.pixels.nbytes < sizes["none"]
    )


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_deflated_tiff_comes_back(dtype, channels, strips):
    image = picture("uint8", channels)
    image = Image.of(image.pixels.astype(dtype), image.axes)
    data, _ = files.encode(image, "tiff", "deflate")
    np.testing.assert_array_equal(ik.read(data).pixels, image.pixels)


def test_pages_of_a_tiff_are_deflated_each():
    volume = Image.of(np.arange(24, dtype=np.uint16).reshape(2, 3, 4), "zyx")
    data, _ = files.encode(volume, "tiff", "deflate")
    np.testing.assert_array_equal(ik.read(data, volume=True).pixels, volume.pixels)


@pytest.mark.parametrize(
    ("name", "word", "error"),
    [
        ("png", "deflate", UnknownName),
        ("tiff", "fast", UnknownName),
        ("jpeg", "fast", InvalidValue),
    ],
)
def test_packings_that_a_format_has_not_are_refused(name, word, error):
    with pytest.raises(error, match="compress"):
        files.encode(picture("uint8", 3), name, word)


@pytest.mark.parametrize("packing", png_pack.PACKINGS)
def test_the_command_packs_as_it_is_told(packing, tmp_path, cli):
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    ik.write(source, picture("uint8", 3))
    assert cli("apply", "identity", source, target, "--compress", packing) == (0, "", "")
    assert target.read_bytes() == files.encode(picture("uint8", 3), "png", packing)[0]
    code, _, err = cli("apply", "identity", source, tmp_path / "out.jpg", "--compress", packing)
    assert code == 2 and "JPEG leaves no choice" in err and not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize("cut", [False, True])
def test_a_large_jpeg_is_read_by_the_quickest(tmp_path, cut, monkeypatch, cli):
    """The pixels are the same, a cut file is refused in one line, and nothing is said besides."""
    monkeypatch.setattr(work, "_LARGE", 1)
    source, target = tmp_path / "in.jpg", tmp_path / "out.png"
    data, _ = files.encode(picture("uint8", 3, (80, 90)), "jpeg")
    source.write_bytes(data[: len(data) // 2] if cut else data)
    code, out, err = cli("apply", "identity", source, target)
    assert (code, out, err.count("\n"), target.exists()) == (cut, "", cut, not cut)
    if not cut:
        np.testing.assert_array_equal(ik.read(target).pixels, ik.read(source).pixels)


def test_the_command_says_what_a_packing_does():
    done = subprocess.run(
        [sys.executable, "-m", "imgkernels", "apply", "blur", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "fast|small|none|deflate" in done.stdout
