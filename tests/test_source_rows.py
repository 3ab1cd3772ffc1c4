"""What the source documents describe, row by row: each test is named after its row.

The rows are those of source-rows.md: S2-3 is row 3 of the third document, counted from 0.
"""
# ruff: noqa: N802 -- the rows keep their names

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.entry import Family

NOISE = np.random.default_rng(20).random((40, 33, 3))
BYTES = (NOISE * 255).astype(np.uint8)
BLURS = [f for f in ik.catalogue() if f.family is Family.SMOOTH]
SHARPENERS = [f for f in ik.catalogue() if f.family is Family.SHARPEN]
RELIEFS = [f for f in ik.catalogue() if f.family is Family.RELIEF]

FIRST = [
    *(kernels.sobel(axis, n) for axis in "xy" for n in (3, 5, 7)),
    kernels.scharr(), kernels.prewitt(), kernels.farid(), kernels.roberts(), kernels.kirsch("NW"),
    kernels.emboss(), kernels.gaussian_derivative(2, (0, 1)), kernels.steered(2, 30),
]  # fmt: skip
SECOND = [
    kernels.laplacian(), kernels.laplacian("all"), kernels.laplacian_alpha(), kernels.log(1.4),
    kernels.dog(1), kernels.laplacian_table("log-9"), kernels.sobel_mixed((1, 1)),
    kernels.gaussian_derivative(2, (2, 0)), kernels.steered(2, 30, 2),
]  # fmt: skip
DIVISIONS = [(m, k, s, p) for m in (5, 8, 9) for k in (1, 2, 3) for s in (1, 2, 3) for p in (0, 1)]


@pytest.mark.parametrize(("kernel", "order"), [(k, 1) for k in FIRST] + [(k, 2) for k in SECOND])
def test_S0_2_first_or_second_order_shows_in_the_moments(kernel, order):
    assert kernel.order == order
    # A ramp plus a level: a first derivative answers its slope, a second one nothing.
    y, x = np.mgrid[:61, :61].astype(float)
    answer = ik.correlate(7 + 3 * x + 2 * y, kernel)[30, 30]
    assert (abs(answer) > 1e-6) == (order == 1)
    assert kernel.sum == pytest.approx(0, abs=1e-9 * np.abs(kernel.taps).sum())


@pytest.mark.parametrize("ksize", [(3, 3), (5, 9), (11, 1), (0, 0)])
@pytest.mark.parametrize("sigmas", [(1.5, 0), (2, 0.7), (0, 0)])
@pytest.mark.parametrize("border", ["constant", "replicate", "symmetric", "reflect"])
def test_S2_1_gaussian_blur_is_opencvs(ksize, sigmas, border):
    cv2 = pytest.importorskip("cv2")
    if ksize == (0, 0) and sigmas == (0, 0):
        pytest.skip("neither a size nor a sigma: OpenCV refuses it, ours takes a sigma of 2")
    words = {"symmetric": "REFLECT", "reflect": "REFLECT_101"}
    mode = getattr(cv2, f"BORDER_{words.get(border, border.upper())}")
    due = cv2.GaussianBlur(NOISE, ksize, sigmas[0], sigmaY=sigmas[1], borderType=mode)
    found = ik.apply(
        NOISE, "blur", border=border, sigma=sigmas[0], sigma_y=sigmas[1],
        ksize=ksize[0] or None, ksize_y=ksize[1] or None,
    )  # fmt: skip
    np.testing.assert_allclose(found, due, atol=1e-12)


@pytest.mark.parametrize("border", list(ik.Border))
@pytest.mark.parametrize("kernel", [kernels.gaussian(2), kernels.log(1.4), kernels.roberts()])
def test_S2_2_a_sliding_window_and_a_transform_give_the_same(kernel, border):
    direct = ik.correlate(NOISE, kernel, border=border, method="im2col")
    transformed = ik.correlate(NOISE, kernel, border=border, method="spectral")
    np.testing.assert_allclose(transformed, direct, atol=1e-10 * np.abs(kernel.taps).sum())


