"""Volumes: the passes of separable kernels, the lengths of several, shared among all cores."""

import functools
import itertools
import os
import threading

import numpy as np
import pytest
from engine_cases import noise
from reference import correlate as slow
from tolerances import assert_floats, assert_levels, scale

import imgkernels as ik
from imgkernels import cores, tiles
from imgkernels.asked import recipe_for
from imgkernels.border import Border
from imgkernels.engine import Finish, Problem
from imgkernels.engine.compiled import library
from imgkernels.engine.methods import method_named
from imgkernels.image import Image
from imgkernels.pipeline import Pipeline
from imgkernels.tiles import volume
from imgkernels.values import saturate

SOBEL = tuple(ik.kernels.sobel(axis, ndim=3) for axis in range(3))
WAYS = ("stack", "halide-rows")
DTYPES = ("uint8", "uint16", "int16", "float16", "float32", "float64")
SHAPES = ((4, 3, 5), (1, 2, 33), (3, 1, 2), (2, 9, 3))
NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
KERNELS = {
    "gaussian": ik.kernels.gaussian(0.4, ndim=3),
    "sobel": SOBEL[0],
    "wide": ik.Kernel.from_factors([0.5, 1.0], np.arange(1.0, 8.0), [1.0, 2.0, 4.0, 3.0, 1.0]),
    "uneven": ik.Kernel.from_factors([1.0, 2.0], [0.5, 0.0, -1.0, 3.0], [2.0, -1.0, 0.25]),
    "across": ik.Kernel.from_factors([1.0, -3.0, 2.0], [1.0], [1.0]),
}


@pytest.fixture(params=WAYS)
def way(request):
    if request.param == "halide-rows" and library.missing():
        pytest.skip(library.missing())
    return request.param


def problem_of(x, kernel, **options):
    return Problem.of_kernel((1, *x.shape), x.dtype, kernel, **options)


def picture(shape, dtype, seed=0):
    return noise((*shape, 1 + (shape[0] == 4)), dtype, seed)


@functools.cache
def truth(shape, dtype, name, border):
    """What nested loops say, once for all ways."""
    kernel = KERNELS[name]
    x = picture(shape, dtype).astype(float)
    return slow(x, kernel.taps, kernel.anchor, border, 2.5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", Border)
def test_every_border_dtype_and_size_as_nested_loops_say(border, dtype, way):
    method = method_named(way)
    for number, (shape, name) in enumerate(itertools.product(SHAPES, KERNELS)):
        if not NIGHTLY and (number + DTYPES.index(dtype)) % 6:
            continue
        kernel = KERNELS[name]
        x = picture(shape, dtype)
        problem = problem_of(x, kernel, border=border, border_value=2.5)
        if method.obstacle(problem):
            assert dtype == "float64" and way == "halide-rows"
            continue
        got = method.run(problem, x[np.newaxis], None)[0]
        assert_floats(got, truth(shape, dtype, name, border), scale(kernel.taps, x, 2.5))


@pytest.mark.parametrize("extent", ["valid", "full"])
def test_extents_strides_dilations_and_layouts(extent, way):
    x = noise((4, 7, 8, 2), "float32")
    layouts = (x, np.asfortranarray(x), x[::-1, :, ::-1], np.ascontiguousarray(x).astype(">f4"))
    for each, dilation, stride in zip(
        layouts, (1, 2, (1, 2, 3), 1), (1, 2, 1, (2, 1, 3)), strict=True
    ):
        options = {"border": "symmetric", "extent": extent, "stride": stride, "dilation": dilation}
        kernel = KERNELS["uneven"]
        got = ik.correlate(each, kernel, method=way, **options)
        spread = [(step,) * 3 if isinstance(step, int) else step for step in (stride, dilation)]
        want = slow(
            each.astype(float), kernel.taps, kernel.anchor, "symmetric", 0.0, extent, *spread
        )
        assert_floats(got.astype(np.float32), want, scale(kernel.taps, x))


@pytest.mark.parametrize("border", Border)
def test_the_length_of_several_is_that_of_their_sums(border, way):
    method = method_named(way)
    for shape, dtype in zip(SHAPES, ("float32", "uint8", "uint16", "float32"), strict=True):
        x, value = picture(shape, dtype), 0.0 if dtype == "uint8" else 1.5
        problems = [problem_of(x, kernel, border=border, border_value=value) for kernel in SOBEL]
        assert method.finishes(problems, x[np.newaxis], Finish(length=True))
        got = method.finished(problems, x[np.newaxis], Finish(length=True))[0]
        sums = [slow(x.astype(float), k.taps, k.anchor, border, value) for k in SOBEL]
        assert_floats(
            got, np.sqrt(sum(each**2 for each in sums)), 4 * scale(SOBEL[0].taps, x, value)
        )


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e30])
def test_lengths_whose_squares_leave_float32(size, way):
    x = (noise((5, 3, 20, 1), "float32") * np.float32(size)).astype(np.float32)
    x[1:4] = 0
    problems = [problem_of(x, kernel) for kernel in SOBEL]
    got = method_named(way).finished(problems, x[np.newaxis], Finish(length=True))[0]
    sums = [slow(x.astype(float), k.taps, k.anchor, "reflect") for k in SOBEL]
    assert_floats(got, np.sqrt(sum(each**2 for each in sums)), 1e2 * float(np.abs(x).max()))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_its_window(bad, way):
    x = noise((9, 10, 33), "float32")
    x[4, 5, 20] = bad
    for name in ("sobel", "blur"):
        got = ik.apply(x, name, axes="zyx", method=way)
        due = ik.apply(x, name, axes="zyx", method="im2col")
        np.testing.assert_array_equal(np.isnan(got), np.isnan(due))
        np.testing.assert_array_equal(np.isposinf(got), np.isposinf(due))
        there = np.isfinite(due)
        assert_floats(got[there], due[there], 64.0)
    assert np.count_nonzero(~np.isfinite(ik.apply(x, "sobel", axes="zyx", method=way))) == 27


