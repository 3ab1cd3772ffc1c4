"""Curves that follow one another are drawn together, and say what they say one by one."""

import numpy as np
import pytest
from engine_cases import noise

import imgkernels as ik
from imgkernels.operations import Frame, point
from imgkernels.operations.point import Curves, Pointwise, joined
from imgkernels.pipeline import Pipeline

CHAIN = (
    Pointwise(point.contrast, (1.5,)),
    Pointwise(point.gamma, (0.9,)),
    Pointwise(point.invert),
    Pointwise(point.gain, (0.7, 0.1)),
    Pointwise(point.posterize, (9.0,)),
    Pointwise(point.grey),
)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(70, 300, 3), (3, 40, 90, 4), (1, 1, 1), (0, 4, 3), (5, 4, 0)])
def test_curves_together_are_the_curves_one_by_one(shape, dtype):
    x = noise(shape, dtype)
    if dtype == "float32" and x.size > 9:
        x.reshape(-1)[[3, 5, 7]] = np.nan, np.inf, -np.inf
    chain = CHAIN if shape[-1] else CHAIN[:-1]  # no channels have no brightness
    frame = Frame(ndim=len(shape) - 1, dtype=x.dtype, white=255.0)
    for each in (x, x[:, ::-1]):  # in one piece, and not
        y = each
        for curve in chain:
            y = curve.run(y, frame)
        np.testing.assert_array_equal(Curves(chain).run(each, frame), y)
        for result in map(np.dtype, ("uint8", "float32")):
            due = ik.values.saturate(y, result)
            np.testing.assert_array_equal(Curves(chain).rounded(each, frame, result), due)


def test_what_looks_at_the_whole_image_is_not_joined():
    frame = Frame()
    stretch = Pointwise(point.stretched)
    blur = Pipeline.of("blur").steps[0].operation(frame)
    found = joined([*CHAIN[:2], stretch, *CHAIN[:1], blur, *CHAIN[1:3]], frame)
    assert found == (Curves(CHAIN[:2]), stretch, CHAIN[0], blur, Curves(CHAIN[1:3]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exponent", [0.01, 0.5, 0.9, 1.0, 2.2, 100.0])
def test_gamma_is_the_power_whatever_black_there_is(exponent, dtype):
    x = np.concatenate([np.zeros(40), np.geomspace(1e-30, 1, 400), [-1.0, np.inf, np.nan]])
    x = x.astype(dtype)[:, np.newaxis]
    got = point.gamma(x, x.dtype.type(1.0), exponent)
    with np.errstate(under="ignore"):
        due = np.power(np.maximum(x.astype(np.float64), 0), 1 / exponent)
    np.testing.assert_allclose(got, due, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-37)
    assert (got[x <= 0] == 0).all() and point.gamma(
        np.ones(1, dtype), x.dtype.type(1), exponent
    ) == 1
