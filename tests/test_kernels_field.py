"""The field's other kernels: proven by what they must do, not by their printed coefficients."""

import math

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.kernels.compass import DIRECTIONS

COMPASS = (kernels.kirsch, kernels.robinson, kernels.prewitt_compass)


@pytest.mark.parametrize("maker", COMPASS)
@pytest.mark.parametrize("number", range(8))
def test_a_compass_mask_points_where_its_name_says(maker, number):
    kernel = maker(DIRECTIONS[number])
    assert kernel.sum == 0
    assert kernel.order == 1
    # x to the right, y down: the first moments are the direction, y turned over.
    along_y, along_x = kernel.moment(1, 0), kernel.moment(0, 1)
    angle = math.degrees(math.atan2(-along_y, along_x)) % 360
    assert angle == pytest.approx(45 * number, abs=1e-9)


@pytest.mark.parametrize("maker", COMPASS)
def test_opposite_masks_are_turned_by_half(maker):
    for one, other in zip(DIRECTIONS[:4], DIRECTIONS[4:], strict=True):
        np.testing.assert_array_equal(np.rot90(maker(one).taps, 2), maker(other).taps)


def test_robinsons_masks_are_sobels():
    np.testing.assert_array_equal(kernels.robinson("E").taps, kernels.sobel("x").taps)
    np.testing.assert_array_equal(kernels.robinson("S").taps, kernels.sobel("y").taps)


def test_frei_and_chens_masks_are_orthonormal():
    basis = np.array([kernels.frei_chen(n).taps.ravel() for n in range(1, 10)])
    np.testing.assert_allclose(basis @ basis.T, np.eye(9), atol=1e-15)


def test_frei_and_chens_masks_are_what_they_are_called():
    assert [kernels.frei_chen(n).order for n in (1, 2, 9)] == [1, 1, 0]
    assert [abs(kernels.frei_chen(n).sum) < 1e-15 for n in range(1, 9)] == [True] * 8


def test_an_edge_is_more_edge_than_line_and_a_line_more_line_than_edge():
    edge, line = np.zeros((9, 9)), np.zeros((9, 9))
    edge[:, 5:], line[:, 4] = 1, 1
    for image, name, other in ((edge, "edge", "line"), (line, "line", "edge")):
        strong = ik.apply(image, "frei-chen", part=name)[4, 4]
        assert strong > ik.apply(image, "frei-chen", part=other)[4, 4]
        assert ik.apply(image * 7, "frei-chen", part=name)[4, 4] == pytest.approx(strong)


@pytest.mark.parametrize("name", ["kirsch", "robinson", "prewitt-compass"])
def test_the_winning_direction_is_where_it_gets_brighter(name):
    y, x = np.mgrid[:9, :9].astype(float)
    ramps = {"E": x, "N": -y, "W": -x, "S": y, "NE": x - y, "SE": x + y}
    for direction, ramp in ramps.items():
        shown = ik.apply(ramp, name, show="direction")[4, 4]
        assert shown == DIRECTIONS.index(direction) / 8


def test_the_rotation_invariant_derivative_is_frei_and_chens_with_gain_one():
    kernel = kernels.rotation_invariant("x")
    assert kernel.gain == pytest.approx(1)
    np.testing.assert_allclose(
        kernel.taps, -kernels.frei_chen(2).taps * (2 - math.sqrt(2)) / math.sqrt(2)
    )
    np.testing.assert_array_equal(kernels.rotation_invariant("y").taps, kernel.taps.T)


@pytest.mark.parametrize("sigma", [0.6, 1, 2.5, 6])
def test_the_discrete_gaussians_add_up_and_keep_their_variance(sigma):
    kernel = kernels.gaussian_discrete(sigma, ndim=1, truncate=20)
    assert kernel.moment(2) == pytest.approx(sigma**2, rel=1e-9)
    twice = kernel @ kernels.gaussian_discrete(2 * sigma, ndim=1, truncate=20)
    once = kernels.gaussian_discrete(sigma * math.sqrt(5), ndim=1, truncate=20)
    width = min(twice.size, once.size)
    middles = [k.taps[k.anchor[0] - width // 2 :][:width] for k in (twice, once)]
    np.testing.assert_allclose(*middles, atol=1e-12)


@pytest.mark.parametrize("sigma", [1, 2.5, 6])
def test_the_integrated_gaussian_has_the_variance_of_a_pixel_more(sigma):
    kernel = kernels.gaussian_integrated(sigma, ndim=1, truncate=9)
    assert kernel.moment(2) == pytest.approx(sigma**2 + 1 / 12, rel=1e-6)


@pytest.mark.parametrize("form", ["sampled", "integrated", "discrete"])
@pytest.mark.parametrize("sigma", [2, 5])
def test_the_forms_of_a_gaussian_agree_where_it_is_wide(form, sigma):
    image = np.random.default_rng(0).random((40, 40))
    sampled = ik.apply(image, "blur", sigma=sigma)
    assert np.abs(ik.apply(image, "blur", sigma=sigma, form=form) - sampled).max() < 0.02 / sigma


@pytest.mark.parametrize("orders", [(1,), (2,), (3,), (0, 1), (1, 1), (2, 0), (0, 0, 1)])
def test_a_gaussian_derivative_derives(orders):
    kernel = kernels.gaussian_derivative(2.0, orders, truncate=7)
    degree = sum(orders)
    # On x**n / n! the n-th derivative is 1; the moment of that degree is n! times the answer.
    answer = kernel.moment(*orders) / math.prod(map(math.factorial, orders))
    assert answer == pytest.approx(1, rel=1e-6)
    assert kernel.order == degree
    for lower in range(degree):
        assert not any(kernel.moments(lower).values())


def test_the_gaussian_derivative_is_scipys():
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(0).random((30, 30))
    for orders in ((0, 1), (1, 0), (1, 1)):
        due = ndimage.gaussian_filter(image, 1.5, order=orders, mode="mirror")
        answer = ik.correlate(image, kernels.gaussian_derivative(1.5, orders))
        np.testing.assert_allclose(answer, due, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "count"),
    [
        (kernels.diamond(2), 13),
        (kernels.plus(3), 13),
        (kernels.cross(2), 9),
        (kernels.octagon(2), 21),
        (kernels.ring(1, 1.5), 8),
        (kernels.ring(0, 1), 5),
    ],
)
def test_a_shape_is_the_mean_of_its_pixels_and_symmetric(kernel, count):
    assert np.count_nonzero(kernel.taps) == count
    assert kernel.sum == pytest.approx(1)
    for turned in (kernel.taps.T, kernel.taps[::-1], kernel.taps[:, ::-1]):
        np.testing.assert_array_equal(kernel.taps, turned)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: kernels.kirsch("X"),
        lambda: kernels.frei_chen(0),
        lambda: kernels.frei_chen(1.5),
        lambda: kernels.rotation_invariant("z"),
        lambda: kernels.ring(2, 1),
        lambda: kernels.ring(1.1, 1.2),
        lambda: kernels.diamond(-1),
        lambda: kernels.diamond(2.5),
        lambda: kernels.gaussian_derivative(1, (9,)),
        lambda: kernels.gaussian_derivative(1, ()),
        lambda: kernels.gaussian_discrete(-1),
        lambda: ik.apply(np.zeros((3, 3)), "blur", form="discrete", ksize=3),
    ],
)
def test_what_makes_no_kernel_is_said(wrong):
    with pytest.raises(ik.ImgkernelsError, match=r"must|no direction|no pixel|sampled form"):
        wrong()
