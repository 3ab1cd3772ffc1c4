"""Keras's arguments: every one is taken, by Keras's name, and does what Keras says."""

import numpy as np
import pytest

from imgkernels import nn, weights
from imgkernels.errors import InvalidValue
from imgkernels.nn.callbacks import Callback, EarlyStopping
from imgkernels.nn.layer import Memo

CONV = {
    "strides": 1, "padding": "same", "data_format": "channels_first", "dilation_rate": 2,
    "activation": "tanh", "use_bias": True, "bias_initializer": "ones",
    "bias_regularizer": "l1", "activity_regularizer": "l1_l2", "bias_constraint": "non_neg",
}  # fmt: skip
KERNEL = {"initializer": "he_normal", "regularizer": "l2", "constraint": "max_norm"}
GROUPED = {**CONV, "groups": 2, **{f"kernel_{word}": value for word, value in KERNEL.items()}}
DEPTH = {**CONV, "depth_multiplier": 2}
DEPTH |= {f"depthwise_{word}": value for word, value in KERNEL.items()}
POINT = {f"pointwise_{word}": value for word, value in KERNEL.items()}
BATCH = {
    "axis": 1, "momentum": 0.9, "epsilon": 1e-5, "center": True, "scale": True,
    "beta_initializer": "zeros", "gamma_initializer": "ones", "moving_mean_initializer": "zeros",
    "moving_variance_initializer": "ones", "beta_regularizer": "l2", "gamma_regularizer": "l1",
    "beta_constraint": "non_neg", "gamma_constraint": "unit_norm",
}  # fmt: skip
POOL = {"pool_size": 2, "strides": 1, "padding": "same", "data_format": "channels_first"}
ARGUMENTS = {
    **{f"Conv{n}D": {"filters": 4, "kernel_size": 3, **GROUPED} for n in (1, 2, 3)},
    "Conv2DTranspose": {"filters": 4, "kernel_size": 3, "output_padding": 1, **GROUPED},
    "DepthwiseConv2D": {"kernel_size": 3, **DEPTH},
    "SeparableConv2D": {"filters": 4, "kernel_size": 3, **DEPTH, **POINT},
    **{f"{kind}Pooling{n}D": POOL for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{
        f"Global{kind}Pooling{n}D": {"data_format": "channels_first", "keepdims": True}
        for kind in ("Max", "Average")
        for n in (1, 2, 3)
    },
    "BatchNormalization": BATCH,
    "Dropout": {"rate": 0.5, "noise_shape": (None, 2, 1, 1), "seed": 3},
    "ZeroPadding2D": {"padding": ((1, 0), (0, 2)), "data_format": "channels_first"},
    "Rescaling": {"scale": 2.0, "offset": 1.0},
    "Flatten": {"data_format": "channels_first"},
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_argument_is_taken_and_trained_with(name):
    """Each layer with all its arguments at once learns; constraints hold after it."""
    axes = next((int(c) for c in name if c.isdigit()), 2)
    model = nn.Sequential([nn.Input((2, *(6, 5, 4)[:axes])), getattr(nn, name)(**ARGUMENTS[name])])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, *model.input_shape[1:]))
    loss = model.fit(x, np.zeros((4, *model.output_shape[1:])), 4).history["loss"]
    assert np.isfinite(loss).all()
    for variable in model.network.variables:
        if variable.constraint is not None:
            again = variable.constraint(variable.value)
            np.testing.assert_allclose(variable.value, again, rtol=1e-5, atol=1e-6)


def test_identity_and_other_names_of_initializers(rng):
    shapes = {"identity": (3, 4), "constant": (2, 3), "variance_scaling": (3, 3, 2, 4)}
    drawn = {n: nn.initializers.initializer(n)(shape, rng) for n, shape in shapes.items()}
    np.testing.assert_array_equal(drawn["identity"], np.eye(3, 4))
    assert not drawn["constant"].any()
    assert drawn["variance_scaling"].std() > 0
    with pytest.raises(InvalidValue, match="identity is for weights of 2 axes"):
        nn.Conv2D(2, 3, kernel_initializer="identity").ensure_built([(5, 5, 1)], rng)


