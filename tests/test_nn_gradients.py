"""Backward is the derivative of forward: every layer and option against central differences."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import imgkernels as ik
from imgkernels import nn
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.nn.activations import NAMED as ACTIVATIONS
from imgkernels.nn.layer import Memo
from imgkernels.nn.losses import NAMED as LOSSES

STEP, CLOSE = 1e-5, 1e-6


def answer(layer, xs, training=False):
    memo = Memo(training=training, batch=len(xs[0]), seed=(7,))
    return layer.answer(xs, memo), memo


def slope(function, array):
    """The gradient of a function for every value of an array, by central differences."""
    found = np.empty_like(array)
    for at in np.ndindex(array.shape):
        kept = array[at]
        array[at] = kept + STEP
        above = function()
        array[at] = kept - STEP
        found[at] = (above - function()) / (2 * STEP)
        array[at] = kept
    return found


def assert_gradients(layer, *shapes, training=False, seed=0, values=None):
    """Compare all gradients of `sum(answer * cotangent) + penalty` with central differences."""
    rng = np.random.default_rng(seed)
    xs = [rng.normal(size=shape) for shape in shapes] if values is None else values
    layer.ensure_built([x.shape[1:] for x in xs], rng)
    for variable in layer.variables.values():
        if variable.trainable:
            variable.value[...] = rng.normal(size=variable.value.shape)
    y, memo = answer(layer, xs, training)
    cotangent = rng.normal(size=y.shape)
    moving = [v.value.copy() for v in layer.variables.values()]

    def objective():
        out, told = answer(layer, xs, training)
        for variable, kept in zip(layer.variables.values(), moving, strict=True):
            if not variable.trainable:
                variable.value[...] = kept
        return float((out * cotangent).sum()) + told.penalty / len(xs[0])

    for x, back in zip(xs, layer.pull(cotangent.copy(), memo), strict=True):
        assert_close(back, slope(objective, x))
    for variable in layer.variables.values():
        if variable.trainable:
            assert_close(memo.grads[variable.name], slope(objective, variable.value))


def assert_close(found, want):
    """To 1e-6 of the largest slope: differences of a long sum are rounded by that sum's size."""
    size = max(1.0, np.abs(want).max(initial=0.0))
    np.testing.assert_allclose(found, want, rtol=CLOSE, atol=CLOSE * size)


paddings = st.sampled_from(["valid", "same", "torch:same", "full"])


@st.composite
def convolutions(draw, most_axes=3):
    """A convolution of any kind, and a shape it takes."""
    ndim = draw(st.integers(1, most_axes))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    per_axis = [st.integers(1, n) for n in (3, 2, 2)]
    window, stride, dilation = ([draw(kind) for _ in range(ndim)] for kind in per_axis)
    pairs = st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * ndim)
    padding = draw(st.one_of(paddings, pairs))
    space = [
        draw(st.integers((k - 1) * d + 1, (k - 1) * d + 3))
        for k, d in zip(window, dilation, strict=True)
    ]
    channels = groups * draw(st.integers(1, 2))
    layer = (nn.Conv1D, nn.Conv2D, nn.Conv3D)[ndim - 1](
        groups * draw(st.integers(1, 2)), window, stride, padding,
        draw(st.sampled_from(["channels_last", "channels_first"])), dilation, groups,
        draw(st.sampled_from([None, "tanh"])), draw(st.booleans()),
        border=draw(st.sampled_from(list(Border))), border_value=0.5, dtype="float64",
    )  # fmt: skip
    shape = (channels, *space) if layer.data_format == "channels_first" else (*space, channels)
    return layer, (draw(st.integers(1, 2)), *shape)


@given(convolutions())
@settings(max_examples=60)
def test_convolutions(case):
    layer, shape = case
    assert_gradients(layer, shape)


@given(st.data())
@settings(max_examples=25)
def test_transposed_depthwise_and_separable(data):
    kind = data.draw(st.sampled_from([nn.Conv2DTranspose, nn.DepthwiseConv2D, nn.SeparableConv2D]))
    window, stride = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    padding = data.draw(st.sampled_from(["valid", "same"]))
    options = {"dilation_rate": data.draw(st.integers(1, 2)), "dtype": "float64"}
    if kind is nn.DepthwiseConv2D:
        layer = kind(window, stride, padding, data.draw(st.integers(1, 2)), **options)
    elif kind is nn.SeparableConv2D:
        layer = kind(2, window, stride, padding, depth_multiplier=2, **options)
    else:
        layer = kind(4, window, stride, padding, groups=2, activation="tanh", **options)
    assert_gradients(layer, (2, 5, 6, 2))


