"""Transparency: what cannot be seen changes nothing that can."""

import numpy as np
import pytest

import imgkernels as ik

NAMES = [entry.name for entry in ik.catalogue()]


def run(name, pixels):
    needed = {k.name: k.sample for k in ik.get(name).params if k.required}
    return ik.apply(ik.Image.of(pixels, alpha=True), name, **needed).pixels


def picture(hidden_colour, dtype="uint8"):
    pixels = np.zeros((16, 16, 4), dtype)
    pixels[:, :8] = (0, 0, 255, 255)
    pixels[:, 8:] = (*hidden_colour, 0)
    return pixels


@pytest.mark.parametrize("name", NAMES)
def test_invisible_colour_changes_nothing_that_is_seen(name):
    red, green = run(name, picture((255, 0, 0))), run(name, picture((0, 255, 0)))
    seen = red[..., 3] > 0
    np.testing.assert_array_equal(red[..., 3], green[..., 3])
    np.testing.assert_array_equal(red[seen], green[seen])


@pytest.mark.parametrize("name", ["blur", "box-blur", "binomial-blur", "lens-blur", "motion-blur"])
def test_a_blur_spreads_alpha_and_keeps_the_visible_colour(name):
    blurred = run(name, picture((255, 0, 0)))
    edge = blurred[8, 6:10]
    assert 0 < edge[1, 3] < 255
    assert (blurred[..., 3] > 0).sum() > 16 * 8
    assert np.abs(blurred[blurred[..., 3] > 0][:, :3].astype(int) - (0, 0, 255)).max() <= 1


@pytest.mark.parametrize("name", ["sharpen", "sobel", "emboss", "median", "watercolor", "invert"])
def test_others_leave_alpha_alone(name):
    pixels = picture((255, 0, 0))
    np.testing.assert_array_equal(run(name, pixels)[..., 3], pixels[..., 3])


def test_identity_changes_no_bit_even_where_nothing_is_seen():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 4), np.uint8)
    np.testing.assert_array_equal(run("identity", pixels), pixels)


def test_an_opaque_picture_is_filtered_like_one_without_alpha():
    colour = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    opaque = np.concatenate([colour, np.full((20, 20, 1), 255, np.uint8)], axis=-1)
    apart = run("blur", opaque)[..., :3].astype(int) - ik.apply(colour, "blur")
    assert np.abs(apart).max() <= 1
    np.testing.assert_array_equal(run("blur", opaque)[..., 3], 255)


def test_grey_with_alpha_works_in_sixteen_bits():
    pixels = np.zeros((8, 8, 2), np.uint16)
    pixels[:, :4] = (40000, 65535)
    blurred = run("blur", pixels)
    assert blurred.dtype == np.uint16
    assert np.abs(blurred[blurred[..., 1] > 0][:, 0].astype(int) - 40000).max() <= 1


@pytest.mark.parametrize("border", list(ik.Border))
@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize(
    "kernel", ["0 0 0; 0 2 0; 0 0 0", "1 1; 1 1", "0.5 0.5 0.5", "1/9 1/9 1/9"]
)
def test_any_kernel_of_weights_acts_on_an_opaque_picture_as_on_one_without_alpha(
    border, value, kernel
):
    colour = np.random.default_rng(0).integers(0, 100, (14, 13, 3), np.uint8)
    opaque = np.concatenate([colour, np.full((14, 13, 1), 255, np.uint8)], axis=-1)
    how = {"kernel": kernel, "border": border, "border_value": float(value)}
    answer = ik.apply(ik.Image.of(opaque, alpha=True), "custom", **how).pixels
    assert np.abs(answer[..., :3].astype(int) - ik.apply(colour, "custom", **how)).max() <= 1
    np.testing.assert_array_equal(answer[..., 3], 255)


@pytest.mark.parametrize("hidden", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["blur", "box-blur", "sobel", "median", "sharpen"])
def test_what_is_not_finite_stays_hidden_under_alpha_zero(name, hidden):
    pixels = np.full((16, 16, 4), 0.5, np.float32)
    pixels[8, 8] = (hidden, hidden, hidden, 0)
    answer = run(name, pixels)
    assert np.isfinite(answer[answer[..., 3] > 0]).all()
