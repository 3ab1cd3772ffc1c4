"""Learned kernels beside known ones: what is planted is found, what is noise is called noise."""

import json
import math
import re
import time

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels, weights
from imgkernels.analysis.compare import banks, compare
from imgkernels.analysis.compare.chances import any_false, false_discovery, tail_of_share
from imgkernels.analysis.compare.colour import colours, pattern
from imgkernels.analysis.compare.laid import laid, laid_shape
from imgkernels.analysis.compare.layer import energy
from imgkernels.analysis.compare.quality import dead, sparsity, threshold, twins, variance_entropy
from imgkernels.analysis.compare.subspaces import bases, shares
from imgkernels.analysis.compare.words import number, p_value
from imgkernels.analysis.identify.fits import Shape
from imgkernels.analysis.identify.match import matches
from imgkernels.analysis.identify.words import share
from imgkernels.errors import FileProblem, InvalidValue, UnknownName
from imgkernels.nn import data, recipes, zoo

COS, SIN = math.cos(math.radians(12)), math.sin(math.radians(12))


def unit(taps):
    return taps / np.linalg.norm(taps)


def planted(rng, side, count, **known):
    """Random kernels with known ones in given places, scaled, either sign, with 3 % noise."""
    bank = rng.normal(size=(count, 1, side, side))
    for place, whole in known.items():
        beyond = max(0, (len(whole) - side) // 2)
        taps = whole[beyond : len(whole) - beyond, beyond : len(whole) - beyond]
        start = (side - len(taps)) // 2
        window = np.zeros((side, side))
        window[start : start + len(taps), start : start + len(taps)] = unit(taps)
        noisy = window + 0.03 * unit(rng.normal(size=window.shape))
        bank[int(place[1:]), 0] = noisy * rng.uniform(0.1, 10) * rng.choice([-1, 1])
    return bank


def sobel_at_12(side):
    x, y = kernels.sobel("x", side).taps, kernels.sobel("y", side).taps
    return COS * x - SIN * y


# What is found, and what is not.


@pytest.mark.parametrize("seed", range(3))
def test_what_is_planted_among_random_kernels_is_sorted_out_exactly(seed):
    rng = np.random.default_rng(seed)
    wide = planted(rng, 7, 60, _5=sobel_at_12(7), _17=kernels.gabor(1.4, 0.4, 3.5, ksize=7).taps,
                   _40=kernels.dog(0.9).taps)  # fmt: skip
    small = planted(rng, 3, 40, _30=sobel_at_12(3))
    found = compare({"wide.weight": wide, "small.weight": small}).after.findings
    due = {"wide/5,0": "sobel-x", "wide/17,0": "gabor", "wide/40,0": "difference of gaussians",
           "small/30,0": "sobel-x"}  # fmt: skip
    known = {str(f.spot): f for f in found if f.kind != "noise"}
    assert {spot: f.name.family for spot, f in known.items()} == due
    for spot in ("wide/5,0", "small/30,0"):
        assert known[spot].order == 1
        assert known[spot].direction % 180 == pytest.approx(12, abs=3)
        degrees = float(re.search(r"turned by ([\d.]+) degrees", known[spot].name.text)[1])
        assert degrees == pytest.approx(12, abs=1.5)
    assert known["wide/17,0"].name.origin.values["wavelength"] == pytest.approx(3.5, rel=0.05)
    assert known["wide/40,0"].name.origin.values["sigma"] == pytest.approx(0.9, rel=0.1)


@pytest.mark.parametrize("shape", [(300, 1, 3, 3), (150, 1, 5, 5), (60, 3, 3, 3), (100, 1, 5)])
@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_noise_is_called_noise(shape, draw):
    """Of 100 files of noise alone about 5 have a finding: here are 6 times 2, with few."""
    calls = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        bank = rng.normal(size=shape) if draw == "normal" else rng.uniform(-1, 1, shape)
        calls += sum(f.kind != "noise" for f in compare({"c.weight": bank}).after.findings)
    assert calls <= 2


@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_layers_of_noise_differ_from_chance_as_often_as_the_level_says(draw, rng):
    found = []
    for _ in range(150):
        shape = (16, 3, 3, 1)
        bank = rng.normal(size=shape) if draw == "normal" else rng.uniform(-1, 1, shape)
        found += [evidence.p <= 0.05 for evidence in energy(banks.Bank("c", bank)).values()]
    assert 0.02 <= np.mean(found) <= 0.09


def test_tails_are_what_random_kernels_show(rng):
    rows = rng.normal(size=(100_000, 25))
    for name, found in shares(rows, (5, 5)).items():
        dims = len(bases((5, 5))[name])
        limit = dims / 25 * 1.8
        assert (found >= limit).mean() == pytest.approx(tail_of_share(limit, dims, 25), rel=0.1)


def test_corrections_by_hand():
    assert any_false([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert false_discovery([[0.01], [0.04], [0.03], [0.9]]) == [
        [pytest.approx(q)] for q in (0.04, 0.16 / 3, 0.16 / 3, 0.9)
    ]
    # Two tests each: doubled, then over two kernels; what is not the least has its own rank.
    assert false_discovery([[0.01, 0.2], [0.3, 0.4]]) == [
        [pytest.approx(0.04), pytest.approx(0.6)],
        [pytest.approx(0.6), pytest.approx(0.8)],
    ]


# What is measured.


def test_the_subspaces_of_3_by_3_are_those_of_frei_and_chen():
    masks = np.stack([kernels.frei_chen(n).taps.ravel() for n in range(1, 10)])
    due = {"edge": masks[:4], "line": masks[4:6], "laplacian": masks[6:8], "mean": masks[8:]}
    for name, basis in bases((3, 3)).items():
        np.testing.assert_allclose(basis.T @ basis, due[name].T @ due[name], atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "dims"),
    [((3,), (1, 1, 1, 0)), ((5,), (2, 1, 2, 0)), ((2, 2), (2, 1, 0, 1)), ((5, 5), (4, 1, 2, 2)),
     ((4, 7), (4, 1, 2, 2)), ((1, 7), (2, 1, 2, 0)), ((3, 3, 3), (6, 1, 2, 5))],
)  # fmt: skip
def test_subspaces_are_orthogonal_in_any_window(shape, dims):
    found = bases(shape)
    rows = np.concatenate(list(found.values()))
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-12)
    due = dict(zip(("edge", "mean", "laplacian", "line"), dims, strict=True))
    assert {name: len(basis) for name, basis in found.items()} == due


@pytest.mark.parametrize(
    ("kernel", "name"),
    [(kernels.sobel("x", 7), "edge"), (kernels.sobel("z", ndim=3), "edge"),
     (kernels.sobel_mixed((1, 1), 7), "line"), (kernels.log(1.2, truncate=2.5), "laplacian"),
     (kernels.box(5), "mean")],
)  # fmt: skip
def test_known_kernels_lie_in_their_subspace(kernel, name):
    found = {n: float(e[0]) for n, e in shares(kernel.taps.reshape(1, -1), kernel.shape).items()}
    assert max(found, key=found.get) == name
    assert found[name] > 0.7


def test_colours_are_told_apart(rng):
    sobel = kernels.sobel("x").taps
    grey, red_green, yellow_blue = (
        colours(np.multiply.outer(sobel, mix)) for mix in ([1, 1, 1], [1, -1, 0], [1, 1, -2])
    )
    assert (grey.luminance.value, red_green.red_green, yellow_blue.yellow_blue) == pytest.approx(
        (1, 1, 1)
    )
    assert grey.opponency == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(grey.mix, [3**-0.5] * 3)
    kernel = rng.normal(size=(3, 3, 3))
    found = colours(kernel)
    assert found.luminance.value + found.red_green + found.yellow_blue == pytest.approx(1)
    assert np.linalg.norm(pattern(kernel)) ** 2 == pytest.approx(
        found.share * np.linalg.norm(kernel) ** 2
    )
    bank = rng.normal(size=(20, 3, 3, 3))
    bank[3] = np.multiply.outer([1, 1, 1], sobel)
    bank[4] = np.multiply.outer([1, -1, 0], sobel)
    words = [f.colours.word for f in compare({"c.weight": bank}).after.findings]
    assert {i: w for i, w in enumerate(words) if w} == {3: "luminance", 4: "opponent"}


def test_luminance_of_random_filters_is_even(rng):
    p = [colours(rng.normal(size=(3, 3, 3))).luminance.p for _ in range(2000)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_sparsity_and_entropy_are_the_papers(rng):
    """The definitions of torchconvquality, in a line each."""
    rows = rng.normal(size=(400, 9)) * rng.uniform(0.1, 1, 9)
    rows[:40] *= 1e-4
    limit = 0.01 * np.abs(rows).max()
    assert sparsity(rows).value == np.mean([np.abs(row).max() < limit for row in rows])
    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    ratio = sizes / sizes.sum()
    found = variance_entropy(rows)
    assert found.value == pytest.approx(-(ratio * np.log10(ratio)).sum())
    assert found.p < 1e-3
    # The paper's fit is of the least entropy that random kernels have: theirs here is just above.
    for count in (16, 64, 1024):
        usual = variance_entropy(rng.normal(size=(count, 9))).by_chance
        assert 0.88 * usual < threshold(count) < usual


def test_entropy_of_random_layers_is_as_often_low_as_it_says(rng):
    p = [variance_entropy(rng.normal(size=(30, 9))).p for _ in range(4000)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_dead_filters_and_twins(rng):
    bank = rng.normal(size=(30, 3, 3, 4))
    bank[3], bank[4] = 0, bank[5] * 1e-3
    bank[8], bank[9] = -2 * bank[7], bank[7] + 0.02 * rng.normal(size=(3, 3, 4))
    gone = dead(bank)
    assert gone == (3, 4)
    found = twins(bank, gone)
    assert {pair[:2] for pair in found.pairs} == {(7, 8), (7, 9), (8, 9)}
    assert found.count == 3
    assert [c for i, j, c in found.pairs if (i, j) == (7, 8)] == [pytest.approx(-1)]
    pairs = rng.normal(size=(20_000, 2, 4))
    cosines = [abs(unit(a) @ unit(b)) for a, b in pairs]
    chance = twins(rng.normal(size=(2, 2, 2, 1)), ()).by_chance
    assert np.mean(np.array(cosines) >= 0.98) == pytest.approx(chance, rel=0.2)


def test_a_names_picture_is_the_name(rng):
    """What is drawn beside a kernel leaves of it what the residual says, in every window."""
    for shape in ((3, 3), (5, 6), (5,), (3, 4, 3)):
        for _ in range(5):
            kernel = ik.Kernel(rng.normal(size=shape))
            for match in matches(kernel, search=False):
                left = np.linalg.norm(kernel.taps - laid(match, kernel))
                assert left / np.linalg.norm(kernel.taps) == pytest.approx(match.residual)
    bank = planted(rng, 7, 5, _0=kernels.gabor(1.4, 0.4, 3.5, ksize=7).taps,
                   _1=kernels.dog(0.9).taps, _2=kernels.steered(1.3, 25).taps[1:-1, 1:-1],
                   _3=kernels.gaussian(1.3, 7).taps)  # fmt: skip
    for finding in compare({"c.weight": bank}).after.findings[:4]:
        name = finding.near[0]
        assert isinstance(name.origin, Shape)
        left = finding.kernel.taps - laid_shape(name.origin, finding.kernel)
        assert np.linalg.norm(left) / finding.norm == pytest.approx(name.residual, rel=1e-6)


# Files of every kind.


def test_one_layer_in_every_layout_is_one_finding(rng, tmp_path):
    bank = rng.normal(size=(8, 16, 3, 3))
    bank[7, 1] = 0.5 * kernels.sobel("x").taps
    last = np.moveaxis(bank, (0, 1), (-1, -2))
    between = np.moveaxis(bank, 1, -1)
    layouts = {
        "torch": {"features.0.weight": bank},
        "keras": {"conv/kernel:0": last},
        "odd": {"W1": bank},
        "odd last": {"W1": last},
        "mlx": {"conv.weight": between},
    }
    for name, arrays in layouts.items():
        found = [f for f in compare(arrays).after.findings if f.kind != "noise"]
        assert [(f.spot.filter, f.spot.channel, f.word) for f in found] == [(7, 1, "sobel-x")], name
    for suffix in ("npz", "safetensors"):
        weights.write(tmp_path / f"w.{suffix}", layouts["torch"])
        again = compare(tmp_path / f"w.{suffix}").after.findings
        assert [f.word for f in again] == [f.word for f in compare(layouts["torch"]).after.findings]


def test_depthwise_one_and_three_axes_and_half_precision(rng):
    depthwise = rng.normal(size=(3, 3, 6, 1))
    depthwise[:, :, 4, 0] = kernels.laplacian().taps
    row = rng.normal(size=(20, 1, 7))
    row[2, 0] = np.convolve(np.convolve([-1, 0, 1], [1, 2, 1]), [1, 2, 1])
    volume = rng.normal(size=(6, 1, 3, 3, 3))
    volume[5, 0] = kernels.sobel("z", ndim=3).taps
    found = compare(
        {"dw/depthwise_kernel": depthwise, "row.weight": row.astype(np.float16),
         "vol.weight": volume}
    ).after.findings  # fmt: skip
    named = {str(f.spot): f.word for f in found if f.kind == "known"}
    assert {"dw/4,0", "vol/5,0"} <= named.keys()
    assert named["dw/4,0"] == "laplacian"
    assert {len(f.kernel.shape) for f in found} == {1, 2, 3}


def test_numbers_in_names_are_numbers(rng, tmp_path):
    bank = rng.normal(size=(2, 1, 3, 3))
    weights.write(tmp_path / "w.safetensors", {f"conv_{n}.weight": bank for n in (10, 2, 1)})
    found = compare(tmp_path / "w.safetensors").after.layers
    assert [layer.layer for layer in found] == ["conv_1", "conv_2", "conv_10"]


def test_large_layers_are_sampled_and_said(rng):
    arrays = {"first.weight": rng.normal(size=(8, 3, 3, 3)),
              "deep.weight": rng.normal(size=(40, 20, 3, 3))}  # fmt: skip
    found = compare(arrays)
    assert [(one.kernels, one.looked) for one in found.after.layers] == [(8, 8), (800, 128)]
    assert "800 kernels of 3 x 3, 128 of them looked at" in str(found)
    assert [f.spot for f in found.after.findings] == [
        f.spot for f in compare(arrays).after.findings
    ]
    assert len({f.spot for f in found.after.findings}) == 8 + 128
    assert len(compare(arrays, layer="deep").after.findings) == 800
    with pytest.raises(InvalidValue, match="up to 20,000 kernels at once, these are 20,736"):
        compare({"c.weight": np.ones((144, 144, 3, 3))}, every=True)


def test_another_file_is_a_reference_too(rng):
    bank = rng.normal(size=(10, 1, 4, 4))
    turned = np.stack([-3 * np.rot90(bank[i, 0], i) for i in range(10)])[:, np.newaxis]
    turned[9] = rng.normal(size=(1, 4, 4))
    found = compare({"a.weight": turned}, against={"b.weight": bank})
    assert found.against == "against"
    for i, finding in enumerate(found.after.findings[:9]):
        assert finding.name.text.startswith(f"b/{i},0")
        assert finding.name.residual < 1e-6
        np.testing.assert_allclose(finding.name.taps, finding.taps, atol=1e-9)
    assert found.after.findings[9].kind == "noise"
    nothing = compare({"a.weight": turned}, against={"b.weight": rng.normal(size=(3, 1, 3, 3))})
    assert {f.near for f in nothing.after.findings} == {()}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"fc.weight": np.ones((4, 5)), "fc.bias": np.ones(4)},
         r"no convolution to compare; its arrays are fc.weight \(4, 5\), fc.bias \(4,\)"),
        ({"c.weight": np.ones((4, 5, 1, 1))}, "single taps, which mix channels"),
        ({"c.weight": np.full((4, 5, 3, 3), np.nan)}, "not finite"),
        ({"c.weight": np.ones((2, 2, 99, 99))}, "99 x 99 is no window"),
        ({"c.weight": np.full((4, 1, 3, 3), 1e200)}, "too large"),
        ({"c.weight": np.full((4, 1, 3, 3), -1e-200)}, "too small"),
        ({}, "its arrays are none"),
    ],
)  # fmt: skip
def test_files_without_kernels_say_so_in_one_line(arrays, said):
    with pytest.raises(FileProblem, match=said) as caught:
        compare(arrays)
    assert "\n" not in str(caught.value)


