"""Laws of the makers: sums, symmetries, sizes; and OpenCV's and scipy's opinion."""

import itertools
import math

import numpy as np
import pytest
from tolerances import RELATIVE

from imgkernels import kernels, opencv
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel

CV2 = opencv.load()
needs_opencv = pytest.mark.skipif(CV2 is None, reason="OpenCV cannot be imported")
EXACT = RELATIVE["float64"]

BLURS = {
    "box 2": kernels.box(2),
    "box 3 x 5": kernels.box((3, 5)),
    "box 4, 3-D": kernels.box(4, ndim=3),
    "gaussian 0.5": kernels.gaussian(0.5),
    "gaussian 2": kernels.gaussian(2),
    "gaussian 40, 1-D": kernels.gaussian(40, ndim=1),
    "gaussian by size": kernels.gaussian(0, 7),
    "gaussian 1 x 3": kernels.gaussian((1.0, 3.0)),
    "gaussian 3-D": kernels.gaussian(1.5, ndim=3),
    "binomial 2": kernels.binomial(2),
    "binomial 5": kernels.binomial(5),
    "binomial 999": kernels.binomial(999, ndim=1),
    "disk 1": kernels.disk(1),
    "disk 4.7": kernels.disk(4.7),
    "ball 2": kernels.disk(2, ndim=3),
    "motion 2": kernels.motion(2),
    "motion 15, 30": kernels.motion(15, 30),
}
EDGES = {
    "sobel x": kernels.sobel("x"),
    "sobel y 7": kernels.sobel("y", 7),
    "sobel z": kernels.sobel("z", ndim=3),
    "sobel order 2": kernels.sobel("x", 5, order=2),
    "scharr": kernels.scharr("y"),
    "prewitt": kernels.prewitt("x"),
    "farid": kernels.farid("y"),
    "roberts 0": kernels.roberts(0),
    "roberts 1": kernels.roberts(1),
    "laplacian 4": kernels.laplacian(),
    "laplacian 8": kernels.laplacian("all"),
    "laplacian 26": kernels.laplacian("all", ndim=3),
    "laplacian of OpenCV": kernels.laplacian_sobel(5),
    "log": kernels.log(1.4),
    "log 1-D": kernels.log(2.0, ndim=1),
    "dog": kernels.dog(1.0),
    "dog wide": kernels.dog(1.0, 4.0),
    "emboss": kernels.emboss(2.0),
}
SHARPENERS = {
    "sharpen": kernels.sharpen(),
    "sharpen 0.3, all": kernels.sharpen(0.3, "all"),
    "sharpen 3-D": kernels.sharpen(2.0, ndim=3),
    "unsharp": kernels.unsharp(2.0),
    "unsharp 5": kernels.unsharp(1.0, 5.0),
}


# --- family laws -----------------------------------------------------------------------------


@pytest.mark.parametrize("made", BLURS.values(), ids=BLURS)
def test_a_blur_sums_to_1_and_every_tap_is_positive_and_below_1(made):
    assert made.sum == pytest.approx(1, abs=1e-12)
    assert (made.taps >= 0).all() and (made.taps < 1).all()


@pytest.mark.parametrize("made", BLURS.values(), ids=BLURS)
def test_a_blur_looks_the_same_turned_by_180_degrees(made):
    np.testing.assert_allclose(made.taps, np.flip(made.taps), atol=EXACT)


@pytest.mark.parametrize("made", EDGES.values(), ids=EDGES)
def test_a_derivative_sums_to_0_and_turns_a_flat_image_to_0(made):
    assert abs(made.sum) <= EXACT * np.abs(made.taps).sum()
    assert made.order in (1, 2) and np.abs(made.taps).max() > 0


@pytest.mark.parametrize("made", SHARPENERS.values(), ids=SHARPENERS)
def test_a_sharpener_is_above_1_in_the_middle_and_its_neighbours_pay_for_it(made):
    middle = made.taps[made.anchor]
    assert middle > 1
    assert made.sum - middle == pytest.approx(1 - middle, abs=1e-12)