@given(st.data())
@settings(max_examples=40)
def test_pooling(data):
    ndim = data.draw(st.integers(1, 3))
    kind = data.draw(st.sampled_from(["Max", "Average"]))
    window = [data.draw(st.integers(1, 3)) for _ in range(ndim)]
    options = {"dtype": "float64", "dilation_rate": data.draw(st.integers(1, 2))}
    if kind == "Average":
        options["count_padding"] = data.draw(st.booleans())
    layer = getattr(nn, f"{kind}Pooling{ndim}D")(
        window, data.draw(st.sampled_from([None, 1, 2])),
        data.draw(st.sampled_from(["valid", "same", "torch:same"])),
        data.draw(st.sampled_from(["channels_last", "channels_first"])), **options,
    )  # fmt: skip
    shape = (2, *[data.draw(st.integers(5, 6))] * ndim, 2)
    shape = (2, 2, *shape[1:-1]) if layer.data_format == "channels_first" else shape
    # Values far apart, so that no step changes which is the largest.
    values = np.random.default_rng(1).permutation(int(np.prod(shape))).reshape(shape) * 0.1
    assert_gradients(layer, shape, values=[values])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    assert_gradients(nn.Activation(name, dtype="float64"), (3, 7))
    assert_gradients(nn.Dense(3, activation=name, dtype="float64"), (4, 5))


def test_gelu_by_tanh():
    function = nn.activations.Gelu(approximate=True)
    assert_gradients(nn.Activation(function, dtype="float64"), (3, 7))


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (nn.BatchNormalization(dtype="float64"), [(4, 3, 3, 2)]),
        (nn.BatchNormalization(1, center=False, dtype="float64"), [(4, 2, 3, 3)]),
        (nn.BatchNormalization(scale=False, dtype="float64"), [(5, 3)]),
        (nn.BatchNormalization(trainable=False, dtype="float64"), [(4, 3, 3, 2)]),
        (nn.LocalResponseNormalization(3, 0.3, 0.75, 1.5, dtype="float64"), [(2, 2, 2, 7)]),
        (nn.LocalResponseNormalization(4, 0.3, divide=False, dtype="float64"), [(2, 2, 2, 6)]),
        (nn.Dropout(0.4, dtype="float64"), [(3, 5)]),
        (nn.Flatten(dtype="float64"), [(2, 3, 2, 2)]),
        (nn.Flatten(data_format="channels_first", dtype="float64"), [(2, 3, 2, 2)]),
        (nn.Rescaling(0.5, 1.0, dtype="float64"), [(2, 3)]),
        (nn.ZeroPadding2D(((1, 0), (2, 1)), dtype="float64"), [(2, 3, 2, 2)]),
        (nn.ZeroPadding1D(2, border="reflect", dtype="float64"), [(2, 3, 2)]),
        (nn.ZeroPadding3D(1, border="wrap", dtype="float64"), [(1, 2, 2, 2, 1)]),
        (nn.GlobalAveragePooling2D(dtype="float64"), [(2, 3, 2, 2)]),
        (nn.GlobalMaxPooling2D("channels_first", True, dtype="float64"), [(2, 3, 2, 2)]),
        (nn.GlobalAveragePooling1D(keepdims=True, dtype="float64"), [(2, 3, 2)]),
        (nn.GlobalMaxPooling3D(dtype="float64"), [(2, 2, 2, 2, 2)]),
        (nn.Add(dtype="float64"), [(2, 3, 2), (2, 3, 2)]),
        (nn.Concatenate(dtype="float64"), [(2, 3, 2), (2, 3, 1)]),
        (nn.Concatenate(axis=1, dtype="float64"), [(2, 3, 2), (2, 1, 2)]),
        (
            nn.Dense(3, "tanh", activity_regularizer=nn.regularizers.l2(0.1), dtype="float64"),
            [(4, 2)],
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Layer) else "",
)
@pytest.mark.parametrize("training", [False, True])
def test_other_layers(layer, shapes, training):
    assert_gradients(layer, *shapes, training=training)


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, rng):
    y = rng.uniform(0.1, 0.9, (4, 3))
    if "categorical" in name:
        y /= y.sum(axis=1, keepdims=True)
    target = np.array([0, 2, 1, 1]) if "sparse" in name else rng.dirichlet([1, 1, 1], 4)
    loss = LOSSES[name]
    want = slope(lambda: float(loss.values(target, y).sum()), y)
    np.testing.assert_allclose(loss.gradient(target, y), want, rtol=CLOSE, atol=CLOSE)