def test_zeros_ones_and_single_kernels_are_no_trouble():
    for bank in (np.zeros((3, 1, 3, 3)), np.ones((2, 1, 3, 3)),
                 np.ones((1, 3, 3, 3)), np.eye(3)[np.newaxis, np.newaxis]):  # fmt: skip
        found = compare({"c.weight": bank}, before={"c.weight": np.zeros(bank.shape)})
        assert "nan" not in str(found)
        assert "nan" not in str(compare({"c.weight": bank}, before={"c.weight": bank}))
    assert "What was added: there is none." in str(
        compare({"c.weight": bank}, before={"c.weight": bank})
    )
    assert ik.compare is compare


# Before and after.


@pytest.fixture(scope="module")
def trained():
    """SimpleConvNet, the net of the source's pictures, as it began and after 3,000 digits."""
    return _trained("simple-convnet", 3)


def _trained(name, epochs):
    model = zoo.build(name, seed=1)
    before = {n: v.copy() for n, v in _arrays(model).items()}
    digits = data.digits()[:3000]
    recipes.named("best").train(
        model, digits.x(channels_first=False), digits.labels, epochs=epochs, verbose=0
    )
    return before, _arrays(model)


def _arrays(model):
    return {
        f"{layer.name}/{name}": variable.value
        for layer in model.layers
        for name, variable in layer.variables.items()
    }