def test_the_identity_is_one_tap_of_1():
    for made in (
        kernels.identity(),
        kernels.box(1),
        kernels.gaussian(0),
        kernels.gaussian(3, 1),
        kernels.binomial(1),
        kernels.disk(0),
        kernels.disk(0.5),
        kernels.motion(1, 77),
    ):
        assert made == Kernel([[1.0]])
    for ndim in (1, 2, 3):
        assert kernels.identity(ndim).shape == (1,) * ndim


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(
    "make",
    [
        lambda n: kernels.box(3, n),
        lambda n: kernels.gaussian(1.0, ndim=n),
        lambda n: kernels.binomial(3, n),
        lambda n: kernels.disk(2.0, n),
        lambda n: kernels.sobel(0, ndim=n),
        lambda n: kernels.scharr(0, ndim=n),
        lambda n: kernels.prewitt(0, ndim=n),
        lambda n: kernels.farid(0, ndim=n),
        lambda n: kernels.laplacian(ndim=n),
        lambda n: kernels.laplacian("all", ndim=n),
        lambda n: kernels.log(1.0, ndim=n),
        lambda n: kernels.dog(1.0, ndim=n),
        lambda n: kernels.sharpen(ndim=n),
        lambda n: kernels.unsharp(1.0, ndim=n),
    ],
)  # fmt: skip
def test_makers_have_as_many_axes_as_asked_for_and_an_anchor_in_the_middle(make, ndim):
    made = make(ndim)
    assert made.ndim == ndim and made.anchor == tuple(n // 2 for n in made.shape)


@pytest.mark.parametrize(
    "make",
    [
        kernels.identity, lambda n: kernels.box(3, n), lambda n: kernels.gaussian(1, ndim=n),
        lambda n: kernels.sobel(0, ndim=n), lambda n: kernels.laplacian(ndim=n),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ndim", [0, 4, -1])
def test_other_numbers_of_axes_are_a_value_error(make, ndim):
    with pytest.raises(InvalidValue, match=r"axes|ndim"):
        make(ndim)


# --- the Gaussian rule -----------------------------------------------------------------------

# OpenCV, smooth.dispatch.cpp: what it takes for these sizes at sigma <= 0 (field.md, 1.2).
TABLES = {
    1: (1, [1]),
    3: (4, [1, 2, 1]),
    5: (16, [1, 4, 6, 4, 1]),
    7: (64, [2, 7, 14, 18, 14, 7, 2]),
    9: (256, [4, 13, 30, 51, 60, 51, 30, 13, 4]),
}


@pytest.mark.parametrize("ksize", TABLES)
@pytest.mark.parametrize("sigma", [0, -1, -3.5])
def test_small_sizes_without_sigma_have_their_tables(ksize, sigma):
    whole, row = TABLES[ksize]
    assert (kernels.gaussian_taps(sigma, ksize) * whole).tolist() == row
    assert (kernels.gaussian(sigma, ksize, ndim=1).taps * whole).tolist() == row


def bell(ksize, sigma):
    """OpenCV's documented formula, term by term."""
    terms = [math.exp(-((i - (ksize - 1) / 2) ** 2) / (2 * sigma**2)) for i in range(ksize)]
    return np.array(terms) / math.fsum(terms)


@pytest.mark.parametrize("ksize", [1, 3, 5, 9, 11, 31])
@pytest.mark.parametrize("sigma", [0.3, 0.8, 1, 2.5, 12])
def test_a_row_is_the_sampled_bell_scaled_to_1(ksize, sigma):
    np.testing.assert_allclose(kernels.gaussian_taps(sigma, ksize), bell(ksize, sigma), atol=1e-15)


@pytest.mark.parametrize("ksize", [11, 13, 31, 101])
def test_larger_sizes_without_sigma_take_it_from_the_size(ksize):
    want = bell(ksize, 0.3 * ((ksize - 1) * 0.5 - 1) + 0.8)
    np.testing.assert_allclose(kernels.gaussian_taps(0, ksize), want, atol=1e-15)
    np.testing.assert_allclose(kernels.gaussian_taps(-2, ksize), want, atol=1e-15)


# field.md, end of 1.3: the width of OpenCV's kernel for 8 bits (3 sigma) and for others (4 sigma).
@pytest.mark.parametrize(
    ("sigma", "bytes_", "others"),
    [(0.5, 5, 5), (1, 7, 9), (1.5, 11, 13), (2, 13, 17), (3, 19, 25), (5, 31, 41)],
)
def test_without_ksize_the_width_follows_sigma(sigma, bytes_, others):
    assert kernels.gaussian(sigma, truncate=3.0).shape == (bytes_, bytes_)
    assert kernels.gaussian(sigma, truncate=4.0).shape == (others, others)
    assert kernels.gaussian(sigma) == kernels.gaussian(sigma, truncate=4.0)
    assert kernels.gaussian_taps(sigma, truncate=3.0).size == bytes_


def test_each_axis_has_its_own_sigma_and_size():
    made = kernels.gaussian((1.0, 2.0), (5, 9))
    np.testing.assert_array_equal(made.factors[0], kernels.gaussian_taps(1.0, 5))
    np.testing.assert_array_equal(made.factors[1], kernels.gaussian_taps(2.0, 9))
    assert kernels.gaussian([1.0, 0.0, 2.0], ndim=3).shape == (9, 1, 17)


@pytest.mark.parametrize(
    ("sigma", "ksize", "reason"),
    [
        (math.nan, None, "sigma must be a finite number; got nan"),
        (math.inf, None, "sigma must be a finite number; got inf"),
        (math.nan, 5, "sigma must be a finite number; got nan"),
        (math.inf, 5, "sigma must be a finite number; got inf"),
        (-1, None, r"sigma must be from 0.01 to 500 px; got -1"),
        (1e-300, None, "sigma must be from 0.01 to 500 px; got 1e-300"),
        (1e-300, 5, "sigma must be from 0.01 to inf px; got 1e-300"),
        (501, None, "sigma must be from 0.01 to 500 px; got 501"),
        ("3", None, "sigma must be a finite number; got '3'"),
        (None, None, "sigma must be a finite number; got None"),
        (1.0, 4, "ksize must be odd, from 1 to .*; got 4"),
        (0, 2, "ksize must be odd.*; got 2"),
        (1.0, -3, "ksize must be odd.*; got -3"),
        (1.0, 0, "ksize must be odd.*; got 0"),
        (1.0, 3.0, r"ksize must be odd.*; got 3\.0"),
        (1.0, "3", "ksize must be odd.*; got '3'"),
        (1.0, 10**9 + 1, "ksize must be odd"),
        ((1.0, 2.0, 3.0), None, "sigma must be one value, or one for each of 2 axes"),
        (1.0, (3, 5, 7), "ksize must be one value, or one for each of 2 axes"),
    ],
)
def test_a_wrong_sigma_or_size_is_a_value_error_that_says_why(sigma, ksize, reason):
    with pytest.raises(ValueError, match=f"gaussian: {reason}"):
        kernels.gaussian(sigma, ksize)


@pytest.mark.parametrize("truncate", [math.nan, math.inf, -1.0, 0.0, "4"])
@pytest.mark.parametrize("make", [kernels.gaussian, kernels.log, kernels.dog, kernels.unsharp])
def test_a_wrong_truncate_is_a_value_error(make, truncate):
    with pytest.raises(InvalidValue, match="truncate"):
        make(2.0, truncate=truncate)


# --- wrong parameters of the other makers ----------------------------------------------------


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: kernels.box(0), "box: size must be a whole number from 1 to 4097 taps; got 0"),
        (lambda: kernels.box(2.5), "box: size must be a whole number"),
        (lambda: kernels.box((3, 3, 3)), "box: size must be one value, or one for each of 2 axes"),
        (lambda: kernels.binomial(1000), "binomial: size must be .* to 999"),
        (lambda: kernels.disk(-1), "disk: radius must be from 0 to 100 px; got -1"),
        (lambda: kernels.disk(math.nan), "disk: radius must be a finite number"),
        (lambda: kernels.motion(0.5), "motion: length must be from 1 to 1000 px; got 0.5"),
        (lambda: kernels.motion(5, math.inf), "motion: angle must be a finite number"),
        (lambda: kernels.sobel("x", 4), "sobel: ksize must be odd, from 1 to 31"),
        (lambda: kernels.sobel("x", 33), "sobel: ksize must be odd, from 1 to 31"),
        (lambda: kernels.sobel("x", 3, order=3), "sobel: order must be from 0 to ksize - 1; got 3"),
        (lambda: kernels.sobel("x", 3, order=-1), "sobel: order must be"),
        (lambda: kernels.sobel("z"), "sobel: axis must be one of y, x; got 'z'"),
        (lambda: kernels.sobel("yx"), "sobel: axis must be one of y, x; got 'yx'"),
        (lambda: kernels.sobel(2), "sobel: axis must be one of y, x; got 2"),
        (lambda: kernels.sobel(""), "sobel: axis must be one of y, x"),
        (lambda: kernels.roberts(2), "roberts: diagonal must be 0 or 1; got 2"),
        (lambda: kernels.laplacian("most"), "laplacian: neighbours must be 'axes' or 'all'"),
        (lambda: kernels.laplacian_sobel(2), "laplacian: ksize must be odd, from 1 to 31"),
        (lambda: kernels.log(0), "log: sigma must be from 0.01 to 500 px; got 0"),
        (lambda: kernels.log(math.nan), "log: sigma must be a finite number"),
        (lambda: kernels.dog(2.0, 1.0), "dog: sigma_wide must be above sigma 2 px; got 1"),
        (lambda: kernels.dog(-1), "dog: sigma must be from"),
        (lambda: kernels.gabor(0), "gabor: sigma must be from 0.01 to 100 px; got 0"),
        (lambda: kernels.gabor(2, math.nan), "gabor: theta must be a finite number"),
        (lambda: kernels.gabor(2, ksize=4), "gabor: ksize must be odd"),
        (lambda: kernels.sharpen(-1), "sharpen: amount must be 0 or more; got -1"),
        (lambda: kernels.sharpen("1"), "sharpen: amount must be a finite number; got '1'"),
        (lambda: kernels.unsharp(-2), "sigma must be from"),
        (lambda: kernels.unsharp(2, math.inf), "unsharp: amount must be a finite number"),
        (lambda: kernels.emboss(math.nan), "emboss: depth must be a finite number"),
    ],
)
def test_a_wrong_parameter_is_a_value_error_that_says_who_what_and_what_came(make, reason):
    with pytest.raises(InvalidValue, match=reason):
        make()