def test_S2_3_a_larger_sigma_is_flatter_and_smooths_more():
    sigmas = (0.4, 0.8, 1.5, 3, 8)
    centres = [kernels.gaussian(s, 3).taps for s in sigmas]
    steepness = [taps[1, 1] / taps[0, 1] for taps in centres]
    assert steepness == sorted(steepness, reverse=True)
    left = [ik.apply(NOISE, "blur", sigma=s).std() for s in sigmas]
    assert left == sorted(left, reverse=True)
    # The 3 x 3 kernel is the two-dimensional Gaussian at its nine places.
    y, x = np.mgrid[-1:2, -1:2]
    bell = np.exp(-(x**2 + y**2) / (2 * 0.8**2))
    np.testing.assert_allclose(centres[1], bell / bell.sum(), atol=1e-15)


@pytest.mark.parametrize("name", ["blur", "sharpen", "emboss", "watercolor"])
def test_S4_1_the_four_effects_are_there(name):
    answer = ik.apply(BYTES, name)
    assert answer.shape == BYTES.shape and answer.dtype == BYTES.dtype
    assert (answer != BYTES).mean() > 0.5


@pytest.mark.parametrize("name", ["sharpen", "emboss", "smooth", "detail"])
def test_S4_1_a_three_by_three_kernel_has_nine_coefficients(name):
    (kernel,) = ik.get(name).kernels()
    assert kernel.shape == (3, 3)
    assert kernel.size == 9


def test_S4_2_every_pixel_becomes_the_sum_of_nine_products():
    taps = np.arange(9.0).reshape(3, 3) - 3
    image = NOISE[..., 0]
    around = np.pad(image, 1, mode="reflect")
    due = np.zeros_like(image)
    for row, column in np.ndindex(image.shape):
        due[row, column] = sum(
            taps[i, j] * around[row + i, column + j] for i in range(3) for j in range(3)
        )
    np.testing.assert_allclose(ik.apply(image, "custom", kernel=taps), due, atol=1e-13)


@pytest.mark.parametrize("entry", BLURS, ids=lambda f: f.name)
def test_S4_3_blur_rule(entry):
    """Every coefficient is below 1, all of them add up to 1."""
    (kernel,) = entry.kernels()
    assert kernel.taps.max() < 1
    assert kernel.sum == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("entry", SHARPENERS, ids=lambda f: f.name)
def test_S4_4_sharpen_rule(entry):
    """The middle is above 1, and what surrounds it adds up to it less 1."""
    (kernel,) = entry.kernels()
    middle = kernel.taps[kernel.anchor]
    assert middle > 1
    assert abs(kernel.taps.sum() - middle) == pytest.approx(middle - 1, abs=1e-12)


def test_S4_4_the_two_usual_sharpeners():
    # fmt: off
    five = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    nine = [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]]
    # fmt: on
    np.testing.assert_array_equal(ik.get("sharpen").kernels()[0].taps, five)
    np.testing.assert_array_equal(ik.get("edge-enhance-more").kernels()[0].taps, nine)


@pytest.mark.parametrize("entry", RELIEFS, ids=lambda f: f.name)
def test_S4_5_emboss_rule(entry):
    """The coefficients add up to 0: what is flat vanishes, what is not shows."""
    (kernel,) = entry.kernels()
    assert kernel.sum == 0
    image = np.full((9, 9), 100, np.uint8)
    image[4, 4] = 140
    relief = ik.apply(image, entry.name).astype(int)
    assert (relief[0] == 128).all()  # mid-grey
    assert (relief[3:6, 3:6] != 128).sum() == np.count_nonzero(kernel.taps)
    bare = ik.apply(image, "custom", kernel=kernel)  # without the offset: black
    assert (bare[0] == 0).all() and bare.any()


def test_S4_6_watercolor_is_the_middle_of_25_then_sharpened():
    image = BYTES[..., 0]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, mode="reflect"), (5, 5))
    middle = np.sort(windows.reshape(*image.shape, 25), axis=-1)[..., 12].astype(np.float64)
    sharp = ik.correlate(middle, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]).clip(0, 255)
    np.testing.assert_array_equal(ik.apply(image, "watercolor"), sharp)
    piped = ik.Pipeline.parse("median:size=5 | sharpen")(ik.Image.of(image))
    np.testing.assert_array_equal(piped.pixels, sharp)


