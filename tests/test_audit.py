"""What was proved holds on every picture; what was measured is what running shows."""

import json
import math

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.analysis.audit.borders import reach_of, spreads
from imgkernels.analysis.audit.fuse import FREQUENCIES
from imgkernels.asked import frame_of
from imgkernels.border import Border
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import Image
from imgkernels.operations import Convolve, Frame
from imgkernels.pipeline import Pipeline
from imgkernels.run import run_steps
from imgkernels.shells.docs import ROOT

SPACE = {1: (31,), 2: (13, 17), 3: (5, 4, 6)}
NAMES = [entry.name for entry in ik.catalogue()]


def given_of(entry, ndim):
    found = {knob.name: knob.param.example for knob in entry.params if knob.required}
    return found | ({"kernel": kernels.sobel("x", ndim=ndim)} if "kernel" in found else {})


def unrounded(image, pipeline, border, dtype="float64"):
    frame = frame_of(image, pipeline, border=border)
    return run_steps(pipeline.steps, image, frame, None, np.dtype(dtype)).pixels


def pictures(space, rng):
    """Noise of two levels, noise, stripes: what drives sums to their ends."""
    yield rng.integers(0, 2, space).astype(np.uint8) * 255
    yield rng.integers(0, 256, space).astype(np.uint8)
    yield np.broadcast_to((np.arange(space[-1]) % 2 * 255).astype(np.uint8), space).copy()


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_leaves_its_interval(name, rng):
    entry = ik.get(name)
    for ndim in entry.ndims:
        pipeline = Pipeline.of((name, given_of(entry, ndim)))
        for x in pictures(SPACE[ndim], rng):
            image = Image.of(x, "zyx"[-ndim:])
            for border in (Border.REFLECT, Border.CONSTANT):
                (step,) = ik.audit(image, pipeline, border=border).steps
                answer = unrounded(image, pipeline, border)
                room = 1e-5 * 255 * max(1, abs(step.interval.high), abs(step.interval.low)) / 255
                assert step.interval.low - room <= answer.min()
                assert answer.max() <= step.interval.high + room
                assert step.interval.proof != "unknown"


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize(
    "steps", ["sobel-x", "sharpen | emboss", "blur:sigma=0.6 | laplacian", "custom:kernel=0 1 -3"]
)
def test_exact_ends_are_reached_edges_included(steps, border, rng):
    """The picture that reaches an end is built from the weights that impulses show."""
    pipeline = Pipeline.parse(steps)
    space = (9, 11)
    found = ik.audit(np.zeros(space, np.uint8), pipeline, border=border)
    interval = found.steps[-1].interval
    assert interval.proof == "exact"
    highest = -math.inf
    empty = unrounded(Image.of(np.zeros(space, np.uint8)), pipeline, border)
    rows = []
    for place in np.ndindex(space):
        x = np.zeros(space, np.uint8)
        x[place] = 255
        rows.append(unrounded(Image.of(x), pipeline, border) - empty)
    weights = np.array(rows)
    for at in np.ndindex(space):
        best = (weights[(slice(None), *at)] > 0).reshape(space).astype(np.uint8) * 255
        highest = max(highest, unrounded(Image.of(best), pipeline, border)[at])
    assert highest == pytest.approx(interval.high, rel=1e-5)


def test_steps_after_what_is_not_linear_are_bounds_only():
    found = ik.audit(np.eye(20, dtype=np.uint8), "median", "sharpen", "gamma")
    assert [step.interval.proof for step in found.steps] == ["exact", "bound", "bound"]
    wide = ik.audit(np.eye(90, dtype=np.uint8), "blur:sigma=9", "sharpen")
    assert [step.interval.proof for step in wide.steps] == ["exact", "bound"]