# --- known coefficients ----------------------------------------------------------------------


def test_matrices_are_those_of_the_books():
    # field.md, 1.2: Sobel, Scharr, Prewitt, Roberts, Laplacians, sharpen, OpenCV's Laplacian 3.
    assert kernels.sobel("y").taps.tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert kernels.sobel("x", 1).taps.tolist() == [[-1, 0, 1]]
    assert kernels.derivative_taps(1, 5).tolist() == [-1, -2, 0, 2, 1]
    assert kernels.derivative_taps(2, 5).tolist() == [1, 0, -2, 0, 1]
    assert kernels.derivative_taps(0, 5).tolist() == [1, 4, 6, 4, 1]
    assert kernels.scharr("x").taps.tolist() == [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
    assert kernels.prewitt("x").taps.tolist() == [[-1, 0, 1]] * 3
    assert kernels.roberts(0).taps.tolist() == [[1, 0], [0, -1]]
    assert kernels.roberts(1).taps.tolist() == [[0, 1], [-1, 0]]
    assert kernels.laplacian().taps.tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert kernels.laplacian("all").taps.tolist() == [[1, 1, 1], [1, -8, 1], [1, 1, 1]]
    assert kernels.laplacian_sobel(3).taps.tolist() == [[2, 0, 2], [0, -8, 0], [2, 0, 2]]
    assert kernels.sharpen().taps.tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert kernels.emboss().taps.tolist() == [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]
    assert kernels.binomial(4, ndim=1).taps.tolist() == [1 / 8, 3 / 8, 3 / 8, 1 / 8]


@pytest.mark.parametrize("make", [kernels.sobel, kernels.scharr, kernels.prewitt, kernels.farid])
def test_a_derivative_along_y_is_that_along_x_turned(make):
    np.testing.assert_array_equal(make("y").taps, make("x").taps.T)
    turned = np.moveaxis(make("x", ndim=3).taps, 2, 0)
    np.testing.assert_allclose(make(0, ndim=3).taps, turned, rtol=EXACT)
    assert make("x") == make(1) == make(-1)
    assert make("x").taps[1, -1] > 0  # brighter to the right is positive


def test_log_is_symmetric_and_negative_in_the_middle_like_a_second_derivative():
    made = kernels.log(1.4)
    np.testing.assert_allclose(made.taps, made.taps.T, atol=EXACT)
    assert made.taps[made.anchor] == made.taps.min() < 0
    assert made.moment(2, 0) / 2 == pytest.approx(1)


def test_dog_is_the_narrow_bell_minus_the_wide_one():
    made, (n, _) = kernels.dog(1.0, 2.0), kernels.dog(1.0, 2.0).shape
    assert made == kernels.gaussian(1.0, n) - kernels.gaussian(2.0, n)
    assert kernels.dog(1.0) == kernels.dog(1.0, 1.6)
    assert made.taps[made.anchor] > 0


def test_unsharp_moves_away_from_the_bell():
    made = kernels.unsharp(1.0, 2.0)
    np.testing.assert_allclose(
        made.taps, (3 * kernels.identity() - 2 * kernels.gaussian(1.0)).taps, atol=EXACT
    )


def test_motion_follows_its_angle():
    assert kernels.motion(5).taps.tolist() == [[0.2] * 5]
    assert kernels.motion(5, 90).shape == (5, 1)
    rising = kernels.motion(9, 45).taps  # y points down, so counter-clockwise goes up to the right
    assert rising[0, -1] > 0 and rising[0, 0] == 0
    for angle in (0, 20, 45, 90, 135):
        one, other = kernels.motion(8, angle).taps, kernels.motion(8, angle + 180).taps
        np.testing.assert_allclose(one, other, atol=1e-9)
        np.testing.assert_allclose(one.T, kernels.motion(8, 90 - angle).taps[::-1, ::-1], atol=1e-9)


def test_a_disk_is_round_and_grows_without_jumps():
    radii = np.linspace(0.6, 6, 30)
    disks = [kernels.disk(r).taps for r in radii]
    for taps in (*disks, *(kernels.disk(r).taps for r in (1, 1.2, 2, 2.4, 5, 10))):
        for twin in (taps.T, taps[::-1], taps[:, ::-1]):
            np.testing.assert_allclose(taps, twin, rtol=EXACT)
    middles = [taps[taps.shape[0] // 2, taps.shape[1] // 2] for taps in disks]
    assert all(a >= b for a, b in itertools.pairwise(middles))
    assert middles[-1] == pytest.approx(1 / (math.pi * radii[-1] ** 2), rel=0.01)


# --- second opinions -------------------------------------------------------------------------


@needs_opencv
@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 9, 11, 31])
@pytest.mark.parametrize("sigma", [0, -1, 0.5, 1, 2.7, 20])
def test_opencv_has_the_same_gaussian(ksize, sigma):
    want = CV2.getGaussianKernel(ksize, sigma)[:, 0]
    np.testing.assert_allclose(kernels.gaussian_taps(sigma, ksize), want, atol=1e-12)


@needs_opencv
@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 9, 31])
@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1)])
def test_opencv_has_the_same_derivatives(ksize, dx, dy):
    kx, ky = CV2.getDerivKernels(dx, dy, ksize, ktype=CV2.CV_64F)
    np.testing.assert_array_equal(kernels.derivative_taps(dx, ksize), kx[:, 0])
    np.testing.assert_array_equal(kernels.derivative_taps(dy, ksize), ky[:, 0])


