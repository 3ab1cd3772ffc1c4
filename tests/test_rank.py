"""Laws of order statistics: always one of the window's values, on every dtype and border."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reference import rank as slow

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.operations import Frame, Rank
from imgkernels.operations.rank import footprint
from imgkernels.values import SUPPORTED

steady = settings(derandomize=True, deadline=None, max_examples=40, database=None)
seeds = st.integers(0, 2**32 - 1)
FLOATS = [name for name in SUPPORTED if "float" in name]


def noise(shape, dtype, seed=0):
    """Few different values, with ties, from the whole range of the dtype."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.integers(-9, 10, shape).astype(dtype)
    info = np.iinfo(dtype)
    few = rng.integers(info.min, info.max, 9, dtype, endpoint=True)
    # Neighbours at the top of 64 bits are equal in float64: they must stay apart here.
    few[:3] = info.max - 1, info.max, info.min
    return rng.choice(few, shape)


def run(operation, x, border=Border.REFLECT, value=0.0):
    """Run on `(*space)`, with an axis for the one channel."""
    frame = Frame(operation.window.ndim, x.dtype, border=border, border_value=value)
    return operation.run(x[..., np.newaxis], frame)[..., 0]


@st.composite
def ranks(draw, ndim):
    """A window of 1 to 4 a side, full or with holes, any anchor, any place in it."""
    shape = tuple(draw(st.integers(1, 4)) for _ in range(ndim))
    rng = np.random.default_rng(draw(seeds))
    mask = np.ones(shape, bool) if draw(st.booleans()) else rng.random(shape) < 0.6
    mask.flat[rng.integers(mask.size)] = True
    anchor = tuple(draw(st.integers(0, n - 1)) for n in shape)
    last = int(mask.sum()) - 1
    return Rank(Kernel(mask, anchor), draw(st.integers(0, last) | st.sampled_from([0, last // 2])))


@pytest.mark.parametrize("dtype", SUPPORTED)
@given(data=st.data())
@steady
def test_the_answer_is_what_sorting_each_window_gives(dtype, data):
    ndim = data.draw(st.integers(1, 3))
    operation, border = data.draw(ranks(ndim)), data.draw(st.sampled_from(Border))
    shape = tuple(data.draw(st.integers(1, (9, 6, 4)[ndim - 1])) for _ in range(ndim))
    x = noise(shape, dtype, data.draw(seeds))
    before = x.copy()
    got = run(operation, x, border, 3)
    window = operation.window
    # Python's integers are exact, so the truth is sorted in them.
    want = slow(x.astype(object), window.taps != 0, window.anchor, operation.rank, border, 3)
    assert got.dtype == x.dtype
    np.testing.assert_array_equal(got.astype(object), want)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("size", [3, 5, 7, 9])
def test_shortcuts_through_opencv_say_the_same(size, dtype, border, monkeypatch):
    x = noise((20, 30), dtype, size)
    operations = [Rank.median(size), Rank.share(0, size), Rank.share(1, size)]
    answers = [run(each, x, border, 5) for each in operations]
    monkeypatch.setattr(opencv, "load", lambda: None)
    for each, want in zip(operations, answers, strict=True):
        np.testing.assert_array_equal(run(each, x, border, 5), want)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("anchor", [(0, 0), (2, 1), (1, 2), (2, 2)])
def test_the_anchor_moves_the_window_of_every_rank(anchor, dtype):
    x, window = noise((6, 7), dtype), Kernel(np.ones((3, 3)), anchor)
    for place in (0, 4, 8):
        want = slow(x.astype(object), window.taps != 0, anchor, place, Border.WRAP)
        np.testing.assert_array_equal(run(Rank(window, place), x, Border.WRAP), want)


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
@steady
def test_nan_reaches_exactly_the_windows_that_hold_it_and_infinity_is_a_value(dtype, data):
    operation, border = data.draw(ranks(2)), data.draw(st.sampled_from(Border))
    x = noise((5, 6), dtype, data.draw(seeds))
    for bad in (np.nan, np.inf, -np.inf):
        x[data.draw(st.integers(0, 4)), data.draw(st.integers(0, 5))] = bad
    window = operation.window
    want = slow(x.astype(object), window.taps != 0, window.anchor, operation.rank, border, 0)
    np.testing.assert_array_equal(run(operation, x, border), want.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nan_spoils_nine_under_a_median_of_three(dtype):
    x = np.zeros((9, 9), dtype)
    x[4, 4] = np.nan
    got = run(Rank.median(3), x)
    assert np.isnan(got[3:6, 3:6]).all() and np.isnan(got).sum() == 9


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (4, 4, 0)])
def test_empty_in_is_empty_out(shape):
    for border in Border:
        got = Rank.median(3).run(np.zeros(shape, np.uint8), Frame(border=border))
        assert got.shape == shape and got.dtype == np.uint8


@pytest.mark.parametrize("border", Border)
def test_a_window_larger_than_the_image_repeats_the_border(border):
    x = noise((2, 3), "uint8")
    for size in (7, (9, 4)):
        operation = Rank.median(size)
        window = operation.window
        want = slow(x.astype(object), window.taps != 0, window.anchor, operation.rank, border, 3)
        np.testing.assert_array_equal(run(operation, x, border, 3), want)


def test_every_channel_is_ranked_by_itself():
    x = noise((8, 9, 4), "uint8")
    got = Rank.median(5).run(x, Frame())
    for c in range(4):
        np.testing.assert_array_equal(got[..., c], run(Rank.median(5), x[..., c]))


@pytest.mark.parametrize("value", [0.5, -7, 300])
def test_a_border_value_the_image_cannot_hold_takes_part(value):
    x = np.array([[10, 20, 30]], np.uint8)
    lowest = run(Rank.share(0, 3), x, Border.CONSTANT, value)
    highest = run(Rank.share(1, 3), x, Border.CONSTANT, value)
    assert (lowest == min(value, 10)).sum() >= 2 - (value > 30)
    assert (highest == max(value, 30)).sum() >= 2
    assert np.result_type(lowest, np.float32) == lowest.dtype


def test_median_minimum_and_maximum_are_ranks_by_share():
    for size, ndim, members in [(3, 1, 3), (4, 2, 16), ((3, 5), 2, 15), (3, 3, 27)]:
        assert Rank.median(size, ndim).rank == members // 2  # of an even number, the upper one
        assert Rank.share(0, size, ndim).rank == 0
        assert Rank.share(1, size, ndim).rank == members - 1
        assert Rank.share(0.25, size, ndim).rank == members // 4
    assert Rank.median(np.int64(3)).window.shape == (3, 3)


def test_a_footprint_is_the_window_under_its_true_values():
    cross = footprint([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    assert cross.taps.sum() == 5 and cross.anchor == (1, 1)
    assert Rank(cross, 2).members == 5
    assert Rank(cross, 2).kernels == ()  # it is no sum of products
    x = np.arange(25).reshape(5, 5)
    assert run(Rank(cross, 4), x)[2, 2] == 17 and run(Rank(cross, 0), x)[2, 2] == 7


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Rank(footprint(np.ones((3, 3))), 9), "rank: must be from 0 to 8 .*; got 9"),
        (lambda: Rank(footprint(np.ones((3, 3))), -1), "rank: must be from 0 to 8 .*; got -1"),
        (lambda: Rank(footprint(np.zeros((3, 3))), 0), "rank"),
        (lambda: Rank.median(0), "0"),
        (lambda: Rank.median(3.5), "3.5"),
        (lambda: Rank.median("3"), "3"),
        (lambda: Rank.median((3, 3, 3, 3)), "axes"),
        (lambda: Rank.share(np.nan, 3), "share"),
        (lambda: Rank.share(-0.1, 3), "share"),
        (lambda: Rank.share(2.0, 3), "share"),
    ],
)
def test_a_wrong_window_or_rank_is_a_value_error(make, reason):
    with pytest.raises(InvalidValue, match=reason):
        make()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("size", [11, 31, 151, 301])
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_large_windows_rank_what_small_ones_do(dtype, size, share):
    image = (np.random.default_rng(0).random((9, 8, 2)) * 200).astype(dtype)
    rank = Rank.share(share, size)
    frame = Frame(dtype=image.dtype, border=Border.WRAP)
    before, after = size // 2, size - 1 - size // 2
    whole = np.pad(image, [(before, after), (before, after), (0, 0)], mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(whole, (size, size), (0, 1))
    due = np.sort(windows.reshape(9, 8, 2, -1), axis=-1)[..., rank.rank]
    np.testing.assert_array_equal(rank.run(image, frame), due)