@pytest.mark.parametrize("steps", ["sharpen", "sobel-x", "emboss | gamma", "gain:factor=3"])
@pytest.mark.parametrize("range_", ["clip", "abs", "offset"])
def test_the_share_that_clips_is_exact(steps, range_, rng):
    x = rng.integers(0, 256, (20, 30), np.uint8)
    found = ik.audit(x, Pipeline.parse(steps), range=range_)
    exact = unrounded(Image.of(x), Pipeline.parse(steps), "reflect", "float32").astype(np.float64)
    exact = {"clip": exact, "abs": np.abs(exact), "offset": exact + 127.5}[range_]
    written = ik.Pipeline.parse(steps)(x, range=range_)
    cut = np.abs(exact - written) > 0.5 + 1e-4
    assert cut.mean() == pytest.approx(found.below + found.above)
    np.testing.assert_array_equal(found.clipped, cut)


def test_floats_are_not_cut_unless_a_range_asks(rng):
    x = rng.random((9, 9))
    assert ik.audit(x, "sharpen").above == 0
    asked = ik.audit(x, "sharpen", range="clip")
    answer = ik.apply(x, "sharpen")
    assert asked.above == (answer > 1 + 1e-6).mean() > 0
    assert asked.below == (answer < -1e-6).mean()


@pytest.mark.parametrize("name", NAMES)
def test_only_pixels_in_the_region_depend_on_the_border(name, rng):
    entry = ik.get(name)
    for ndim in entry.ndims:
        pipeline = Pipeline.of((name, given_of(entry, ndim)))
        image = Image.of(rng.integers(0, 256, SPACE[ndim]).astype(np.uint8), "zyx"[-ndim:])
        found = ik.audit(image, pipeline).borders
        inner = tuple(
            slice(low, max(low, n - high))
            for n, (low, high) in zip(SPACE[ndim], found.reach, strict=True)
        )
        away = np.zeros(SPACE[ndim], bool)
        away[inner] = not found.everywhere
        assert found.touched == away.size - away.sum()
        due = unrounded(image, pipeline, "reflect", "float32").astype(np.float64)
        for mode in found.modes:
            other = unrounded(image, pipeline, mode.border, "float32").astype(np.float64)
            apart = np.abs(other - due)
            assert apart[away].max(initial=0.0) <= 1e-3
            assert mode.largest == pytest.approx(apart.max(), abs=1e-3)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("stretch", "canny")])
def test_the_region_is_no_larger_than_it_must_be(name, rng):
    """A border's value that changes reaches every pixel of the region's rim, for one kernel."""
    entry = ik.get(name)
    if 2 not in entry.ndims:
        pytest.skip("works on other axes")
    operation = entry.operation(Frame(border=Border.CONSTANT), **given_of(entry, 2))
    if not isinstance(operation, Convolve):
        pytest.skip("its answer need not change with every value it sees")
    reach = reach_of(operation, 2)
    size = 2 * max(max(ends) for ends in reach) + 3
    zero, one = (
        operation.run(np.zeros((size, size, 1)), Frame(border=Border.CONSTANT, border_value=v))
        for v in (0.0, 1e6)
    )
    for axis in (0, 1):
        moved = (zero != one)[..., 0].any(axis=1 - axis)
        low, high = reach[axis]
        assert not spreads(operation)
        # A sum of taps may vanish by chance, so at least the corner's outermost rows must move.
        assert (moved[0] or low == 0) and (moved[-1] or high == 0)


def test_the_advised_border_is_the_one_that_misses_the_truth_least():
    photo = ik.read(ROOT / "samples" / "camera.png").pixels
    found = ik.audit(photo, "blur:sigma=3").borders
    missed = {mode.border: mode.missed for mode in found.modes}
    assert found.advised is min(missed, key=missed.get)
    assert missed[Border.CONSTANT] > missed[Border.REPLICATE]
    tile = np.tile(photo[:40, :40], (3, 3))
    assert ik.audit(np.tile(photo[:8, :8], (9, 9)), "blur").borders.touched > 0
    # A picture that repeats, cut by whole tiles, is continued by wrap alone.
    kernel = np.zeros((1, 81))
    kernel[0, [0, 80]] = 0.5
    repeated = ik.audit(np.tile(tile, (2, 3)), ("custom", {"kernel": ik.Kernel(kernel)})).borders
    assert repeated.advised is Border.WRAP
    assert {m.border: m.missed for m in repeated.modes}[Border.WRAP] == pytest.approx(0, abs=1e-4)


