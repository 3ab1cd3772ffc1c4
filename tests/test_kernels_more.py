"""Kernels of the field by what they must do: moments, steering, published formulas and sums."""

import math
import shutil
import subprocess

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.kernels.laplacians import _TABLES
from imgkernels.kernels.named import _EMBOSS, _PILLOW

ALPHAS = (0.0, 0.2, 0.5, 1.0)
ANGLES = (0, 30, 45, 90, 137, 180, 251, 270, 359)
TRUE_GAINS = {"diagonal-3": 3, "wide-5": 35, "wide-7": 294, "log-5": 8, "log-9": 497}


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_alpha_laplacian_is_matlabs_and_a_true_laplacian(alpha):
    kernel = kernels.laplacian_alpha(alpha)
    corner, side = alpha / 4, (1 - alpha) / 4
    rows = [[corner, side, corner], [side, -1, side], [corner, side, corner]]
    np.testing.assert_allclose(kernel.taps, 4 / (alpha + 1) * np.array(rows), atol=1e-15)
    assert kernel.moments(2) == pytest.approx({(0, 2): 2, (1, 1): 0, (2, 0): 2})


def test_alpha_a_fifth_sees_all_directions_alike_up_to_fourth_order():
    def slant(alpha):
        kernel = kernels.laplacian_alpha(alpha)
        return kernel.moment(0, 4) - 3 * kernel.moment(2, 2)

    assert slant(0.2) == pytest.approx(0, abs=1e-12)
    assert all(abs(slant(alpha)) > 0.1 for alpha in (0, 0.5, 1))


@pytest.mark.parametrize("ksize", [3, 5, 9])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_a_window_against_its_middle_is_a_laplacian_of_known_gain(ksize, ndim):
    kernel = kernels.laplacian_box(ksize, ndim=ndim)
    assert kernel.sum == 0
    assert kernel.taps[kernel.anchor] == 1 - ksize**ndim
    assert kernel.gain == pytest.approx(ksize**ndim * (ksize**2 - 1) / 24)


def test_the_window_of_three_is_the_laplacian_of_eight_neighbours():
    assert kernels.laplacian_box(3) == kernels.laplacian("all")


@pytest.mark.parametrize("name", _TABLES)
def test_a_table_of_whole_numbers_is_a_laplacian_and_symmetric(name):
    kernel = kernels.laplacian_table(name)
    assert (kernel.sum, kernel.order, kernel.gain) == (0, 2, TRUE_GAINS[name])
    second = kernel.moments(2)
    assert second[0, 2] == second[2, 0] == 2 * TRUE_GAINS[name]
    assert second[1, 1] == 0
    for turned in (kernel.taps.T, kernel.taps[::-1], kernel.taps[:, ::-1]):
        np.testing.assert_array_equal(kernel.taps, turned)


def test_the_printed_log_of_nine_is_near_the_formula():
    printed, formula = kernels.laplacian_table("log-9").taps, kernels.log(1.4, truncate=4 / 1.4)
    cut = formula.taps[formula.anchor[0] - 4 :, formula.anchor[1] - 4 :][:9, :9]
    cosine = (printed * cut).sum() / np.linalg.norm(printed) / np.linalg.norm(cut)
    assert cosine > 0.99


def test_what_imagemagick_calls_its_third_laplacian_takes_no_second_derivative():
    kernel = kernels.mixed_fourth()
    assert kernel.order == 4
    np.testing.assert_allclose(kernel.taps, 6 * kernels.frei_chen(7).taps, atol=1e-12)


@pytest.mark.parametrize("name", _PILLOW)
def test_pillows_kernels_are_pillows(name):
    image_filter = pytest.importorskip("PIL.ImageFilter")
    size, scale, _, taps = getattr(image_filter, name.replace("-", "_").upper()).filterargs
    np.testing.assert_allclose(
        kernels.pillow(name).taps, np.reshape(taps, size) / scale, atol=1e-15
    )


