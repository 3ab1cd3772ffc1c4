"""What is computed of a kernel, and what looks like a mistake in one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from imgkernels import kernels
from imgkernels.doubts import doubts, surprises
from imgkernels.examination import examine
from imgkernels.kernel import Kernel
from imgkernels.symmetry import in_words, symmetries, turns


def whole(ndim):
    sizes = st.tuples(*[st.integers(1, 4)] * ndim)
    taps = st.integers(-3, 3)
    return sizes.flatmap(
        lambda shape: st.lists(taps, min_size=math.prod(shape), max_size=math.prod(shape)).map(
            lambda found: Kernel(np.reshape(found, shape))
        )
    )


@pytest.mark.parametrize("ndim", [1, 2, 3])
@settings(max_examples=60)
@given(data=st.data())
def test_symmetries_are_what_turning_the_array_shows(ndim, data):
    kernel = data.draw(whole(ndim))
    for sign in (1, -1):
        due = [t for t in turns(ndim) if np.array_equal(t.of(kernel.taps), sign * kernel.taps)]
        assert list(symmetries(kernel, sign)) == due


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_mirrors_and_turns_are_a_group(ndim):
    probe = np.random.default_rng(1).random((3,) * ndim)
    images = {t.of(probe).tobytes() for t in turns(ndim)} | {probe.tobytes()}
    assert len(images) == {1: 2, 2: 8, 3: 48}[ndim]
    assert {s.of(t.of(probe)).tobytes() for s in turns(ndim) for t in turns(ndim)} <= images


def test_turns_are_called_what_they_do():
    taps = np.array([[1.0, 2], [3, 4]])
    named = {str(turn): turn.of(taps) for turn in turns(2)}
    np.testing.assert_array_equal(named["left-right mirror"], np.fliplr(taps))
    np.testing.assert_array_equal(named["top-bottom mirror"], np.flipud(taps))
    np.testing.assert_array_equal(named["half turn"], np.rot90(taps, 2))
    np.testing.assert_array_equal(named["quarter turn left"], np.rot90(taps))
    np.testing.assert_array_equal(named["quarter turn right"], np.rot90(taps, -1))
    np.testing.assert_array_equal(named["mirror at the falling diagonal"], taps.T)
    np.testing.assert_array_equal(named["mirror at the rising diagonal"], np.rot90(taps, 2).T)


@settings(max_examples=60)
@given(kernel=whole(2))
def test_range_norm_and_moments_are_the_sums_they_are_called(kernel):
    found, taps = examine(kernel), kernel.taps
    assert found.low == taps[taps < 0].sum()
    assert found.high == taps[taps > 0].sum()
    assert found.norm == pytest.approx(np.sqrt((taps**2).sum()))
    y, x = np.indices(taps.shape) - np.reshape(kernel.anchor, (-1, 1, 1))
    for (a, b), moment in found.moments.items():
        assert moment == pytest.approx((taps * y**a * x**b).sum())


def test_a_wide_product_is_examined_by_its_rows():
    found = examine(kernels.gaussian(400.0))
    assert "_dense" not in {k for k, v in vars(found.kernel).items() if v is not None}
    assert found.sigma == pytest.approx((400, 400), rel=1e-2)
    assert in_words(found.symmetric, 2) == "every mirror and turn of the square"


@pytest.mark.parametrize("sigma", [1.0, 2.5])
def test_a_smoothing_kernel_has_the_sigma_it_was_made_with(sigma):
    assert examine(kernels.gaussian(sigma)).sigma == pytest.approx((sigma, sigma), rel=0.01)
    assert examine(kernels.laplacian()).sigma is None


def test_a_first_derivative_knows_its_direction():
    assert examine(kernels.sobel("x")).direction == 0
    assert examine(-kernels.sobel("y")).direction == 90  # brighter upwards
    assert np.isnan(examine(kernels.laplacian()).direction)


# Mistakes that people make, and what is said of them.
MISTAKES = {
    "sum 0.98: darkens the picture by 2 %": [[0.25, 0.5, 0.23]],
    "sum 9: brightens the picture 9 times; --normalize": np.ones((3, 3)),
    "sum -1: negative": [[0, -1, 0]],
    "sum 0.1: nearly 0": [[0, 1, 0], [1, -3.9, 1], [0, 1, 0]],
    "every tap is 0": np.zeros((3, 3)),
    "-1 at (2, 0) and 1 at (2, 2) should be alike": [[-1, -1, -1], [-1, 8, -1], [-1, -1, 1]],
    "asymmetric by 0.001": [[1, 2, 1], [2, 10, 2], [1, 2, 1.01]],
    "even size: shifts the picture by +0.5 px along x": [[0.5, 0.5]],
    "not centred on its anchor: shifts": [[0.7, 0.2, 0.1]],
    "gain 8: a slope of 1 per pixel answers 8": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "minus a Laplacian": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
    "order 4: sum 0": [[1, -2, 1], [-2, 4, -2], [1, -2, 1]],
    "not a derivative of any order below 5": np.outer([-1, 3, -3, 1], [-1, 3, -3, 1]),
    "an empty edge on one side along x": [[0, 0.5, 0.5, 0.0, 0.0], [0, 0.5, 0.5, 0, 1e-3]],
}


@pytest.mark.parametrize("due", MISTAKES)
def test_a_mistake_is_named(due):
    found = doubts(examine(Kernel(MISTAKES[due])))
    assert any(due in text for text in found), found


@pytest.mark.parametrize(
    "taps",
    [
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],  # GIMP's emboss: its middle is meant
        np.ones((3, 3)) / 9,
        [[1 / 3, 1 / 3, 1 / 3]],
        kernels.gaussian(2).taps,
        kernels.laplacian().taps,
        kernels.log(1.4).taps,
        kernels.disk(3.3).taps,
        [[1]],
    ],
)
def test_a_sound_kernel_is_not_doubted(taps):
    assert doubts(examine(Kernel(taps))) == ()


def test_only_what_changes_the_brightness_surprises():
    assert not list(surprises(examine(kernels.sobel("x"))))
    assert not list(surprises(examine(kernels.roberts(0))))
    assert list(surprises(examine(kernels.box(3) * 0.9)))
    assert not list(surprises(examine(kernels.box(3) * 0.999)))  # less than half a level
