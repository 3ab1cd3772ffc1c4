"""Streams: what is written part by part, in any order, is whole, or what was there before is."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streams_common import Array, noise, shuffled

from imgkernels.errors import FileProblem, InvalidValue, UnknownName
from imgkernels.files import atomic, read, tiff_layout
from imgkernels.image import Image
from imgkernels.streams import Place, target as targets
from imgkernels.streams.sliced import sink as array_sink

SHAPES = [((90, 61), "yx"), ((90, 61, 3), "yxc"), ((5, 20, 33), "zyx"), ((5, 20, 33, 4), "zyxc")]
TILES = {2: (11, 61), 3: (2, 7, 9)}
KINDS = ("tif", "npy", "zarr", "raw")


def written(target: Path, x: Array, axes: str, **options: Any) -> None:
    """Write an array by shuffled tiles."""
    image = Image.of(x, axes, alpha=axes.endswith("c") and x.shape[-1] == 4)
    kind = targets.kind_of(str(target))
    with targets.created(str(target), targets.fitted(image, kind)[0], kind, **options) as sink:
        for region in shuffled(x.shape[: image.ndim], TILES[image.ndim]):
            sink.write(region, x[region].copy())


def found(target: Path, x: Array, axes: str) -> Array:
    """Read a target whole, by other means than those that wrote it where there are any."""
    if target.suffix == ".tif":
        return read(target, volume=axes.startswith("z")).pixels
    if target.suffix == ".npy":
        return np.load(target)
    if target.suffix == ".raw":
        return np.fromfile(target, x.dtype.newbyteorder("<")).reshape(x.shape)
    return np.asarray(pytest.importorskip("zarr").open_array(target, mode="r")[:])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_targets(dtype: str, kind: str, shape: tuple[int, ...], axes: str, tmp_path: Path) -> None:
    if kind == "zarr":
        pytest.importorskip("zarr")
    x, target = noise(shape, dtype), tmp_path / f"out.{kind}"
    for _ in range(2):  # new, and in the place of another
        written(target, x, axes)
        np.testing.assert_array_equal(found(target, x, axes), x)
        x = x[::-1].copy()
    assert os.listdir(tmp_path) == [target.name]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_tiff_in_strips_and_tiles(
    dtype: str,
    packed: bool,
    big: bool,
    shape: tuple[int, ...],
    axes: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from imgkernels.streams import tiff_sink

    tifffile = pytest.importorskip("tifffile")
    monkeypatch.setattr(tiff_sink, "_STRIP", 300)
    monkeypatch.setattr(tiff_sink, "_TILE", 16)
    if big:
        monkeypatch.setattr(tiff_layout, "CLASSIC", 0)
    x, target = noise(shape, dtype), tmp_path / "out.tif"
    written(target, x, axes, packed=packed)
    np.testing.assert_array_equal(found(target, x, axes), x)
    with tifffile.TiffFile(target) as file:
        assert file.is_bigtiff == file.pages[0].is_tiled == big
        assert len(file.pages[0].dataoffsets) > 1
        np.testing.assert_array_equal(file.asarray(), x)


def test_a_large_tiff_is_tiled_from_the_size_that_offsets_do_not_reach() -> None:
    from imgkernels.streams.tiff_sink import Pages

    for side, big in ((32768, False), (65535, False), (65536, True), (100_000, True)):
        nothing = np.broadcast_to(np.zeros((), np.uint8), (side, side))
        assert Pages(Image(nothing, "yx", 255.0), False).big is (big or side == 65535)


def test_packed_bytes_do_not_depend_on_the_order(tmp_path: Path) -> None:
    x = noise((90, 61, 3), "uint8")
    image = Image.of(x)
    made = []
    for seed in range(3):
        with targets.created(str(tmp_path / "o.tif"), image, "tiff", packed=True) as sink:
            for region in shuffled((90, 61), (5, 61), seed):
                sink.write(region, x[region])
        made.append((tmp_path / "o.tif").read_bytes())
    assert made[0] == made[1] == made[2]


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "out.tif"
    path.write_bytes(b"what was there before")
    atomic._swept.clear()
    yield path
    assert os.listdir(tmp_path) == ["out.tif"]
    assert path.read_bytes() == b"what was there before"


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "x"), KeyboardInterrupt(), ValueError("x")]
)
@pytest.mark.parametrize("step", ["pwrite", "fsync", "replace"])
def test_a_fault_leaves_what_was_there(
    fault: BaseException, step: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(os, step, fail)
    full = isinstance(fault, OSError)
    expected = FileProblem if full else type(fault)
    with pytest.raises(expected, match=r"out\.tif: the disk is full" if full else None):
        written(target, noise((90, 61), "uint8"), "yx")
    monkeypatch.undo()


@pytest.mark.parametrize("fault", [FileProblem("in.tif: is damaged"), KeyboardInterrupt()])
def test_what_goes_wrong_elsewhere_keeps_its_words(fault: BaseException, target: Path) -> None:
    image = Image.of(noise((9, 9), "uint8"))
    with pytest.raises(type(fault)) as caught, targets.created(str(target), image, "tiff"):
        raise fault
    assert caught.value is fault


def test_room_is_asked_for_before_the_work(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5000))
    with pytest.raises(FileProblem, match=r"out\.tif: needs 5,490 bytes and the disk has 5,000"):
        written(target, noise((90, 61), "uint8"), "yx")


def test_a_real_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system of 64 KiB that says it has more room than it has."""
    import shutil
    from types import SimpleNamespace

    room = tmp_path / "room"
    room.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(room)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 40))
        for kind in ("tif", "npy", "raw", "zarr"):
            with pytest.raises(FileProblem, match=rf"out\.{kind}: the disk is full"):
                written(room / f"out.{kind}", noise((900, 61), "float64"), "yx")
            assert os.listdir(room) == []
    finally:
        subprocess.run(["umount", str(room)], check=True)


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_killed_while_it_writes(name: str, tmp_path: Path) -> None:
    """What was there is untouched, and the next write sweeps what the killed one left."""
    if name.endswith("zarr"):
        pytest.importorskip("zarr")
    x = noise((90, 61), "uint8")
    written(tmp_path / name, x, "yx")
    code = (
        "import sys, time, numpy as np\n"
        "from imgkernels.streams import target\n"
        "from imgkernels.image import Image\n"
        f"image = Image.of(np.zeros((90, 61), np.uint8))\n"
        f"with target.created({str(tmp_path / name)!r}, image, {name[-4:].strip('.')!r}"
        ".replace('tif', 'tiff')) as sink:\n"
        "    sink.write((slice(0, 30), slice(0, 61)), image.pixels[:30])\n"
        "    print('begun', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    assert len(os.listdir(tmp_path)) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    np.testing.assert_array_equal(found(tmp_path / name, x, "yx"), x)
    atomic._swept.clear()
    time.sleep(0.01)
    written(tmp_path / name, x, "yx")
    assert os.listdir(tmp_path) == [name]


def test_a_folder_of_other_things_is_not_replaced(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    (tmp_path / "out.zarr").mkdir()
    (tmp_path / "out.zarr" / "thesis.txt").write_text("mine")
    with pytest.raises(FileProblem, match=r"out\.zarr: is a folder that holds other things"):
        written(tmp_path / "out.zarr", noise((9, 9), "uint8"), "yx")
    (tmp_path / "file.zarr").write_text("mine")
    with pytest.raises(FileProblem, match=r"file\.zarr: is a file"):
        written(tmp_path / "file.zarr", noise((9, 9), "uint8"), "yx")
    assert (tmp_path / "file.zarr").read_text() == "mine"


def test_folders_without_an_exchange_of_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgkernels.files import folders

    pytest.importorskip("zarr")
    monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    for seed in range(2):
        x = noise((9, 61), "uint8", seed)
        written(tmp_path / "out.zarr", x, "yx")
        np.testing.assert_array_equal(found(tmp_path / "out.zarr", x, "yx"), x)
    assert os.listdir(tmp_path) == ["out.zarr"]


def test_kinds_and_packings() -> None:
    assert targets.kind_of("a.tiff") == "tiff"
    assert targets.kind_of("a.bin", "npy") == "npy"
    with pytest.raises(FileProblem, match=r"a\.png: PNG is not written in parts"):
        targets.kind_of("a.png")
    with pytest.raises(UnknownName, match=r"no format is known"):
        targets.kind_of("a.tif.gz")
    assert targets.check_compression("tiff", "deflate")
    assert not targets.check_compression("npy", None)
    with pytest.raises(UnknownName, match=r"no compression of TIFF 'zip'"):
        targets.check_compression("tiff", "zip")
    with pytest.raises(InvalidValue, match=r"leaves no choice"):
        targets.check_compression("zarr", "deflate")


@pytest.mark.parametrize("chunks", [None, (7, 16)])
def test_arrays_as_targets(chunks: tuple[int, ...] | None) -> None:
    """Chunks are written whole, so that two threads never change the same one."""

    class Chunked:
        def __init__(self) -> None:
            self.array, self.chunks = np.zeros((90, 61), np.uint8), chunks
            self.shape, self.dtype, self.sizes = (90, 61), self.array.dtype, set[Any]()

        def __setitem__(self, region: Any, block: Array) -> None:
            self.array[region] = block
            self.sizes.add(block.shape)

    into, x = Chunked(), noise((90, 61), "uint8")
    sink = array_sink(into)
    for region in shuffled((90, 61), (10, 13)):
        sink.write(region, x[region])
    np.testing.assert_array_equal(into.array, x)
    if chunks:
        assert into.sizes == {(7, 16), (6, 16), (7, 13), (6, 13)}


def test_a_place_names_what_is_not_there(tmp_path: Path) -> None:
    for name, message in (("none.tif", "No such file"), (".", "is a folder, and no array of zarr")):
        path = tmp_path / name
        with pytest.raises(FileProblem, match=message), Place(str(path)).opened():
            pass