@needs_opencv
def test_opencv_has_the_same_scharr():
    kx, ky = CV2.getDerivKernels(1, 0, -1, ktype=CV2.CV_64F)
    np.testing.assert_array_equal(kernels.scharr("x").taps, np.outer(ky, kx))


@needs_opencv
@pytest.mark.parametrize("theta", [0, 0.3, math.pi / 2, 2.5, -1])
@pytest.mark.parametrize("ksize", [None, 1, 9, 21])
def test_opencv_has_the_same_gabor(theta, ksize):
    for sigma, wavelength, gamma, psi in [(2.0, 5.0, 1.0, math.pi / 2), (3.3, 8.0, 0.5, 0.2)]:
        size = (-1, -1) if ksize is None else (ksize, ksize)
        want = CV2.getGaborKernel(size, sigma, theta, wavelength, gamma, psi, CV2.CV_64F)
        got = kernels.gabor(sigma, theta, wavelength, gamma, psi, ksize).taps
        np.testing.assert_allclose(got, want, atol=1e-12)


@needs_opencv
@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 9, 31])
def test_opencv_has_the_same_laplacian(ksize):
    impulse = np.zeros((65, 65))
    impulse[32, 32] = 1
    want = CV2.Laplacian(impulse, CV2.CV_64F, ksize=ksize)
    taps = kernels.laplacian_sobel(ksize).taps
    reach = taps.shape[0] // 2
    inner = slice(32 - reach, 33 + reach)
    np.testing.assert_allclose(np.flip(want[inner, inner]), taps, rtol=1e-9)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.3, 5.0])
def test_scipy_has_the_same_gaussian(sigma):
    from scipy import ndimage

    impulse = np.zeros(101)
    impulse[50] = 1
    made = kernels.gaussian_taps(sigma)
    reach = made.size // 2
    want = ndimage.gaussian_filter1d(impulse, sigma, radius=reach)[50 - reach : 51 + reach]
    np.testing.assert_allclose(made, want, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_scipy_has_the_same_sobel_and_prewitt_in_3_d(axis):
    from scipy import ndimage

    impulse = np.zeros((5, 5, 5))
    impulse[2, 2, 2] = 1
    middle = (slice(1, 4),) * 3
    for made, theirs in ((kernels.sobel, ndimage.sobel), (kernels.prewitt, ndimage.prewitt)):
        np.testing.assert_array_equal(
            made(axis, ndim=3).flipped().taps, theirs(impulse, axis)[middle]
        )
    np.testing.assert_array_equal(kernels.laplacian(ndim=3).taps, ndimage.laplace(impulse)[middle])