def test_the_embosses_are_apart_and_sum_to_what_they_say():
    assert {n: kernels.emboss_variant(n).sum for n in _EMBOSS} == {
        "ours": 0, "pillow": 0, "php": 0, "gimp": 1,
    }  # fmt: skip
    # Each is brighter towards the lower right but php, whose taps fall from the upper left.
    slopes = {n: kernels.emboss_variant(n).moment(0, 1) for n in _EMBOSS}
    assert {n for n, slope in slopes.items() if slope < 0} == {"php"}


@pytest.mark.parametrize("sigma", [0.5, 1, 3])
def test_the_gaussian_sharpener_is_imagemagicks_sum_by_sum(sigma):
    bell = -kernels.gaussian(sigma).taps
    bell[kernels.gaussian(sigma).anchor] = 2 * kernels.gaussian(sigma).sum
    np.testing.assert_allclose(kernels.sharpen_gaussian(sigma).taps, bell / bell.sum(), atol=1e-15)


@pytest.mark.skipif(not shutil.which("convert"), reason="needs ImageMagick's convert")
def test_imagemagick_sharpens_a_point_alike(tmp_path):
    image = np.full((21, 21), 20_000, np.uint16)
    image[10, 10] += 16_000
    ik.write(tmp_path / "in.png", ik.Image.of(image))
    words = ["convert", tmp_path / "in.png", "-sharpen", "3x1", tmp_path / "out.png"]
    subprocess.run(words, check=True)
    found = ik.read(tmp_path / "out.png").pixels.squeeze().astype(np.float64)
    due = ik.correlate(image, kernels.sharpen_gaussian(1, truncate=3), dtype="float64")
    assert np.abs(found - due).max() <= 1


@pytest.mark.parametrize("angle", ANGLES)
def test_a_comet_draws_its_tail_to_the_side_it_is_told(angle):
    image = np.zeros((61, 61))
    image[30, 30] = 1
    tail = ik.apply(image, "comet-blur", sigma=5, angle=angle)
    y, x = np.mgrid[:61, :61] - 30
    assert tail.sum() == pytest.approx(1)
    assert tail.max() == tail[30, 30]
    toward = math.degrees(math.atan2(-(tail * y).sum(), (tail * x).sum())) % 360
    assert abs((toward - angle + 180) % 360 - 180) < 3
    behind = x * math.cos(math.radians(angle)) - y * math.sin(math.radians(angle)) < -1e-9
    assert tail[behind].sum() < 1e-12


@pytest.mark.parametrize("ksize", [3, 5, 7, 9])
def test_farid_and_simoncellis_rows_are_what_the_paper_asks_of_them(ksize):
    kernel = kernels.farid("x", ksize)
    smooth, difference = kernel.factors
    # Printed to 6 digits: sums are 1 up to a few in the last.
    assert smooth.sum() == pytest.approx(1, abs=3e-6)
    np.testing.assert_array_equal(smooth, smooth[::-1])
    np.testing.assert_array_equal(difference, -difference[::-1])
    # The pair is matched: the transform of the difference is that of the smoothing times i w.
    w = np.linspace(0.05, math.pi / 2, 40)
    places = np.arange(ksize) - ksize // 2
    blurred = np.cos(np.outer(w, places)) @ smooth
    derived = np.sin(np.outer(w, places)) @ difference
    weight = blurred * w
    error = np.sqrt((((derived - weight) / w) ** 2).sum() / (blurred**2).sum())
    assert error < {3: 0.13, 5: 0.01, 7: 0.003, 9: 0.003}[ksize]


def test_longer_rows_of_farid_see_all_directions_more_alike():
    def slant(ksize):
        """How far the direction of waves of many directions is misread, in degrees."""
        y, x = np.mgrid[-20:21, -20:21]
        errors = []
        for turn in np.radians(np.arange(0, 90, 7.5)):
            wave = np.sin(0.8 * (x * math.cos(turn) + y * math.sin(turn)))
            gx, gy = (ik.correlate(wave, kernels.farid(a, ksize))[20, 20] for a in "xy")
            errors.append(abs(math.atan2(gy, gx) - turn))
        return math.degrees(max(errors))

    found = [slant(ksize) for ksize in (3, 5, 7)]
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.02