def test_softmax_and_cross_entropy_together(rng):
    """What training takes in one step equals the two steps."""
    x, target = rng.normal(size=(4, 5)), rng.dirichlet([1] * 5, 4)
    softmax, loss = nn.Activation("softmax", dtype="float64"), LOSSES["categorical_crossentropy"]
    memo = Memo()
    p = softmax.forward(x, memo)
    apart = softmax.backward(loss.gradient(target, p), memo)
    np.testing.assert_allclose(loss.from_softmax(target, p), apart, atol=1e-12)


@pytest.mark.parametrize("border", list(Border))
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_conv2d_equals_correlate(border, dilation, stride, rng):
    """One channel, one filter: the layer is the filter."""
    image, taps = rng.normal(size=(9, 8)), rng.normal(size=(3, 5))
    layer = nn.Conv2D(
        1, (3, 5), stride, "torch:same", dilation_rate=dilation, border=border, border_value=0.3,
        use_bias=False, dtype="float64",
    )  # fmt: skip
    layer.ensure_built([(9, 8, 1)], rng)
    layer.set_weights([taps[..., np.newaxis, np.newaxis]])
    want = ik.correlate(
        image, taps, border=border, border_value=0.3, stride=stride, dilation=dilation
    )
    np.testing.assert_allclose(
        layer(image[np.newaxis, ..., np.newaxis])[0, ..., 0], want, atol=1e-12
    )


@pytest.mark.parametrize("extent", ["valid", "full"])
def test_extents_are_paddings(extent, rng):
    image, taps = rng.normal(size=(9, 8)), rng.normal(size=(3, 2))
    layer = nn.Conv2D(1, (3, 2), 1, extent, use_bias=False, dtype="float64")
    layer.ensure_built([(9, 8, 1)], rng)
    layer.set_weights([taps[..., np.newaxis, np.newaxis]])
    want = ik.correlate(image, taps, border="constant", extent=extent)
    np.testing.assert_allclose(
        layer(image[np.newaxis, ..., np.newaxis])[0, ..., 0], want, atol=1e-12
    )


def test_the_two_sames_differ_with_stride():
    """TensorFlow's shares what is missing, PyTorch's pads as for stride 1."""
    ours, theirs = (nn.Conv2D(1, 3, 2, word) for word in ("same", "torch:same"))
    assert ours.pairs((4, 5)) == ((0, 1), (1, 1))
    assert theirs.pairs((4, 5)) == ((1, 1), (1, 1))
    assert ours.output_shape((4, 5, 1)) == theirs.output_shape((4, 5, 1)) == (2, 3, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2D(0, 3), "filters must be a whole number from 1; got 0"),
        (lambda: nn.Conv2D(4, (3, 3, 3)), "kernel_size must be a whole number from 1, or 2"),
        (lambda: nn.Conv2D(4, 3, padding="vald"), "did you mean 'valid'?"),
        (lambda: nn.Conv2D(4, 3, padding=-1), "padding must be a word, a number from 0"),
        (lambda: nn.Conv2D(3, 3, groups=2), "filters must be a multiple of groups; got 3 and 2"),
        (lambda: nn.Conv2D(4, 3, groups=2).output_shape((5, 5, 3)), "channels must be a multiple"),
        (lambda: nn.Conv2D(4, 3).output_shape((2, 9, 1)), "larger than the padded input"),
        (lambda: nn.Dropout(1.0), "rate must be from 0 to below 1; got 1.0"),
        (lambda: nn.Dense(3, dtype="int32"), "dtype must be float32 or float64"),
    ],
)
def test_mistakes_are_said(make, message):
    with pytest.raises(InvalidValue, match=message.replace("?", r"\?")):
        make()
