"""Ranks tile by tile: programs of minima and maxima, run by numpy and by one compiled loop."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from reference import rank as slow
from test_rank import noise, run
from test_ranking import sorted_windows

from imgkernels.border import Border
from imgkernels.engine.compiled import library, paying, picks
from imgkernels.engine.compiled.slide import SOURCES
from imgkernels.kernel import Kernel
from imgkernels.operations import Rank
from imgkernels.operations.ranking import phases, tiled
from imgkernels.operations.ranking.task import Task

WINDOWS = [(7, 7), (3, 13), (14, 5), (9, 10), (13, 17), (21, 21)]
RUNS = [
    False,
    pytest.param(True, marks=pytest.mark.skipif(bool(library.missing()), reason="no Halide")),
]


def task_of(whole, window, place=None):
    full = Kernel(np.ones(window))
    return Task(whole.shape, whole.dtype, full, full.size // 2 if place is None else place)


@pytest.mark.parametrize("side", [1, 2, 4, 8])
@pytest.mark.parametrize("window", [(3, 3), (4, 7), (9, 9)])
def test_programs_sort_whatever_comes(window, side):
    # A network that is right for zeros and ones is right for all values (Knuth, volume 3, 5.3.4).
    dice = np.random.default_rng(0)
    for place in (0, 1, window[0] * window[1] // 2, window[0] * window[1] - 1):
        made = tiled.program(window, place, side)
        tile = tiled.tile_of(window, side)
        patch = dice.random((tile[0] + window[0] - 1, tile[1] + window[1] - 1, 400))
        patch = patch < dice.random(400)
        held = np.zeros((made.slots, 400), bool)
        held[: len(made.leaves)] = [patch[leaf] for leaf in made.leaves]
        for low, high, one, other in made.steps.tolist():
            least, most = held[one] & held[other], held[one] | held[other]
            held[low], held[high] = least, most
        for (y, x), got in zip(np.ndindex(*tile), held[made.answers], strict=True):
            window_sum = patch[y : y + window[0], x : x + window[1]].sum(axis=(0, 1))
            np.testing.assert_array_equal(got, window_sum >= window[0] * window[1] - place)


def test_a_program_makes_nothing_twice_and_nothing_in_vain():
    made = tiled.program((15, 15), 112, 8)
    idle = made.slots - 1
    assert not (made.steps[:, 2:] == idle).any()
    assert ((made.steps[:, :2] != idle).any(axis=1)).all()
    whole = tiled.program((15, 15), 112, 1)
    assert np.sum(made.steps[:, :2] != idle) / 64 < 0.2 * np.sum(
        whole.steps[:, :2] != whole.slots - 1
    )


@pytest.mark.parametrize("compiled", RUNS)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", SOURCES)
def test_tiles_say_what_sorting_says(dtype, window, compiled):
    members = window[0] * window[1]
    for shape, place in zip(
        [(window[0], window[1], 1), (40, 77, 3), (23, 200, 2)],
        [members // 2, members // 10, members - 2],
        strict=True,
    ):
        whole = noise(shape, dtype, members)
        task = task_of(whole, window, place)
        got = phases.ranked(whole, task, compiled)
        assert got.dtype == whole.dtype
        assert got.flags.c_contiguous
        np.testing.assert_array_equal(got, sorted_windows(whole, task))


@pytest.mark.parametrize("compiled", RUNS)
def test_layouts_and_ends_of_blocks_do_not_show(compiled, monkeypatch):
    whole = np.random.default_rng(0).random((300, 400, 1)).astype(np.float32)
    task = task_of(whole, (7, 7))
    due = phases.ranked(whole, task, compiled)
    turned = np.asfortranarray(whole)
    turned.flags.writeable = False
    np.testing.assert_array_equal(phases.ranked(turned, task, compiled), due)
    for plane in (64, 1000, 1 << 20):
        monkeypatch.setattr(phases, "_PLANE", plane)
        np.testing.assert_array_equal(phases.ranked(whole, task, compiled), due)
    np.testing.assert_array_equal(due, sorted_windows(whole, task))


@pytest.fixture(params=RUNS)
def by_tiles(request, monkeypatch):
    """All ranks of full windows tile by tile; the tasks that came."""
    came = []

    def ranked(whole, task, repeat):
        came.append(task)
        return phases.ranked(whole, task, request.param and task.dtype.name in SOURCES)

    monkeypatch.setattr("imgkernels.operations.rank.ranked", ranked)
    return came


@pytest.mark.parametrize("border", list(Border))
@pytest.mark.parametrize("dtype", SOURCES)
def test_every_border_on_every_dtype(dtype, border, by_tiles):
    for size, shape in itertools.product((6, 7), ((1, 1), (5, 19), (20, 9))):
        x, members = noise(shape, dtype, size), size * size
        operation = Rank.share(0.4, size)
        want = slow(x.astype(object), np.ones((size, size), bool), operation.window.anchor,
                    operation.rank, border, 3)  # fmt: skip
        got = run(operation, x, border, 3)
        np.testing.assert_array_equal(got.astype(object), want)
        assert by_tiles[-1].members == members


def test_nan_wins_and_infinity_is_a_value(by_tiles):
    x = noise((22, 23), "float32", 1)
    x[3, 4], x[9, 9], x[0, 0] = np.nan, np.inf, -np.inf
    want = slow(x.astype(object), np.ones((7, 7), bool), (3, 3), 24, Border.REFLECT)
    np.testing.assert_array_equal(run(Rank.median(7), x), want.astype("float32"))
    assert by_tiles


def test_the_loop_is_compiled_when_it_has_paid_for_that(monkeypatch):
    if library.missing():
        pytest.skip(library.missing())
    monkeypatch.setattr(paying, "_missed", defaultdict(float))
    task = task_of(np.zeros((64, 64, 1), np.uint8), (15, 15))
    each = phases._each(task) + library.START / task.values / 10
    assert not any(phases.pays(task, each) for _ in range(9))
    assert any(phases.pays(task, each) for _ in range(3))
    assert not phases.pays(task, 1e-12)
    monkeypatch.setattr(paying, "_missed", defaultdict(float))
    other = task_of(np.zeros((64, 64, 1), np.uint8), (15, 14))
    assert not phases.pays(other, each, repeat=2)
    assert phases.pays(other, each, repeat=20)


@pytest.mark.parametrize(
    ("name", "answer"), [("missing", "Halide is not installed"), ("loads", False)]
)
def test_tiles_work_where_halide_is_missing_or_broken(name, answer, monkeypatch):
    monkeypatch.setattr(library, name, lambda: answer)
    assert not picks.pays(np.dtype(np.uint8), 1e9)
