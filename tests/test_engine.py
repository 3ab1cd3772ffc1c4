"""Laws of the engine: every method says what the nested loops of reference.py say."""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from reference import correlate as slow
from tolerances import RELATIVE, assert_floats, assert_levels, halves, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine import plan_for
from imgkernels.engine.methods import METHODS, method_named
from imgkernels.engine.problem import EXTENTS
from imgkernels.errors import InvalidValue, UnknownName, UnsupportedDtype, UnsupportedImage
from imgkernels.values import SUPPORTED, saturate

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


# --- methods and reference -------------------------------------------------------------------


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


# --- NaN and infinity ------------------------------------------------------------------------


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
    for name in NAMES:
        got = ik.correlate(x, ik.kernels.box(3), method=name)
        assert np.count_nonzero(~np.isfinite(got)) == 9
        np.testing.assert_array_equal(got[3:6, 3:6], np.full((3, 3), bad))


def test_nan_becomes_0_where_the_result_is_an_integer():
    assert ik.correlate([[np.nan, 7.0]], [[1]], dtype="uint8").tolist() == [[0, 7]]


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_image_near_the_largest_float_stays_finite_under_a_mean(name):
    # OpenCV adds neighbours before it weighs them, so half the largest float is its limit.
    x = np.full((7, 8), 1.6e38, np.float32)
    got = ik.correlate(x, ik.kernels.box(3), method=name)
    np.testing.assert_allclose(got, x, rtol=RELATIVE["float32"])


