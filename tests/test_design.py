"""The kernel between two pictures: recovered where there is one, refused where there is none."""

import json
import math
import os

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.analysis.design import moments as moments_
from imgkernels.analysis.design.moments import Reference, gathered
from imgkernels.errors import InvalidValue, UnknownName, UnsupportedImage
from imgkernels.operations import Convolve, Frame
from imgkernels.shells.docs import ROOT

CAMERA = ROOT / "samples" / "camera.png"
# Filters whose default kernel is wider than the 15 taps of the promise, made smaller.
SMALLER = {
    "blur": {"sigma": 1.5},
    "comet-blur": {"sigma": 2.0},
    "gabor": {"wavelength": 5.0, "sigma": 2.0},
    "steered": {"sigma": 1.0},
    "unsharp": {"sigma": 1.5},
}


def linear():
    """Every filter of the catalogue that is one kernel of at most 15 x 15, with its knobs."""
    for entry in ik.catalogue():
        samples = {k.name: k.param.example for k in entry.params if k.required}
        given = samples | SMALLER.get(entry.name, {})
        if 2 not in entry.ndims:
            continue
        operation = entry.operation(Frame(dtype=np.dtype(np.float64), white=1.0), **given)
        if isinstance(operation, Convolve):
            assert max(operation.kernel.shape) <= 15, f"{entry.name}: make it smaller for the test"
            yield pytest.param(entry.name, given, id=entry.name)


@pytest.fixture(scope="module")
def photo():
    return ik.read(CAMERA).pixels


def window_around(kernel):
    """The smallest window of at least 3 x 3 with the anchor in its middle that holds the taps."""
    ends = zip(kernel.anchor, kernel.shape, strict=True)
    return tuple(max(3, 2 * max(a, n - 1 - a) + 1) for a, n in ends)


