"""Laws of correlation: shift, adjoint, composition, linearity, extents and strides."""

import numpy as np
from engine_cases import NAMES, able, images, kernels, noise, seeds, steady, steps
from hypothesis import given, strategies as st
from reference import correlate as slow
from tolerances import RELATIVE, assert_floats, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.problem import EXTENTS


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
