"""NaN and masks: what is missing weighs nothing, and nothing is made up."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reference import seen

import imgkernels as ik
from imgkernels.entry import Family
from imgkernels.operations import Convolve, Frame, Nan, planes
from imgkernels.operations.holes import correlated, is_mean

FILTERS = ik.catalogue()
NAMES = [entry.name for entry in FILTERS]
NEEDED = {"custom": {"kernel": "0 -1 0; -1 5 -1; 0 -1 0"}}
POLICIES = ("propagate", "ignore", "keep")


def run(name, image, **options):
    return ik.apply(image, name, **NEEDED.get(name, {}), **options)


def operation_of(name):
    return ik.get(name).operation(Frame(dtype=np.dtype("float64")), **NEEDED.get(name, {}))


def holed(rng, shape, share=0.3):
    return rng.random(shape) < share


def unknown(name):
    """The share of pixels whose window may not determine a slope: of 2 x 2 values, many."""
    return 0.4 if name.startswith("roberts") else 0.05


MEANS = [n for n in NAMES if isinstance(o := operation_of(n), Convolve) and is_mean(o.kernel)]
DERIVATIVES = [
    n for n in NAMES
    if isinstance(o := operation_of(n), Convolve) and not is_mean(o.kernel)
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", NAMES)
def test_without_nan_every_policy_gives_the_same_bytes(name, policy, dtype, rng):
    image = (rng.random((13, 12, 3)) * 255).astype(dtype)
    assert run(name, image, nan=policy).tobytes() == run(name, image).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_white_mask_is_no_mask(name, rng):
    image = rng.random((13, 12, 3)).astype(np.float32)
    apart = np.abs(run(name, image, mask=np.ones((13, 12))) - run(name, image))
    if name == "sobel-direction":  # an angle: black and white are one
        apart = np.minimum(apart, 1 - apart)
    assert apart.max() <= 1e-5


@pytest.mark.parametrize("border", list(ik.Border))
@pytest.mark.parametrize("name", [n for n in NAMES if ik.get(n).family.flat != "flat"])
def test_flat_stays_flat_beside_holes(name, border, rng):
    image = np.full((25, 21, 2), 0.375)
    image[holed(rng, image.shape)] = np.nan
    answer = run(name, image, nan="ignore", border=border, border_value=0.375)
    due = {"kept": 0.375, "black": 0.0, "mid-grey": 0.5}[ik.get(name).family.flat]
    if ik.get(name).family is not Family.POINT:
        assert np.isnan(answer).mean() < unknown(name)
    np.testing.assert_allclose(answer[~np.isnan(answer)], due, atol=1e-9)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("slopes", [(0.0, 1.0), (1.0, 0.0), (-0.4, 0.7)])
def test_a_ramp_with_holes_gives_its_true_slope_wherever_it_is_determined(name, slopes, rng):
    y, x = np.mgrid[:60, :60].astype(float)
    ramp = slopes[0] * y + slopes[1] * x
    spoiled = ramp.copy()
    spoiled[holed(rng, ramp.shape)] = np.nan
    reach = max(operation_of(name).kernel.shape)
    inner = (slice(reach, -reach),) * 2 if reach < 28 else (slice(29, 31),) * 2
    answer = run(name, spoiled, nan="ignore")[inner]
    known = ~np.isnan(answer)
    assert 1 - known.mean() < unknown(name)
    np.testing.assert_allclose(answer[known], run(name, ramp)[inner][known], atol=1e-8)


def test_a_slope_that_the_window_does_not_determine_is_nan():
    column = np.full((9, 9), np.nan)
    column[:, 4] = np.arange(9.0)
    assert np.isnan(run("sobel-x", column, nan="ignore")).all()
    down = run("sobel-y", column, nan="ignore", gain="unit")[1:-1]
    np.testing.assert_allclose(down[:, 3:6], 1)
    assert np.isnan(down[:, [0, 1, 2, 6, 7, 8]]).all()


@pytest.mark.parametrize("name", [n for n in MEANS if n != "identity"])
def test_a_mean_is_divided_by_the_weight_that_was_there(name, rng):
    image = rng.random((17, 15, 2))
    image[holed(rng, image.shape)] = np.nan
    kernel, there = operation_of(name).kernel, ~np.isnan(image)
    top = ik.correlate(np.where(there, image, 0), kernel, method="im2col")
    due = top / ik.correlate(there.astype(float), kernel, method="im2col") * kernel.sum
    np.testing.assert_allclose(run(name, image, nan="ignore"), due, rtol=1e-10)


def test_a_window_without_a_value_stays_nan_and_wide_gaussians_reach_their_far_corner():
    image = np.full((21, 21), np.nan)
    image[4, 4] = 0.7
    for name, options in [
        ("blur", {"sigma": 2.0}),
        ("box-blur", {"size": 17}),
        ("median", {"size": 17}),
    ]:
        answer = run(name, image, nan="ignore", border="replicate", **options)
        near = np.abs(np.mgrid[-4:17, -4:17]).max(axis=0) <= 8
        np.testing.assert_allclose(answer[near], 0.7)
        assert np.isnan(answer[~near]).all()


@pytest.mark.parametrize("percent", [0, 25, 50, 90, 100])
@pytest.mark.parametrize("size", [3, 5])
def test_ranks_look_at_the_values_that_are_there(percent, size, rng):
    image = rng.random((14, 13)).astype(np.float32)
    image[holed(rng, image.shape, 0.6)] = np.nan
    half, n = size // 2, size * size
    rank = min(int(percent / 100 * n), n - 1)
    around = np.pad(image, half, mode="reflect")
    due = np.full_like(image, np.nan)
    for y, x in np.ndindex(image.shape):
        window = sorted(v for v in around[y : y + size, x : x + size].ravel() if not np.isnan(v))
        if window:  # the value whose share of those there is the share of the place among all
            due[y, x] = window[len(window) * (2 * rank + 1) // (2 * n)]
    answer = run("percentile", image, percent=percent, size=size, nan="ignore")
    np.testing.assert_array_equal(answer, due)


def test_a_median_by_weight_is_the_value_at_half_the_weight(rng):
    image, mask = rng.random((9, 8)), rng.random((9, 8))
    around, weights = (np.pad(a, 1, mode="reflect") for a in (image, mask))
    answer = run("median", image, mask=mask)
    for y, x in np.ndindex(image.shape):
        values = around[y : y + 3, x : x + 3].ravel()
        weight = weights[y : y + 3, x : x + 3].ravel()
        below = weight[values <= answer[y, x]].sum()
        assert below > weight.sum() / 2 >= below - weight[values == answer[y, x]].sum()


@pytest.mark.parametrize("policy", ["ignore", "keep"])
@pytest.mark.parametrize("name", NAMES)
def test_nan_does_not_reach_the_pixels_beside_it(name, policy, rng):
    image = rng.random((40, 40, 3))
    image[20, 20] = np.nan
    answer = run(name, image, nan=policy)
    pointwise = ik.get(name).family is Family.POINT or name == "identity"
    holes = np.isnan(answer)
    assert holes[20, 20].all() == (policy == "keep" or pointwise)
    holes[20, 20] = False
    assert not holes.any()


@pytest.mark.parametrize(
    "steps", ["blur | sobel", "median | unsharp:sigma=5 | laplacian", "glow | invert"]
)
@pytest.mark.parametrize("how", [{"nan": "keep"}, {"nan": "ignore"}, {"masked": True}])
def test_a_chain_is_its_steps_one_by_one(steps, how, rng):
    image, how = rng.random((18, 16, 3)), dict(how)
    if how.pop("masked", False):
        how["mask"] = rng.random((18, 16)) > 0.3
    else:
        image[holed(rng, image.shape)] = np.nan
    due = image
    for step in steps.split(" | "):
        due = ik.Pipeline.parse(step)(due, **how)
    np.testing.assert_allclose(ik.Pipeline.parse(steps)(image, **how), due, atol=1e-9)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_what_lies_outside_a_mask_changes_nothing_and_is_not_changed(name, dtype, rng):
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    image = (rng.random((20, 18, 3)) * white).astype(dtype)
    mask = np.zeros((20, 18), bool)
    mask[4:15, 3:14] = True
    other = image.copy()
    other[~mask] = white - other[~mask]
    one, two = run(name, image, mask=mask), run(name, other, mask=mask)
    np.testing.assert_array_equal(one[~mask], image[~mask])
    np.testing.assert_array_equal(two[~mask], other[~mask])
    np.testing.assert_array_equal(one[mask], two[mask])
    assert one.dtype == dtype


@pytest.mark.parametrize("name", [n for n in NAMES if n not in {"canny", "stretch"}])
def test_far_inside_a_mask_the_answer_is_that_without_it(name, rng):
    image = rng.random((120, 120))
    mask = np.ones((120, 120))
    mask[:3] = 0
    answer = run(name, image, mask=mask)
    np.testing.assert_allclose(answer[-40:], run(name, image)[-40:], atol=1e-9)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 999),
    name=st.sampled_from([n for n in NAMES if ik.get(n).family is not Family.POINT]),
    scale=st.sampled_from([0.25, 0.5, 1.0]),
)
def test_a_mask_weighs_alike_at_every_scale_and_an_affine_image_stays_affine(seed, name, scale):
    """Only the proportions of the weights of a mean or a rank count."""
    rng = np.random.default_rng(seed)
    image, mask = rng.random((11, 12)), rng.choice([0.0, 0.5, 1.0], (11, 12))
    if name in MEANS or ik.get(name).family is Family.RANK:
        due = run(name, image, mask=mask)
        np.testing.assert_allclose(run(name, image, mask=mask * scale), due, atol=1e-9)
        assert np.nanmax(due) <= image.max() + 1e-9
    flat = run(name, np.full((11, 12), 0.25), mask=mask)[mask > 0]
    assert np.ptp(flat[~np.isnan(flat)]) <= 1e-9


def test_ignore_with_a_mask_fills_what_lies_outside(rng):
    y, x = np.mgrid[:30, :30]
    image = (x * 4 + y * 3).astype(np.uint8)
    mask = np.full((30, 30), 255, np.uint8)
    mask[13:16, 14:17] = 0
    spoiled = np.where(mask == 0, 255, image).astype(np.uint8)
    filled = run("sharpen", spoiled, mask=mask, nan="ignore")
    assert (filled[14, 15], spoiled[14, 15]) == (255, 255)  # beyond the reach of a 3 x 3 kernel
    filled = run("blur", spoiled, mask=mask, nan="ignore", sigma=2)
    apart = np.abs(filled[13:16, 14:17].astype(int) - image[13:16, 14:17])
    assert apart.max() <= 2  # a mean knows no slope, and the ramp goes on after the hole


def test_inside_and_outside_a_mask_with_alpha(rng):
    pixels = rng.integers(0, 256, (16, 16, 4), np.uint8)
    mask = np.zeros((16, 16), bool)
    mask[:, :9] = True
    image = ik.Image.of(pixels, alpha=True)
    other = pixels.copy()
    other[:, 9:] = 255 - other[:, 9:]
    for name in ("blur", "median", "sobel", "glow"):
        answer = ik.apply(image, name, mask=mask).pixels
        np.testing.assert_array_equal(answer[:, 9:], pixels[:, 9:])
        twin = ik.apply(ik.Image.of(other, alpha=True), name, mask=mask).pixels
        np.testing.assert_array_equal(answer[:, :9], twin[:, :9])


@pytest.mark.parametrize("channels", ["each", "luma", "linear", "sum"])
def test_masks_and_nan_go_with_every_way_with_channels(channels, rng):
    image = rng.random((14, 12, 3))
    mask = rng.random((14, 12)) > 0.4
    came = image.sum(axis=-1) if channels == "sum" else image
    answer = run("unsharp", image, mask=mask, channels=channels)
    np.testing.assert_array_equal(answer[~mask], came[~mask])
    image[3, 4, 1] = np.nan
    answer = run("blur", image, nan="keep", channels=channels)
    holes = np.isnan(answer)
    assert holes[3, 4].any()
    holes[3, 4] = False
    assert not holes.any()


def test_a_volume_with_holes(rng):
    volume = np.full((7, 9, 8), 0.5)
    volume[rng.random(volume.shape) < 0.4] = np.nan
    for name, due in (("blur", 0.5), ("median", 0.5), ("sobel", 0), ("log", 0), ("sharpen", 0.5)):
        answer = run(name, volume, axes="zyx", nan="ignore")
        np.testing.assert_allclose(answer[~np.isnan(answer)], due, atol=1e-9)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((5, 4)), "mask: must have the picture's size 4 x 5; got 5 x 4"),
        (np.ones((4, 5, 3)), "mask: must have the picture's size 4 x 5; got 4 x 5 x 3"),
        (np.full((4, 5), 1.5), "mask: weights must be numbers from black to white"),
        (np.full((4, 5), -1), "mask: weights must be numbers from black to white"),
        (np.full((4, 5), np.nan), "mask: weights must be numbers from black to white"),
        (np.full((4, 5), 1j), "mask: dtype must be one of"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, message):
    with pytest.raises((ValueError, TypeError), match=message):
        run("blur", np.zeros((4, 5)), mask=mask)


@pytest.mark.parametrize("method", ["direct", "fft", "im2col"])
def test_the_method_asked_for_gives_the_same_answer(method, rng):
    image = rng.random((20, 20))
    image[holed(rng, (20, 20))] = np.nan
    for name in ("blur", "log"):
        due = run(name, image, nan="ignore")
        np.testing.assert_allclose(run(name, image, nan="ignore", method=method), due, atol=1e-9)


def test_inputs_are_not_written(rng):
    image, weight = rng.random((9, 9, 1)), rng.random((9, 9, 1))
    image[4, 4] = np.nan
    came = image.copy(), weight.copy()
    frame = Frame(nan=Nan.IGNORE, certainty=weight)
    for kernel in (ik.kernels.gaussian(1), ik.kernels.sobel()):
        correlated(image, kernel, frame)
    np.testing.assert_array_equal(image, came[0])
    np.testing.assert_array_equal(weight, came[1])


def test_nan_stands_in_a_pipeline_file():
    text = 'nan = "ignore"\n\n[[steps]]\nblur = {}\n'
    pipeline = ik.Pipeline.from_toml(text)
    assert pipeline.to_toml() == text
    image = np.full((5, 5), 3.0)
    image[2, 2] = np.nan
    np.testing.assert_allclose(pipeline(image), 3)


def test_the_command_line_takes_a_mask(cli, tmp_path, rng):
    source, target, mask = (tmp_path / f"{n}.png" for n in ("in", "out", "mask"))
    image, where = rng.integers(0, 256, (12, 10, 3), np.uint8), rng.random((12, 10)) > 0.5
    ik.write(source, ik.Image.of(image))
    for shade in (where * np.uint8(255), np.repeat(where[..., None] * np.uint8(255), 3, axis=-1)):
        ik.write(mask, ik.Image.of(shade))
        assert cli("apply", "blur", source, target, "--mask", mask, "--explain")[0] == 0
        np.testing.assert_array_equal(ik.read(target).pixels, run("blur", image, mask=where))
    ik.write(mask, ik.Image.of(image[:5]))
    for words, code, message in (
        (["--mask", mask], 2, "mask: must be grey, white where the picture counts"),
        (["--mask", tmp_path / "gone.png"], 1, "gone.png: "),
        (["--mask", "-"], 2, "--mask takes the name of a file"),
        (["--nan", "skip"], 2, "no policy for NaN 'skip'"),
    ):
        found, _, err = cli("apply", "blur", source, target, *words)
        assert (found, err.count("\n")) == (code, 1)
        assert message in err
    ik.write(mask, ik.Image.of(image[:5, :, 0]))
    found, _, err = cli("apply", "blur", source, target, "--mask", mask)
    assert (found, err) == (
        1, "imgkernels: mask: must have the picture's size 12 x 10; got 5 x 10\n"
    )  # fmt: skip


def test_nan_inside_a_soft_mask_still_propagates(rng):
    image = rng.random((12, 12))
    image[5, 6] = np.nan
    near = np.zeros((12, 12), bool)
    near[4:7, 5:8] = True
    for name in ("median", "sobel", "box-blur"):
        how = {"size": 3} if name == "box-blur" else {}
        answer = run(name, image, mask=np.full((12, 12), 0.5), **how)
        np.testing.assert_array_equal(np.isnan(answer), near)


@pytest.mark.parametrize("name", ["blur", "sobel", "median", "sharpen", "glow"])
def test_with_alpha_a_masked_flat_picture_stays_what_its_filter_makes_of_flat(name, rng):
    flat = np.full((14, 14, 4), (0.25, 0.5, 0.75, 1.0), np.float32)
    due = ik.apply(ik.Image.of(flat, alpha=True), name).pixels[7, 7, :3]
    mask = np.zeros((14, 14), bool)
    mask[3:11, 3:11] = True
    flat[~mask, :3] = rng.random(((~mask).sum(), 3))
    flat[3:6, 3:11, 3] = 0  # invisible, beside what does not count
    flat[3:6, 3:11, :3] = rng.random((3, 8, 3))
    answer = ik.apply(ik.Image.of(flat, alpha=True), name, mask=mask).pixels
    np.testing.assert_allclose(answer[6:11, 3:11, :3] - due, 0, atol=1e-6)


def test_a_range_looks_at_what_counts_alone(rng):
    image = rng.integers(0, 256, (20, 20), np.uint8)
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    answer = run("sobel-x", image, mask=mask, range="stretch")[mask]
    assert (answer.min(), answer.max()) == (0, 255)


def around(image, weight, at, reach):
    """The colours of a window of two axes, reflected, with their weights, and how far they are."""
    rows, columns = weight.shape
    steps = np.indices((2 * reach + 1,) * 2).reshape(2, -1).T - reach
    places = np.array(
        [(seen("reflect", y, rows), seen("reflect", x, columns)) for y, x in at + steps]
    )
    here = tuple(places[weight[tuple(places.T)] > 0].T)
    return image[here], weight[here], steps[weight[tuple(places.T)] > 0]


def soft(rng, shape, kinds=(0.0, 0.0, 0.25, 1.0)):
    """A picture around 0, which is what a hole is not, and weights of which some are 0."""
    return rng.random((*shape, 3)) - 0.5, rng.choice(kinds, shape)


def test_a_bilateral_weighs_what_is_there_and_fills_by_space_alone(rng):
    image, weight = soft(rng, (11, 12))
    answer = run("bilateral", image, mask=weight, nan="ignore", sigma=1.5, sigma_colour=0.3)
    for at in np.ndindex(weight.shape):
        values, counts, steps = around(image, weight, at, 2)
        far = (steps**2).sum(axis=1)
        apart = np.abs(values - image[at]).sum(axis=1) if weight[at] > 0 else np.zeros(len(far))
        share = counts * np.exp(-far / 4.5 - apart**2 / 0.18) * (far <= 4)
        if share.any():
            due = share @ values / share.sum()
            np.testing.assert_allclose(answer[at], due, rtol=1e-10)


def test_kuwahara_takes_the_evenest_corner_of_what_is_there(rng):
    image, weight = soft(rng, (10, 11))
    answer = run("kuwahara", image, mask=weight, nan="ignore", radius=2)
    for at in np.ndindex(weight.shape):
        values, counts, steps = around(image, weight, at, 2)
        found = []
        for y, x in np.ndindex(2, 2):
            inside = ((steps * (2 * y - 1, 2 * x - 1)) >= 0).all(axis=1)
            if inside.sum() > 1:
                mean = np.average(values[inside], axis=0, weights=counts[inside])
                variance = np.cov(values[inside].T, aweights=counts[inside]).trace()
                found.append((variance, mean))
        if found:
            least = min(variance for variance, _ in found)
            # Corners that vary alike but for the last bits are as good as one another.
            best = [mean for variance, mean in found if variance <= least * (1 + 1e-12)]
            assert any(np.allclose(answer[at], mean, rtol=1e-9, atol=0) for mean in best)


def test_a_corner_of_one_value_is_not_even_but_better_than_none():
    image = np.full((7, 7), np.nan)
    image[3:5, 3:5] = [[np.nan, 0.3], [0.25, 0.4]]
    image[2, 2] = 0.9  # alone in its corner, beside three values that differ
    assert run("kuwahara", image, nan="ignore", radius=1)[3, 3] == pytest.approx(0.95 / 3)
    image[3:5, 3:5] = np.nan
    assert run("kuwahara", image, nan="ignore", radius=1)[3, 3] == 0.9
    assert np.isnan(run("kuwahara", image, nan="ignore", radius=1)[6, 6])


@pytest.mark.parametrize("size", [3, 5])
def test_a_vector_median_is_the_present_colour_of_least_weighed_distance(size, rng):
    image, weight = soft(rng, (9, 10))
    weight[:4, :4] = 0
    answer = run("vector-median", image, mask=weight, nan="ignore", size=size)
    weight[:4, :4] = 0
    for at in np.ndindex(weight.shape):
        values, counts, _ = around(image, weight, at, size // 2)
        sums = np.array([counts @ np.linalg.norm(values - one, axis=1) for one in values])
        if len(sums):
            own = sums[(values == answer[at]).all(axis=1)]
            assert own.size and own.min() <= sums.min() * (1 + 1e-12)
        else:  # nothing fills it, so it comes back
            np.testing.assert_array_equal(answer[at], image[at])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("name", ["vector-median", "watercolor"])
def test_with_a_mask_no_colour_is_new_and_none_comes_from_outside(name, dtype, rng):
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    image = (rng.random((18, 17, 3)) * white).astype(dtype)
    mask = rng.random((18, 17)) > 0.4
    how = {"median": "vector"} if name == "watercolor" else {}
    answer = run(name, image, mask=mask, **how)[mask]
    inside = set(map(tuple, image[mask].tolist()))
    found = {tuple(c) for c in answer.tolist() if not np.isnan(c).any()}
    assert found <= inside
    spoiled = np.where(mask[..., None], image / white - 0.5, np.nan)
    for options in ({}, {"mask": mask}):
        filled = run(name, spoiled, nan="ignore", **how, **options)
        assert np.isnan(filled).mean() < 0.02
        whole = {tuple(c) for c in filled.reshape(-1, 3).tolist() if not np.isnan(c).any()}
        assert whole <= set(map(tuple, spoiled[mask].tolist()))


@pytest.mark.parametrize("name", ["bilateral", "kuwahara", "vector-median", "median", "blur"])
def test_what_lies_beyond_a_constant_border_counts_in_full(name, rng):
    image, mask = rng.random((14, 12, 3)), np.ones((14, 12))
    mask[12, 6] = 0
    how = {"border": "constant", "border_value": 0.9}
    answer = run(name, image, mask=mask, **how)
    np.testing.assert_allclose(answer[0], run(name, image, **how)[0], atol=1e-9)


def test_infinite_colours_beside_holes_make_no_nan(rng):
    image = rng.random((9, 9, 3))
    image[3:5, 3:5], image[2, 2] = np.inf, np.nan
    answer = run("vector-median", image, nan="ignore")
    assert not np.isnan(answer).any()


@pytest.mark.parametrize("name", ["bilateral", "kuwahara", "vector-median"])
def test_half_a_colour_is_none_where_channels_stay_together(name, rng):
    image = rng.random((12, 12, 3))
    image[5, 6, 1] = np.nan
    whole = image.copy()
    whole[5, 6] = np.nan
    answer = run(name, image, nan="ignore")
    np.testing.assert_array_equal(answer, run(name, whole, nan="ignore"))
    assert not np.isnan(answer).any()


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", ["unsharp", "log", "sobel-x"])
@pytest.mark.parametrize("change", [("_SURE", np.inf), ("_BLOCK", 1)])
def test_planes_are_the_same_by_elimination_or_by_direction_at_once_or_in_parts(
    ndim, name, change, rng, monkeypatch
):
    image = rng.random((19, 14, 13)[-ndim:])
    for share in (0.05, 0.7):
        image[holed(rng, image.shape, share)] = np.nan
        due = run(name, image, nan="ignore", axes="zyx"[-ndim:])
        with monkeypatch.context() as changed:
            changed.setattr(planes, *change)
            found = run(name, image, nan="ignore", axes="zyx"[-ndim:])
        np.testing.assert_allclose(found, due, atol=1e-10)


@pytest.mark.parametrize("holes", [(0, 1, 2), (1,)])
def test_luma_makes_up_no_colour_for_a_pixel_that_has_none(holes, rng):
    image = rng.random((14, 13, 3))
    image[6, 7, list(holes)] = np.nan
    for name in ("blur", "median", "sharpen", "bilateral"):
        missing = np.isnan(run(name, image, nan="ignore", channels="luma"))
        assert missing[6, 7].all()  # one channel is no colour
        assert missing.sum() == 3
        kept = run(name, image, nan="keep", channels="luma")
        np.testing.assert_array_equal(kept[6, 7], image[6, 7])
    whole = np.nan_to_num(image, nan=0.9)
    mask = np.ones((14, 13))
    mask[6, 7] = 0
    filled = run("blur", whole, mask=mask, nan="ignore", channels="luma")
    apart = filled[6, 7] - whole[6, 7]
    np.testing.assert_allclose(apart, apart[0])  # the differences are its own
    assert abs(apart[0]) > 1e-3