def test_random_before_and_edges_after(trained):
    """S3-14, on the source's own net; blobs are not there, and are not said to be."""
    before, after = trained
    found = compare(after, before=before)
    (start,), (end,) = found.before.layers, found.after.layers
    assert {f.kind for f in found.before.findings} == {"noise"}
    assert not any(evidence.found for evidence in start.evidence())
    assert sum(f.kind in ("known", "shaped") for f in found.after.findings) >= 15
    assert end.shares["edge"].more
    assert end.shares["edge"].q < 1e-6
    assert found.layer_changes[0].added["edge"].more
    assert "conv1 before training: random, 0 of 30" in str(found)
    assert f"blobs {'yes' if end.shares['blob'].more else 'no'}" in str(found)


def test_the_change_of_each_kernel(rng):
    before = rng.normal(size=(4, 1, 3, 3))
    after = before.copy()
    after[1] = 10 * kernels.sobel("x").taps
    after[2] *= -2
    after[3] = 0
    found = compare({"c.weight": after}, before={"c.weight": before, "other.weight": before})
    kept, learned, flipped, gone = found.changes
    assert (kept.cosine, kept.growth) == (pytest.approx(1), pytest.approx(1))
    assert (learned.was, learned.became, learned.became_word) == ("noise", "known", "sobel-x")
    assert (flipped.cosine, flipped.growth) == (pytest.approx(-1), pytest.approx(2))
    assert (gone.became, gone.growth) == ("dead", 0)
    assert math.isnan(gone.cosine)
    (layer,) = found.layer_changes
    assert (layer.kept, layer.noise, layer.risen) == (1, 4, 1)
    learned = before + 0.1 * kernels.sobel("y").taps
    (layer,) = compare({"c.weight": learned}, before={"c.weight": before}).layer_changes
    assert layer.added["edge"].value == pytest.approx(1)
    with pytest.raises(InvalidValue, match="no convolution of a name and shape of weights's"):
        compare({"c.weight": after}, before={"c.weight": before[:2]})
    partly = compare({"c.weight": after, "d.weight": after}, before={"c.weight": before})
    assert partly.left == ("d: not so in before",)


