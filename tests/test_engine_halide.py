"""Halide: loops compiled while the program runs. What it computes is in test_engine_many.py too."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from engine_cases import noise
from reference import correlate as slow
from tolerances import assert_floats, assert_levels, scale

import imgkernels as ik
from imgkernels import engine
from imgkernels.border import Border
from imgkernels.engine import Finish, Problem, plan_for
from imgkernels.engine.compiled import library
from imgkernels.engine.methods import method_named
from imgkernels.errors import InvalidValue
from imgkernels.operations import Convolve, Frame, Magnitude
from imgkernels.values import saturate

SOURCES = ("uint8", "uint16", "int16", "float32")
SOBEL = (ik.kernels.sobel(0), ik.kernels.sobel(1))
LARGE = (2160, 3840)


@pytest.fixture
def halide():
    if library.missing():
        pytest.skip(library.missing())
    return method_named("halide")


def problem_of(x, kernel, **options):
    return Problem.of_kernel((1, *x.shape), x.dtype, kernel, **options)


@pytest.mark.parametrize("dtype", SOURCES)
@pytest.mark.parametrize("border", Border)
def test_every_size_and_number_of_channels_by_the_same_loop(border, dtype, halide):
    for shape, window in [((20, 70, 1), (3, 3)), ((9, 33, 4), (9, 12)), ((3, 40, 3), (1, 7))]:
        x, kernel = noise(shape, dtype), ik.Kernel(noise(window, seed=1))
        got = halide.run(problem_of(x, kernel, border=border, border_value=2.5), x[None], None)[0]
        want = slow(x.astype(float), kernel.taps, kernel.anchor, border, 2.5)
        assert got.dtype == np.float32
        assert_floats(got, want, scale(kernel.taps, x, 2.5))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_sums_are_rounded_in_the_loop_as_they_are_after_it(dtype, halide):
    x = noise((64, 101, 3), dtype)
    for kernel, offset in [(ik.kernels.gaussian(1.3), 0.0), (ik.kernels.laplacian(), 31.5)]:
        problem, finish = problem_of(x, kernel), Finish(offset=offset, result=x.dtype)
        assert halide.finishes([problem], x, finish)
        got = halide.finished([problem], x[None], finish)
        sums = halide.run(problem, x[None], None)
        assert_levels(got, saturate(sums + np.float32(offset), x.dtype))
        assert got.min() < got.max()


def test_halves_are_rounded_to_even_and_what_is_beyond_is_clamped(halide):
    x = np.array([[1, 3, 5, 255, 0]], np.uint8)
    for factor, due in [(0.5, [0, 2, 2, 128, 0]), (2.0, [2, 6, 10, 255, 0]), (-1.0, [0] * 5)]:
        plan = ik.plan(x.shape, [[factor]], dtype="uint8", method="halide")
        assert plan(x).tolist() == [due]


@pytest.mark.parametrize("dtype", SOURCES)
def test_the_length_of_several_sums_is_one_pass(dtype, halide):
    x = noise((40, 50, 3), dtype)
    for result in (None, x.dtype):
        finish = Finish(length=True, result=result)
        problems = [problem_of(x, kernel) for kernel in SOBEL]
        assert halide.finishes(problems, x, finish)
        got = halide.finished(problems, x[None], finish)
        due = Finish(length=True).of([halide.run(p, x[None], None) for p in problems])
        if got.dtype == np.float32:
            assert_floats(got, due, 16 * float(np.abs(x.astype(float)).max()))
        else:
            assert_levels(got, saturate(due, x.dtype))


def test_the_length_of_sums_whose_squares_leave_float32(halide):
    for size in (1e-30, 1e30):
        x = (noise((8, 9, 1), "float32") * np.float32(size)).astype(np.float32)
        problems = [problem_of(x, kernel) for kernel in SOBEL]
        got = halide.finished(problems, x[None], Finish(length=True))
        due = Finish(length=True).of([halide.run(p, x[None], None) for p in problems])
        assert_floats(got, due, 16 * float(np.abs(x).max()))


def test_kernels_of_unlike_windows_and_infinite_lengths_are_left_to_others(halide):
    x = noise((8, 9, 1), "float32")
    mixed = [problem_of(x, SOBEL[0]), problem_of(x, ik.kernels.gaussian(1.0))]
    assert not halide.finishes(mixed, x, Finish(length=True))
    x[2, 3] = np.inf
    alike = [problem_of(x, kernel) for kernel in SOBEL]
    assert not halide.finishes(alike, x, Finish(length=True))
    plans = [plan_for(problem, "halide") for problem in alike]
    got = engine.finished(plans, x[None], Finish(length=True))
    due = Finish(length=True).of([plan.run(x[None]) for plan in plans])
    np.testing.assert_array_equal(got, due)


@pytest.mark.parametrize("dilation", [1, 2, (3, 1)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_reaches_its_window_and_no_hole(bad, dilation, halide):
    x = noise((30, 70), "float32")
    x[11, 40] = bad
    kernel = ik.Kernel([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.5, -1.0]])
    got = ik.correlate(x, kernel, dilation=dilation, method="halide")
    steps = (dilation,) * 2 if isinstance(dilation, int) else dilation
    with np.errstate(invalid="ignore"):
        want = slow(x.astype(float), kernel.taps, kernel.anchor, "reflect", dilation=steps)
    assert_floats(got, want, scale(kernel.taps, x))
    assert np.count_nonzero(~np.isfinite(got)) == 9


@pytest.mark.parametrize("operation", [Convolve(ik.kernels.laplacian(), 0.5), Magnitude(SOBEL)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_operations_round_in_the_loop_as_they_do_after_it(dtype, operation, halide):
    x = noise((50, 60, 3), dtype)
    frame = Frame(dtype=x.dtype, white=float(np.iinfo(dtype).max), method="halide")
    got = operation.rounded(x, frame, x.dtype)
    assert got.dtype == x.dtype
    assert_levels(got, saturate(operation.run(x, frame), x.dtype))


@pytest.mark.parametrize("name", ["sobel", "emboss", "unsharp", "box-blur", "gaussian-gradient"])
def test_filters_say_the_same_by_halide(name, halide):
    x = noise((90, 120, 3), "uint8")
    assert_levels(ik.apply(x, name, method="halide"), ik.apply(x, name, method="im2col"))


def test_one_small_image_never_pays_for_compiling():
    kernel = ik.Kernel(noise((9, 9)))
    once = ik.plan(LARGE, kernel, dtype="float32")
    assert once.method != "halide"


def test_repeated_work_pays_for_compiling_whatever_ran_before(halide):
    kernel = ik.Kernel(noise((9, 9)))
    often = ik.plan(LARGE, kernel, dtype="float32", repeat=1000)
    assert often.method == "halide"
    ik.correlate(np.ones((9, 9), np.float32), kernel, method="halide")  # compiled by now
    plan_for.cache_clear()
    again = ik.plan(LARGE, kernel, dtype="float32", repeat=1000)
    assert (again.method, again.considered) == (often.method, often.considered)
    assert ik.plan(LARGE, kernel, dtype="float32").method != "halide"
    assert "of them to compile" in str(often).split("considered")[1].splitlines()[0]


def test_what_halide_lacks_is_said():
    plan = ik.plan((40, 40), ik.kernels.box(3), dtype="float64")
    if library.missing() is None:
        assert "computes in float32; this needs float64" in str(plan)
        with pytest.raises(InvalidValue, match="method halide cannot do this: computes in"):
            ik.correlate(np.ones((4, 4)), ik.kernels.box(3), method="halide")
    else:
        assert "pip install 'imgkernels[fast]'" in str(plan)


def test_without_halide_the_plan_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(library, "missing", lambda: "Halide is not installed; pip install ...")
    plan_for.cache_clear()
    plan = ik.plan((40, 40), ik.kernels.box(3), dtype="float32", repeat=10**6)
    assert plan.method != "halide" and "Halide is not installed; pip install" in str(plan)
    with pytest.raises(InvalidValue, match="method halide cannot do this: Halide is not installed"):
        ik.correlate(np.ones((4, 4), np.float32), ik.kernels.box(3), method="halide")
    plan_for.cache_clear()


def test_planning_does_not_import_halide():
    code = (
        "import imgkernels as ik, sys; ik.plan((64, 64), [[1, 2]]); print('halide' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize(
    ("method", "kernel"),
    [
        ("halide", "ik.Kernel(np.random.default_rng(1).random((7, 5)))"),
        ("halide-rows", "ik.kernels.gaussian(3.0)"),
        ("cosines", "ik.kernels.gaussian(9.0)"),
    ],
)
def test_one_thread_and_two_give_the_same_bytes(method, kernel, halide):
    code = (
        "import numpy as np, imgkernels as ik, hashlib\n"
        "x = np.random.default_rng(0).random((203, 311, 3), np.float32)\n"
        f"y = ik.correlate(x, {kernel}, method='{method}')\n"
        "print(hashlib.sha256(y.tobytes()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "HL_NUM_THREADS": count},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in ("1", "2")
    }
    assert len(told) == 1 and len(told.pop()) == 65


def test_threads_do_not_see_each_others_images(halide):
    kernel = ik.kernels.gaussian(1.0)
    images = [noise((60, 80), "float32", seed) for seed in range(8)]
    due = [ik.correlate(x, kernel, method="halide") for x in images]
    wrong = []

    def work(number):
        for _ in range(20):
            if (ik.correlate(images[number], kernel, method="halide") != due[number]).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_python_runs_on_while_a_loop_runs(halide):
    x, kernel = noise((1500, 1500), "float32"), ik.Kernel(noise((31, 31)))
    ik.correlate(x[:40], kernel, method="halide")
    worker = threading.Thread(target=lambda: ik.correlate(x, kernel, method="halide"))
    worker.start()
    ticks = 0
    while worker.is_alive():
        time.sleep(0.001)
        ticks += 1
    assert ticks >= 3


def test_an_image_is_not_kept_after_it_was_filtered(halide):
    import weakref

    x = noise((30, 40), "float32")
    kept = weakref.ref(x)
    ik.correlate(x, ik.kernels.box(3), method="halide")
    del x
    assert kept() is None


@pytest.mark.parametrize("dtype", SOURCES)
def test_a_pass_along_each_axis_of_planes_and_volumes(dtype, halide):
    rows = method_named("halide-rows")
    blur = ik.kernels.gaussian(0.8, ndim=3)
    for shape, kernel in [((12, 40, 2), ik.kernels.gaussian(1.4)), ((5, 6, 35, 1), blur)]:
        x = noise(shape, dtype)
        for border in (Border.CONSTANT, Border.WRAP):
            problem = problem_of(x, kernel, border=border, border_value=7.0)
            want = halide.run(problem, x[None], None)
            assert_floats(rows.run(problem, x[None], None), want, scale(kernel.taps, x, 7.0))
            finish = Finish(offset=3.0, result=x.dtype)
            if rows.finishes([problem], x, finish) and dtype != "float32":
                got = rows.finished([problem], x[None], finish)
                assert_levels(got, saturate(want + np.float32(3.0), x.dtype))


def test_long_rows_of_16_bits_are_left_to_others():
    wide = ik.kernels.gaussian(20.0)
    for dtype, fits in [("uint16", False), ("int16", False), ("uint8", True), ("float32", True)]:
        obstacle = method_named("halide-rows").obstacle(
            problem_of(np.zeros((99, 99, 1), dtype), wide)
        )
        assert fits or "taps in float32, too many for" in obstacle
        assert not fits or obstacle is None


def test_apply_and_pipelines_are_told_how_many_images_will_come(halide):
    x = noise((64, 64), "float32")
    once, often = ik.apply(x, "sobel-x"), ik.apply(x, "sobel-x", repeat=10**6)
    assert_floats(often, once, 8 * float(np.abs(x).max()))
    with pytest.raises(InvalidValue, match="apply: repeat must be a whole number from 1; got 0"):
        ik.apply(x, "sobel-x", repeat=0)
