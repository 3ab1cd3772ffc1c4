"""Laws of the kernel: a frozen value with an algebra, and numbers that say what it does."""

import copy
import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reference import correlate as slow
from tolerances import assert_floats, scale

import imgkernels as ik
from imgkernels.errors import ImgkernelsError, InvalidValue

steady = settings(derandomize=True, deadline=None, max_examples=40, database=None)
Kernel = ik.Kernel
seeds = st.integers(0, 2**32 - 1)


@st.composite
def kernels(draw, ndim=None):
    """Whole-numbered kernels, so that the algebra is exact; dense or made of factors."""
    axes = ndim or draw(st.integers(1, 3))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(axes))
    anchor = tuple(draw(st.integers(0, n - 1)) for n in shape)
    rng = np.random.default_rng(draw(seeds))
    if draw(st.booleans()):
        return Kernel.from_factors(*(rng.integers(-3, 4, n) for n in shape), anchor=anchor)
    return Kernel(rng.integers(-9, 10, shape), anchor)


@st.composite
def several(draw, count):
    """As many kernels with as many axes as each other."""
    ndim = draw(st.integers(1, 3))
    return [draw(kernels(ndim)) for _ in range(count)]


def acts(kernel, x):
    """What a kernel does to an image, by the nested loops, where shifts commute."""
    return slow(x, kernel.taps, kernel.anchor, "wrap")


def picture(ndim, seed=0):
    return np.random.default_rng(seed).integers(-9, 10, (5, 4, 3)[:ndim]).astype(np.float64)


# --- a frozen value --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_taps_are_a_float64_copy_that_nobody_can_write(dtype):
    given_taps = np.array([[1, 2], [3, 4]], dtype)
    kernel = Kernel(given_taps)
    given_taps[0, 0] = 99  # still the caller's own
    assert kernel.taps.dtype == np.float64 and kernel.taps.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="read-only"):
        kernel.taps[0, 0] = 5


@pytest.mark.parametrize(
    "kernel",
    [Kernel([[1, 2], [2, 4]]), Kernel.from_factors([1, 2], [3, 4]), Kernel(np.zeros((2, 3)))],
    ids=["found", "given", "zero"],
)
def test_factors_are_read_only_and_multiply_to_the_taps(kernel):
    assert np.array_equal(np.multiply.outer(*kernel.factors), kernel.taps)
    for row in (*kernel.factors, *kernel.flipped().factors):
        with pytest.raises(ValueError, match="read-only"):
            row[0] = 5


NAMES = [
    "taps", "shape", "anchor", "ndim", "size", "factors", "rank", "sum", "order", "gain",
    "_dense", "_parts", "other",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("used_before", [False, True])
def test_no_attribute_can_be_set_or_deleted(name, used_before):
    for kernel in (Kernel([[1, 2], [2, 4]]), Kernel.from_factors([1, 2], [1, 2])):
        if used_before:
            getattr(kernel, name, None)
        with pytest.raises(AttributeError):
            setattr(kernel, name, 3)
        with pytest.raises(AttributeError):
            delattr(kernel, name)
        assert kernel == Kernel([[1, 2], [2, 4]])


@given(kernel=kernels())
@steady
def test_a_copy_from_another_process_is_equal_and_as_frozen(kernel):
    for twin in (pickle.loads(pickle.dumps(kernel)), copy.deepcopy(kernel), copy.copy(kernel)):
        assert twin == kernel and hash(twin) == hash(kernel)
        assert not twin.taps.flags.writeable
        with pytest.raises(AttributeError):
            twin.anchor = (0,)


@given(kernel=kernels())
@steady
def test_equal_taps_and_anchors_are_equal_kernels_with_one_hash(kernel):
    twin = Kernel(kernel.taps, kernel.anchor)
    assert twin == kernel and hash(twin) == hash(kernel)
    assert kernel != Kernel(kernel.taps + 1, kernel.anchor)
    assert kernel != kernel.taps.tolist()
    moved = (*kernel.anchor[:-1], (kernel.anchor[-1] + 1) % kernel.shape[-1])
    assert (kernel == Kernel(kernel.taps, moved)) == (moved == kernel.anchor)


def test_the_usual_anchor_is_the_middle_and_right_of_it_for_even_sizes():
    for n in range(1, 8):
        assert Kernel(np.ones(n)).anchor == (n // 2,)
    assert Kernel(np.ones((2, 3, 4))).anchor == (1, 1, 2)
    assert Kernel(np.ones((3, 3)), 1).anchor == (1, 1)
    assert Kernel([1, 2, 3], np.int64(0)).anchor == (0,)


@given(kernel=kernels())
@steady
def test_the_words_for_its_size_fit_its_taps(kernel):
    assert kernel.shape == kernel.taps.shape
    assert (kernel.ndim, kernel.size) == (kernel.taps.ndim, kernel.taps.size)
    assert kernel.sum == pytest.approx(float(kernel.taps.sum()), abs=1e-12)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (Kernel([1, 2, 3]), "Kernel([1., 2., 3.])"),
        (Kernel([1, 2, 3], 0), "Kernel([1., 2., 3.], anchor=(0,))"),
        (Kernel([[1, -2], [0, 4]]), "Kernel([[ 1., -2.],\n        [ 0.,  4.]])"),
    ],
)
def test_it_prints_what_makes_it_again(made, text):
    assert repr(made) == text
    assert eval(text, {"Kernel": Kernel}) == made


