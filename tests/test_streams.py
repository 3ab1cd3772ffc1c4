"""Streams: from file to file the answer is, bit for bit, that of a run in memory."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import picture
from streams_common import Array, large_tiff, many_tiles, noise, peak_of, rows_of

import imgkernels as ik
from imgkernels import Border, filters, streams
from imgkernels.errors import FileProblem, InvalidValue, UnsupportedImage
from imgkernels.files import encode, read
from imgkernels.shells import stream
from imgkernels.streams import verb

FILTERS = [f.name for f in filters.catalogue() if not any(p.required for p in f.params)]
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tiles in small pictures, the same ones for every way."""
    many_tiles(monkeypatch)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_the_catalogue(name: str, tmp_path: Path) -> None:
    image = picture("uint8", 3, (64, 48))
    (tmp_path / "in.tif").write_bytes(encode(image, "tiff")[0])
    try:
        expected = ik.Pipeline.parse(name)(image).pixels
    except UnsupportedImage:
        pytest.skip("it does not work on colours")
    answer = streams.apply(name, tmp_path / "in.tif", tmp_path / "out.tif")
    found = read(tmp_path / "out.tif")
    np.testing.assert_array_equal(found.pixels, expected)
    assert (answer.pixels.shape, answer.axes) == (found.pixels.shape, found.axes)


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
def test_borders_dtypes_and_threads(
    border: Border, dtype: str, threads: int, tmp_path: Path
) -> None:
    x = noise((97, 64), dtype)
    np.save(tmp_path / "in.npy", x)
    chain, options = "median:size=5 | unsharp:sigma=1.5", {"border": border, "border_value": 3.0}
    expected = ik.Pipeline.parse(chain)(x, **options)
    streams.apply(chain, tmp_path / "in.npy", tmp_path / "out.npy", threads=threads, **options)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), expected)


@pytest.mark.parametrize(
    "kinds", [("npy", "zarr"), ("zarr", "tif"), ("tif", "npy"), ("raw", "raw")]
)
@pytest.mark.parametrize("spacing", [None, (2.0, 0.5, 0.5)])
def test_volumes(kinds: tuple[str, str], spacing: tuple[float, ...] | None, tmp_path: Path) -> None:
    if "zarr" in kinds:
        pytest.importorskip("zarr")
    x = noise((20, 33, 29), "uint16")
    source, target = (tmp_path / f"{where}.{kind}" for where, kind in zip("io", kinds, strict=True))
    np.save(tmp_path / "x.npy", x)
    streams.apply("identity", streams.Place(str(tmp_path / "x.npy"), volume=True), source)
    raw = streams.Raw.parse("20x33x29,uint16") if kinds[0] == "raw" else None
    place = streams.Place(str(source), volume=True, raw=raw)
    answer = streams.apply("blur:sigma=1.5", place, target, spacing=spacing)
    assert answer.axes == "zyx"
    expected = ik.apply(x, "blur", sigma=1.5, axes="zyx", spacing=spacing)
    kept = None if kinds[1] != "raw" else streams.Raw.parse("20x33x29,uint16")
    with streams.Place(str(target), volume=True, raw=kept).opened() as found:
        whole = tuple(slice(0, n) for n in x.shape)
        np.testing.assert_array_equal(found.source.read(whole), expected)


@pytest.mark.parametrize(
    "options", [{"channels": "luma"}, {"channels": "sum"}, {"channels": "linear"},
                {"like": "scipy"}, {"range": "abs"}, {"nan": "ignore"}, {"dtype": "float32"}]
)  # fmt: skip
def test_options_of_apply(options: dict[str, Any], tmp_path: Path) -> None:
    x = noise((64, 48, 3), "uint8")
    np.save(tmp_path / "in.npy", x)
    answer = streams.apply("blur | sobel", tmp_path / "in.npy", tmp_path / "out.npy", **options)
    expected = ik.Pipeline.parse("blur | sobel")(x, **options)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), expected)
    assert answer.pixels.dtype == expected.dtype


def test_arrays_as_sources_and_targets(tmp_path: Path) -> None:
    x = noise((97, 64), "uint16")
    np.save(tmp_path / "in.npy", x)
    mapped, into = np.load(tmp_path / "in.npy", mmap_mode="r"), np.zeros_like(x)
    streams.apply("blur", mapped, into)
    np.testing.assert_array_equal(into, ik.apply(x, "blur"))
    with pytest.raises(InvalidValue, match=r"target: must be \(97, 64\) uint16; got \(97, 63\)"):
        streams.apply("blur", mapped, into[:, 1:])


