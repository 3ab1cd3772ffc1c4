"""Filters that smooth and keep edges, and those that make no colours."""

import itertools

import numpy as np
import pytest
from reference import seen

import imgkernels as ik
from imgkernels import opencv

BORDERS = [b for b in ik.Border if b is not ik.Border.CONSTANT]


def colours(image):
    return set(map(tuple, image.reshape(-1, image.shape[-1]).tolist()))


def photo(shape, dtype="uint8", seed=3):
    values = np.random.default_rng(seed).random(shape)
    return values.astype(dtype) if dtype.startswith("f") else (values * 255).astype(dtype)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("radius", [1, 3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_kuwahara_keeps_a_step_exactly(axis, radius, dtype):
    image = np.full((24, 24, 3), 50, dtype)
    image[(slice(None),) * axis + (slice(11, None),)] = (200, 90, 10)
    np.testing.assert_array_equal(ik.apply(image, "kuwahara", radius=radius), image)


def test_kuwahara_takes_more_noise_away_than_is_left():
    noise = np.random.default_rng(0).normal(0.5, 0.1, (80, 80))
    assert ik.apply(noise, "kuwahara", radius=4).std() < 0.5 * noise.std()


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_kuwahara_is_the_mean_of_the_least_varied_corner(ndim):
    image = photo((9,) * ndim, "float64")
    answer = ik.apply(image, "kuwahara", radius=2, axes="zyx"[-ndim:])
    at = (4,) * ndim
    corners = [
        image[tuple(slice(a, a + 3) for a in start)]
        for start in itertools.product((2, 4), repeat=ndim)
    ]
    assert answer[at] == pytest.approx(min(corners, key=np.var).mean())


@pytest.mark.parametrize("name", ["kuwahara", "bilateral", "vector-median", "watercolor"])
def test_nan_reaches_exactly_the_windows_that_hold_it(name):
    image = photo((15, 15, 3), "float32")
    image[7, 7, 1] = np.nan
    values = {"watercolor": {"median": "vector", "size": 5}, "vector-median": {"size": 5}}
    answer = ik.apply(image, name, **values.get(name, {"radius": 2}))
    far = np.abs(np.mgrid[-7:8, -7:8])
    reach = {"watercolor": far.max(axis=0) <= 3, "bilateral": (far**2).sum(axis=0) <= 4}
    due = reach.get(name, far.max(axis=0) <= 2)
    np.testing.assert_array_equal(np.isnan(answer).any(axis=-1), due)


def test_kuwahara_judges_the_channels_together():
    image = photo((12, 12, 3), "float64")
    answer = ik.apply(image, "kuwahara", radius=1)
    for row, column in itertools.product(range(1, 11), repeat=2):
        starts = itertools.product((row - 1, row), (column - 1, column))
        corners = [image[a : a + 2, b : b + 2] for a, b in starts]
        best = min(corners, key=lambda c: c.var(axis=(0, 1)).sum())
        np.testing.assert_allclose(answer[row, column], best.mean(axis=(0, 1)))


def slow_bilateral(image, sigma, sigma_colour, radius, white):
    """What the docstring says, pixel by pixel, with a reflected border."""
    out = np.zeros(image.shape)
    for at in np.ndindex(image.shape[:-1]):
        total, weights = 0.0, 0.0
        for step in itertools.product(range(-radius, radius + 1), repeat=len(at)):
            square = sum(s * s for s in step)
            if square > radius**2:
                continue
            moved = zip(at, step, image.shape, strict=False)
            there = image[tuple(seen("reflect", a + s, n) for a, s, n in moved)].astype(float)
            apart = np.abs(there - image[at]).sum() / white
            weight = np.exp(-square / (2 * sigma**2) - apart**2 / (2 * sigma_colour**2))
            total, weights = total + weight * there, weights + weight
        out[at] = total / weights
    return out


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("sigma_colour", [0.02, 0.2])
def test_bilateral_is_what_its_docstring_says(channels, dtype, sigma_colour):
    image = photo((9, 8, channels), dtype)
    white = 1 if dtype.startswith("f") else np.iinfo(dtype).max
    due = slow_bilateral(image, 2.0, sigma_colour, 3, white)
    found = ik.apply(
        image, "bilateral", sigma=2, sigma_colour=sigma_colour, radius=3, dtype="float64"
    )
    assert np.abs(found - due).max() <= (1e-10 if dtype == "float64" else 1e-5) * image.max()


def test_bilateral_of_a_volume_takes_a_ball():
    image = photo((5, 6, 7, 1), "float64")
    found = ik.apply(image, "bilateral", sigma=1.5, radius=2, axes="zyxc")
    np.testing.assert_allclose(found, slow_bilateral(image, 1.5, 0.1, 2, 1), atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_is_opencvs_to_a_level(channels):
    cv2 = pytest.importorskip("cv2")
    image = photo((60, 50, channels))
    due = cv2.bilateralFilter(image.squeeze(), 9, 0.2 * 255, 3.0).reshape(image.shape)
    found = ik.apply(image, "bilateral", sigma=3, sigma_colour=0.2, radius=4)
    apart = np.abs(found.astype(int) - due)
    assert apart.max() <= 1
    assert (apart > 0).mean() <= 0.01  # OpenCV rounds sums of float32, in another order


@pytest.mark.parametrize("sigma_colour", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("brightest", [1, 100])
def test_opencvs_table_is_good_enough_where_it_is_used(monkeypatch, sigma_colour, brightest):
    pytest.importorskip("cv2")
    image = photo((60, 50, 3), "float32") * np.float32(0.02)
    image[0, 0] = brightest  # a wide range makes the table coarse
    fast = ik.apply(image, "bilateral", sigma_colour=sigma_colour)
    monkeypatch.setattr(opencv, "load", lambda: None)
    slow = ik.apply(image, "bilateral", sigma_colour=sigma_colour)
    assert np.abs(fast - slow).max() <= 1e-5 * brightest
    assert np.abs(fast - slow)[9:, 9:].max() <= 1e-4


def test_bilateral_keeps_an_edge_that_a_blur_would_not():
    image = np.zeros((20, 20))
    image[:, 10:] = 1
    noisy = image + np.random.default_rng(0).normal(0, 0.02, image.shape)
    answer = ik.apply(noisy, "bilateral")
    assert np.abs(answer - image).max() < 0.05
    assert answer[:, :10].std() < 0.5 * noisy[:, :10].std()


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_vector_median_is_one_of_the_windows_own_colours(border, size, dtype):
    image = photo((14, 11, 3), dtype)
    answer = ik.apply(image, "vector-median", size=size, border=border)
    half = size // 2
    for row, column in np.ndindex(answer.shape[:2]):
        places = itertools.product(range(-half, half + 1), repeat=2)
        window = [
            image[seen(border, row + a, 14), seen(border, column + b, 11)].astype(float)
            for a, b in places
        ]
        sums = [sum(np.linalg.norm(one - other) for other in window) for one in window]
        own = [s for one, s in zip(window, sums, strict=True) if (one == answer[row, column]).all()]
        assert own and min(own) <= min(sums) * (1 + 1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("size", [3, 5, 7])
def test_of_one_channel_the_vector_median_is_the_median(dtype, size):
    image = photo((40, 33), dtype)
    np.testing.assert_array_equal(
        ik.apply(image, "vector-median", size=size), ik.apply(image, "median", size=size)
    )


def test_a_vector_median_of_a_volume_and_of_a_row_is_the_median_too():
    for shape, axes in (((7, 8, 9), "zyx"), ((40,), "x")):
        image = photo(shape)
        np.testing.assert_array_equal(
            ik.apply(image, "vector-median", axes=axes), ik.apply(image, "median", axes=axes)
        )


def test_blocks_of_rows_do_not_show(monkeypatch):
    from imgkernels.operations import bilateral, colours as own

    image = photo((50, 20, 3), "float64")
    whole = [ik.apply(image, n) for n in ("vector-median", "bilateral")]
    monkeypatch.setattr(own, "_BLOCK", 9 * 20 * 3 * 7)
    monkeypatch.setattr(bilateral, "_BLOCK", 20 * 3 * 4)
    for name, due in zip(("vector-median", "bilateral"), whole, strict=True):
        np.testing.assert_array_equal(ik.apply(image, name), due)


def test_infinite_colours_are_not_apart_and_make_no_nan():
    image = photo((9, 9, 3), "float32")
    image[3:5, 3:5] = np.inf
    answer = ik.apply(image, "vector-median")
    assert not np.isnan(answer).any()


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("amount", [0, 1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_watercolor_of_vectors_makes_no_colour(border, amount, dtype):
    image = photo((20, 17, 3), dtype)
    answer = ik.apply(image, "watercolor", median="vector", amount=amount, border=border)
    assert colours(answer) <= colours(image)


def test_a_watercolor_of_channels_does_make_colours():
    image = photo((20, 17, 3))
    assert not colours(ik.apply(image, "watercolor")) <= colours(image)
    assert not colours(ik.apply(image, "median", size=5)) <= colours(image)


def test_the_watercolor_of_vectors_steepens_a_soft_edge():
    ramp = np.tanh(np.arange(-12, 13) / 4)
    image = np.repeat(np.repeat((100 + 60 * ramp)[None], 20, 0)[..., None], 3, 2).astype(np.uint8)
    soft = ik.apply(image, "watercolor", median="vector", amount=0)
    steep = ik.apply(image, "watercolor", median="vector", amount=5)
    assert (
        np.abs(np.diff(steep[10, :, 0].astype(int))).max()
        > np.abs(np.diff(soft[10, :, 0].astype(int))).max()
    )