def test_integers_are_rounded_once(way):
    x = noise((12, 30, 35), "uint8")
    for name in ("sobel", "blur"):
        due = saturate(ik.apply(x, name, axes="zyx", dtype="float32", method=way), x.dtype)
        assert_levels(ik.apply(x, name, axes="zyx", method=way), due)


@pytest.mark.parametrize("filter_", ["blur", "sobel"])
@pytest.mark.parametrize("border", [Border.REFLECT, Border.WRAP, Border.CONSTANT])
def test_by_itself_and_in_tiles_are_the_same_bytes_on_any_threads(border, filter_, way):
    """The whole volume in one call, and slabs with halos, as streams and Dask have them."""
    x = noise((40, 24, 37), "float32")
    image = Image.of(x, "zyx")
    made = recipe_for(Pipeline.of(filter_), image, border=border, method=way)
    assert volume.goes_alone(tiles.Held(x), made)
    told = {tiles.computed(tiles.Held(x), made, threads).tobytes() for threads in (1, 2, 3)}
    for threads in (1, 2):
        found = np.empty_like(x)
        tiles.run(tiles.Held(x), tiles.Filled(found), made, tile=(13, 24, 37), threads=threads)
        told.add(found.tobytes())
    assert len(told) == 1


def test_compiling_must_pay_here_too():
    if library.missing():
        pytest.skip(library.missing())
    shape, kernel = (96, 96, 96), ik.kernels.gaussian(1.0, ndim=3)
    once, often = (ik.plan(shape, kernel, repeat=n) for n in (1, 10_000))
    assert once.method == "stack" and often.method == "halide-rows"
    plane = ik.plan((96, 96), ik.kernels.gaussian(1.0), method="halide-rows")
    assert often.considered[0].start > plane.considered[0].start > 0


def test_work_is_spread_once_and_errors_end_it():
    seen, inside = [], []

    def work(item):
        seen.append((item, cores.threads_from()))
        cores.spread(lambda _: inside.append(threading.get_ident()), [1, 2, 3])
        return inside

    with cores.limited(3):
        cores.spread(work, range(20))
        assert cores.threads_from() == 3
    assert sorted(seen) == [(item, 1) for item in range(20)] and len(inside) == 60

    def fails(item):
        if item == 5:
            raise ValueError("five")

    with cores.limited(2), pytest.raises(ValueError, match="five"):
        cores.spread(fails, range(1000))