def test_zarr_and_hdf5_arrays(tmp_path: Path) -> None:
    zarr, h5py = pytest.importorskip("zarr"), pytest.importorskip("h5py")
    x = noise((97, 64), "uint16")
    source = zarr.create_array(tmp_path / "in.zarr", shape=x.shape, dtype=x.dtype, chunks=(13, 64))
    source[:] = x
    with h5py.File(tmp_path / "out.h5", "w") as file:
        target = file.create_dataset("x", x.shape, x.dtype, chunks=(16, 16))
        streams.apply("blur", source, target)
        np.testing.assert_array_equal(target[:], ik.apply(x, "blur"))


@pytest.mark.parametrize(
    ("chain", "options", "message"),
    [
        ("stretch", {}, r"^stretch looks at the picture as a whole, so 97 x 64 pixels"),
        ("blur | canny", {}, r"^canny looks at the picture as a whole"),
        ("sobel", {"range": "stretch"}, r"^range stretch looks at the picture as a whole"),
    ],
)
def test_what_is_not_local_is_refused_where_it_is_large(
    chain: str, options: dict[str, Any], message: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    x = noise((97, 64), "uint8")
    np.save(tmp_path / "in.npy", x)
    streams.apply(chain, tmp_path / "in.npy", tmp_path / "out.npy", **options)
    np.testing.assert_array_equal(
        np.load(tmp_path / "out.npy"), ik.Pipeline.parse(chain)(x, **options)
    )
    os.unlink(tmp_path / "out.npy")
    monkeypatch.setattr(verb, "MOST_TILE", x.size - 1)
    with pytest.raises(UnsupportedImage, match=message):
        streams.apply(chain, tmp_path / "in.npy", tmp_path / "out.npy", **options)
    with pytest.raises(InvalidValue, match="mask: is held in memory"):
        streams.apply("blur", tmp_path / "in.npy", tmp_path / "out.npy", mask=x)
    assert os.listdir(tmp_path) == ["in.npy"]


def test_invisible_pixels_far_off_are_refused_where_the_picture_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture("uint8", 4, (97, 64))
    image.pixels[10:20, :, 3] = 0
    (tmp_path / "in.tif").write_bytes(encode(image, "tiff")[0])
    monkeypatch.setattr(verb, "MOST_TILE", 97 * 64)
    with pytest.raises(UnsupportedImage, match="invisible pixels"):
        streams.apply("sobel", tmp_path / "in.tif", tmp_path / "out.tif")
    streams.apply("blur", tmp_path / "in.tif", tmp_path / "out.tif")
    np.testing.assert_array_equal(read(tmp_path / "out.tif").pixels, ik.apply(image, "blur").pixels)


def test_the_share_that_is_done_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", noise((97, 64), "uint8"))
    shares: list[float] = []
    streams.apply("blur", tmp_path / "in.npy", tmp_path / "out.npy", told=shares.append)
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


# The command line


def test_large_files_go_part_by_part_unasked(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = noise((600, 300), "uint8")
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    source.write_bytes(encode(ik.Image.of(x), "tiff")[0])
    asked: list[str] = []
    real = streams.apply
    monkeypatch.setattr(streams, "apply", lambda *a, **k: asked.append("") or real(*a, **k))
    assert cli("apply", "blur", source, target) == (0, "", "")
    assert not asked
    monkeypatch.setattr(stream, "_LOOKED_AT", 1000)
    monkeypatch.setattr(stream, "_MOST_HELD", 10_000)
    assert cli("apply", "blur", source, target) == (0, "", "")
    assert len(asked) == 1
    np.testing.assert_array_equal(read(target).pixels, ik.apply(x, "blur"))
    # What cannot go part by part is filtered in memory as long as it is within its limit.
    monkeypatch.setattr(verb, "MOST_TILE", 100_000)
    for words in (("stretch", target), ("blur", tmp_path / "out.png")):
        assert cli("apply", words[0], source, words[1])[0] == 0
    assert len(asked) == 1
    monkeypatch.setattr("imgkernels.files.MAX_PIXELS", 100_000)
    assert cli("apply", "blur", source, target)[0] == 0
    code, _, err = cli("apply", "stretch", source, target)
    assert code == 1
    assert "180,000 pixels are more than the limit of 100,000 for memory" in err
    assert "stretch looks at the picture as a whole" in err
    code, _, err = cli("apply", "blur", source, tmp_path / "new.png")
    assert (code, "PNG is not written in parts" in err) == (1, True)
    code, _, err = cli("apply", "blur", source, "-")
    assert (code, "stdout takes whole pictures" in err) == (1, True)
    code, _, err = cli("apply", "blur", source, target, "--max-pixels", "1000")
    assert (code, "is 180,000 pixels, the limit is 1,000" in err) == (1, True)


def test_flags(cli: Cli, tmp_path: Path) -> None:
    x = noise((20, 33, 29), "uint16")
    (tmp_path / "in.bin").write_bytes(bytes(7) + x.astype(">u2").tobytes())
    raw = "20x33x29,uint16,big,offset=7"
    words = ("--raw", raw, "--volume", "--spacing", "2,0.5,0.5", "--sigma", "1.5", "--json")
    code, out, err = cli("apply", "blur", tmp_path / "in.bin", tmp_path / "out.tif", *words,
                         "--compress", "deflate")  # fmt: skip
    assert (code, err) == (0, "")
    assert json.loads(out)["shape"] == [20, 33, 29]
    expected = ik.apply(x, "blur", sigma=1.5, axes="zyx", spacing=(2, 0.5, 0.5))
    np.testing.assert_array_equal(read(tmp_path / "out.tif", volume=True).pixels, expected)
    code, _, err = cli("pipe", tmp_path / "out.tif", tmp_path / "o.npy", "--volume", "--stream",
                       "--explain", "median | blur")  # fmt: skip
    assert code == 0
    assert "tiles      " in err
    assert "step 2     blur" in err
    expected = ik.Pipeline.parse("median | blur")(expected, axes="zyx")
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy"), expected)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ("IN", "out.npy", "--stream", "--compress", "deflate"),
            2,
            "compress: npy leaves no choice",
        ),
        (("IN", "out.tif", "--compress", "zip"), 2, "no compression of TIFF 'zip'"),
        (("IN", "out.tif", "--raw", "5x5"), 2, "raw: must be SHAPE,DTYPE"),
        (("IN", "out.tif", "--raw", "500x500,uint8"), 1, "--raw asks for 250,000"),
        (("IN", "out.png", "--stream"), 1, "PNG is not written in parts"),
        (("-", "out.tif", "--stream"), 2, "stdin and stdout take whole pictures"),
        (("IN", "-", "--stream"), 2, "stdin and stdout take whole pictures"),
        (("IN", "IN", "--stream"), 2, "is the input; give --overwrite"),
        (("IN", "out.tif", "--stream", "--mask", "IN"), 2, "mask: is held in memory"),
        (("none.tif", "out.tif", "--stream"), 1, "none.tif: No such file"),
        (("IN", "none/out.tif", "--stream"), 1, "there is no folder none"),
        (("IN", "out.tif", "--stream", "--allow-truncated"), 2, "allow-truncated"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    words: tuple[str, ...], code: int, message: str, cli: Cli, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.tif").write_bytes(encode(picture("uint8", 1, (30, 20)), "tiff")[0])
    found, out, err = cli("apply", "blur", *(word.replace("IN", "in.tif") for word in words))
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert message in err
    assert os.listdir(tmp_path) == ["in.tif"]


def test_in_its_own_place(cli: Cli, tmp_path: Path) -> None:
    x = noise((97, 64), "uint8")
    source = tmp_path / "in.tif"
    source.write_bytes(encode(ik.Image.of(x), "tiff")[0])
    assert cli("apply", "blur", source, source, "--stream", "--overwrite")[0] == 0
    np.testing.assert_array_equal(read(source).pixels, ik.apply(x, "blur"))


def test_without_zarr_the_message_says_what_to_install(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    (tmp_path / "in.tif").write_bytes(encode(picture("uint8", 1, (30, 20)), "tiff")[0])
    code, _, err = cli("apply", "blur", tmp_path / "in.tif", tmp_path / "out.zarr")
    assert code == 1
    assert 'pip install "imgkernels[scale]"' in err
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == ["in.tif"]


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    large_tiff(tmp_path / "in.tif", 6000)
    command = [sys.executable, "-m", "imgkernels", "apply", "median", str(tmp_path / "in.tif"),
               str(tmp_path / "out.tif"), "--size", "15", "--stream"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while len(os.listdir(tmp_path)) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "imgkernels: interrupted; nothing was written\n"
    assert os.listdir(tmp_path) == ["in.tif"]


# Large

APPLY = "import sys; from imgkernels import streams; streams.apply(*sys.argv[1:4])"
IDLE = "from imgkernels import streams; import cv2"


@pytest.mark.parametrize("target", ["out.tif", "out.npy"])
def test_memory_is_for_a_few_tiles(target: str, tmp_path: Path) -> None:
    """36 Mpx in 90 MiB beyond what the libraries take; the nightly run has 1,074 Mpx in 1 GiB."""
    nightly = bool(os.environ.get("IMGKERNELS_NIGHTLY")) and target == "out.tif"
    side = 32768 if nightly else 6000 if target == "out.tif" else 3000
    source = tmp_path / "in.tif"
    large_tiff(source, side)
    idle, _, _ = peak_of(IDLE)
    peak, seconds, _ = peak_of(APPLY, "blur:sigma=5", source, tmp_path / target)
    print(f"{side} x {side} to {target}: {peak >> 20} MiB of memory, {seconds:.1f} s of CPU")
    assert peak <= (1 << 30 if nightly else idle + (90 << 20))
    _check_seams(tmp_path / target, side)
    if nightly:
        _beside_vips(source, tmp_path / "vips.tif")


def _check_seams(target: Path, side: int) -> None:
    """Hold every seam of tiles, and a region, against a run in memory of what lies around."""
    from imgkernels.pipeline import Pipeline
    from imgkernels.streams.opened import facts_of

    facts = facts_of((side, side), np.dtype(np.uint8), "yx")
    with streams.Place(str(target)).opened() as found:
        nothing = type(found)(found.source, facts)
        tile, count = streams.tiles_for(Pipeline.parse("blur:sigma=5"), nothing)
        height = tile.pixels.shape[0]
        assert count > 4
        seams = [(row - 2, min(row + 2, side)) for row in range(height, side, height)]
        for low, high in [*seams, (side // 3, side // 3 + 300)]:
            around = slice(max(0, low - 20), min(side, high + 20))
            expected = ik.apply(rows_of(around, side), "blur", sigma=5)
            part = found.source.read((slice(low, high), slice(0, side)))
            differ = np.abs(part.astype(int) - expected[low - around.start :][: high - low])
            assert differ.max() <= 1
            assert np.count_nonzero(differ) <= differ.size / 1000


def _beside_vips(source: Path, target: Path) -> None:
    import shutil

    if shutil.which("vips") is None:
        return
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["vips", "gaussblur", str(source), str(target), "5"], check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"vips: {wall:.1f} s of wall time, {cpu:.1f} s of CPU")


def test_memory_of_a_volume(tmp_path: Path) -> None:
    """A volume of which strips over all rows and columns take 270 MiB for two threads."""
    x = noise((40, 1000, 1000), "uint8")
    np.save(tmp_path / "in.npy", x)
    idle, _, _ = peak_of(IDLE)
    code = (
        "import sys; from imgkernels import streams\n"
        "streams.apply('blur:sigma=1.5', streams.Place(sys.argv[1], volume=True), sys.argv[2])"
    )
    peak, _, _ = peak_of(code, tmp_path / "in.npy", tmp_path / "out.npy")
    assert peak <= idle + (150 << 20)
    found: Array = np.load(tmp_path / "out.npy", mmap_mode="r")
    expected = ik.apply(x[:, 480:520, 480:520], "blur", sigma=1.5, axes="zyx")
    differ = np.abs(found[:, 490:510, 490:510].astype(int) - expected[:, 10:30, 10:30])
    assert differ.max() <= 1
    assert np.count_nonzero(differ) <= differ.size / 1000


def test_a_source_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    x = noise((97, 64), "uint8")
    np.save(tmp_path / "in.npy", x)
    with streams.Place(str(tmp_path / "in.npy")).opened() as found:
        os.truncate(tmp_path / "in.npy", 1000)
        with pytest.raises(FileProblem, match=r"in\.npy: is truncated"):
            found.source.read((slice(0, 97), slice(0, 64)))
