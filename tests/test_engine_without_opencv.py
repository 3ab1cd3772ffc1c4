"""The engine without OpenCV: the same answers by other methods."""

import itertools

import numpy as np
import pytest
from engine_cases import noise
from tolerances import assert_floats, assert_levels, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.errors import InvalidValue


@pytest.fixture
def answers():
    """What the engine answers with all its methods."""
    return [ik.correlate(x, kernel, border=border) for x, kernel, border in problems()]


def problems():
    """Every border under three kinds of kernel, on bytes and on floats."""
    kinds = [ik.kernels.box(5), ik.kernels.gaussian(1.5), ik.Kernel(noise((4, 3)))]
    pictures = [noise((64, 48), "uint8"), noise((40, 30, 3), "float32")]
    return list(itertools.product(pictures, kinds, Border))


def test_without_opencv_other_methods_give_the_same_answers(answers, no_opencv):
    for want, (x, kernel, border) in zip(answers, problems(), strict=True):
        got = ik.correlate(x, kernel, border=border)
        if x.dtype.kind == "f":
            assert_floats(got, want, scale(kernel.taps, x))
        else:
            assert_levels(got, want)


def test_without_opencv_its_methods_are_shown_as_missing(no_opencv):
    made = ik.plan((64, 64), ik.kernels.box(3))
    missing = {c.method for c in made.considered if c.obstacle and "OpenCV" in c.obstacle}
    assert missing == {"direct", "separable", "box", "lowrank", "centred", "stack"}
    assert made.method not in missing
    with pytest.raises(InvalidValue, match="direct cannot do this: OpenCV cannot be imported"):
        ik.correlate(np.zeros((4, 4)), [[1]], method="direct")
