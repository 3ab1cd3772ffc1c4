"""The ways through the frequency domain: rings, segments, tiles, with and without OpenCV."""

import numpy as np
import pytest
from engine_cases import noise
from reference import correlate as slow
from tolerances import assert_floats, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.methods import spectral_lines, spectral_tiles

WINDOWS = {"even": 14, "odd": 15, "wider than the line": 75}
# A border that repeats itself in a period that a transform is quick for needs no margin.
RINGS = [(Border.WRAP, 64), (Border.SYMMETRIC, 64), (Border.REFLECT, 65)]


def lines(x, kernel, **options):
    """How the engine goes along the axes of an image."""
    return spectral_lines.lines_of(ik.plan(x.shape, kernel, dtype=x.dtype, **options).problem)


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("size", [1, 2, 32, 33])
@pytest.mark.parametrize("border", Border)
def test_a_line_says_what_nested_loops_say(border, size, window, mirrored):
    x, taps = noise(size), noise(WINDOWS[window], seed=1)
    kernel = ik.Kernel(taps + taps[::-1] if mirrored else taps)
    for extent in ("same", "full", "valid"):
        got = ik.correlate(
            x, kernel, border=border, border_value=1.5, extent=extent, method="spectral"
        )
        want = slow(x, kernel.taps, kernel.anchor, border, 1.5, extent)
        assert_floats(got, want, scale(kernel.taps, x, 1.5))


@pytest.mark.parametrize(("border", "size"), RINGS)
def test_a_border_that_repeats_itself_is_a_ring(border, size):
    assert all(
        line.is_ring for line in lines(noise(size), ik.kernels.gaussian(9.0, ndim=1), border=border)
    )


def test_no_other_border_is_a_ring():
    kernel = ik.kernels.gaussian(9.0, ndim=1)
    for border in ("constant", "replicate"):
        assert not any(line.is_ring for line in lines(noise(64), kernel, border=border))


@pytest.mark.parametrize("stride", [1, 3])
def test_long_lines_are_cut_in_segments(stride):
    x, kernel = noise(30_011, "float32"), ik.kernels.gaussian(20.0, ndim=1)
    (line,) = lines(x, kernel, stride=stride)
    assert line.cut[0] > 3
    got = ik.correlate(x, kernel, stride=stride, method="spectral")
    want = ik.correlate(x.astype(np.float64), kernel, stride=stride, method="ndimage")
    assert_floats(got, want, scale(kernel.taps, x))


def test_large_planes_are_cut_in_tiles():
    x, kernel = noise((400, 700), "float32"), ik.Kernel(noise((17, 12), seed=1) / 50)
    rows, columns = spectral_tiles.cut(ik.plan(x.shape, kernel).problem, 4)
    assert rows.tiles * columns.tiles > 4
    for border in (Border.REFLECT, Border.CONSTANT, Border.WRAP):
        options = {"border": border, "border_value": -2.0}
        got = ik.correlate(x, kernel, method="spectral", **options)
        want = ik.correlate(x.astype(np.float64), kernel, method="ndimage", **options)
        assert_floats(got, want, scale(kernel.taps, x, 2.0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("border", Border)
def test_without_opencv_it_is_as_good(border, dtype, no_opencv):
    x = noise((40, 50, 3), dtype)
    for kernel in (ik.kernels.gaussian(4.0), ik.Kernel(noise((5, 6), seed=1))):
        wide = x.astype(np.float64)
        got = ik.correlate(x, kernel, border=border, dtype="float64", method="spectral")
        want = ik.correlate(wide, kernel, border=border, method="ndimage")
        assert_floats(got, want, scale(kernel.taps, x))


def test_a_wide_blur_of_16_bits_is_nearer_the_truth_than_sums_in_float32():
    x, kernel = (65_000 + 500 * noise((300, 400))).astype(np.uint16), ik.kernels.gaussian(20.0)
    exact = ik.correlate(x.astype(np.float64), kernel, method="ndimage")
    off = {
        name: np.abs(_unrounded(x, kernel, name) - exact).mean()
        for name in ("spectral", "separable")
    }
    assert off["spectral"] < 0.5 * off["separable"]


def _unrounded(x, kernel, method):
    made = ik.plan(x.shape, kernel, dtype=x.dtype, method=method)
    return made.run(x.reshape(made.problem.shape))[0, ..., 0]


@pytest.mark.parametrize("name", ["spectral", "stack", "sparse", "ndimage"])
def test_the_border_value_is_filtered_along_every_axis(name):
    x = noise((5, 6, 7))
    kernel = ik.Kernel.from_factors([1.0, 2.0, -0.5], [3.0, 1.0], [0.5, -2.0, 4.0])
    got = ik.correlate(x, kernel, border="constant", border_value=2.5, method=name)
    want = slow(x, kernel.taps, kernel.anchor, "constant", 2.5)
    assert_floats(got, want, scale(kernel.taps, x, 2.5))


def test_blocks_of_lines_on_two_threads_give_the_bytes_of_one(monkeypatch):
    x, kernel = noise((1100, 1024), "float32"), ik.kernels.gaussian(12.0)
    answers = []
    for count in ("1", "2"):
        monkeypatch.setenv("IMGKERNELS_THREADS", count)
        answers.append(ik.correlate(x, kernel, border="replicate", method="spectral"))
    np.testing.assert_array_equal(*answers)
    want = ik.correlate(x.astype(np.float64), kernel, border="replicate", method="ndimage")
    assert_floats(answers[0], want, scale(kernel.taps, x))