def within(kernel, window):
    """The taps of a kernel laid into a window around its anchor."""
    wide = np.zeros(window)
    corner = [n // 2 - a for n, a in zip(window, kernel.anchor, strict=True)]
    wide[tuple(slice(c, c + n) for c, n in zip(corner, kernel.shape, strict=True))] = kernel.taps
    return wide


@pytest.mark.parametrize(("name", "given"), list(linear()))
def test_every_linear_filter_is_recovered_from_a_float_copy(photo, name, given):
    x = photo[:256, :256].astype(np.float64)
    operation = ik.get(name).operation(Frame(dtype=x.dtype, white=1.0), **given)
    window = window_around(operation.kernel)
    found = ik.design(x, ik.apply(x, name, **given), size=window)
    assert found.explains, found.sentence
    np.testing.assert_allclose(found.kernel.taps, within(operation.kernel, window), atol=1e-6)
    assert found.offset == pytest.approx(operation.offset, abs=1e-6)


def test_8_bit_copies_are_recovered_within_the_stated_confidence(photo):
    hits = []
    every = 1 if os.environ.get("IMGKERNELS_NIGHTLY") else 4  # a second or two for each filter
    for name, given in [p.values for p in linear()][::every]:
        operation = ik.get(name).operation(Frame(), **given)
        shown = "offset" if operation.kernel.order else "clip"
        window = window_around(operation.kernel)
        found = ik.design(photo, ik.apply(photo, name, range=shown, **given), size=window)
        assert found.explains, found.sentence
        off = np.abs(found.kernel.taps - within(operation.kernel, window))
        hits.append(off <= found.fits[0].confidence)
        assert hits[-1].mean() >= 0.85, name
    assert np.concatenate([h.ravel() for h in hits]).mean() >= 0.95


def test_confidence_is_not_stated_too_wide(photo):
    """Half of it would miss more than 1 tap in 20, so it says something."""
    kernel = kernels.gaussian(2, 15)
    found = ik.design(photo, ik.correlate(photo, kernel), size=15)
    off = np.abs(found.kernel.taps - kernel.taps)
    assert (off > found.fits[0].confidence / 2.576).mean() > 0.2


@pytest.mark.parametrize("name", ["median", "watercolor", "canny"])
def test_no_is_said_of_what_no_kernel_does(photo, name):
    found = ik.design(photo, ik.apply(photo, name), size=5)
    assert not found.explains
    assert found.sentence.startswith("No single linear kernel")
    assert f"{found.fits[0].noise:.3g}" in found.sentence


@pytest.mark.parametrize(
    ("pipeline", "better"),
    [
        ("median:size=5", "A median of 5 x 5"),
        ("watercolor", "A median of 5 x 5, then a kernel"),
        ("gamma", "A point-wise curve"),
        ("threshold", "A point-wise curve"),
    ],
)
def test_what_does_better_is_named(photo, pipeline, better):
    found = ik.design(photo, ik.Pipeline.parse(pipeline)(photo), size=5)
    best = found.rivals[1]
    assert f"{better} does better: it leaves {best.noise:.3g}." in found.sentence
    assert best.noise < 0.6


def test_clipping_is_seen_through(photo):
    """Half of Sobel's answers are below black: they are left out, and the rest is exact."""
    found = ik.design(photo, ik.apply(photo, "sobel-x", range="clip"), size=3, snap=True)
    assert found.explains
    assert found.kernel == kernels.sobel("x")
    fit = found.fits[0]
    assert fit.clipped > 0.3 * (fit.clipped + fit.windows)
    assert f"{fit.clipped} of {fit.clipped + fit.windows}" in found.sentence


def test_a_float_picture_that_was_clipped_is_seen_through(photo):
    x = photo / 255
    found = ik.design(x, (2 * x - 0.5).clip(0, 1), size=3, snap=True)
    assert found.explains
    np.testing.assert_array_equal(found.kernel.taps, within(2 * kernels.identity(), (3, 3)))
    assert found.offset == pytest.approx(-0.5)


@pytest.mark.parametrize("shift", [(0, 1), (-1, 0), (4, -9), (0, 60)])
def test_a_shifted_kernel_is_found_with_its_anchor(photo, shift):
    moved = np.roll(ik.correlate(photo.astype(np.float64), kernels.sobel("x")), shift, (0, 1))
    found = ik.design(photo, moved, size=3)
    impulse = np.zeros((150, 150))
    impulse[75, 75] = 1
    due = np.roll(ik.correlate(impulse, kernels.sobel("x")), shift, (0, 1))
    # np.roll wraps, so a few answers near the edge are wrong: within what they may do.
    np.testing.assert_allclose(ik.correlate(impulse, found.kernel), due, atol=0.5)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_every_number_of_axes(ndim, rng):
    x = rng.integers(0, 256, {1: (400,), 2: (40, 50), 3: (12, 14, 16)}[ndim]).astype(np.float64)
    kernel = ik.Kernel(rng.normal(size=(3,) * ndim))
    y = ik.correlate(x, kernel) - 7
    found = ik.design(x, y, size=3, axes="zyx"[-ndim:])
    np.testing.assert_allclose(found.kernel.taps, kernel.taps, atol=1e-9)
    assert found.offset == pytest.approx(-7)


def test_channels_may_have_kernels_of_their_own(rng):
    x = rng.integers(0, 256, (40, 50, 3)).astype(np.float64)
    makers = (kernels.sobel("x"), kernels.box(3), kernels.laplacian())
    y = np.stack([ik.correlate(x[..., c], k) for c, k in enumerate(makers)], axis=-1)
    assert not ik.design(x, y).explains
    found = ik.design(x, y, channels="each")
    assert found.explains
    for fit, kernel in zip(found.fits, makers, strict=True):
        np.testing.assert_allclose(fit.kernel.taps, kernel.taps, atol=1e-9)


def test_alpha_is_left_out(photo):
    opaque = np.full_like(photo, 255)
    before = ik.Image.of(np.stack([photo, opaque], -1), alpha=True)
    found = ik.design(before, ik.apply(before, "sharpen"), snap=True)
    assert found.kernel == kernels.sharpen()
    assert len(found.fits) == 1


@pytest.mark.parametrize(
    ("kernel", "divisor"),
    [
        (kernels.box(5), 25),
        (kernels.binomial(5), 256),
        (kernels.sobel("y"), 1),
        (ik.Kernel([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13, 13),
    ],
)
def test_snap_finds_the_smallest_divisor(photo, kernel, divisor):
    found = ik.design(photo, ik.correlate(photo, kernel, dtype="int16"), size=5, snap=True)
    assert found.fits[0].divisor == divisor
    np.testing.assert_allclose(found.kernel.taps, within(kernel, (5, 5)), atol=1e-15)


def test_snap_leaves_alone_what_is_no_fraction(photo):
    found = ik.design(
        photo, ik.correlate(photo, kernels.gaussian(1, 5), dtype="float64"), size=5, snap=True
    )
    assert found.fits[0].divisor is None


def test_symmetric_and_separable_hold_and_help(photo, rng):
    """Fewer free taps, less doubt; what is asked for is exactly so."""
    kernel = kernels.gaussian(1.2, 7)
    y = ik.correlate(photo, kernel)
    free = ik.design(photo, y, size=7).fits[0]
    even = ik.design(photo, y, size=7, symmetric=True).fits[0]
    rows = ik.design(photo, y, size=7, separable=True).fits[0]
    both = ik.design(photo, y, size=7, symmetric=True, separable=True).fits[0]
    for fit in (even, both):
        for axis in (0, 1):
            np.testing.assert_allclose(fit.kernel.taps, np.flip(fit.kernel.taps, axis), atol=1e-12)
    for fit in (rows, both):
        assert np.linalg.matrix_rank(fit.kernel.taps, tol=1e-12) == 1
    for fit in (even, rows, both):
        assert fit.confidence.mean() < free.confidence.mean()
        assert (np.abs(fit.kernel.taps - kernel.taps) <= 1.5 * fit.confidence).mean() > 0.9


def test_what_the_picture_does_not_say_is_said_to_be_open():
    ramp = np.add.outer(np.arange(40.0), np.arange(50.0))
    found = ik.design(ramp, 2 * ramp, size=3)
    assert found.explains
    assert not found.fits[0].determined
    assert math.isinf(found.fits[0].condition)
    assert "least norm" in found.sentence
    np.testing.assert_allclose(found.kernel.taps, np.full((3, 3), 2 / 9), atol=1e-6)


@pytest.mark.parametrize("shape", [(30, 41), (41, 30), (7, 9), (300,)])
@pytest.mark.parametrize("kept", [1.0, 0.7, 0.2])
def test_moments_by_rows_are_those_of_windows_one_by_one(shape, kept, rng, monkeypatch):
    monkeypatch.setattr(moments_, "_COLUMNS", 11)
    window = (4, 3)[: len(shape)]
    x = rng.integers(0, 256, shape, np.uint8)
    space = [n - k + 1 for n, k in zip(shape, window, strict=True)]
    y = rng.integers(0, 256, space, np.uint8)
    used = None if kept == 1.0 else rng.random(space) < kept
    found = gathered(x, y, window, Reference(100.0, 50.0), used)
    rows = []
    for place in np.ndindex(*space):
        if used is None or used[place]:
            cut = x[tuple(slice(p, p + k) for p, k in zip(place, window, strict=True))]
            rows.append([*(cut.ravel() - 100.0), 1.0, y[place] - 50.0])
    rows = np.array(rows)
    np.testing.assert_array_equal(found.matrix, rows.T @ rows)
    assert found.count == len(rows)


def test_mistakes_are_said_in_one_line(photo):
    with pytest.raises(UnsupportedImage, match=r"one shape; got \(512, 512, 1\) before"):
        ik.design(photo, photo[1:])
    with pytest.raises(InvalidValue, match="from 1 to 31 taps"):
        ik.design(photo, photo, size=0)
    with pytest.raises(InvalidValue, match="give a smaller size"):
        ik.design(photo[:9, :9], photo[:9, :9], size=7)
    with pytest.raises(UnknownName, match="did you mean 'each'"):
        ik.design(photo, photo, channels="eech")
    with pytest.raises(UnsupportedImage, match="before must be finite"):
        ik.design(np.full((9, 9), np.nan), np.zeros((9, 9)))


@pytest.mark.parametrize(
    ("step", "called"),
    [("smooth", "smooth"), ("sharpen", "sharpen"), ("box-blur:size=3", "box-blur:size=3")],
)
def test_the_kernel_is_called_by_its_name(photo, step, called):
    found = ik.design(photo, ik.Pipeline.parse(step)(photo), size=5)
    (name,) = found.called
    assert f"{called}" in name
    assert found.sentence.endswith(f"It is {name}.")
    assert ik.design(photo, ik.apply(photo, "median"), size=3).called == ()


def test_the_command_keeps_a_kernel_that_apply_takes(cli, tmp_path, photo):
    out, kept, again = (tmp_path / name for name in ("out.png", "kernel.json", "again.png"))
    cli("apply", "sharpen", CAMERA, out)
    code, said, _ = cli("design", CAMERA, out, "--snap", "--out", kept)
    assert code == 0
    assert said.startswith("One 3 x 3 kernel explains the pair")
    assert cli("apply", "custom", CAMERA, again, "--kernel", kept)[0] == 0
    np.testing.assert_array_equal(ik.read(out).pixels, ik.read(again).pixels)
    found = json.loads(cli("design", CAMERA, out, "--json", "--size", "3x5")[1])
    assert np.shape(found["fits"][0]["kernel"]["taps"]) == (3, 5)
    assert found["explains"] is True


def test_the_command_refuses_in_one_line(cli, tmp_path):
    for words in (["--size", "a"], ["--size", "40"], ["--out", tmp_path / "k.txt"]):
        code, out, err = cli("design", CAMERA, CAMERA, *words)
        assert (code, out) == (2, "")
        assert err.startswith("imgkernels: design: ")
        assert err.count("\n") == 1