def numbers(text):
    return re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)", text)


def _fields(found):
    """Every number that a sentence may say, as it is said."""
    said = {"0.9", "3", "5", "7"}
    evidence = []
    for side in (found.before, found.after):
        for layer in side.layers if side else ():
            evidence += [*layer.evidence()]
            kinds = [f.kind for f in side.of_layer(layer.layer)]
            said |= {str(kinds.count(kind)) for kind in ("known", "shaped", "noise", "dead")}
            said.add(str(kinds.count("known") + kinds.count("shaped")))
            families = [f.name.family for f in side.of_layer(layer.layer) if f.name]
            said |= {str(families.count(family)) for family in families}
            said |= {str(layer.kernels), str(layer.looked), str(layer.filters), str(len(kinds))}
            said |= {str(len(layer.dead)), str(layer.twins.count), number(layer.twins.by_chance)}
            said.add(share(layer.sparsity.value).removesuffix(" %"))
    for change in found.layer_changes:
        evidence += change.added.values()
        said |= {number(change.cosine), number(change.growth)}
        said |= {str(n) for n in (change.kept, change.looked, change.noise, change.risen)}
    for one in evidence:
        said |= {number(one.value), number(one.by_chance), p_value(one.q)}
    return said


def test_each_number_of_the_sentences_is_one_of_the_fields(trained, rng):
    before, after = trained
    bank = planted(rng, 5, 30, _2=sobel_at_12(5), _3=sobel_at_12(5), _4=np.zeros((5, 5)) + 1e-9)
    for found in (compare(after, before=before), compare({"c.weight": bank * [[[[1.0]]]]})):
        text = "\n".join(found.sentences).replace("conv1", "conv")
        text = re.sub(r"\d+ x \d+", "", text)
        assert len(numbers(text)) > 20
        for value in numbers(text):
            assert value in _fields(found), f"{value} of {text!r} is in no field"


