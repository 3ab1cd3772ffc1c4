"""Every way of ranking windows says what sorting them says, and the cheap ones are chosen."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.kernel import Kernel
from imgkernels.operations import Frame, Rank
from imgkernels.operations.ranking import octets, phases, ranked, strips
from imgkernels.operations.ranking.network import selection
from imgkernels.operations.ranking.task import Task
from imgkernels.operations.ranking.ways import WAYS, way_for

steady = settings(derandomize=True, deadline=None, max_examples=60, database=None)
seeds = st.integers(0, 2**32 - 1)
DTYPES = ["uint8", "int16", "uint16", "float16", "float32", "float64", "int64"]


def sorted_windows(whole, task):
    """The truth: every window laid out and sorted."""
    windows = sliding_window_view(whole, task.sizes, axis=tuple(range(len(task.sizes))))
    return np.sort(windows[..., task.inside], axis=-1)[..., task.place]


# What a way is for: the dtypes, and whether the window is square and the place at an end.
MADE_FOR = {
    "median": (["uint8", "uint16", "float32"], True, False),
    "extreme": (["uint8", "int16", "uint16", "float32", "float64"], True, True),
    "octets": (DTYPES, True, False),
    "levels": (["uint8"], False, False),
    "tiled": (DTYPES, False, False),
}
FULL = {"levels", "tiled"}  # no holes


@st.composite
def tasks(draw, name):
    """An image with many ties or none, and windows full or with holes, of any or equal sides."""
    dtypes, square, end = MADE_FOR.get(name, (DTYPES, False, False))
    flat = square or name == "tiled"
    ndim, rng = 2 if flat else draw(st.integers(1, 3)), np.random.default_rng(draw(seeds))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    side = draw(st.sampled_from([3, 5, 7, 9] if dtype == np.uint8 or name == "octets" else [3, 5]))
    sides = st.integers(3, 11) if name == "tiled" else st.integers(1, 4)
    sizes = (side, side) if square else tuple(draw(sides) for _ in range(ndim))
    mask = np.ones(sizes, bool)
    if not square and name not in FULL and draw(st.booleans()):
        mask = rng.random(sizes) < 0.6
        mask.flat[rng.integers(mask.size)] = True
    space = [n + draw(st.integers(0, (60, 14, 5)[ndim - 1])) for n in sizes]
    values = draw(st.sampled_from([3, 120, 2000 if dtype.itemsize > 1 else 120]))
    whole = rng.integers(0, values, (*space, draw(st.integers(1, 3)))).astype(dtype)
    last = int(mask.sum()) - 1
    place = draw(st.integers(0, last))
    if square:
        place = draw(st.sampled_from([0, last])) if end else last // 2
    anchor = tuple(draw(st.integers(0, n - 1)) for n in sizes)
    return whole, Task(whole.shape, whole.dtype, Kernel(mask, anchor), place)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@given(data=st.data())
@steady
def test_every_way_says_what_sorting_says(way, data):
    whole, task = data.draw(tasks(way.name))
    assert way.able(task)
    before = whole.copy()
    got = way.run(whole, task)
    assert got.dtype == whole.dtype
    np.testing.assert_array_equal(got, sorted_windows(whole, task))
    np.testing.assert_array_equal(whole, before)


@pytest.mark.parametrize("chunk", [64, 1000, 1 << 17])
@pytest.mark.parametrize("shape", [(40, 9, 1), (9, 40, 3), (7, 8, 9, 1), (90, 2)])
def test_chunks_of_any_length_give_the_same(shape, chunk, monkeypatch):
    monkeypatch.setattr(strips, "_CHUNK", chunk)
    whole = np.random.default_rng(0).random(shape).astype(np.float32)
    window = Kernel(np.ones((3,) * (len(shape) - 1))[..., :2])
    network = next(way for way in WAYS if way.name == "network")
    for place in (0, window.size // 2, window.size - 1):
        task = Task(whole.shape, whole.dtype, window, place)
        if all(n > 0 for n in task.answered):
            np.testing.assert_array_equal(network.run(whole, task), sorted_windows(whole, task))


@pytest.mark.parametrize("size", [3, 7, 13])
@pytest.mark.parametrize("kind", ["noise", "ramp", "steps", "flat", "infinite"])
def test_bytes_tell_thousands_of_values_apart(kind, size):
    rng, side = np.random.default_rng(0), 90
    ramp = np.add.outer(np.arange(side), np.arange(side)) * 1.5
    whole = {
        "noise": rng.normal(size=(side, side)),
        "ramp": ramp + rng.random((side, side)),
        "steps": np.floor(ramp / 40) * 1000,
        "flat": np.full((side, side), -7.5),
        "infinite": np.where(rng.random((side, side)) < 0.5, -np.inf, ramp),
    }[kind].astype(np.float32)[..., np.newaxis]
    task = Task(whole.shape, whole.dtype, Kernel(np.ones((size, size))), size * size // 2)
    np.testing.assert_array_equal(octets.medians(whole, size), sorted_windows(whole, task))


def test_a_tile_of_the_largest_window_fits_two_bytes_medians():
    # 254 stretches of 254 numbers: more values than that a tile must not have.
    size = octets.LARGEST
    whole = np.random.default_rng(0).permutation((size + 70) * (size + 3)).astype(np.float64)
    whole = whole.reshape(size + 70, size + 3, 1)
    got = octets.medians(whole, size)
    for y, x in [(0, 0), (70, 3), (64, 2)]:
        assert got[y, x, 0] == np.median(whole[y : y + size, x : x + size])


def test_windows_share_what_they_have_in_common():
    members = tuple(itertools.product(range(7), range(7)))
    alone, shared = selection(members, 24, 0), selection(members, 24, 1)
    assert shared.work < 0.6 * alone.work
    assert selection(members, 24, 1) is shared  # made once


def test_a_network_makes_nothing_that_does_not_reach_its_answer():
    network = selection(tuple(itertools.product(range(5), range(5))), 12, 1)
    read = {ref.node for node in network.nodes for ref in node.parts} | {network.answer.node}
    assert read >= set(range(len(network.nodes)))


@pytest.mark.parametrize(
    ("dtype", "size", "name"),
    [
        ("uint8", 3, "median"), ("uint8", 5, "median"), ("uint8", 31, "median"),
        ("uint8", 7, "tiled"), ("float32", 5, "median"), ("float32", 15, "tiled"),
        ("uint16", 9, "tiled"), ("float64", 3, "network"), ("float32", 51, "octets"),
        ("uint16", 101, "octets"), ("float64", 301, "partition"),
    ],
)  # fmt: skip
def test_the_measured_best_way_is_chosen(dtype, size, name):
    window = Kernel(np.ones((size, size)))
    task = Task((2160 + size, 3840 + size, 1), np.dtype(dtype), window, window.size // 2)
    assert way_for(task).name == name


@pytest.mark.parametrize(("dtype", "size"), [("uint8", 21), ("float64", 61)])
def test_strips_on_threads_do_not_show(dtype, size, monkeypatch):
    monkeypatch.setenv("IMGKERNELS_THREADS", "3")
    rng, cut = np.random.default_rng(0), []
    whole = rng.integers(0, 250, (7 * size, 90, 2)).astype(dtype)
    task = Task(whole.shape, whole.dtype, Kernel(np.ones((size, size))), size * size // 2)
    alone = way_for(task).run(whole, task)
    way = way_for(task)._replace(cost=lambda task: 1e9, run=lambda part, task: (
        cut.append(part.shape), way_for(task).run(part, task))[1])  # fmt: skip
    monkeypatch.setattr(ranked, "way_for", lambda task: way)
    monkeypatch.setattr(phases, "pays", lambda *_: False)
    np.testing.assert_array_equal(ranked.ranked(whole, task), alone)
    assert len(cut) == 3


def test_a_median_of_a_volume_is_that_of_its_windows():
    x = np.random.default_rng(0).random((9, 10, 11, 1)).astype(np.float32)
    got = Rank.median(3, 3).run(x, Frame(3, x.dtype))
    whole = np.pad(x, [(1, 1)] * 3 + [(0, 0)], mode="reflect")
    window = Kernel(np.ones((3, 3, 3)))
    due = sorted_windows(whole, Task(whole.shape, whole.dtype, window, 13))
    np.testing.assert_array_equal(got, due)
