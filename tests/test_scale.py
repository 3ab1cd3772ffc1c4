"""Clusters: two worker processes give, bit for bit, what a run here gives, one of them killed too.

`IMGKERNELS_NIGHTLY=1`: an array of 20,000 x 20,000, and 1,000 files.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import picture
from streams_common import Array, many_tiles, noise, rows_of

import imgkernels as ik
from imgkernels import Border, batch, files, scale, streams
from imgkernels.batch import head
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency, UnsupportedImage
from imgkernels.scale import cluster, slab

da = pytest.importorskip("dask.array", reason="Dask is not installed")
distributed = pytest.importorskip("distributed", reason="Dask's distributed is not installed")

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two worker processes."""
    import dask

    with (
        dask.config.set({"distributed.worker.daemon": True}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as made,
    ):
        yield made.scheduler_address


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    with scale.connected(address) as found:
        yield found


def kill_a_worker(client: Any) -> None:
    """Kill one worker with SIGKILL, in the middle of what it does."""
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


# Arrays


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("chain", ["blur:sigma=3", "median | sobel", "emboss"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_arrays(border: Border, chain: str, dtype: str) -> None:
    x = noise((500, 333), dtype)
    array = da.from_array(x, chunks=(128, 100))
    answer = scale.apply(chain, array, border=border, border_value=7.0)
    expected = ik.Pipeline.parse(chain)(x, border=border, border_value=7.0)
    assert (answer.chunks, answer.dtype, answer.shape) == (array.chunks, x.dtype, x.shape)
    np.testing.assert_array_equal(answer.compute(scheduler="threads"), expected)


@pytest.mark.parametrize("border", [Border.REFLECT, Border.WRAP])
def test_many_tiles_along_every_axis(border: Border, monkeypatch: pytest.MonkeyPatch) -> None:
    many_tiles(monkeypatch)
    x = noise((40, 50, 60), "uint16")
    array = da.from_array(x, chunks=(8, 20, 30))
    options: dict[str, Any] = {"spacing": (2.0, 0.5, 0.5), "axes": "zyx", "border": border}
    answer = scale.apply("blur:sigma=0.6 | median", array, **options)
    assert answer.chunks == array.chunks
    expected = ik.Pipeline.parse("blur:sigma=0.6 | median")(x, **options)
    np.testing.assert_array_equal(answer.compute(scheduler="threads"), expected)


@pytest.mark.parametrize("options", [{}, {"channels": "sum"}, {"dtype": "float64"}])
def test_colours(options: dict[str, Any]) -> None:
    x = noise((300, 200, 3), "float32")
    answer = scale.apply("blur", da.from_array(x, chunks=(100, 100, 1)), **options)
    expected = ik.apply(x, "blur", **options)
    assert (answer.shape, answer.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(answer.compute(scheduler="threads"), expected)


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    asked: list[int] = []

    def make() -> Array:
        asked.append(1)
        return noise((500, 333), "uint8")

    import dask

    array = da.from_delayed(dask.delayed(make)(), (500, 333), np.uint8)
    answer = scale.apply("blur", array)
    assert not asked
    answer[:10].compute(scheduler="threads")
    assert asked


def test_a_part_costs_a_part() -> None:
    made: list[int] = []

    def make(block_info: Any = None) -> Array:
        made.append(block_info[None]["chunk-location"][0])
        return noise((100, 4000), "uint8")

    array = da.map_blocks(make, chunks=((100,) * 90, (4000,)), dtype=np.uint8)
    made.clear()  # Dask tries functions out
    scale.apply("blur", array)[500:520].compute(scheduler="threads")
    assert {4, 5} <= set(made)
    assert len(made) < 20


@pytest.mark.parametrize(
    ("chain", "array", "options", "error", "message"),
    [
        ("stretch", None, {}, UnsupportedImage, r"^stretch looks at the picture as a whole"),
        ("blur | canny", None, {}, UnsupportedImage, r"^canny looks at the picture as a whole"),
        ("blur", None, {"range": "stretch"}, UnsupportedImage, r"^range stretch looks at"),
        ("blur", np.zeros((9, 9)), {}, InvalidValue, r"takes an array of Dask; got ndarray"),
        ("blur", None, {"axes": "zyx"}, UnsupportedImage, r"axes must be one of"),
        ("blr", None, {}, InvalidValue, r"did you mean 'blur'"),
        ("blur", None, {"like": "nobody"}, LookupError, r"nobody"),
    ],
)
def test_what_is_refused(
    chain: str, array: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    given = da.zeros((50, 60), np.uint8, chunks=10) if array is None else array
    with pytest.raises(error, match=message):
        scale.apply(chain, given, **options)


def test_unknown_sizes_are_refused() -> None:
    x = da.from_array(np.arange(50), chunks=10)
    with pytest.raises(InvalidValue, match=r"compute_chunk_sizes"):
        scale.apply("blur", x[x > 7][:, None])


def test_slabs_are_of_whole_tiles() -> None:
    for space, tile, size in (((100, 90), (7, 90), (30, 30)), ((5, 5), (2, 3), (1, 1))):
        found = slab.slabs(space, tile, size)
        assert sum(np.prod([s.stop - s.start for s in region]) for region in found) == np.prod(
            space
        )
        assert all(s.start % t == 0 for region in found for s, t in zip(region, tile, strict=True))


def test_on_workers_with_one_killed(client: Any) -> None:
    """The nightly run has 20,000 x 20,000 pixels."""
    side = 20_000 if NIGHTLY else 3000
    rows = da.map_blocks(
        lambda block_info: rows_of(slice(*block_info[None]["array-location"][0]), side),
        chunks=((side // 20,) * 20, (side,)),
        dtype=np.uint8,
    )
    array = rows.rechunk((side // 10, side // 10))
    answer = client.compute(scale.apply("blur:sigma=5", array))
    kill_a_worker(client)
    expected = ik.apply(rows_of(slice(0, side), side), "blur", sigma=5)
    assert answer.result().tobytes() == expected.tobytes()


# One huge file


@pytest.mark.parametrize("suffix", ["tif", "npy"])
@pytest.mark.parametrize("killed", [False, True])
def test_a_file(suffix: str, killed: bool, client: Any, tmp_path: Path) -> None:
    x = noise((6000, 1500), "uint8")
    files.write(tmp_path / f"in.{suffix}", x)
    place = streams.Place(str(tmp_path / f"in.{suffix}"))
    blocks: list[float] = []

    def told(share: float) -> None:
        blocks.append(share)
        if killed and len(blocks) == 2:
            kill_a_worker(client)

    run = scale.Runner.of(client, place)
    streams.apply("blur:sigma=5", place, tmp_path / f"there.{suffix}", run=run, told=told)
    streams.apply("blur:sigma=5", place, tmp_path / f"here.{suffix}")
    assert len(blocks) > 2
    assert (tmp_path / f"there.{suffix}").read_bytes() == (tmp_path / f"here.{suffix}").read_bytes()


def test_a_file_from_the_command_line(
    cli: Cli, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = noise((700, 300), "uint16")
    files.write("in.tif", x)
    assert cli("apply", "blur", "in.tif", "out.tif", "--scheduler", address) == (0, "", "")
    np.testing.assert_array_equal(files.read("out.tif").pixels, ik.apply(x, "blur"))
    (tmp_path / "cut.tif").write_bytes((tmp_path / "in.tif").read_bytes()[:9000])
    code, _, err = cli("apply", "blur", "cut.tif", "no.tif", "--scheduler", address)
    assert (code, err) == (
        1,
        "imgkernels: cut.tif: is truncated: a part of its pixels lies beyond its end\n",
    )
    assert not (tmp_path / "no.tif").exists()


def test_what_goes_wrong_on_a_worker_is_said_here(client: Any, tmp_path: Path) -> None:
    files.write(tmp_path / "in.npy", noise((700, 300), "uint8"))
    place = streams.Place(str(tmp_path / "in.npy"))

    def told(share: float) -> None:
        raise AssertionError("no block is there")

    class Gone(scale.Runner):
        def __call__(self, *given: Any, **options: Any) -> None:
            os.unlink(self.place.path)
            super().__call__(*given, **options)

    with pytest.raises(FileProblem, match=r"in\.npy: No such file"):
        streams.apply("blur", place, tmp_path / "out.npy", run=Gone.of(client, place), told=told)
    assert os.listdir(tmp_path) == []


# Batches


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 files in two folders, two of which are broken; the nightly run has 1,000."""
    for number in range(1000 if NIGHTLY else 120):
        path = tmp_path / "in" / str(number % 2) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, picture("uint8", 3, (96, 96), number))
    for number in (3, 70):
        path = tmp_path / "in" / str(number % 2) / f"{number}.png"
        path.write_bytes(path.read_bytes()[:500])
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".jsonl"
    }


@pytest.mark.parametrize("killed", [False, True])
def test_a_folder(killed: bool, client: Any, folder: Path) -> None:
    here = batch.run(folder / "in", folder / "here", "blur:sigma=5 | sharpen")
    planned = batch.plan(folder / "in", folder / "there", "blur:sigma=5 | sharpen")
    told: list[Any] = []

    def report(outcome: Any) -> None:
        told.append(outcome)
        if killed and len(told) == 1:
            kill_a_worker(client)

    def hands(*given: Any) -> scale.Hands:
        return scale.Hands(client, *given)

    there = batch.execute(planned, hands=hands, report=report)
    assert [each.error for each in there.failures] == [each.error for each in here.failures]
    assert len(there.failures) == 2
    assert contents(folder / "there") == contents(folder / "here")
    again = batch.execute(planned, hands=hands, resume=True)
    assert again.count(batch.Status.WHOLE) == len(told) - 2


def test_a_folder_from_the_command_line(cli: Cli, address: str, folder: Path) -> None:
    words = ("batch", folder / "in", "--out", folder / "there", "blur", "--scheduler", address)
    code, _, err = cli(*words)
    assert code == 1
    assert f"{len(contents(folder / 'in')) - 2} written, 2 failed" in err
    batch.run(folder / "in", folder / "here", "blur")
    assert contents(folder / "there") == contents(folder / "here")


def test_what_was_written_is_promised_at_once(client: Any, folder: Path) -> None:
    """So that --resume goes on from it, whatever becomes of the one who waits."""
    planned = batch.plan(folder / "in", folder / "out", "blur")

    def report(outcome: Any) -> None:
        if outcome.entry is not None:
            raise KeyboardInterrupt

    def hands(*given: Any) -> scale.Hands:
        return scale.Hands(client, *given)

    with pytest.raises(batch.Interrupted):
        batch.execute(planned, hands=hands, report=report)
    again = batch.execute(planned, hands=hands, resume=True)
    assert again.count(batch.Status.WHOLE) >= 1
    assert again.left == 0


def test_less_is_under_way_after_workers_are_lost(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was killed leaves more calls under way than the others have threads for."""
    threads = itertools.chain([4, 2], itertools.repeat(1))
    monkeypatch.setattr(cluster, "_threads", lambda _: next(threads))
    calls = [(pow, number, 2) for number in range(20)]
    assert sorted(cluster.results(client, calls)) == [number**2 for number in range(20)]


def test_at_least_fifty_files_make_a_task(client: Any, folder: Path) -> None:
    planned = batch.plan(folder / "in", folder / "out", "blur")
    hands = scale.Hands(client, planned, {}, lambda job, entry: None)
    sizes = [len(jobs) for _, jobs, *_ in hands._calls()]
    assert sum(sizes) == len(planned.jobs)
    assert all(size >= 50 for size in sizes[:-1])


def test_inputs_are_not_replaced_on_a_cluster(cli: Cli, address: str, folder: Path) -> None:
    before = contents(folder / "in")
    code, _, err = cli("batch", folder / "in", "--out", folder / "in", "blur", "--overwrite",
                       "--scheduler", address)  # fmt: skip
    assert code == 2
    assert "a cluster replaces no inputs" in err
    assert contents(folder / "in") == before


# The way there


@pytest.mark.parametrize(
    ("scheduler", "code", "message"),
    [
        ("somewhere", 2, "scheduler: must be an address like tcp://HOST:8786; got 'somewhere'"),
        ("tcp://127.0.0.1:1", 1, "scheduler tcp://127.0.0.1:1: cannot be reached"),
    ],
)
def test_schedulers_that_are_none(
    scheduler: str, code: int, message: str, cli: Cli, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    files.write(tmp_path / "in.tif", noise((70, 30), "uint8"))
    found, _, err = cli("apply", "blur", tmp_path / "in.tif", tmp_path / "out.tif",
                        "--scheduler", scheduler)  # fmt: skip
    assert (found, err.count("\n")) == (code, 1)
    assert message in err


@pytest.mark.parametrize("package", ["imgkernels", "numpy", "another"])
def test_a_worker_of_another_version_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    there = head.versions() | {"another": "none"}
    found = head.metadata.version
    monkeypatch.setattr(head, "_PACKAGES", (*head._PACKAGES, *{"another"} & {package}))
    if package == "imgkernels":
        monkeypatch.setattr(head, "__version__", "99.0")
    monkeypatch.setattr(
        head.metadata, "version", lambda name: "99.0" if name == package else found(name)
    )
    line = rf"^scheduler .* has {package} {re.escape(there[package])}, here is 99\.0$"
    with pytest.raises(FileProblem, match=line), scale.connected(address):
        pass


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as empty,
        pytest.raises(FileProblem, match="it has no worker"),
        scale.connected(empty.scheduler_address),
    ):
        pass


@pytest.mark.parametrize("module", ["dask.array", "distributed"])
def test_without_dask_the_message_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=r'pip install "imgkernels\[scale\]"'):
        cluster.needed(module)