@pytest.mark.parametrize("orders", [(0, 1), (1, 0), (1, 1), (0, 2), (2, 1), (0, 0, 1), (1, 1, 1)])
def test_mixed_sobel_derives_a_polynomial_per_pixel(orders):
    kernel = kernels.per_pixel(kernels.sobel_mixed(orders), orders)
    grid = np.mgrid[tuple(slice(-4, 5) for _ in orders)].astype(float)
    # Of the product of x**n / n! the mixed derivative is 1 everywhere.
    image = math.prod(g**n / math.factorial(n) for g, n in zip(grid, orders, strict=True))
    answer = ik.correlate(np.asarray(image), kernel)
    assert answer[(4,) * len(orders)] == pytest.approx(1)


@pytest.mark.parametrize("orders", [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1)])
@pytest.mark.parametrize("ksize", [3, 5, 7])
def test_mixed_sobel_is_opencvs(orders, ksize):
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(1).random((30, 30))
    due = cv2.Sobel(image, cv2.CV_64F, orders[1], orders[0], ksize=ksize)
    answer = ik.apply(image, "sobel-mixed", dx=orders[1], dy=orders[0], ksize=ksize)
    np.testing.assert_allclose(answer, due, atol=1e-10)


def test_kornias_second_derivatives_are_sobels_turned_over():
    # fmt: off
    gxx = np.outer([1, 4, 6, 4, 1], [-1, 0, 2, 0, -1])
    gxy = np.array([
        [-1, -2, 0,  2,  1],
        [-2, -4, 0,  4,  2],
        [ 0,  0, 0,  0,  0],
        [ 2,  4, 0, -4, -2],
        [ 1,  2, 0, -2, -1],
    ])
    # fmt: on
    np.testing.assert_array_equal(-kernels.sobel_mixed((0, 2), 5).taps, gxx)
    np.testing.assert_array_equal(-kernels.sobel_mixed((1, 1), 5).taps, gxy)
    np.testing.assert_array_equal(-kernels.sobel_mixed((2, 0), 5).taps, gxx.T)


@pytest.mark.parametrize("theta", ANGLES)
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_steered_derivative_is_the_derivative_of_the_rotated_picture(theta, order):
    """A Gaussian blob smoothed by a Gaussian is one again: its derivatives are known."""
    blob, sigma = 3.0, 2.0
    y, x = np.mgrid[-24:25, -24:25].astype(float)
    image = np.exp(-(x**2 + y**2) / (2 * blob**2))
    answer = ik.correlate(image, kernels.steered(sigma, theta, order, truncate=6))
    wide = math.hypot(blob, sigma)
    along = x * math.cos(math.radians(theta)) - y * math.sin(math.radians(theta))
    hermite = np.polynomial.hermite_e.hermeval(along / wide, [0] * order + [1])
    smooth = (blob / wide) ** 2 * np.exp(-(x**2 + y**2) / (2 * wide**2))
    due = (-1 / wide) ** order * hermite * smooth
    middle = slice(8, -8)
    np.testing.assert_allclose(answer[middle, middle], due[middle, middle], atol=2e-5)


def test_a_quarter_turn_of_a_steered_derivative_is_the_kernel_turned():
    for order in (1, 2, 3):
        for theta in (0, 20, 45):
            turned = np.rot90(kernels.steered(1.5, theta, order).taps)
            quarter = kernels.steered(1.5, theta + 90, order).taps
            np.testing.assert_allclose(quarter, turned, atol=1e-12)


@pytest.mark.parametrize("turn", range(0, 180, 30))
def test_gabor_energy_does_not_see_the_phase(turn):
    y, x = np.mgrid[-24:25, -24:25]
    along = x * math.cos(math.radians(turn)) + y * math.sin(math.radians(turn))
    found = [
        ik.apply(
            0.5 + 0.5 * np.cos(2 * math.pi * along / 8 + phase),
            "gabor-energy", theta=turn, strength=1,
        )[24, 24]
        for phase in np.linspace(0, 2 * math.pi, 9)
    ]  # fmt: skip
    assert found == pytest.approx([0.5] * 9, rel=0.02)