def test_each_verdict_of_the_sentences_is_that_of_the_numbers(trained):
    before, after = trained
    found = compare(after, before=before)
    (layer,), (change,) = found.after.layers, found.layer_changes
    words = {"edges": "edge", "lines": "line", "Laplacians": "laplacian", "the mean": "mean",
             "blobs": "blob"}  # fmt: skip
    read = re.findall(
        r"(edges|lines|Laplacians|the mean|blobs) (?:(yes|no) \()?([\d.e-]+)(?: of the energy,| \()"
        r" ?([\d.e-]+) by chance: (more|less|as chance has it), p ([\d.e-]+)",
        str(found),
    )
    assert len(read) == 12
    for word, verdict, value, chance, said, p in read:
        name = words[word]
        one = next(e[name] for e in (layer.shares, change.added) if number(e[name].value) == value)
        assert chance == number(one.by_chance)
        assert p == p_value(one.q)
        due = "as chance has it"
        if one.q <= 0.05:
            due = "more" if one.value > one.by_chance else "less"
        assert said == due
        assert verdict in ("", "yes" if due == "more" else "no")


def test_less_than_chance_is_no_yes(rng):
    """Edges alone: blobs are significantly rare, which must not be told as blobs."""
    mixes = rng.normal(size=(30, 2))
    bank = np.stack([a * kernels.sobel("x").taps + b * kernels.sobel("y").taps for a, b in mixes])
    found = compare({"c.weight": bank[:, np.newaxis]}, before={"c.weight": bank[:, np.newaxis] * 0})
    (layer,) = found.after.layers
    assert layer.shares["blob"].found
    assert not layer.shares["blob"].more
    assert "edges yes (1 of the energy" in str(found)
    assert "blobs no (" in str(found)
    assert "blobs yes" not in str(found)


