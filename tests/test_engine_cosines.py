"""Waves that slide: what they are made of, wide kernels against float64 sums, what is refused."""

import numpy as np
import pytest
from engine_cases import anchored, noise
from tolerances import assert_floats, assert_levels, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine import Finish, Problem, plan_for
from imgkernels.engine.compiled import library
from imgkernels.engine.methods import method_named
from imgkernels.engine.methods.waves import waves_of
from imgkernels.errors import InvalidValue
from imgkernels.kernels.smooth import gaussian_taps
from imgkernels.operations import Convolve, Frame
from imgkernels.tiles import Held, Recipe, computed
from imgkernels.values import saturate

WIDE = {
    "bell": ik.kernels.gaussian(9.0),
    "cut at 3 sigma": ik.kernels.gaussian(5.0, truncate=3.0),
    "slope": ik.kernels.gaussian_derivative(4.0, (0, 1)),
    "bend": ik.kernels.gaussian_derivative(3.0, (2, 0)),
    "even, off centre": ik.Kernel.from_factors(
        np.hanning(22)[1:-1], np.hanning(17)[1:-1], anchor=(3, 14)
    ),
    "along y alone": ik.Kernel.from_factors(gaussian_taps(8.0), [-2.0]),
    "flat": ik.kernels.box((31, 21)),
}
ERRORS = {"uint8": 2e-6, "float32": 3e-7, "uint16": 1e-8, "float64": 1e-11}


@pytest.fixture(autouse=True)
def _halide(request):
    if "waves" not in request.node.name and library.missing():
        pytest.skip(library.missing())


@pytest.mark.parametrize("truncate", [3.0, 4.0, 6.0])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_as_many_waves_make_a_bell_of_any_sigma(error, truncate):
    counts = set()
    for sigma in (4, 10, 31.7, 120, 500):
        row = gaussian_taps(sigma, None, truncate)
        waves = waves_of(row, error)
        made = waves.start[1:, 1::2].sum(axis=1)  # the waves themselves: they weigh the window
        assert np.abs(made - row).sum() <= error * row.sum()
        assert made.sum() == pytest.approx(row.sum(), rel=1e-13)
        assert waves.error <= error and waves.sign == 1
        counts.add(waves.count)
    assert len(counts) == 1 and counts.pop() <= 16


def test_waves_are_sines_for_odd_rows_and_none_for_others():
    slope = ik.kernels.gaussian_derivative(5.0, (1,)).factors[0]
    assert waves_of(slope, 3e-7).sign == -1
    for row in (noise(40), np.r_[np.zeros(20), 1.0, np.zeros(20)], np.arange(30.0)):
        assert waves_of(row, 3e-7) is None
    assert waves_of(np.zeros(5), 3e-7) is None


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("name", WIDE)
def test_wide_kernels_say_what_sums_in_float64_say(name, border, dtype):
    kernel = WIDE[name]
    for shape, extent in [((83, 70, 3), "same"), ((37, 130), "full"), ((64, 90, 2), "valid")]:
        x = noise(shape, dtype, seed=3)
        options = {"border": border, "border_value": 2.3, "extent": extent}
        got = ik.correlate(x, kernel, method="cosines", **options)
        want = ik.correlate(x.astype(np.float64), kernel, method="ndimage", **options)
        if x.dtype.kind == "f":
            assert_floats(got, want, scale(kernel.taps, x, 2.3))
        else:
            assert_levels(got, saturate(want, x.dtype), want)


@pytest.mark.parametrize(
    "shape", [(5000,), (3000, 3), (1, 700, 1), (700, 1, 1), (40, 256), (24, 30, 36), (20, 9, 8, 3)]
)
def test_lines_of_every_place_and_length(shape):
    ndim = {(3000, 3): 1, (1, 700, 1): 2, (700, 1, 1): 2, (24, 30, 36): 3, (20, 9, 8, 3): 3}.get(
        shape, len(shape)
    )
    x, kernel = noise(shape, "float32"), ik.kernels.gaussian(4.0, ndim=ndim)
    got = ik.correlate(x, kernel, method="cosines")
    want = ik.correlate(x.astype(np.float64), kernel, method="ndimage")
    assert_floats(got, want, scale(kernel.taps, x))


def test_rounding_does_not_gather_along_a_very_long_line():
    x, kernel = noise(400_000) + 3, ik.kernels.gaussian(30.0, ndim=1)
    got = ik.correlate(x, kernel, method="cosines")
    want = ik.correlate(x, kernel, method="ndimage")
    assert np.abs(got - want)[-10_000:].max() < 1e-11