# --- bad kernels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taps", "reason"),
    [
        ([1, np.nan], "must be finite; got NaN or infinity"),
        ([[1, np.inf]], "must be finite"),
        ([-np.inf], "must be finite"),
        ([], r"at least one tap; got shape \(0,\)"),
        (np.ones((3, 0)), r"at least one tap; got shape \(3, 0\)"),
        ([[1, 2], [3]], "rows must be of one length; got a ragged list"),
        (np.array([1, None]), "taps must be real numbers; got object"),
        ([1, 2j], "taps must be real numbers; got complex128"),
        ("0 1 0", "taps must be real numbers; got str"),
        (None, "taps must be real numbers; got object"),
        (5.0, r"1 to 3 axes; got 0, shape \(\)"),
        (np.ones((1, 1, 1, 1)), "1 to 3 axes; got 4"),
        (np.array(["2026"], "M8[Y]"), "taps must be real numbers; got datetime"),
    ],
)  # fmt: skip
def test_a_bad_kernel_is_a_value_error_with_the_reason(taps, reason):
    for use in (Kernel, lambda bad: ik.correlate(np.ones((4, 4)), bad)):
        with pytest.raises(ValueError, match=reason) as caught:
            use(taps)
        assert isinstance(caught.value, ImgkernelsError)


@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        ((), "1 to 3 axes; got 0 factors"),
        (([1],) * 4, "1 to 3 axes; got 4 factors"),
        (([1, np.nan], [1]), "must be finite"),
        (([[1, 2]], [1]), "must have 1 axes"),
        (([], [1]), "at least one tap"),
        (([1e200], [1e200]), "must be finite"),
    ],
)
def test_bad_factors_are_a_value_error_with_the_reason(factors, reason):
    with pytest.raises(InvalidValue, match=reason):
        Kernel.from_factors(*factors)


@pytest.mark.parametrize("anchor", [3, -1, (0, 0), (), 1.5, (0.5,), "1", np.nan])
def test_an_anchor_outside_the_window_is_a_value_error(anchor):
    with pytest.raises(InvalidValue, match=r"anchor must .* \(3,\); got"):
        Kernel([1, 2, 3], anchor)


def test_kernels_of_other_axes_and_other_things_do_not_combine():
    one, two = Kernel([1, 2]), Kernel([[1, 2]])
    for combine in (Kernel.__add__, Kernel.__sub__, Kernel.__matmul__):
        with pytest.raises(InvalidValue, match="as many axes as each other; got 1 and 2"):
            combine(one, two)
    for wrong in (lambda: one + 1, lambda: one - [1, 2], lambda: one @ 3, lambda: one * one):
        with pytest.raises(TypeError, match="unsupported operand"):
            wrong()
    for factor in (np.nan, np.inf):
        with pytest.raises(InvalidValue, match="finite"):
            one * factor
    with pytest.raises(InvalidValue, match="divi"):
        one / 0


def test_a_sum_of_0_cannot_be_scaled_to_1():
    with pytest.raises(InvalidValue, match="a sum of 0 cannot be scaled to 1"):
        ik.kernels.laplacian().normalized()


# --- algebra ---------------------------------------------------------------------------------


