"""Looking inside: laws of each view, on small networks with weights of our own choosing."""

from itertools import combinations

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import nn
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency, UnknownName
from imgkernels.nn import inside
from imgkernels.nn.inside.layout import laid_out
from imgkernels.nn.inside.structure import Box, box_of


def network(data_format="channels_last", top="softmax", dtype="float32"):
    first = {"channels_last": (12, 12, 1), "channels_first": (1, 12, 12)}[data_format]
    common = {"data_format": data_format, "dtype": dtype}
    return nn.Sequential(
        [
            nn.Conv2D(4, 3, activation="relu", input_shape=first, **common),
            nn.MaxPooling2D(2, **common),
            nn.Conv2D(6, 2, activation="relu", **common),
            nn.Flatten(**common),
            nn.Dense(3, activation=top, dtype=dtype),
        ],
        seed=1,
    )


@pytest.fixture(scope="module")
def model():
    return network()


@pytest.fixture
def picture(rng):
    return rng.random((12, 12, 1)).astype(np.float32)


def left_detector():
    """Class 1 where the left half is bright, class 0 where it is not; nothing else counts."""
    conv = nn.Conv2D(1, 3, activation="relu", padding="same", input_shape=(8, 8, 1))
    dense = nn.Dense(2, activation="softmax")
    model = nn.Sequential([conv, nn.Flatten(), dense])
    spot = np.zeros((3, 3, 1, 1))
    spot[1, 1] = 1
    weight = np.zeros((8, 8, 2))
    weight[:, :4, 1] = 1
    model.set_weights([spot, [0], weight.reshape(64, 2), [4, 0]])
    return model


def test_filters_are_the_weights(model):
    kernels = inside.filters(model, "conv2d_1")
    assert kernels.shape == (6, 2, 2, 4)
    np.testing.assert_array_equal(kernels[2, :, :, 3], model.layers[2].kernel.value[:, :, 3, 2])
    with pytest.raises(InvalidValue, match="not convolutional"):
        inside.filters(model, "dense")
    with pytest.raises(UnknownName, match="did you mean 'conv2d'"):
        inside.filters(model, "conv2"[:-1])


def test_responses_are_correlations_after_the_activation(model, picture):
    maps = inside.responses(model, picture)
    kernel = ik.Kernel(inside.filters(model)[1, :, :, 0])
    due = np.maximum(ik.correlate(picture[..., 0], kernel, extent="valid"), 0)
    np.testing.assert_allclose(maps[..., 1], due, atol=1e-6)
    with pytest.raises(InvalidValue, match="no maps"):
        inside.responses(model, picture, "dense")


def test_saliency_is_the_gradient_of_the_score(picture):
    """Central differences of the sum before the softmax, in float64."""
    score = network(top=None, dtype="float64")
    base, step = picture.astype(np.float64), 1e-6
    slopes = np.zeros((12, 12))
    for y, x in np.ndindex(12, 12):
        up, down = base.copy(), base.copy()
        up[y, x] += step
        down[y, x] -= step
        ends = score.predict(np.stack([up, down]))[:, 2]
        slopes[y, x] = abs(ends[0] - ends[1]) / (2 * step)
    found = inside.saliency(network(), picture, 2)
    low, high = slopes.min(), slopes.max()
    np.testing.assert_allclose(found, (slopes - low) / (high - low), atol=1e-4)


@pytest.mark.parametrize("modifier", inside.MODIFIERS)
def test_gradients_see_only_what_counts(modifier):
    model = left_detector()
    bright = np.ones((8, 8))
    for heat in (inside.saliency(model, bright, 1, modifier=modifier),
                 inside.grad_cam(model, bright, 1, layer="conv2d", modifier=modifier)):  # fmt: skip
        assert heat.shape == (8, 8)
        assert 0 <= heat.min() <= heat.max() <= 1
    heat = inside.saliency(model, bright, 1, modifier=modifier)
    assert (heat[:, :4] == 1).all()
    assert (heat[:, 4:] == 0).all()


def test_modifiers_differ_where_gradients_are_negative(model, picture):
    maps = [inside.saliency(model, picture, 0, modifier=m) for m in inside.MODIFIERS]
    assert not np.allclose(maps[0], maps[1])
    assert not np.allclose(maps[1], maps[2])
    with pytest.raises(UnknownName, match="did you mean 'guided'"):
        inside.saliency(model, picture, 0, modifier="guidd")