@pytest.mark.parametrize(("dtype", "value"), [("uint8", 255), ("uint16", 65535), ("float32", 0.7)])
def test_flat_stays_flat(dtype, value):
    x = np.full((300, 400), value, dtype)
    got = ik.correlate(x, ik.kernels.gaussian(20.0), method="cosines")
    np.testing.assert_allclose(got, x, rtol=0 if x.dtype.kind == "u" else 2e-7)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_sums_are_rounded_in_the_loop_as_they_are_after_it(dtype):
    x, kernel = noise((90, 101, 3), dtype), WIDE["bell"]
    problem = Problem.of_kernel((1, *x.shape), x.dtype, kernel)
    method, finish = method_named("cosines"), Finish(offset=3.5, result=x.dtype)
    assert method.finishes([problem], x, finish)
    got = method.finished([problem], x[np.newaxis], finish)
    assert_levels(
        got, saturate(method.run(problem, x[np.newaxis], None) + np.float32(3.5), x.dtype)
    )


def test_nan_is_taken_out_before_it_could_run_along_a_line():
    x, kernel = noise((60, 90), "float32"), WIDE["cut at 3 sigma"]
    x[30, 40] = np.nan
    problem = Problem.of_kernel((1, *x.shape, 1), x.dtype, kernel)
    assert not method_named("cosines").finishes([problem], x, Finish())
    got = ik.correlate(x, kernel, border="constant", method="cosines")
    assert np.isnan(got[15:46, 25:56]).all() and np.isnan(got).sum() == 31 * 31


@pytest.mark.parametrize(
    ("kernel", "dtype", "why"),
    [
        (ik.kernels.disk(9.0), "float32", "the kernel is not separable"),
        (ik.Kernel(noise((30, 1), seed=1)), "float32", "not sums of a few waves"),
        (ik.kernels.gaussian(9.0), "uint32", "not as exact as uint32"),
        (ik.kernels.box(16), "uint8", "between two levels"),
    ],
)
def test_what_waves_cannot_do_is_said(kernel, dtype, why):
    with pytest.raises(InvalidValue, match=f"method cosines cannot do this: .*{why}"):
        ik.correlate(np.ones((40, 40), dtype), kernel, method="cosines")
    assert why in str(ik.plan((40, 40), kernel, dtype=dtype))


def test_arrays_and_lines_that_take_too_much_memory_are_refused():
    row, line = ik.kernels.gaussian(9.0, ndim=1), 1_000_000
    with pytest.raises(InvalidValue, match="cosines cannot do this: takes lines of 524,288 sam"):
        ik.correlate(np.ones(line, np.float32), row, method="cosines")
    plan = ik.plan((30_000, 30_000), WIDE["bell"], dtype="float32")
    assert (
        "takes 2 GiB at most" in next(c for c in plan.considered if c.method == "cosines").obstacle
    )


def test_no_sigma_costs_much_more_than_another_and_wide_repeated_blurs_slide():
    shape, seconds = (1, 2160, 3840, 3), []
    for sigma in (10, 20, 50):
        problem = Problem.of_kernel(shape, np.dtype("uint8"), ik.kernels.gaussian(sigma))
        plan = plan_for(problem, "auto", 1000)
        assert plan.method == "cosines"
        seconds.append(plan.considered[0].seconds)
    assert max(seconds) < 1.2 * min(seconds)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_wide_blur_is_one_tile_and_says_what_strips_say(dtype):
    x = noise((2100, 300, 3), dtype)
    frame = Frame(dtype=x.dtype, white=255.0, repeat=1000)
    kernel = ik.kernels.gaussian(20.0, truncate=3.0)
    recipe = Recipe((Convolve(kernel),), frame, "yxc", False, x.dtype)
    assert recipe.tile(Held(x)) == (2100, 300)
    many = np.empty_like(x)
    for first in range(0, 2100, 100):
        seen = slice(max(0, first - 60), first + 160)
        block = ik.correlate(x[seen], kernel, method="cosines")
        many[first : first + 100] = block[first - seen.start :][:100]
    got = computed(Held(x), recipe)
    if dtype == "uint8":
        assert_levels(got, many)
    else:
        assert_floats(got, many, scale(kernel.taps, x))


def test_other_recipes_keep_their_strips():
    x = noise((3000, 3000), "uint8")
    frame = Frame(dtype=x.dtype, repeat=1000)
    blur = Convolve(ik.kernels.gaussian(20.0, truncate=3.0))
    narrow = Convolve(ik.kernels.gaussian(2.0))
    for steps in ((blur, blur), (narrow,)):
        assert Recipe(steps, frame, "yx", False, x.dtype).tile(Held(x))[0] < 3000


def test_anchors_off_centre_are_kept():
    x, row = noise((50, 60)), gaussian_taps(4.0)
    for anchor in ((0, 0), (5, 30), (32, 16)):
        kernel = anchored(ik.Kernel.from_factors(row, row), anchor)
        got = ik.correlate(x, kernel, method="cosines")
        assert_floats(got, ik.correlate(x, kernel, method="ndimage"), scale(kernel.taps, x))