@pytest.mark.parametrize("name", sorted(set(nn.initializers.NAMED) - {"identity"}))
def test_initializers_have_the_spread_they_promise(name, rng):
    """Of 3 x 3 x 32 x 64: 288 values meet in one output, one value reaches 576."""
    drawn = nn.initializers.initializer(name)((3, 3, 32, 64), rng)
    into, both = 288, (288 + 576) / 2
    spread = {
        "glorot": 1 / both, "he": 2 / into, "lecun": 1 / into, "variance": 1 / into,
        "random_normal": 0.05**2, "normal": 0.05**2, "truncated": (0.05 * 0.87962566) ** 2,
        "random_uniform": 0.1**2 / 12, "uniform": 0.1**2 / 12, "orthogonal": 1 / into,
        "zeros": 0, "ones": 0, "constant": 0,
    }  # fmt: skip
    due = spread.get(name, spread.get(name.split("_")[0]))
    assert drawn.var() == pytest.approx(due, rel=0.03, abs=1e-12)


def test_top_5_by_keras_names():
    y = np.array([np.arange(8.0)] * 3)
    target = np.array([7, 3, 2])
    for name, given in {
        "sparse_top_k_categorical_accuracy": target,
        "top_k_categorical_accuracy": np.eye(8)[target],
    }.items():
        assert nn.metrics.metric(name)[1](given, y).tolist() == [1, 1, 0]


def test_noise_shape_leaves_out_whole_maps():
    x = np.ones((5, 6, 7, 8), np.float32)
    maps = nn.Dropout(0.5, (None, 1, 1, None)).forward(x, Memo(training=True))
    assert (np.ptp(maps, axis=(1, 2)) == 0).all()
    assert set(np.unique(maps)) == {0, 2}
    one = nn.Dropout(0.5).forward(x, Memo(training=True))
    assert (np.ptp(one, axis=(1, 2)) > 0).any()


def test_the_seed_of_a_dropout():
    x = np.ones((5, 40), np.float32)
    drawn = [nn.Dropout(0.5, seed=s).forward(x, Memo(training=True)) for s in (None, 1, 1, 2)]
    np.testing.assert_array_equal(drawn[1], drawn[2])
    assert not any(np.array_equal(drawn[1], other) for other in (drawn[0], drawn[3]))


@pytest.mark.parametrize(
    ("noise", "message"),
    [((4, 1), "must begin with None"), ((None, 3), "None, 1 or the size"), ((None,), "None, 1 or")],
)
def test_a_noise_shape_that_does_not_fit(noise, message):
    with pytest.raises(InvalidValue, match=message):
        nn.Dropout(0.5, noise).output_shape((8,))


class Losses(Callback):
    """Puts losses of our choice before what comes after it."""

    def __init__(self, losses):
        self.losses = losses

    def on_epoch_end(self, epoch, logs):
        logs["loss"] = self.losses[epoch]


def epochs(losses, *callbacks):
    """How many epochs a training runs whose losses are these."""
    model = nn.Sequential([nn.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))
    watching = [Losses(losses), *callbacks]
    return len(model.fit(x, y, 4, len(losses), callbacks=watching).epoch)


@pytest.mark.parametrize(
    ("options", "due"),
    [
        ({}, 2),
        ({"patience": 2}, 5),
        ({"patience": 2, "baseline": 1.0}, 2),
        ({"patience": 2, "baseline": 5.5}, 5),
        ({"start_from_epoch": 2}, 4),
        ({"patience": 2, "min_delta": 4.0}, 3),
        ({"patience": 2, "mode": "max"}, 4),
    ],
)
def test_early_stopping(options, due):
    assert epochs([5, 6, 4, 4.5, 4.2, 3], EarlyStopping("loss", **options)) == due


def test_a_baseline_that_is_not_reached():
    """The best so far goes on, and is what is restored, as in Keras."""
    stopping = EarlyStopping("loss", patience=2, baseline=1.0, restore_best_weights=True)
    assert epochs([5, 4, 3, 2, 3, 1], stopping) == 5
    best = Losses([5, 4, 3, 2])
    epochs(best.losses, best)  # as far as the best epoch, the fourth
    for restored, due in zip(stopping.model.get_weights(), best.model.get_weights(), strict=True):
        np.testing.assert_array_equal(restored, due)


@pytest.mark.parametrize(("threshold", "due"), [(None, [1, 3, 6]), (4.5, [3, 6]), (3.5, [6])])
def test_the_best_checkpoint(tmp_path, threshold, due):
    keep = nn.ModelCheckpoint(
        tmp_path / "{epoch}.safetensors", "loss", save_best_only=True, save_weights_only=True,
        initial_value_threshold=threshold,
    )  # fmt: skip
    epochs([5, 6, 4, 4.5, 4.2, 3], keep)
    assert sorted(int(path.stem) for path in tmp_path.iterdir()) == due
    kept = weights.read(tmp_path / f"{due[-1]}.safetensors")
    assert set(kept) == {"dense/kernel", "dense/bias"}