def test_grad_cam_is_its_formula(model, picture):
    _, maps, gradient = model.gradient(picture[None], [[0, 0, 1]], layer="conv2d", linear=True)
    weights = gradient[0].mean(axis=(0, 1))
    heat = np.maximum((maps[0] * weights).sum(axis=-1), 0)
    found = inside.grad_cam(model, picture, 2, layer="conv2d")
    assert found.shape == (12, 12)
    from imgkernels.nn.data.resize import resized

    due = resized(heat[..., None], (12, 12))[..., 0]
    low, high = due.min(), due.max()
    np.testing.assert_allclose(found, (due - low) / (high - low or 1), atol=1e-5)


@pytest.mark.parametrize("where", [(1, 2, 3, 4), (0, 0, 12, 1), (5, 5, 1, 1), (8, 9, 3, 2)])
def test_a_box_is_around_what_was_drawn(where):
    x, y, width, height = where
    heat = np.zeros((12, 12))
    heat[y : y + height, x : x + width] = 0.7
    assert inside.bounding_box(heat) == where
    heat[11, 11] += 0.3  # a lone pixel elsewhere, or one of the region
    assert inside.bounding_box(heat, 0.5) == where


def test_a_box_of_nothing_and_wrong_thresholds():
    assert inside.bounding_box(np.zeros((3, 3))) is None
    for threshold in (0, 1.1, float("nan")):
        with pytest.raises(InvalidValue, match="threshold must be in"):
            inside.bounding_box(np.ones((3, 3)), threshold)


def test_occlusion_finds_the_half_that_counts():
    model, bright = left_detector(), np.ones((8, 8))
    found = inside.occlusion(model, bright, 1, size=4, fill=0.0, around=0)
    assert found.heat[:, :4].max() < found.heat[:, 4:].min()
    assert found.counts == {1: 4}
    hidden = bright.copy()
    hidden[:4, :4] = 0
    due = model.predict(hidden[None, ..., None])[0, 1]
    np.testing.assert_allclose(found.heat[:4, :4], due, rtol=1e-6)
    everything = inside.occlusion(model, bright, 1, size=4, fill=0.0, around=2)
    assert everything.counts == {0: 4}
    assert (everything.classes == 0).all()


def test_occlusion_of_sizes_that_do_not_divide(model, picture):
    found = inside.occlusion(model, picture, size=5, around=1)
    assert found.of == model.predict(picture[None])[0].argmax()
    assert sum(found.counts.values()) == 9
    assert found.heat.shape == found.classes.shape == (12, 12)
    assert found.classes.dtype == np.int16
    with pytest.raises(InvalidValue, match="size must be 1 or more"):
        inside.occlusion(model, picture, size=0)


def test_maximizing_raises_the_score(model):
    pictures = inside.maximize(model, [0, 1, 2], steps=60)
    assert pictures.shape == (3, 12, 12, 1)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    scores = network(top=None).predict(pictures)
    assert scores.argmax(axis=0).tolist() == [0, 1, 2]  # nobody else's picture moves a class more
    np.testing.assert_array_equal(pictures, inside.maximize(model, [0, 1, 2], steps=60))
    assert not np.array_equal(pictures, inside.maximize(model, [0, 1, 2], steps=60, seed=1))


def test_penalties_do_what_they_say(model):
    def roughness(**weights):
        x = inside.maximize(model, 0, steps=60, **weights)[0, :, :, 0]
        return np.abs(np.diff(x, axis=0)).mean() + np.abs(np.diff(x, axis=1)).mean()

    assert roughness(tv_weight=50) < roughness(tv_weight=0) / 2
    spread = [inside.maximize(model, 0, steps=60, lp_weight=w, tv_weight=0).std() for w in (0, 200)]
    assert spread[1] < spread[0]


def test_maximizing_a_filter_shows_its_kernel(model):
    """A linear filter is most excited by itself: bright where its taps sum up positive."""
    low = inside.maximize(model, [0, 3], layer="conv2d", steps=40, input_range=(-1, 1))
    for picture, number in zip(low, (0, 3), strict=True):
        kernel = inside.filters(model)[number, :, :, 0]
        sign = np.sign(picture[4:8, 4:8, 0].mean())
        assert sign == np.sign(kernel.sum())
    with pytest.raises(InvalidValue, match="choose from 0 to 3"):
        inside.maximize(model, 4, layer="conv2d")
    with pytest.raises(InvalidValue, match="input_range must rise"):
        inside.maximize(model, 0, input_range=(1, 0))


def test_channels_first_sees_the_same(picture):
    last, first = network(), network("channels_first")
    first.set_weights(last.get_weights())
    for look in (
        inside.saliency,
        inside.grad_cam,
        inside.responses,
        lambda m, p: inside.occlusion(m, p).heat,
        lambda m, p: inside.maximize(m, 0, steps=3),
        lambda m, p: inside.maximize(m, 1, steps=3, layer="conv2d_1"),
    ):
        np.testing.assert_allclose(look(first, picture), look(last, picture), atol=1e-4)