# --- values, dtypes, layouts -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", SUPPORTED)
@pytest.mark.parametrize("shape", [(7,), (6, 7), (6, 7, 3), (4, 5, 6, 2)])
def test_dtype_and_shape_are_kept(shape, dtype):
    x = noise(shape, dtype)
    ndim = {1: 1, 2: 2, 3: 2, 4: 3}[len(shape)]
    got = ik.correlate(x, ik.kernels.box(3, ndim))
    assert (got.shape, got.dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize("result", SUPPORTED)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_another_result_type_is_given_when_asked_for(dtype, result):
    got = ik.correlate(np.array([[0, 100, 3]], dtype), [[-1, 0, 0]], dtype=result)
    assert got.dtype == result  # the row is 100 | 0 100 3
    assert got.tolist() == [[0, 0, 0] if result.startswith("uint") else [-100, 0, -100]]


@pytest.mark.parametrize(
    "dtype",
    ["bool", "complex64", "complex128", "longdouble", "O", "U3", "S2", "M8[s]", "m8[s]", "V4"],
)
def test_unsupported_dtypes_are_a_type_error_that_names_the_supported(dtype):
    x = np.zeros((3, 3), dtype)
    with pytest.raises(UnsupportedDtype, match=r"uint8, uint16.*float64; got") as caught:
        ik.correlate(x, [[1]])
    assert isinstance(caught.value, TypeError)
    with pytest.raises(TypeError, match=r"uint8, uint16.*float64; got"):
        ik.correlate(np.zeros((3, 3)), [[1]], dtype=dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", ["auto", *NAMES])
def test_a_flat_image_at_either_end_of_its_range_stays_there_under_a_blur(name, dtype):
    info = np.iinfo(dtype)
    blurs = [ik.kernels.gaussian(1.5), ik.kernels.box(3), ik.kernels.box(7), ik.kernels.disk(2.5)]
    for kernel, value in itertools.product(blurs, [info.min, info.max]):
        x = np.full((9, 12), value, dtype)
        if name != "auto" and name not in able(x, kernel):
            continue
        got = ik.correlate(x, kernel, method=name)
        # Up to 32 bits exactly; 64 bits do not fit in float64, so its rounding remains.
        limit = RELATIVE["float64"] * abs(value) if info.bits == 64 else 0
        assert max(abs(int(v) - value) for v in got.ravel()) <= limit


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_wraps(name, dtype):
    info = np.iinfo(dtype)
    x = np.full((5, 6), info.max, dtype)
    x[2:, 3:] = info.min
    for kernel in (ik.kernels.sharpen(), ik.kernels.sobel("y"), ik.kernels.box(3) * 20):
        if name not in able(x, kernel):
            continue
        got = ik.correlate(x, kernel, method=name).astype(np.float64)
        want = slow(x, kernel.taps, kernel.anchor, "reflect").clip(info.min, info.max)
        assert np.abs(got - want).max() <= 0.5 + RELATIVE["float64"] * scale(kernel.taps, x)


def locked(x):
    """The same, read-only."""
    x = x.copy()
    x.flags.writeable = False
    return x


def misaligned(x):
    """The same, at an odd address."""
    y = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


LAYOUTS = {
    "fortran": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "rows reversed": lambda x: x[::-1].copy()[::-1],
    "all reversed": lambda x: np.flip(np.flip(x).copy()),
    "every other": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, 1::2],
    "inside a larger one": lambda x: np.pad(x, 3)[tuple(slice(3, -3) for _ in x.shape)],
    "read-only": locked,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "odd address": misaligned,
    "a subclass": lambda x: x.view(np.recarray),
}


def fingerprint(x):
    return hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()


@pytest.mark.parametrize("name", ["auto", *NAMES])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_layouts_are_bit_equal_to_the_plain_copy_and_inputs_are_not_written(dtype, name):
    for shape, kernel in [((9, 11), ik.kernels.box(3)), ((7, 6, 3), ik.kernels.gaussian(1.0))]:
        plain = noise(shape, dtype)
        if name not in ["auto", *able(plain, kernel)]:
            continue
        want = ik.correlate(plain, kernel, method=name)
        for layout, laid in LAYOUTS.items():
            x = laid(plain)
            before = fingerprint(x)
            got = ik.correlate(x, kernel, method=name)
            np.testing.assert_array_equal(got, want, err_msg=layout)
            assert fingerprint(x) == before, layout
            assert type(got) is np.ndarray and got.flags.c_contiguous and got.dtype.isnative
            assert not np.shares_memory(got, x), layout


@pytest.mark.parametrize("name", NAMES)
def test_a_broadcast_image_of_stride_0_is_as_good_as_its_copy(name):
    x = np.broadcast_to(noise((1, 8)), (6, 8))
    kernel = ik.kernels.box(3)
    got = ik.correlate(x, kernel, method=name)
    np.testing.assert_array_equal(got, ik.correlate(x.copy(), kernel, method=name))


def test_a_list_is_an_image_too():
    assert ik.correlate([[1.0, 2.0, 3.0]], [[0, 1, 0]]).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("channels", ["each", "sum"])
@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3)])
def test_empty_in_is_empty_out(shape, extent, channels):
    taps = np.ones((3, 3, 3) if channels == "sum" else (3, 3))
    for border in Border:
        got = ik.correlate(np.zeros(shape), taps, border=border, extent=extent, channels=channels)
        assert got.size == 0
        if extent == "same":
            assert got.shape == (shape if channels == "each" else shape[:2])


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (4, 4, 0)])
def test_empty_in_is_empty_out_by_every_method(shape):
    for name in NAMES:
        got = ik.correlate(np.zeros(shape, np.uint8), ik.kernels.box(3), method=name)
        assert (got.shape, got.dtype) == (shape, np.uint8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float16", "float32"])
def test_a_border_value_the_image_cannot_hold_is_taken_as_it_is(dtype, name):
    x = np.array([[1, 2], [3, 4]], dtype)
    kernel = ik.Kernel(np.full((3, 3), 0.25))
    if name not in able(x, kernel):
        pytest.skip(f"{name} is missing on this machine")
    for value in (0.1, 300.7, -5.5, 70000.0):
        options = {"border": "constant", "border_value": value, "dtype": "float64"}
        got = ik.correlate(x, kernel, method=name, **options)
        want = slow(x, kernel.taps, kernel.anchor, "constant", value)
        assert_floats(got, want, scale(kernel.taps, x, value), "float32")


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_a_border_value_beyond_every_pixel_is_refused_or_right(dtype):
    x, kernel = np.ones((2, 2), dtype), ik.Kernel([[1e-3, 0, 0]])
    try:
        got = ik.correlate(x, kernel, border="constant", border_value=1e39)
    except InvalidValue as refusal:
        assert "border_value" in str(refusal)  # noqa: PT017 (either answer is sound)
    else:
        want = saturate(np.array([[1e36, 1e-3], [1e36, 1e-3]]), x.dtype)
        np.testing.assert_allclose(got, want, rtol=RELATIVE["float32"])


# --- laws of correlation ---------------------------------------------------------------------


@given(data=st.data())
@steady
def test_shift_commutes_under_wrap(data):
    ndim = data.draw(st.integers(1, 3))
    x, kernel = data.draw(images(ndim)), data.draw(kernels(ndim))
    by, axes = data.draw(st.tuples(*[st.integers(-4, 4)] * ndim)), tuple(range(ndim))
    one = ik.correlate(np.roll(x, by, axes), kernel, border="wrap")
    other = np.roll(ik.correlate(x, kernel, border="wrap"), by, axes)
    assert_floats(one, other, scale(kernel.taps, x))


@given(data=st.data())
@steady
def test_the_flipped_kernel_is_the_adjoint_under_a_border_of_0(data):
    ndim = data.draw(st.integers(1, 3))
    kernel, x = data.draw(kernels(ndim)), data.draw(images(ndim, channels=(None,)))
    y = noise(x.shape, seed=data.draw(seeds))
    forth = np.vdot(ik.correlate(x, kernel, border="constant"), y)
    back = np.vdot(x, ik.correlate(y, kernel.flipped(), border="constant"))
    assert abs(forth - back) <= RELATIVE["float64"] * scale(kernel.taps, x) * np.abs(y).sum()


@given(data=st.data())
@steady
def test_a_matmul_b_is_a_then_b_under_wrap(data):
    ndim = data.draw(st.integers(1, 3))
    x, a, b = data.draw(images(ndim)), data.draw(kernels(ndim)), data.draw(kernels(ndim))
    one = ik.correlate(x, a @ b, border="wrap")
    other = ik.correlate(ik.correlate(x, a, border="wrap"), b, border="wrap")
    assert_floats(one, other, scale(a.taps, x) * np.abs(b.taps).sum())


@given(data=st.data())
@steady
def test_correlation_is_linear_in_the_image_and_in_the_kernel(data):
    ndim = data.draw(st.integers(1, 3))
    x, a, b = data.draw(images(ndim)), data.draw(kernels(ndim)), data.draw(kernels(ndim))
    y = noise(x.shape, seed=data.draw(seeds))
    size = (scale(a.taps, x) + scale(b.taps, x) + scale(a.taps, y)) * 3
    one = ik.correlate(2 * x - y, a)
    assert_floats(one, 2 * ik.correlate(x, a) - ik.correlate(y, a), size)
    assert_floats(ik.correlate(x, a - 3 * b), ik.correlate(x, a) - 3 * ik.correlate(x, b), size)


@given(data=st.data())
@steady
def test_convolve_is_correlate_with_the_kernel_flipped(data):
    ndim = data.draw(st.integers(1, 3))
    x, kernel = data.draw(images(ndim)), data.draw(kernels(ndim))
    border, extent = data.draw(st.sampled_from(Border)), data.draw(st.sampled_from(EXTENTS))
    got = ik.convolve(x, kernel, border=border, extent=extent)
    want = slow(
        x,
        np.flip(kernel.taps),
        [n - 1 - a for a, n in zip(kernel.anchor, kernel.shape, strict=True)],
        border,
        0.0,
        extent,
    )
    assert_floats(got, want, scale(kernel.taps, x))


def test_full_convolution_is_the_product_of_polynomials():
    assert ik.convolve([1.0, 2.0, 3.0], [4, 5], border="constant", extent="full").tolist() == [
        4,
        13,
        22,
        15,
    ]


@given(data=st.data())
@steady
def test_stride_picks_every_nth_of_the_dense_answer(data):
    ndim = data.draw(st.integers(1, 3))
    x, kernel = data.draw(images(ndim)), data.draw(kernels(ndim))
    stride, extent = data.draw(steps(ndim, 4)), data.draw(st.sampled_from(EXTENTS))
    name = data.draw(st.sampled_from(NAMES))
    if name not in able(x, kernel):
        return
    got = ik.correlate(x, kernel, stride=stride, extent=extent, method=name)
    dense = ik.correlate(x, kernel, extent=extent, method=name)
    assert_floats(got, dense[tuple(slice(None, None, s) for s in stride)], scale(kernel.taps, x))


@given(data=st.data())
@steady
def test_valid_and_same_are_parts_of_full(data):
    ndim = data.draw(st.integers(1, 3))
    x, kernel = data.draw(images(ndim)), data.draw(kernels(ndim))
    border = data.draw(st.sampled_from(Border))
    full, same, valid = (
        ik.correlate(x, kernel, border=border, extent=e) for e in ("full", "same", "valid")
    )
    ends = [n - 1 - a for a, n in zip(kernel.anchor, kernel.shape, strict=True)]
    spots = zip(ends, x.shape, strict=False)
    assert_floats(same, full[tuple(slice(b, b + n) for b, n in spots)], scale(kernel.taps, x))
    inner = [slice(k - 1, max(n, k - 1)) for k, n in zip(kernel.shape, x.shape, strict=False)]
    assert_floats(valid, full[tuple(inner)], scale(kernel.taps, x))


def test_one_number_means_all_axes():
    x = noise((9, 8))
    for word in ("stride", "dilation"):
        one = ik.correlate(x, np.ones((3, 3)), **{word: 2})
        np.testing.assert_array_equal(one, ik.correlate(x, np.ones((3, 3)), **{word: (2, 2)}))


# --- sums over channels ----------------------------------------------------------------------


def test_channels_sum_is_the_classic_conv3d():
    image, taps = noise((6, 7, 3)), noise((3, 3, 3), seed=1)
    want = np.zeros((4, 5))
    for i, j in np.ndindex(want.shape):
        for a, b, c in np.ndindex(taps.shape):
            want[i, j] += image[i + a, j + b, c] * taps[a, b, c]
    got = ik.correlate(image, taps, channels="sum", extent="valid")
    assert_floats(got, want, scale(taps, image))


@given(data=st.data())
@steady
def test_channels_sum_is_the_sum_of_every_channel_by_itself(data):
    ndim = data.draw(st.integers(1, 3))
    x = data.draw(images(ndim, channels=(1, 2, 3, 5)))
    taps = noise(
        (*[data.draw(st.integers(1, 3)) for _ in range(ndim)], x.shape[-1]), seed=data.draw(seeds)
    )
    options = {
        "border": data.draw(st.sampled_from(Border)),
        "extent": data.draw(st.sampled_from(EXTENTS)),
        "stride": data.draw(steps(ndim, 2)),
        "dilation": data.draw(steps(ndim, 2)),
    }
    got = ik.correlate(x, taps, channels="sum", **options)
    want = sum(ik.correlate(x[..., c], taps[..., c], **options) for c in range(x.shape[-1]))
    assert_floats(got, want, scale(taps, x))
    turned = np.flip(taps, tuple(range(ndim)))
    if all(n % 2 for n in taps.shape[:-1]):
        assert_floats(ik.convolve(x, turned, channels="sum", **options), want, scale(taps, x))


def test_channels_sum_rounds_and_keeps_the_dtype():
    x = np.full((3, 3, 3), 255, np.uint8)
    got = ik.correlate(x, np.full((1, 1, 3), 0.5), channels="sum")
    assert got.dtype == np.uint8 and (got == 255).all()
    assert (
        ik.correlate(x, np.full((1, 1, 3), 0.5), channels="sum", dtype="float32") == 382.5
    ).all()


def test_channels_sum_wants_a_kernel_that_covers_the_channels():
    x = np.zeros((4, 4, 3))
    for taps in (np.ones((3, 3)), np.ones((3, 3, 2)), np.ones((3, 3, 3, 3))):
        with pytest.raises(UnsupportedImage, match="channels='sum'"):
            ik.correlate(x, taps, channels="sum")


# --- the plan --------------------------------------------------------------------------------


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
    volume = ik.kernels.gaussian(1.0, ndim=3)
    obstacle = method_named(name).obstacle(ik.plan((4, 4, 4), volume).problem)
    if obstacle is None:
        assert ik.correlate(np.ones((4, 4, 4)), volume, method=name).shape == (4, 4, 4)
    else:
        with pytest.raises(InvalidValue, match=f"method {name} cannot do this: "):
            ik.correlate(np.ones((4, 4, 4)), volume, method=name)


# --- without OpenCV --------------------------------------------------------------------------


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
    assert missing == {"direct", "separable", "box"} and made.method not in missing
    with pytest.raises(InvalidValue, match="direct cannot do this: OpenCV cannot be imported"):
        ik.correlate(np.zeros((4, 4)), [[1]], method="direct")