@given(pair=several(2), seed=seeds)
@steady
def test_a_sum_of_kernels_acts_as_the_sum_of_their_actions(pair, seed):
    a, b = pair
    x = picture(a.ndim, seed)
    np.testing.assert_array_equal(acts(a + b, x), acts(a, x) + acts(b, x))
    np.testing.assert_array_equal(acts(a - b, x), acts(a, x) - acts(b, x))
    np.testing.assert_array_equal(acts(-a, x), -acts(a, x))
    np.testing.assert_array_equal(acts(3 * a / 2, x), 1.5 * acts(a, x))


@given(pair=several(2), seed=seeds)
@steady
def test_a_product_of_kernels_acts_as_one_after_the_other(pair, seed):
    a, b = pair
    x = picture(a.ndim, seed)
    np.testing.assert_array_equal(acts(a @ b, x), acts(b, acts(a, x)))


@given(three=several(3))
@steady
def test_the_algebra_is_commutative_associative_and_distributive(three):
    a, b, c = three
    assert a + b == b + a and a @ b == b @ a
    assert (a + b) + c == a + (b + c) and (a @ b) @ c == a @ (b @ c)
    assert a @ (b + c) == a @ b + a @ c
    assert 2 * (a + b) == a * 2 + b * 2
    assert (a @ b).sum == a.sum * b.sum


@given(kernel=kernels())
@steady
def test_the_identity_changes_no_kernel(kernel):
    one = ik.kernels.identity(kernel.ndim)
    assert kernel @ one == kernel == one @ kernel
    x = picture(kernel.ndim)
    np.testing.assert_array_equal(acts(one, x), x)


@given(pair=several(2), seed=seeds)
@steady
def test_flipping_turns_the_action_and_flipping_twice_is_nothing(pair, seed):
    a, b = pair
    x = picture(a.ndim, seed)
    assert a.flipped().flipped() == a
    assert (a @ b).flipped() == a.flipped() @ b.flipped()
    np.testing.assert_array_equal(acts(a.flipped(), x), np.flip(acts(a, np.flip(x))))


@given(kernel=kernels(), seed=seeds, steps=st.tuples(*[st.integers(1, 3)] * 3))
@steady
def test_dilating_acts_as_a_dilated_correlation(kernel, seed, steps):
    by = steps[: kernel.ndim]
    x = picture(kernel.ndim, seed)
    want = slow(x, kernel.taps, kernel.anchor, "wrap", dilation=by)
    np.testing.assert_array_equal(acts(kernel.dilated(by), x), want)
    assert kernel.dilated(by).size == math.prod(
        (n - 1) * step + 1 for n, step in zip(kernel.shape, by, strict=True)
    )


@given(kernel=kernels())
@steady
def test_normalized_sums_to_1_and_keeps_the_proportions(kernel):
    if kernel.sum == 0:
        return
    scaled = kernel.normalized()
    assert scaled.sum == pytest.approx(1, rel=1e-12)
    assert_floats(scaled.taps * kernel.sum, kernel.taps, scale(kernel.taps, np.ones(1)))


# --- numbers that say what it does -----------------------------------------------------------


@given(kernel=kernels(), powers=st.tuples(*[st.integers(0, 3)] * 3))
@steady
def test_a_moment_is_the_sum_of_taps_times_powers_of_their_places(kernel, powers):
    by = powers[: kernel.ndim]
    want = 0.0
    for at, tap in np.ndenumerate(kernel.taps):
        offsets = zip(at, kernel.anchor, by, strict=True)
        want += tap * math.prod((i - a) ** p for i, a, p in offsets)
    assert kernel.moment(*by) == want
    assert kernel.moments(sum(by))[by] == want


@pytest.mark.parametrize("degree", range(4))
def test_moments_hold_every_power_of_the_degree(degree):
    found = ik.kernels.sobel("x").moments(degree)
    wanted = [p for p in itertools.product(range(degree + 1), repeat=2) if sum(p) == degree]
    assert list(found) == wanted


def ramp(shape, slope):
    """An image that rises by `slope` per pixel along each axis."""
    grids = np.indices(shape)
    return sum(s * grid for s, grid in zip(slope, grids, strict=True)).astype(np.float64)