def test_S4_7_light_spills_into_a_halo():
    image = np.zeros((101, 101), np.uint8)
    image[35:66, 35:66] = 255
    halo = ik.Pipeline.load("halo")(ik.Image.of(image)).pixels
    for answer in (ik.apply(image, "glow"), halo):
        # Around the light it is brighter than before, the less the farther away.
        ring = [int(answer[50, column]) for column in (67, 72, 80, 90)]
        assert ring == sorted(ring, reverse=True)
        assert ring[0] > ring[1] > 0
        assert answer[50, 50] == 255


@pytest.mark.parametrize(
    "name_and_values", [("gain", {"factor": 0.5}), ("identity", {"scale": 0.5})]
)
def test_S4_8_lower_values_cure_over_exposure(name_and_values):
    name, values = name_and_values
    answer = ik.apply(BYTES, name, **values)
    np.testing.assert_array_equal(answer, np.rint(BYTES / 2))
    assert answer.max() <= 128 < BYTES.max()


def test_S4_12_a_signal_that_decays_is_a_convolution_in_one_dimension():
    """y_t = x_t + x_(t-1) / 2 + x_(t-2) / 4: what came before still counts, less and less."""
    signal = NOISE[0, :, 0]
    decay = np.array([1, 1 / 2, 1 / 4])
    due = [
        sum(decay[k] * signal[t - k] for k in range(3) if t - k >= 0) for t in range(signal.size)
    ]
    found = ik.convolve(signal, ik.Kernel(decay, 0), border="constant")
    np.testing.assert_allclose(found, due, atol=1e-14)
    full = ik.convolve(signal, decay, border="constant", extent="full")
    np.testing.assert_allclose(full, np.convolve(signal, decay), atol=1e-14)


def test_S4_13_a_convolution_turns_the_kernel_by_half_first():
    taps = np.arange(6.0).reshape(2, 3)
    image = NOISE[:9, :8, 0]
    turned = ik.Kernel(taps[::-1, ::-1], (0, 1))  # the anchor, 1 and 1, turns with it
    np.testing.assert_array_equal(ik.convolve(image, taps), ik.correlate(image, turned))
    impulse = np.zeros((5, 5))
    impulse[2, 2] = 1
    np.testing.assert_array_equal(ik.convolve(impulse, taps)[1:3, 1:4], taps)


def test_S4_14_the_top_kernel_smooths_and_the_others_find_edges():
    flat, step = np.full((15, 15), 0.5), np.zeros((15, 15))
    step[:, 8:] = 1
    assert ik.apply(flat, "blur") == pytest.approx(flat)
    assert ik.apply(step, "blur").std() < step.std()
    for name in ("sobel-x", "laplacian"):
        assert not ik.apply(flat, name).any()
        lit = np.abs(ik.apply(step, name))[7] > 0
        assert lit.tolist() == [n in (7, 8) for n in range(15)]


@pytest.mark.parametrize("border", list(ik.Border))
def test_S4_15_correlation_is_convolution_with_the_kernel_turned(border):
    kernel = ik.Kernel(NOISE[:3, :4, 0])
    np.testing.assert_array_equal(
        ik.correlate(NOISE, kernel, border=border),
        ik.convolve(NOISE, kernel.flipped(), border=border),
    )
    assert np.abs(ik.correlate(NOISE, kernel) - ik.convolve(NOISE, kernel)).max() > 0.1


@pytest.mark.parametrize(("neurons", "size", "stride", "padding"), DIVISIONS)
def test_S4_16_the_number_of_outputs(neurons, size, stride, padding):
    """(M - K + 2 P) / S + 1, rounded down."""
    row = np.pad(np.arange(neurons, dtype=np.float64), padding)
    out = ik.correlate(row, np.ones(size), extent="valid", stride=stride)
    assert out.size == (neurons - size + 2 * padding) // stride + 1


def test_S4_17_narrow_same_and_wide():
    signal, taps = NOISE[0, :20, 0], np.array([1.0, 2.0, 3.0])
    sizes = {"valid": 18, "same": 20, "full": 22}
    for extent, size in sizes.items():
        found = ik.convolve(signal, taps, border="constant", extent=extent)
        assert found.size == size
        np.testing.assert_allclose(found, np.convolve(signal, taps, extent), atol=1e-14)
    # Wide convolution is commutative.
    np.testing.assert_allclose(
        ik.convolve(taps, signal, border="constant", extent="full"), found, atol=1e-14
    )