def test_a_class_there_is_none_of(model, picture):
    for look in (inside.saliency, inside.grad_cam, inside.occlusion):
        with pytest.raises(InvalidValue, match="class must be 0 to 2; got 3"):
            look(model, picture, 3)


def test_boxes_stand_below_what_they_need_and_wires_beside_boxes(rng):
    for _ in range(20):
        sources = [[]] + [
            sorted(set(rng.integers(0, n, rng.integers(1, 4)).tolist())) for n in range(1, 12)
        ]
        layout = laid_out(sources)
        for box, own in enumerate(sources):
            assert all(layout.rows[one] < layout.rows[box] for one in own)
        for row in set(layout.rows):
            boxes = [x for x, r in zip(layout.columns, layout.rows, strict=True) if r == row]
            lanes = [
                path[row - layout.rows[s] - 1]
                for (s, t), path in layout.paths.items()
                if layout.rows[s] < row < layout.rows[t]
            ]
            assert all(abs(a - b) >= 1 - 1e-9 for a, b in combinations(boxes, 2))
            assert all(abs(lane - box) > 0.5 for lane in lanes for box in boxes)
            assert max(map(abs, boxes)) + 0.5 <= layout.width / 2 + 1e-9


def test_what_is_written_on_a_box():
    start = nn.Input((8, 8, 1))
    top = nn.Conv2D(2, 1, name="c")(start)
    nn.Model(start, top)
    assert box_of(top) == Box("c", "Conv2D  8 x 8 x 2  4", "Conv2D")
    assert box_of(nn.Input((8, 8, 1))).note == "8 x 8 x 1"


FIGURES = {
    "filters": lambda m, p: inside.plot_filters({"a": inside.filters(m), "b": inside.filters(m)}),
    "deep": lambda m, p: inside.plot_filters({"": inside.filters(m, "conv2d_1")}, channel=2),
    "colours": lambda m, p: inside.plot_filters({"": np.ones((5, 3, 3, 3))}),
    "lines": lambda m, p: inside.plot_filters({"": np.eye(5, 3)[..., np.newaxis] - 0.5}),
    "responses": lambda m, p: inside.plot_responses(p, inside.responses(m, p)),
    "saliency": lambda m, p: inside.plot_heats(p, {"a": inside.saliency(m, p)}),
    "cam": lambda m, p: inside.plot_overlays(
        p, {"": inside.grad_cam(m, p)}, box=inside.Box(1, 2, 3, 4)
    ),
    "occlusion": lambda m, p: inside.plot_occlusion(p, inside.occlusion(m, p), "xyz"),
    "maximize": lambda m, p: inside.plot_maximized(np.ones((7, 4, 4, 1)), list("abcdefg")),
    "curves": lambda m, p: inside.plot_curves(
        {"loss": [2, 1], "val_loss": [3, 1], "accuracy": [0, 1]}
    ),
    "scores": lambda m, p: inside.plot_scores(p, [0.2, 0.8], ["a", "b"]),
    "structure": lambda m, p: inside.plot_structure(m),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn_without_pyplot_and_always_the_same(model, picture, tmp_path, name):
    import sys

    pytest.importorskip("matplotlib")
    for number in (1, 2):
        inside.save(FIGURES[name](model, picture), tmp_path / f"{number}.png")
    assert "matplotlib.pyplot" not in sys.modules
    one, two = (tmp_path / f"{number}.png" for number in (1, 2))
    assert one.read_bytes() == two.read_bytes()
    pixels = ik.read(one).pixels
    assert min(pixels.shape[:2]) > 200
    assert pixels[..., :3].std() > 5  # not a blank sheet


def test_figures_as_svg_and_pages(model, tmp_path):
    pytest.importorskip("matplotlib")
    figure = inside.plot_structure(model)
    inside.save(figure, tmp_path / "a.svg")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()
    inside.save(figure, tmp_path / "a.html", "a <b> & c")
    page = (tmp_path / "a.html").read_text()
    assert "<title>a &lt;b&gt; &amp; c</title>" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    with pytest.raises(UnknownName, match=r"no format of figures '\.gif'"):
        inside.save(figure, tmp_path / "a.gif")
    with pytest.raises(FileProblem, match="there is no folder"):
        inside.save(figure, tmp_path / "gone" / "a.png")


def test_without_matplotlib_the_cure_is_named(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependency, match=r'pip install "imgkernels\[plot\]"'):
        inside.plot_structure(model)
