"""Methods against the truth: each says what the nested loops of reference.py say."""

import itertools

import numpy as np
import pytest
from engine_cases import INTEGERS, NAMES, able, noise, posed, steps, thorough
from hypothesis import assume, given, strategies as st
from reference import correlate as slow
from tolerances import RELATIVE, assert_floats, assert_levels, halves, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.problem import EXTENTS
from imgkernels.values import saturate


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@thorough
def test_every_method_says_what_nested_loops_say(name, data):
    x, kernel = posed(data, name, data.draw(st.sampled_from(["float32", "float64"])))
    border, value = data.draw(st.sampled_from(Border)), data.draw(st.sampled_from([0.0, -1.25]))
    extent = data.draw(st.sampled_from(EXTENTS))
    stride, dilation = data.draw(steps(kernel.ndim, 3)), data.draw(steps(kernel.ndim, 2))
    options = {
        "border": border, "border_value": value, "extent": extent,
        "stride": stride, "dilation": dilation, "method": name,
    }  # fmt: skip
    assume(name in able(x, kernel, border=border, dilation=dilation))  # holes make taps uneven
    got = ik.correlate(x, kernel, **options)
    want = slow(x, kernel.taps, kernel.anchor, border, value, extent, stride, dilation)
    assert got.dtype == x.dtype
    assert_floats(got, want, scale(kernel.taps, x, value))


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("name", NAMES)
def test_a_window_larger_than_the_image_repeats_the_border(name, border):
    for shape, window in [
        ((1, 1), (31, 31)),
        ((2, 2), (31, 31)),
        ((1, 4), (7, 2)),
        ((3, 2), (9, 8)),
    ]:
        x = noise(shape)
        for kernel in (ik.kernels.box(window), ik.Kernel(noise(window, seed=1))):
            if name not in able(x, kernel):
                continue
            got = ik.correlate(x, kernel, border=border, border_value=2.0, method=name)
            want = slow(x, kernel.taps, kernel.anchor, border, 2.0)
            assert_floats(got, want, scale(kernel.taps, x, 2.0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("window", [3, 4, 11, 31])
def test_methods_agree_on_a_large_image(window, dtype):
    x = noise((256, 256), dtype)
    smooth = ik.kernels.gaussian(0.15 * window + 0.35, window | 1)
    rough = ik.Kernel(noise((window, window), seed=window) / window)
    for kernel in (smooth, rough, ik.kernels.box(window)):
        answers = {name: ik.correlate(x, kernel, method=name) for name in able(x, kernel)}
        assert len(answers) >= 4
        exact = ik.correlate(x.astype(np.float64), kernel)
        for one, other in itertools.combinations(answers.values(), 2):
            if x.dtype.kind == "f":
                assert_floats(one, other, scale(kernel.taps, x))
            else:
                assert_levels(one, other, exact)


# Between them all: taps that may give exact halves, windows that OpenCV transforms, sums of two
# separable kernels, lines and rings, even sides, both symmetric and not.
MANY = {
    "mean": ik.kernels.box(16),
    "disk": ik.kernels.disk(7.0),
    "ring": ik.Kernel((np.hypot(*np.mgrid[-8:9, -8:9]) // 1 == 7).astype(float)),
    "motion": ik.Kernel(np.eye(21) / 21),
    "log": ik.kernels.log(2.0),
    "slope": ik.kernels.gaussian(2.5) @ ik.kernels.sobel("x"),
    "rough": ik.Kernel(noise((14, 9), seed=3) / 50),
}


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
@pytest.mark.parametrize("name", MANY)
def test_methods_agree_on_colours_by_every_border(name, dtype, border):
    kernel, x = MANY[name], noise((45, 83, 3), dtype, seed=1)
    exact = ik.correlate(x.astype(np.float64), kernel, border=border, method="im2col")
    for method in able(x, kernel, border=border):
        got = ik.correlate(x, kernel, border=border, method=method)
        if x.dtype.kind == "f":
            assert_floats(got, exact, scale(kernel.taps, x))
        else:
            assert_levels(got, saturate(exact, x.dtype), exact)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("window", [(3, 3), (9, 5), (31, 31), (4, 4), (1, 16)])
def test_means_are_rounded_half_to_even_where_they_are_made(window, dtype):
    x, size = noise((70, 90), dtype), window[0] * window[1]
    x[:40] = np.iinfo(dtype).max
    got = ik.correlate(x, ik.kernels.box(window), border="wrap", method="box")
    sums = ik.correlate(x.astype(float), np.ones(window), border="wrap", method="running")
    whole, rest = np.divmod(np.rint(sums).astype(int), size)
    due = whole + (2 * rest > size) + ((2 * rest == size) & (whole % 2 == 1))
    assert_levels(got, due.astype(dtype))
    if dtype == "uint8":
        np.testing.assert_array_equal(got, due)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("border", ["reflect", "constant", "wrap"])
def test_methods_agree_on_a_volume(border, dtype):
    x = noise((40, 11, 13), dtype)
    for kernel in (ik.kernels.gaussian(1.5, ndim=3), ik.Kernel(noise((3, 2, 3)) / 9)):
        exact = ik.correlate(x.astype(np.float64), kernel, border=border, method="im2col")
        for method in able(x, kernel):
            got = ik.correlate(x, kernel, border=border, method=method)
            if x.dtype.kind == "f":
                assert_floats(got, exact, scale(kernel.taps, x))
            else:
                assert_levels(got, saturate(exact, x.dtype), exact)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", NAMES)
def test_integers_are_rounded_half_to_even_and_clamped_once(name, dtype):
    x = noise((6, 5), dtype)
    # Halves and quarters are exact in binary floats, and so are the factors of these.
    for taps in ([[0.5, 0.5]], [[1, -4, 1.25]], np.full((2, 2), 0.5)):
        kernel = ik.Kernel(taps)
        if name not in able(x, kernel):
            continue
        got = ik.correlate(x, kernel, method=name)
        exact = slow(x, kernel.taps, kernel.anchor, "reflect")
        info = np.iinfo(dtype)
        want = [min(max(round(v), info.min), info.max) for v in exact.ravel().tolist()]
        off = np.array([abs(int(g) - w) for g, w in zip(got.ravel(), want, strict=True)])
        if info.bits == 64:  # more than float64 holds: what remains is the relative difference
            assert off.max() <= RELATIVE["float64"] * scale(kernel.taps, x)
        elif info.bits == 32 and name == "spectral":  # reliability row 33: 1 at exact halves
            assert off[~halves(exact).ravel()].max() == 0 and off.max() <= 1
        else:
            assert off.max() == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_twice_is_bit_equal_whatever_memory_held_before(name):
    x, kernel = noise((40, 30, 3)), ik.kernels.box(5)
    if name not in able(x, kernel):
        pytest.skip(f"{name} is missing on this machine")
    once = ik.correlate(x, kernel, method=name)
    spoiled = [np.full(x.shape, 7e7) for _ in range(9)]
    del spoiled
    np.testing.assert_array_equal(ik.correlate(x, kernel, method=name), once)


@pytest.mark.parametrize("names", [("direct", "spectral"), ("direct", "fft"), ("auto", "spectral")])
def test_sliding_window_and_fourier_are_there_by_name_and_agree(names):
    x, kernel = noise((40, 30, 3)), ik.Kernel(noise((5, 6), seed=1))
    one, other = (ik.correlate(x, kernel, method=name) for name in names)
    assert_floats(one, other, scale(kernel.taps, x))


ONE_THREAD = {"im2col", "ndimage", "running"}  # numpy's and scipy's own loops


def in_threads(count):
    """Let OpenCV use so many threads."""
    cv2 = pytest.importorskip("cv2")
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    return lambda: cv2.setNumThreads(before)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ONE_THREAD])
def test_one_thread_and_two_give_the_same_bytes(name, dtype):
    x = noise((301, 403, 3), dtype)
    kernels = ik.kernels.gaussian(6.0), ik.kernels.log(3.0), ik.kernels.box(9), MANY["motion"]
    for kernel in kernels:
        if name not in able(x, kernel):
            continue
        answers = []
        for count in (1, 2):
            back = in_threads(count)
            answers.append(ik.correlate(x, kernel, method=name))
            back()
        np.testing.assert_array_equal(*answers)
