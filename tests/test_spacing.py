"""Pixels and voxels of unequal size: lengths are physical, derivatives per unit of length."""

import functools
import json
import math

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import alpha
from imgkernels.entry import Family
from imgkernels.operations import Frame
from imgkernels.spacing import parse_spacing

FILTERS = ik.catalogue()
NAMES = [entry.name for entry in FILTERS]
HONOURING = [f.name for f in FILTERS if f.takes_spacing]
NEEDED = {"custom": {"kernel": "0 -1 0; -1 5 -1; 0 -1 0"}}
SPACING = (2.5, 0.7, 0.6)
UNEQUAL = {1: (0.6,), 2: (0.7, 0.6), 3: SPACING}


def run(name, image, **options):
    return ik.apply(image, name, **NEEDED.get(name, {}), **options)


def ramp(shape, spacing, slopes):
    """A plane with a slope per unit of length along each axis."""
    places = np.indices(shape).T * np.array(spacing)
    return (places * np.array(slopes)).sum(axis=-1).T


@pytest.mark.parametrize("name", NAMES)
def test_a_spacing_of_ones_is_none(name, rng):
    image = rng.random((14, 12, 3)).astype(np.float32)
    due = run(name, image)
    for ones in (1, "1", "1,1", (1.0, 1)):
        np.testing.assert_array_equal(run(name, image, spacing=ones), due)


@pytest.mark.parametrize("name", HONOURING)
def test_the_kernels_for_steps_of_one_are_those_without(name):
    """Passing through the conversion itself changes nothing."""
    for ndim in ik.get(name).ndims:
        plain = ik.get(name).operation(Frame(ndim=ndim))
        assert ik.get(name).operation(Frame(ndim=ndim, spacing=(1.0,) * ndim)) == plain


@pytest.mark.parametrize("name", NAMES)
def test_a_spacing_is_honoured_or_refused_in_words_and_never_ignored(name, rng):
    image = rng.random((24, 22))
    if name not in HONOURING:
        with pytest.raises(ValueError, match=f"^{name}: is made for pixels of size 1; .*0.5, 0.25"):
            run(name, image, spacing=(0.5, 0.25))
        return
    answer = run(name, image, spacing=(0.5, 0.25))
    assert answer.shape == image.shape
    same = np.array_equal(answer, run(name, image))
    assert same == (name == "identity" or ik.get(name).family is Family.POINT)


