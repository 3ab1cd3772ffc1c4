"""The plan: what it says, that it repeats itself, and what it refuses."""

import numpy as np
import pytest
from engine_cases import NAMES, images, kernels, steady, steps
from hypothesis import given, strategies as st

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine import plan_for
from imgkernels.engine.methods import method_named
from imgkernels.engine.problem import EXTENTS
from imgkernels.errors import InvalidValue, UnknownName, UnsupportedImage
from imgkernels.values import SUPPORTED


def test_the_plan_prints_what_it_chose_and_what_else_it_considered():
    made = ik.plan((512, 512, 3), ik.kernels.gaussian(2.0), dtype="uint8")
    text = str(made)
    assert "17x17 separable" in text and "512x512 uint8" in text and "3 channels" in text
    assert f"method     {made.method}: " in text and "because" in text
    for name in NAMES:
        assert name in text.split("considered")[1]
    costs = [c.seconds for c in made.considered if c.seconds is not None]
    assert made.considered[0].method == made.method and costs == sorted(costs)
    assert all(c.obstacle for c in made.considered if c.seconds is None)


@given(data=st.data())
@steady
def test_the_plan_is_deterministic_and_equals_correlate(data):
    ndim = data.draw(st.integers(1, 3))
    dtype = data.draw(st.sampled_from(SUPPORTED))
    x, kernel = data.draw(images(ndim, dtype)), data.draw(kernels(ndim))
    options = {
        "border": data.draw(st.sampled_from(Border)),
        "extent": data.draw(st.sampled_from(EXTENTS)),
        "stride": data.draw(steps(ndim, 2)),
    }
    made = ik.plan(x.shape, kernel, dtype=dtype, **options)
    assert made == ik.plan(x.shape, ik.Kernel(kernel.taps, kernel.anchor), dtype=dtype, **options)
    assert str(made) == str(ik.plan(x.shape, kernel, dtype=dtype, **options))
    np.testing.assert_array_equal(made(x), ik.correlate(x, kernel, **options))


def test_a_plan_refuses_an_image_it_was_not_made_for():
    made = ik.plan((4, 5), [[1, 2]], dtype="uint8")
    assert made(np.zeros((4, 5), np.uint8)).shape == (4, 5)
    for other in (np.zeros((5, 4), np.uint8), np.zeros((4, 5)), np.zeros((4, 5, 1), np.uint8)):
        with pytest.raises(UnsupportedImage, match=r"plan: made for \(4, 5\) uint8"):
            made(other)


def test_a_repeated_problem_is_planned_once():
    one = ik.plan((32, 32), ik.kernels.box(3), dtype="uint8", repeat=10)
    assert plan_for(one.problem, "auto", 10) is plan_for(one.problem, "auto", 10)
    once = ik.plan((32, 32), ik.kernels.box(3), dtype="uint8")
    assert one.considered[0].seconds == pytest.approx(10 * once.considered[0].seconds)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"method": "dirct"}, UnknownName, "no method 'dirct'; did you mean 'direct'"),
        ({"border": "reflct"}, UnknownName, "no border 'reflct'; did you mean 'reflect'"),
        ({"border": "scipy:edge"}, UnknownName, "no scipy border 'edge'"),
        ({"border": "matlab:same"}, UnknownName, "no border vocabulary 'matlab'"),
        ({"extent": "ful"}, UnknownName, "no extent 'ful'; did you mean 'full'"),
        ({"channels": "all"}, UnknownName, "no way with channels 'all'"),
        ({"stride": 0}, InvalidValue, "stride must be a whole number from 1"),
        ({"stride": (1, 2, 3)}, InvalidValue, "stride must be"),
        ({"dilation": 1.5}, InvalidValue, "dilation must be"),
        ({"dilation": -1}, InvalidValue, "dilation must be"),
        ({"border_value": np.nan}, InvalidValue, "border_value must be a finite number"),
        ({"border_value": np.inf}, InvalidValue, "border_value must be a finite number"),
        ({"border_value": "7"}, InvalidValue, "border_value must be a finite number"),
        ({"method": "separable", "border": "wrap"}, InvalidValue, "not separable"),
        ({"method": "box"}, InvalidValue, "box cannot do this: the taps are not all equal"),
        ({"method": "running"}, InvalidValue, "the taps are not all equal"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_an_error_that_says_which_and_why(options, error, match):
    with pytest.raises(error, match=match):
        ik.correlate(np.zeros((4, 4)), [[0, 1, 0], [1, -4, 1], [0, 1, 0]], **options)


@pytest.mark.parametrize("shape", [(), (5,), (4, 4, 4, 4)])
def test_a_wrong_number_of_axes_is_an_error_that_says_what_came(shape):
    with pytest.raises(UnsupportedImage, match="takes an image of 2 axes, or 3 with channels"):
        ik.correlate(np.zeros(shape), np.ones((3, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_a_method_with_an_obstacle_says_so_when_asked_for_by_name(name):
    volume, ones = ik.kernels.gaussian(1.0, ndim=3), np.ones((4, 4, 4), np.float32)
    obstacle = method_named(name).obstacle(ik.plan((4, 4, 4), volume).problem)
    if obstacle is None:
        assert ik.correlate(ones, volume, method=name).shape == (4, 4, 4)
    else:
        with pytest.raises(InvalidValue, match=f"method {name} cannot do this: "):
            ik.correlate(ones, volume, method=name)
