"""Lines one pixel wide: zero crossings where the analytic picture has them, Canny by itself."""

import math

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels, resources
from imgkernels.operations.thresholds import otsu

PHOTO = ik.read(resources.folder("samples") / "camera.png").pixels[150:350, 150:350]
AUTOS = (None, "otsu", "median")


def disk_picture(radius, size=81):
    y, x = np.mgrid[:size, :size] - size // 2
    far = np.hypot(x, y)
    return (radius + 0.5 - far).clip(0, 1) * 0.8 + 0.1, far


@pytest.mark.parametrize("sigma", [1, 2, 3])
@pytest.mark.parametrize("radius", [15, 25])
def test_zero_crossings_lie_on_the_circle(sigma, radius):
    image, far = disk_picture(radius)
    lines = ik.apply(image, "zero-crossings", sigma=sigma) == 1
    # On a curved edge the crossing moves outwards by about sigma^2 / 2 radius.
    assert np.abs(far[lines] - radius - sigma**2 / (2 * radius)).max() < 1.2
    angles = np.degrees(np.arctan2(*(np.argwhere(lines) - 40).T)) % 360
    assert len(np.unique((angles // 10).astype(int))) == 36  # all around


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.5, 3])
def test_the_threshold_is_the_height_of_a_step_whatever_sigma(sigma):
    image = np.full((41, 61), 0.3)
    image[:, 30:] += 0.2
    seen = [
        ik.apply(image, "zero-crossings", sigma=sigma, threshold=t)[20, 28:32].any()
        for t in (0.1, 0.18, 0.23, 0.3)
    ]
    assert seen == [True, True, False, False]


def test_a_step_has_one_line_of_crossings():
    image = np.zeros((30, 40))
    image[:, 20:] = 1
    lines = ik.apply(image, "zero-crossings")
    assert (lines.sum(axis=1) == 1).all()
    assert lines[:, 19:21].any(axis=1).all()


@pytest.mark.parametrize("axes", ["x", "zyx"])
def test_crossings_work_on_rows_and_volumes(axes):
    image = np.zeros((24,) * len(axes))
    image[..., 12:] = 1
    lines = ik.apply(image, "zero-crossings", axes=axes)
    assert lines[..., 11:13].sum() == 24 ** (len(axes) - 1)


def as_dtype(image, dtype):
    kinds = {"uint8": 1, "uint16": 257, "uint32": 16843009}
    if dtype in kinds:
        return image.astype(dtype) * np.array(kinds[dtype], dtype)
    return (image / 255).astype(dtype)


@pytest.mark.parametrize("auto", AUTOS)
@pytest.mark.parametrize("dtype", ["uint16", "uint32", "float32", "float64"])
def test_canny_sees_the_same_lines_in_every_dtype(auto, dtype):
    due = ik.apply(PHOTO, "canny", auto=auto) == 255
    image = as_dtype(PHOTO, dtype)
    found = ik.apply(image, "canny", auto=auto)
    assert 0.005 < due.mean() < 0.2
    np.testing.assert_array_equal(found == found.max(), due)


@pytest.mark.parametrize("auto", ["otsu", "median"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_canny_finds_nothing_on_a_flat_image(auto, dtype):
    image = np.full((30, 30, 3), 0.3 if dtype.startswith("f") else 77, dtype)
    assert not ik.apply(image, "canny", auto=auto).any()
    assert not ik.apply(np.zeros_like(image), "canny", auto=auto).any()


def test_otsus_lines_do_not_depend_on_contrast():
    due = ik.apply(PHOTO / 255, "canny", auto="otsu")
    np.testing.assert_array_equal(ik.apply(PHOTO / 255 / 8 + 0.4, "canny", auto="otsu"), due)


def test_what_is_given_stays_and_the_rest_is_chosen():
    everything = ik.apply(PHOTO, "canny", auto="otsu", high=0.01, low=0.0)
    np.testing.assert_array_equal(everything, ik.apply(PHOTO, "canny", high=0.01, low=0.0))
    none = ik.apply(PHOTO, "canny", auto="otsu", high=1)
    assert not none.any()
    usual = ik.apply(PHOTO, "canny")
    np.testing.assert_array_equal(usual, ik.apply(PHOTO, "canny", low=0.015, high=0.04))


def test_medians_thresholds_are_a_third_around_the_median_over_eight():
    middle = np.median(PHOTO / 255) / 8
    due = ik.apply(PHOTO, "canny", low=0.67 * middle, high=1.33 * middle)
    np.testing.assert_array_equal(ik.apply(PHOTO, "canny", auto="median"), due)


def test_otsus_high_parts_the_slopes_and_low_is_half_of_it():
    smooth = ik.correlate(PHOTO / 255, kernels.gaussian(1.4))
    slopes = np.hypot(*(ik.correlate(smooth, kernels.sobel(axis) / 8) for axis in "xy"))
    high = otsu(slopes)
    due = ik.apply(PHOTO, "canny", low=high / 2, high=high)
    np.testing.assert_array_equal(ik.apply(PHOTO, "canny", auto="otsu"), due)
    assert (ik.apply(PHOTO, "canny", low=high, high=high) != due).any()


@pytest.mark.parametrize("seed", range(5))
def test_otsu_makes_the_variance_between_classes_the_largest(seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(1, 0.3, 200), rng.normal(4, 0.5, 120)])
    ordered = np.sort(values)

    def between(n):
        low, high = ordered[:n], ordered[n:]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    best = max(range(1, len(values)), key=between)
    assert otsu(values) == pytest.approx((ordered[best - 1] + ordered[best]) / 2)


def test_otsu_is_scikit_images_on_many_values():
    filters = pytest.importorskip("skimage.filters")
    values = np.random.default_rng(0).gamma(2, 1, (200, 200))
    due = filters.threshold_otsu(values, nbins=2000)
    assert otsu(values) == pytest.approx(due, abs=0.02)


def test_otsu_of_nothing_and_of_one_value_is_no_accident():
    assert otsu(np.array([])) == 0
    assert otsu(np.array([math.nan])) == 0
    assert otsu(np.array([3.0])) == 3
    assert otsu(np.array([2.0, 2.0, 2.0])) == 2