def test_the_gabor_bank_finds_the_direction_of_stripes():
    y, x = np.mgrid[-24:25, -24:25]
    for number in range(8):
        turn = math.radians(180 * number / 8)
        stripes = 0.5 + 0.5 * np.cos(2 * math.pi * (x * math.cos(turn) + y * math.sin(turn)) / 8)
        shown = ik.apply(stripes, "gabor-bank", show="direction")
        assert shown[24, 24] == number / 8
        strength = ik.apply(stripes, "gabor-bank", strength=1)
        assert strength[24, 24] == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("name", ["kirsch", "robinson", "prewitt-compass", "gabor-bank"])
def test_of_equal_answers_the_first_direction_wins(name):
    assert not ik.apply(np.zeros((9, 9)), name, show="direction").any()


@pytest.mark.parametrize("shape", ["disk", "ring", "diamond", "octagon", "plus", "cross"])
def test_a_shape_is_seen_in_the_answer_to_a_point(shape):
    image = np.zeros((13, 13))
    image[6, 6] = 1
    answer = ik.apply(image, "shape-blur", shape=shape, radius=4)
    maker = {"ring": lambda r: kernels.ring(r / 2, r)}.get(shape) or getattr(kernels, shape)
    np.testing.assert_allclose(answer[2:-2, 2:-2], maker(4).taps, atol=1e-15)


def test_frei_and_chens_strength_is_the_root_of_the_share_of_four_squares():
    image = np.random.default_rng(5).random((6, 6))
    window = image[1:4, 2:5]
    squares = [(kernels.frei_chen(n).taps * window).sum() ** 2 for n in range(1, 10)]
    for part, wanted in (("edge", squares[:4]), ("line", squares[4:8])):
        due = math.sqrt(sum(wanted) / sum(squares))
        assert ik.apply(image, "frei-chen", part=part)[2, 3] == pytest.approx(due)


@pytest.mark.parametrize("name", ["kirsch", "robinson", "prewitt-compass"])
def test_a_compass_of_unit_gain_returns_the_slope_of_a_ramp(name):
    y, x = np.mgrid[:9, :9].astype(float)
    for ramp in (x, y, -x, (x + y) / math.sqrt(2)):
        assert ik.apply(ramp, name, gain="unit")[4, 4] == pytest.approx(1)


@pytest.mark.parametrize("ksize", [None, 1, 3, 5, 7])
@pytest.mark.parametrize("neighbours", ["axes", "all"])
def test_a_laplacian_of_unit_gain_returns_that_of_a_parabola(ksize, neighbours):
    y, x = np.mgrid[-8:9, -8:9].astype(float)
    answer = ik.apply(x**2 + 2 * y**2, "laplacian", ksize=ksize, neighbours=neighbours, gain="unit")
    assert answer[8, 8] == pytest.approx(6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: kernels.laplacian_alpha(1.5),
        lambda: kernels.laplacian_box(1),
        lambda: kernels.laplacian_box(4),
        lambda: kernels.laplacian_table("log-7"),
        lambda: kernels.pillow("blurr"),
        lambda: kernels.emboss_variant("mine"),
        lambda: kernels.farid("x", 11),
        lambda: kernels.sobel_mixed((0, 0)),
        lambda: kernels.sobel_mixed((1, 1), 33),
        lambda: kernels.per_pixel(kernels.sobel("x"), (1, 0)),
        lambda: kernels.steered(2, 0, 5),
        lambda: kernels.steered(2, math.nan),
        lambda: kernels.comet(0),
        lambda: kernels.comet(200, truncate=20),
        lambda: kernels.identity(2, math.inf),
        lambda: ik.apply(np.zeros((3, 3)), "sobel-mixed", dx=0),
        lambda: ik.apply(np.zeros((3, 3)), "gaussian-derivative", dz=1),
        lambda: ik.apply(np.zeros((3, 3)), "shape-blur", inner=2),
        lambda: ik.apply(np.zeros((3, 3)), "watercolor", median="vector", size=17),
    ],
)
def test_what_makes_no_kernel_is_said(wrong):
    with pytest.raises(ik.ImgkernelsError, match=r"must|no |is for a ring|image has"):
        wrong()
