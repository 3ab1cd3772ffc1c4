"""Kernels, images and methods that the engine's tests draw from."""

import numpy as np
import pytest
from hypothesis import settings, strategies as st

import imgkernels as ik
from imgkernels.engine.methods import METHODS
from imgkernels.values import SUPPORTED

NAMES = [method.name for method in METHODS]
INTEGERS = [name for name in SUPPORTED if "int" in name]

steady = settings(derandomize=True, deadline=None, max_examples=40, database=None)
thorough = settings(steady, max_examples=80)
seeds = st.integers(0, 2**32 - 1)

KINDS = {
    "random": lambda shape, rng: ik.Kernel(rng.normal(size=shape)),
    "whole": lambda shape, rng: ik.Kernel(rng.integers(-3, 4, shape)),
    "equal": lambda shape, rng: ik.Kernel(np.full(shape, rng.normal())),
    "product": lambda shape, rng: ik.Kernel.from_factors(*(rng.normal(size=n) for n in shape)),
    "zero": lambda shape, rng: ik.Kernel(np.zeros(shape)),
}
any_kind = st.sampled_from(sorted(KINDS))


@st.composite
def kernels(draw, ndim, kinds=any_kind):
    """Kernels of the kinds that methods tell apart, of even and odd sizes, with any anchor."""
    shape = tuple(draw(st.integers(1, 4)) for _ in range(ndim))
    made = KINDS[draw(kinds)](shape, np.random.default_rng(draw(seeds)))
    anchor = tuple(draw(st.integers(0, n - 1)) for n in shape)
    return anchored(made, anchor)


def anchored(kernel, anchor):
    """The same taps with another anchor, kept as factors where they are."""
    if kernel.factors is not None:
        return ik.Kernel.from_factors(*kernel.factors, anchor=anchor)
    return ik.Kernel(kernel.taps, anchor)


@st.composite
def images(draw, ndim, dtype="float64", channels=(None, 1, 2, 3)):
    """Random pixels, from a single one up; `(*space)` or `(*space, C)`."""
    space = [draw(st.integers(1, (9, 6, 4)[ndim - 1])) for _ in range(ndim)]
    last = draw(st.sampled_from(channels))
    return noise((*space, last) if last else tuple(space), dtype, draw(seeds))


def noise(shape, dtype="float64", seed=0):
    """Values over the whole range of an integer dtype; about 1 in a float dtype."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


def steps(ndim, most):
    """Strides or dilations, one per axis."""
    return st.tuples(*[st.integers(1, most)] * ndim)


def able(image, kernel, **options):
    """The names of all methods that can do it: the planner's own word, not ours."""
    made = ik.plan(image.shape, kernel, dtype=image.dtype, **options)
    return [c.method for c in made.considered if c.obstacle is None]


# For each method the numbers of axes and the kinds of kernel it takes, found out by asking.
_RNG = np.random.default_rng(0)
TAKES = {
    name: [
        (ndim, kind)
        for ndim in (1, 2, 3)
        for kind, make in KINDS.items()
        if name in able(np.zeros((3,) * ndim), make((3,) * ndim, _RNG))
    ]
    for name in NAMES
}


def posed(data, name, dtype="float64"):
    """Draw an image and a kernel that this method takes."""
    if not TAKES[name]:
        pytest.skip(f"{name} is missing on this machine")
    ndim, kind = data.draw(st.sampled_from(TAKES[name]))
    return data.draw(images(ndim, dtype)), data.draw(kernels(ndim, st.just(kind)))