# Real files, and the command.


@pytest.mark.parametrize("name", ["facenet_pnet", "digit_recognizer_cnn"])
def test_files_that_others_trained(name, request):
    path = request.config.rootpath / f"../shared/data/weights/{name}.safetensors"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    start = time.process_time()
    found = compare(path)
    assert len(found.after.findings) > 200
    assert time.process_time() - start < 10
    deep = found.after.layers[-1].shares
    assert deep["mean"].more
    assert not deep["edge"].more


def test_the_command(cli, tmp_path, rng):
    bank = planted(rng, 3, 20, _6=sobel_at_12(3))
    weights.write(tmp_path / "w.npz", {"conv1/kernel": np.moveaxis(bank, (0, 1), (-1, -2))})
    weights.write(tmp_path / "old.npz", {"conv1/kernel": rng.normal(size=(3, 3, 1, 20))})
    code, out, err = cli("compare", tmp_path / "w.npz", "--before", tmp_path / "old.npz")
    assert (code, err) == (0, "")
    row = next(line for line in out.splitlines() if line.startswith("    6,0 "))
    assert "sobel-x turned by" in row
    assert "conv1: 20 filters of 3 x 3" in out
    assert "conv1 before training: random" in " ".join(out.split())
    code, out, _ = cli("compare", tmp_path / "w.npz", "--json", "--html", tmp_path / "w.html")
    found = json.loads(out)
    known = [k for k in found["after"]["kernels"] if k["kind"] == "known"]
    assert [(k["layer"], k["filter"], k["channel"], k["order"]) for k in known] == [
        ("conv1", 6, 0, 1)
    ]
    assert known[0]["names"][0]["family"] == "sobel-x"
    assert known[0]["likeness"]["q"] < 1e-3
    assert (tmp_path / "w.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["w.npz", "--layer", "conv"], 2, "no convolution 'conv'; did you mean 'conv1'"),
        (["w.npz", "--html", "w.pdf"], 2, "--html must end in .html; got 'w.pdf'"),
        (["w.npz", "--html", "no/w.html"], 1, "there is no folder no"),
        (["no.npz"], 1, "no.npz: No such file"),
        (["w.txt"], 1, "w.txt: is not a weight file"),
        (["w.npz", "--before", "w.txt"], 1, "w.txt: is not a weight file"),
        (["w.npz", "--against", "fc.npz"], 1, "fc.npz: has no convolution to compare"),
        (["fc.npz"], 1, "fc.npz: has no convolution to compare; its arrays are fc/kernel (4, 4)"),
        ([], 2, "missing argument 'WEIGHTS'"),
    ],
)
def test_the_command_refuses_in_one_line(cli, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    weights.write("w.npz", {"conv1/kernel": np.ones((3, 3, 1, 2))})
    weights.write("fc.npz", {"fc/kernel": np.ones((4, 4))})
    (tmp_path / "w.txt").write_text("no weights")
    found, out, err = cli("compare", *words)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err
    assert not (tmp_path / "w.pdf").exists()


def test_unknown_layers_are_named():
    with pytest.raises(UnknownName, match=r"did you mean 'features\.0'"):
        compare({"features.0.weight": np.ones((2, 1, 3, 3))}, layer="feature.0")
    with pytest.raises(InvalidValue, match="mix: its windows are single taps"):
        compare({"a.weight": np.ones((2, 1, 3, 3)), "mix.weight": np.ones((2, 2, 1, 1))},
                layer="mix")  # fmt: skip