@pytest.mark.parametrize(
    "kernel", [ik.kernels.sobel("y", 5), ik.kernels.roberts(1), Kernel([[0, -2, 2]])]
)
def test_the_gain_of_a_first_derivative_is_its_answer_to_the_steepest_ramp(kernel):
    along = np.array([kernel.moment(1, 0), kernel.moment(0, 1)])
    answer = slow(ramp((9, 9), along / np.hypot(*along)), kernel.taps, kernel.anchor, "reflect")
    assert kernel.order == 1
    assert answer[4, 4] == pytest.approx(kernel.gain)


@pytest.mark.parametrize(
    "kernel", [ik.kernels.laplacian("all"), ik.kernels.log(1.2), Kernel([[-3], [6], [-3]])]
)
def test_the_gain_of_a_second_derivative_is_its_answer_to_half_a_square(kernel):
    half_square = ramp((21, 21), (1, 0)) ** 2 / 2
    answer = slow(half_square, kernel.taps, kernel.anchor, "reflect")
    assert kernel.order == 2
    assert answer[10, 10] == pytest.approx(kernel.gain)


# OpenCV 5.0.0, run (field.md, 1.2 and 5): Sobel of ksize 1, 3, 5, 7 and Laplacian of the same.
@pytest.mark.parametrize(
    ("made", "order", "gain"),
    [
        (ik.kernels.sobel("x", 1), 1, 2), (ik.kernels.sobel("y", 3), 1, 8),
        (ik.kernels.sobel("x", 5), 1, 128), (ik.kernels.sobel("y", 7), 1, 2048),
        (ik.kernels.laplacian_sobel(1), 2, 1), (ik.kernels.laplacian_sobel(3), 2, 4),
        (ik.kernels.laplacian_sobel(5), 2, 64), (ik.kernels.laplacian_sobel(7), 2, 1024),
        (ik.kernels.laplacian(), 2, 1),
        (ik.kernels.laplacian("all"), 2, 3),
        (ik.kernels.laplacian(ndim=3), 2, 1),
        (ik.kernels.scharr("y"), 1, 32),
        (ik.kernels.prewitt("x"), 1, 6),
        (ik.kernels.roberts(0), 1, math.sqrt(2)),
        (ik.kernels.farid("x"), 1, 2 * (0.276690988455557 + 2 * 0.109603762960254)),
        (ik.kernels.log(2.0), 2, 1),
        (ik.kernels.gaussian(2.0), 0, 1),
        (ik.kernels.sharpen(), 0, 1),
        (ik.kernels.identity(), 0, 1),
        (ik.kernels.emboss(), 1, 4 * math.sqrt(2)),
        # ImageMagick's Laplacian:2 has gain -3, and its Laplacian:3 is of order 4 (field.md, 1.2).
        (Kernel([[-2, 1, -2], [1, 4, 1], [-2, 1, -2]]), 2, -3),
        (Kernel([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]), 4, math.nan),
        (Kernel([1, -3, 3, -1]), 3, math.nan),
        (Kernel(np.zeros((3, 3))), 5, math.nan),
    ],
    ids=str,
)  # fmt: skip
def test_order_and_gain_have_their_known_values(made, order, gain):
    assert made.order == order
    assert made.gain == pytest.approx(gain, rel=1e-6, nan_ok=True)


@given(kernel=kernels(2))
@steady
def test_the_rank_is_that_of_the_matrix(kernel):
    assert kernel.rank == max(np.linalg.matrix_rank(kernel.taps), 1)
    assert (kernel.factors is None) == (kernel.rank > 1)


@given(kernel=kernels())
@steady
def test_factors_are_found_and_miss_nothing(kernel):
    dense = Kernel(kernel.taps, kernel.anchor)
    if dense.factors is None:
        assert kernel.ndim > 1
        return
    product = dense.factors[0]
    for row in dense.factors[1:]:
        product = np.multiply.outer(product, row)
    assert_floats(product, kernel.taps, scale(kernel.taps, np.ones(1)))
    assert [row.size for row in dense.factors] == list(kernel.shape)


def test_a_wide_separable_kernel_tells_its_order_without_being_laid_out():
    wide = ik.kernels.gaussian(499)
    assert wide.size > 1 << 23
    assert (wide.order, wide.gain) == (0, pytest.approx(1))
    assert wide._dense is None
    assert ik.kernels.gaussian_derivative(100, (0, 1)).order == 1
