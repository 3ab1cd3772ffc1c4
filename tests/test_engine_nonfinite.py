"""NaN and infinity in the image: they reach the window and nothing else."""

import numpy as np
import pytest
from engine_cases import NAMES, able, posed, steps, thorough
from hypothesis import assume, given, strategies as st
from reference import correlate as slow
from tolerances import RELATIVE, assert_floats, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.problem import EXTENTS


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@thorough
def test_nan_and_infinity_reach_exactly_the_window(name, data):
    x, kernel = posed(data, name, data.draw(st.sampled_from(["float32", "float64"])))
    spots = st.tuples(*[st.integers(0, n - 1) for n in x.shape])
    bad = st.sampled_from([np.nan, np.inf, -np.inf])
    for spot, value in data.draw(st.lists(st.tuples(spots, bad), min_size=1, max_size=3)):
        x[spot] = value
    border, extent = data.draw(st.sampled_from(Border)), data.draw(st.sampled_from(EXTENTS))
    dilation = data.draw(steps(kernel.ndim, 2))
    assume(name in able(x, kernel, border=border, dilation=dilation))
    got = ik.correlate(x, kernel, border=border, extent=extent, dilation=dilation, method=name)
    with np.errstate(invalid="ignore"):  # IEEE: 0 * inf and inf - inf are NaN
        want = slow(x, kernel.taps, kernel.anchor, border, 0.0, extent, dilation=dilation)
    assert_floats(got, want, scale(kernel.taps, x))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_pixel_spoils_nine_under_a_mean_of_three(bad):
    x = np.zeros((9, 9), np.float32)
    x[4, 4] = bad
    for name in able(x, ik.kernels.box(3)):
        got = ik.correlate(x, ik.kernels.box(3), method=name)
        assert np.count_nonzero(~np.isfinite(got)) == 9
        np.testing.assert_array_equal(got[3:6, 3:6], np.full((3, 3), bad))


def test_nan_becomes_0_where_the_result_is_an_integer():
    assert ik.correlate([[np.nan, 7.0]], [[1]], dtype="uint8").tolist() == [[0, 7]]


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_image_near_the_largest_float_stays_finite_under_a_mean(name):
    # OpenCV adds neighbours before it weighs them, so half the largest float is its limit.
    x = np.full((7, 8), 1.6e38, np.float32)
    if name not in able(x, ik.kernels.box(3)):
        pytest.skip(f"{name} does not take planes of equal taps")
    got = ik.correlate(x, ik.kernels.box(3), method=name)
    np.testing.assert_allclose(got, x, rtol=RELATIVE["float32"])
