"""Networks of comparisons: sorted lists, one place of two, and ranks compiled from them."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from reference import rank as slow
from test_rank import noise, run

from imgkernels.border import Border
from imgkernels.engine.compiled import library, ranks
from imgkernels.engine.compiled.network import Order, Part
from imgkernels.kernel import Kernel
from imgkernels.operations import Rank

NUMBERS = Order(min, max)
steady = settings(derandomize=True, deadline=None, max_examples=200, database=None)
values = st.lists(st.integers(0, 9), min_size=1, max_size=20)

WINDOWS = [(7,), (1, 4), (4, 1), (2, 5), (3, 3, 3), (2, 3, 4)]
# Each takes a part of a second to compile: not every window with every dtype.
CASES = [(w, d) for i, w in enumerate(WINDOWS) for d in ranks.SOURCES[i % 2 :: 2]]
CASES += [((5, 7), "uint8"), ((5, 5), "uint16"), ((5, 5), "float32")]


@given(a=values, b=values)
@steady
def test_lists_are_sorted_merged_and_asked_for_any_place(a, b):
    first, second = NUMBERS.sort(a), NUMBERS.sort(b)
    assert (first, second) == (sorted(a), sorted(b))
    assert NUMBERS.merge(first, second) == sorted(a + b)
    for place, due in enumerate(sorted(a + b)):
        assert NUMBERS.place(first, second, place) == due


@given(a=values, b=values, c=values, data=st.data())
@steady
def test_what_is_left_out_is_never_at_the_place(a, b, c, data):
    members = len(a) + len(b) + len(c)
    place = data.draw(st.integers(0, members - 1))
    parts = [Part(tuple(sorted(each))).narrowed(members, place) for each in (a, b, c)]
    both = parts[0].merged(parts[1], NUMBERS).narrowed(members, place)
    last = place - both.below - parts[2].below
    assert NUMBERS.place(both.values, parts[2].values, last) == sorted(a + b + c)[place]
    assert len(both.values) <= min(place, members - 1 - place) + 1 + len(parts[2].values)


@pytest.fixture
def compiled(monkeypatch):
    """Ranks by networks from the first value on, and the networks that were asked for."""
    if library.missing():
        pytest.skip(library.missing())
    asked = []
    monkeypatch.setattr(ranks, "pays", lambda which, *_: which.fits and not asked.append(which))
    return asked


@pytest.mark.parametrize(("window", "dtype"), CASES, ids=str)
def test_networks_say_what_sorting_each_window_gives(window, dtype, compiled):
    rng = np.random.default_rng(len(window))
    members = int(np.prod(window))
    operation = Rank(Kernel(np.ones(window)), int(rng.integers(1, members - 1)))
    for border in (Border.WRAP, Border.CONSTANT):
        x = noise(tuple(rng.integers(1, 9, len(window))), dtype, members)
        want = slow(x.astype(object), np.ones(window, bool), operation.window.anchor,
                    operation.rank, border, 3)  # fmt: skip
        got = run(operation, x, border, 3)
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(got.astype(object), want)
    assert compiled


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_channels_do_not_mix_and_rows_may_be_of_any_length(channels, compiled):
    x = np.random.default_rng(channels).integers(0, 256, (19, 701, channels), np.uint8)
    operation = Rank.median(7)
    got = ranks.ranked(ranks.Ranks.of(x.dtype, (7, 7), operation.rank), x)
    windows = sliding_window_view(x, (7, 7), axis=(0, 1)).reshape(13, 695, channels, 49)
    want = np.partition(windows, operation.rank, axis=-1)[..., operation.rank]
    np.testing.assert_array_equal(got, want)


def test_nan_wins_and_infinity_is_a_value(compiled):
    x = noise((12, 13), "float32", 1)
    x[3, 4], x[9, 9], x[0, 0] = np.nan, np.inf, -np.inf
    want = slow(x.astype(object), np.ones((5, 7), bool), (2, 3), 17, Border.REFLECT)
    np.testing.assert_array_equal(run(Rank.median((5, 7)), x), want.astype("float32"))
    assert compiled


def test_a_network_is_compiled_when_it_has_paid_for_that():
    if library.missing():
        pytest.skip(library.missing())
    which = ranks.Ranks(np.dtype(np.uint8), (1, 5, 13), 32)
    seconds = which.each + which.start / 10_000
    assert not any(ranks.pays(which, 1000, seconds) for _ in range(9))
    assert any(ranks.pays(which, 1000, seconds) for _ in range(3))
    assert not ranks.pays(which, 10**12, which.each)
    assert not ranks.pays(ranks.Ranks(np.dtype(np.float64), (1, 5, 13), 32), 10**12, 1.0)


@pytest.mark.parametrize(
    ("name", "answer"), [("missing", "Halide is not installed"), ("loads", False)]
)
def test_ranks_work_where_halide_is_missing_or_broken(name, answer, monkeypatch):
    monkeypatch.setattr(library, name, lambda: answer)
    assert not ranks.pays(ranks.Ranks(np.dtype(np.uint8), (1, 7, 7), 24), 10**12, 1.0)