def test_a_small_picture_gets_no_advice():
    found = ik.audit(np.eye(5), "blur")
    assert found.borders.advised is None
    assert "too small" in str(found)


def test_fused_steps_are_one_kernel_inside(rng):
    x = rng.integers(0, 256, (40, 50), np.uint8)
    found = ik.audit(x, "emboss", "blur:sigma=1", "gain:factor=0.5,offset=0.1", "median", "sharpen")
    (fusion,) = found.fusions
    assert (fusion.first, fusion.last) == (1, 3)
    assert fusion.offset == pytest.approx(0.5 * 0.5 + 0.1)
    assert fusion.inside < 1e-3 < fusion.near_edge
    whole = kernels.emboss() @ kernels.gaussian(1, 7) * 0.5
    np.testing.assert_allclose(fusion.kernel.taps, whole.taps, atol=1e-12)
    for axis, row in enumerate(fusion.response):
        profile = whole.taps.sum(axis=1 - axis)
        far = np.arange(profile.size)
        due = [abs((np.exp(2j * np.pi * f * far) * profile).sum()) for f in FREQUENCIES]
        np.testing.assert_allclose(row, due, atol=1e-12)
    assert [(b.first, b.last) for b in found.breaks] == [(3, 4), (4, 5)]
    assert "median is not linear" in str(found)


def test_under_wrap_fusing_changes_nothing_but_rounding_between_does(rng):
    x = rng.integers(0, 256, (30, 30), np.uint8)
    (fusion,) = ik.audit(x, "sharpen", "emboss", border="wrap").fusions
    assert max(fusion.inside, fusion.near_edge) < 1e-2
    steps = ik.apply(ik.apply(x, "sharpen", border="wrap"), "emboss", border="wrap", range="clip")
    assert (
        fusion.rounded
        >= np.abs(
            steps.astype(float) - ik.Pipeline.parse("sharpen | emboss")(x, border="wrap")
        ).max()
    )


def test_alpha_is_not_fused(rng):
    image = Image.of(rng.integers(0, 256, (9, 9, 4), np.uint8), alpha=True)
    found = ik.audit(image, "blur:sigma=0.5", "box-blur:size=3")
    assert found.fusions == ()
    assert "weighted by alpha" in found.breaks[0].reason


def test_the_words_have_the_numbers(rng):
    x = rng.integers(0, 256, (30, 30), np.uint8)
    found = ik.audit(x, "sharpen", "sobel-x", range="clip")
    said = str(found)
    for step in found.steps:
        assert f"{step.interval.low:.6g} to {step.interval.high:.6g}" in said
        assert f"{step.outside:.2%}" in said
    assert f"{found.below + found.above:.2%} of the values clip" in said
    assert f"{found.borders.touched} of 900 pixels" in said
    assert f"{found.borders.advised} is advised" in said
    assert "and none can" not in said
    assert "and none can" in str(ik.audit(x, "blur"))


def test_the_command(cli, tmp_path, rng):
    path = tmp_path / "in.png"
    ik.write(path, ik.Image.of(rng.integers(0, 256, (20, 30, 3), np.uint8)))
    code, out, _ = cli("audit", path, "blur:sigma=1", "sharpen", "--clipped", tmp_path / "c.png")
    assert code == 0
    assert "steps 1 to 2 are one kernel" in out
    found = json.loads(cli("audit", path, "sharpen", "--json")[1])
    assert found["steps"][0]["interval"] == {"low": -1020.0, "high": 1275.0, "proof": "exact"}
    cut = ik.read(tmp_path / "c.png").pixels
    assert cut.shape == (20, 30)
    assert set(np.unique(cut)) <= {0, 255}
    code, out, err = cli("audit", path)
    assert (code, out) == (2, "")
    assert "audit: give either steps" in err


def test_mistakes_are_said():
    with pytest.raises(UnsupportedImage, match="empty"):
        ik.audit(np.zeros((0, 3)), "blur")
    with pytest.raises(UnsupportedImage, match="must be finite"):
        ik.audit(np.full((3, 3), np.nan), "blur")
    with pytest.raises(InvalidValue, match="both"):
        ik.audit(np.eye(3), Pipeline.parse("blur"), "blur")