@pytest.mark.parametrize("name", [n for n in HONOURING if 3 in ik.get(n).ndims])
def test_a_volume_of_unequal_voxels_works(name, rng):
    volume = rng.random((6, 9, 8)).astype(np.float32)
    assert run(name, volume, axes="zyx", spacing=SPACING).shape == volume.shape


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.3])
@pytest.mark.parametrize("border", ["reflect", "replicate", "wrap"])
def test_a_gaussian_equals_scipys_with_a_sigma_per_axis(sigma, border, rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    volume = rng.random((20, 24, 22))
    words = {"reflect": "mirror", "replicate": "nearest", "wrap": "wrap"}
    sigmas = [sigma / step for step in SPACING]
    radius = [(round(s * 8 + 1) | 1) // 2 for s in sigmas]
    due = ndimage.gaussian_filter(volume, sigmas, mode=words[border], radius=radius)
    answer = run("blur", volume, sigma=sigma, spacing=SPACING, axes="zyx", border=border)
    np.testing.assert_allclose(answer, due, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "axis"),
    [(f"{m}-{a}", a) for m in ("sobel", "scharr", "prewitt") for a in "xy"],
)
@pytest.mark.parametrize("ndim", [2, 3])
def test_the_derivative_of_a_ramp_is_its_slope_per_unit(name, axis, ndim):
    slopes = (0.3, -1.7, 0.9)[-ndim:]
    spacing = UNEQUAL[ndim]
    image = ramp((9, 10, 11)[-ndim:], spacing, slopes)
    answer = run(name, image, spacing=spacing, axes="zyx"[-ndim:], gain="unit")
    inner = (slice(2, -2),) * ndim
    np.testing.assert_allclose(answer[inner], slopes["xyz".index(axis) * -1 - 1], rtol=1e-12)


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "farid", "gaussian-gradient"])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_steepness_of_a_ramp_is_that_per_unit(name, ndim):
    slopes, spacing = (0.3, -1.7, 0.9)[-ndim:], UNEQUAL[ndim]
    image = ramp((25, 31, 31)[-ndim:], spacing, slopes)
    how = {"sigma": 2.0} if name == "gaussian-gradient" else {"gain": "unit"}
    answer = run(name, image, spacing=spacing, axes="zyx"[-ndim:], **how)
    middle = answer[tuple(n // 2 for n in answer.shape)]
    # A Gaussian derivative is sampled and cut: to a part in a hundred at sigmas below a pixel.
    assert middle == pytest.approx(np.hypot.reduce(slopes), rel=3e-2 if "sigma" in how else 1e-9)


@pytest.mark.parametrize(("name", "rel"), [("laplacian", 1e-9), ("log", 0.03)])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_second_derivative_of_a_bowl_is_its_bend_per_unit(name, rel, ndim):
    spacing, bends = UNEQUAL[ndim], (0.5, 1.2, 0.8)[-ndim:]
    places = (np.indices((25, 41, 41)[-ndim:]).T - 12) * np.array(spacing)
    bowl = (places**2 / 2 * np.array(bends)).sum(axis=-1).T
    how = {"sigma": 2.0} if name == "log" else {}
    answer = run(name, bowl, spacing=spacing, axes="zyx"[-ndim:], **how)
    assert answer[tuple(n // 2 for n in answer.shape)] == pytest.approx(sum(bends), rel=rel)


def test_the_direction_of_a_ramp_is_that_in_space():
    image = ramp((11, 11), (2.0, 0.5), (1.0, 1.0))
    assert run("sobel-direction", image, spacing=(2.0, 0.5))[5, 5] == pytest.approx(1 / 8)


@pytest.mark.parametrize(("sigma", "step"), [(2.0, 4), (6.0, 2)])
def test_a_picture_taken_at_another_step_is_blurred_to_the_same_picture(sigma, step):
    x = np.arange(400.0)
    fine = np.exp(-((x - 200) ** 2) / 800)
    coarse = run("blur", fine[::step], sigma=sigma * 4, spacing=step, axes="x")
    np.testing.assert_allclose(
        coarse, run("blur", fine, sigma=sigma * 4, axes="x")[::step], atol=1e-3
    )


@pytest.mark.parametrize(
    ("name", "size", "due"),
    [("box-blur", 5, (2, 7, 8)), ("median", 5, (3, 7, 9)), ("maximum", 3, (1, 5, 5))],
)
def test_windows_are_the_nearest_whole_or_odd_number_of_pixels(name, size, due):
    volume = np.zeros((15, 15, 15))
    volume[7, 7, 7] = 1
    if name == "median":
        operation = ik.get(name).operation(Frame(ndim=3, spacing=SPACING), size=size)
        assert operation.window.shape == due
        return
    answer = run(name, volume, size=size, spacing=SPACING, axes="zyx") > 0
    assert tuple(answer.any(axis=tuple({0, 1, 2} - {a})).sum() for a in range(3)) == due


def test_a_lens_draws_an_ellipse_of_pixels():
    kernel = ik.get("lens-blur").operation(Frame(spacing=(2.0, 0.5)), radius=6.0).kernel
    assert kernel.shape == (7, 25)
    round_ = ik.kernels.disk(6.0)
    y, x = (np.arange(n) - n // 2 for n in kernel.shape)
    assert (kernel.taps * y[:, None] ** 2).sum() * 4 == pytest.approx(
        (round_.taps * np.arange(-6, 7) ** 2).sum(), rel=0.04
    )
    assert (kernel.taps * x**2).sum() / 4 == pytest.approx(
        (round_.taps * np.arange(-6, 7) ** 2).sum(), rel=0.04
    )


@pytest.mark.parametrize("name", ["blur", "unsharp", "glow", "sketch", "ink"])
def test_no_width_is_capped_in_silence(name):
    with pytest.raises(
        ValueError, match=f"^{name}: sigma 400 is 1e\\+03 px along z at a spacing of 0.4"
    ):
        run(name, np.zeros((4, 4, 4)), axes="zyx", sigma=400, spacing=(0.4, 1, 1))


def test_a_sigma_too_small_to_sample_is_an_error_and_one_of_no_reach_is_none():
    message = r"^log: sigma 0.6 is 0.24 px along z at a spacing of 2.5; it must be from 0.3"
    with pytest.raises(ValueError, match=message):
        run("log", np.zeros((4, 4, 4)), axes="zyx", sigma=0.6, spacing=SPACING)
    image = np.random.default_rng(1).random((9, 9))
    for form in ("sampled", "integrated", "discrete"):
        answer = run("blur", image, sigma=1.0, spacing=(500, 0.5), form=form)
        rows = [run("blur", row, sigma=2.0, form=form, axes="x") for row in image]
        np.testing.assert_allclose(answer, rows, atol=1e-12)


def test_rules_that_need_equal_sides_say_so():
    image = np.zeros((5, 5))
    with pytest.raises(ValueError, match="laplacian: neighbours 'all' needs pixels of equal sides"):
        run("laplacian", image, neighbours="all", spacing=(1, 2))
    with pytest.raises(ValueError, match="laplacian: ksize is for pixels of size 1"):
        run("laplacian", image, ksize=5, spacing=2)
    bowl = np.indices((7, 7))[1] ** 2 / 2.0
    due = run("laplacian", bowl, neighbours="all")
    np.testing.assert_allclose(run("laplacian", bowl, neighbours="all", spacing=2), due / 4)


@pytest.mark.parametrize(
    "wrong", [0, -1, float("nan"), "1,2,3", (1, 2, 3), "", "a", "1,,2", [], {}, "1,-2"]
)
def test_a_spacing_that_is_none_is_refused(wrong):
    with pytest.raises(
        ValueError, match="spacing must be a number > 0, or one for each of y, x; got"
    ):
        run("blur", np.zeros((4, 4)), spacing=wrong)


def test_a_spacing_of_nothing_is_one():
    assert parse_spacing("1, 1.0", 2) is None


def test_the_command_line_takes_a_spacing(cli, tmp_path, rng):
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    image = rng.integers(0, 256, (16, 14, 3), np.uint8)
    ik.write(source, ik.Image.of(image))
    words = ["apply", "blur", source, target, "--sigma", "2", "--spacing"]
    code, out, err = cli(*words, "2,0.5", "--json", "--explain")
    assert code == 0
    assert json.loads(out)["spacing"] == "2,0.5"
    assert "7x25 separable kernel" in err
    due = run("blur", image, sigma=2, spacing=(2, 0.5))
    np.testing.assert_array_equal(ik.read(target).pixels, due)
    for spacing, message in (
        ("2,0.5,1", "spacing must be a number > 0, or one for each of y, x; got '2,0.5,1'"),
        ("0.001", "blur: sigma 2 is 2e+03 px along y at a spacing of 0.001; it must be from 0 to"),
    ):
        code, out, err = cli(*words, spacing)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert message in err
    assert cli("pipe", source, target, "emboss", "--spacing", "2")[0] == 1


def test_alpha_holes_and_channels_go_with_a_spacing(rng):
    pixels = rng.integers(0, 256, (14, 12, 4), np.uint8)
    mask = rng.random((14, 12)) > 0.3
    for name in ("blur", "sobel", "median", "sharpen"):
        answer = ik.apply(
            ik.Image.of(pixels, alpha=True), name, spacing=(2, 0.5), mask=mask, channels="linear"
        )
        np.testing.assert_array_equal(answer.pixels[~mask], pixels[~mask])
    slope = ramp((20, 20), (2.0, 0.5), (1.0, 3.0))
    slope[rng.random((20, 20)) < 0.2] = np.nan
    answer = run("sobel-x", slope, spacing=(2.0, 0.5), nan="ignore", gain="unit")[1:-1, 1:-1]
    np.testing.assert_allclose(answer[~np.isnan(answer)], 3)


def test_explain_and_show_say_what_is_not_usual(cli, tmp_path, rng):
    source, mask = tmp_path / "in.png", tmp_path / "mask.png"
    ik.write(source, ik.Image.of(rng.integers(0, 256, (8, 8), np.uint8)))
    ik.write(mask, ik.Image.of(np.eye(8, dtype=np.uint8) * 255))
    words = ["apply", "blur", source, tmp_path / "out.png", "--explain"]
    _, _, err = cli(*words, "--spacing", "0.5,2", "--mask", mask, "--nan", "ignore")
    for line in ("spacing    0.5, 2", "mask       12.5% counts", "nan        ignore"):
        assert line in err
    assert "counts" not in cli(*words)[2]
    assert "takes no --spacing" in cli("show", "emboss")[1]
    assert "takes no --spacing" not in cli("show", "sobel")[1]
    assert json.loads(cli("show", "emboss", "--json")[1])["spacing"] is False


def test_canny_draws_one_line_across_pixels_of_unequal_sides():
    y, x = np.mgrid[:20, :120] * np.array([4.0, 1.0]).reshape(2, 1, 1)
    edge = (x + y > 95).astype(float)
    lines = run("canny", edge, spacing=(4.0, 1.0), sigma=3.0)[3:-3]
    np.testing.assert_array_equal((lines > 0).sum(axis=1), 1)


def test_what_is_flat_to_float32_has_no_direction_at_any_spacing(rng):
    flat = np.float32(0.5) + rng.integers(-1, 2, (12, 12)).astype(np.float32) * np.float32(6e-8)
    assert not run("sobel-direction", flat, spacing=(1e-3, 1.0)).any()


def test_invisible_pixels_take_the_colour_that_is_nearest_in_space():
    colour = np.array([[[1.0], [0.0], [2.0]], [[0.0], [3.0], [0.0]]])
    opacity = (colour > 0).astype(float)
    for spacing, nearest in (((9.0, 1.0), 1.0), ((0.1, 1.0), 3.0)):
        filled = alpha.filled(colour, opacity, Frame(spacing=spacing))
        assert filled[0, 1, 0] == nearest


def test_a_width_along_one_axis_is_held_to_its_limit_along_that_axis_alone():
    image = np.zeros((6, 6))
    run("blur", image, sigma=1, sigma_y=400, spacing=(1, 0.5))
    with pytest.raises(ValueError, match="sigma_y 400 is 800 px along y"):
        run("blur", image, sigma=1, sigma_y=400, spacing=(0.5, 1))


def monomial(orders, spacing, shape):
    """Powers of the places over their factorials: the derivative of these orders is 1."""
    places = [(np.arange(n) - n // 2) * step for n, step in zip(shape, spacing, strict=True)]
    rows = [p**n / math.factorial(n) for p, n in zip(places, orders, strict=True)]
    return functools.reduce(np.multiply.outer, rows)


@pytest.mark.parametrize("orders", [(0, 1), (1, 0), (1, 1), (2, 0), (0, 3), (2, 1)])
@pytest.mark.parametrize("spacing", [(0.7, 0.6), (3.0, 0.5), (1.2, 2.0)])
def test_a_derivative_of_any_order_is_that_per_unit(orders, spacing):
    image = monomial(orders, spacing, (81, 83))
    named = dict(zip(("dy", "dx"), orders, strict=True))
    exact = run("sobel-mixed", image, spacing=spacing, gain="unit", **named)
    assert exact[40, 41] == pytest.approx(1)
    raw = run("sobel-mixed", image, spacing=spacing, **named)[40, 41]
    plain = run("sobel-mixed", monomial(orders, (1, 1), (81, 83)), **named)[40, 41]
    assert raw == pytest.approx(plain)
    bell = run("gaussian-derivative", image, spacing=spacing, sigma=4.0, **named)
    assert bell[40, 41] == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("theta", [0.0, 30.0, 90.0, 135.0, 200.0])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_steered_derivative_is_that_in_a_direction_in_space(theta, order):
    spacing, turn = (2.0, 0.5), math.radians(theta)
    y, x = np.meshgrid(*((np.arange(81) - 40) * s for s in spacing), indexing="ij")
    along = x * math.cos(turn) - y * math.sin(turn)
    image = along**order / math.factorial(order)
    answer = run("steered", image, spacing=spacing, sigma=3.0, theta=theta, order=order)
    assert answer[40, 40] == pytest.approx(1, rel=0.02)
    across = x * math.sin(turn) + y * math.cos(turn)
    level = run("steered", across, spacing=spacing, sigma=3.0, theta=theta, order=order)
    # The bell is 1.5 px wide along y and 6 along x; sampling costs the two not quite the same.
    assert level[40, 40] == pytest.approx(0, abs=2e-4)


def scene(y, x):
    """A smooth picture, and how it goes on between the pixels."""
    waves = np.sin(x / 5 + 0.3) * np.cos(y / 7) + np.sin((x - 2 * y) / 11)
    return 0.5 + 0.2 * waves


# What whole pixels cost: a bell is cut at 2.6 sigma and a pixel more or less, a tail begins with a
# pixel of its length, corners are a pixel wider than their radius.
SAMPLED = [
    ("bilateral", {"sigma": 3.0, "sigma_colour": 0.2}, 4e-3),
    ("kuwahara", {"radius": 3}, 4e-2),
    ("gabor", {"wavelength": 16.0, "theta": 20.0, "sigma": 6.0}, 1e-3),
    ("gabor-energy", {"wavelength": 16.0, "theta": 70.0, "sigma": 6.0, "gamma": 0.5}, 2e-3),
    ("gabor-bank", {"wavelength": 16.0, "orientations": 3, "sigma": 6.0}, 6e-3),
    ("steered", {"sigma": 4.0, "theta": 30.0, "order": 2}, 1e-3),
    ("gaussian-derivative", {"sigma": 4.0, "dx": 1, "dy": 1}, 1e-3),
    ("motion-blur", {"length": 12, "angle": 35.0}, 5e-3),
    ("motion-blur", {"length": 12, "angle": 90.0}, 5e-3),
    ("comet-blur", {"sigma": 5.0, "angle": 215.0}, 1.5e-2),
    ("comet-blur", {"sigma": 5.0, "angle": 90.0}, 1.5e-2),
    *(
        ("shape-blur", {"shape": shape, "radius": 5}, 5e-3)
        for shape in ("disk", "ring", "diamond", "octagon", "plus")
    ),
]  # fmt: skip


@pytest.mark.parametrize("spacing", [(0.5, 0.25), (0.25, 0.5), (0.5, 0.5)])
@pytest.mark.parametrize(("name", "how", "within"), SAMPLED)
def test_a_picture_sampled_on_another_grid_gives_the_same_answer(name, how, within, spacing):
    """Nothing is resampled by the filter: what is known at more places is answered at more."""
    coarse = scene(*np.mgrid[:64, :64].astype(float))
    rows, columns = (round(1 / s) for s in spacing)
    places = [np.arange(64 * n) * s for n, s in zip((rows, columns), spacing, strict=True)]
    fine = scene(*np.meshgrid(*places, indexing="ij"))
    due = run(name, coarse, **how)[31:34, 31:34]
    found = run(name, fine, spacing=spacing, **how)[::rows, ::columns][31:34, 31:34]
    np.testing.assert_allclose(found, due, atol=within)
    ignored = run(name, fine, **how)[::rows, ::columns][31:34, 31:34]
    assert np.abs(ignored - due).max() > 2 * np.abs(found - due).max()


def test_a_diagonal_cross_needs_equal_sides():
    with pytest.raises(ValueError, match="cross: needs pixels of equal sides"):
        run("shape-blur", np.zeros((9, 9)), shape="cross", spacing=(1, 2))
    answer = ik.get("shape-blur").operation(Frame(spacing=(0.5, 0.5)), shape="cross", radius=2)
    assert answer.kernel == ik.kernels.cross(4)


def test_a_zero_crossing_is_one_line_across_pixels_of_unequal_sides():
    y, x = np.mgrid[:20, :120] * np.array([4.0, 1.0]).reshape(2, 1, 1)
    edge = (x + y > 95).astype(float)
    lines = run("zero-crossings", edge, spacing=(4.0, 1.0), sigma=3.0)[4:-4]
    where = [np.flatnonzero(row) for row in lines[:, 12:-12]]
    for row, found in enumerate(where):
        middle = 95 - 4 * (row + 4) - 12
        if 0 < middle < 96:
            assert len(found) and np.abs(found - middle).max() <= 4
    faint = {"image": 0.02 * edge, "threshold": 0.01}
    due = run("zero-crossings", sigma=2.0, **faint)
    for step in (0.25, 4.0, 50.0):  # the unit changes nothing
        found = run("zero-crossings", sigma=2.0 * step, spacing=step, **faint)
        np.testing.assert_array_equal(found, due)
    assert due.any()


@pytest.mark.parametrize("name", ["kuwahara", "bilateral", "vector-median"])
def test_a_window_narrower_than_a_pixel_leaves_the_other_axis(name, rng):
    image = rng.random((12, 14, 3))
    how = {"size": 3} if name == "vector-median" else {"radius": 2}
    answer = run(name, image, spacing=(9.0, 1.0), **how)
    rows = [run(name, row, axes="xc", **how) for row in image]
    np.testing.assert_allclose(answer, rows, atol=1e-9)


def test_a_vector_median_keeps_to_its_widest_window():
    image = np.zeros((9, 9, 3))
    for name, how in (("vector-median", {}), ("watercolor", {"median": "vector"})):
        with pytest.raises(ValueError, match=f"^{name}: size .*15 px"):
            run(name, image, size=5, spacing=(1, 0.2), **how)


def test_the_arms_of_a_plus_weigh_alike_whatever_the_sides():
    taps = ik.get("shape-blur").operation(Frame(spacing=(2.0, 0.5)), shape="plus", radius=6)
    weights = taps.kernel.taps
    assert weights.shape == (7, 25)
    assert weights[3].sum() == pytest.approx(weights[:, 12].sum())


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("spacing", [(3.0, 0.75), (0.75, 3.0), (0.1, 0.05), (50.0, 25.0)])
def test_the_threshold_of_zero_crossings_is_the_height_of_a_step_along_any_axis(axis, spacing):
    step = np.full((48, 48), 0.3)
    step[(slice(None),) * axis + (slice(24, None),)] += 0.2
    sigma = min(100.0, 3 * max(spacing))
    for threshold, seen in ((0.18, True), (0.22, False)):
        how = {"sigma": sigma, "threshold": threshold, "spacing": spacing}
        assert run("zero-crossings", step, **how)[20:28, 20:28].any() == seen


def test_what_is_flat_to_float32_has_no_zero_crossing_at_any_spacing(rng):
    flat = np.float32(0.5) + rng.integers(-1, 2, (24, 24)).astype(np.float32) * np.float32(6e-8)
    for step in (0.02, 1.0, 50.0):
        assert not run(
            "zero-crossings", flat, sigma=max(0.3, 2 * step), threshold=0, spacing=step
        ).any()
