"""Training: right, the same for the same seed, and going on from where it was killed."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import nn
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.nn import recipes, zoo
from imgkernels.nn.callbacks import Callback, CSVLogger, EarlyStopping, LearningRateScheduler
from imgkernels.nn.data import load
from imgkernels.nn.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay
from imgkernels.nn.threads import set_threads

PHOTO = Path(__file__).parents[2] / "shared" / "data" / "photos" / "camera.png"


@pytest.fixture(autouse=True)
def two_threads():
    set_threads(2)
    yield
    set_threads(2)


def small(seed=0, **options):
    """A network with everything that draws or counts."""
    model = nn.Sequential(
        [
            nn.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
            nn.BatchNormalization(),
            nn.MaxPooling2D(2),
            nn.Dropout(0.3),
            nn.Flatten(),
            nn.Dense(3, activation="softmax"),
        ],
        seed=seed,
    )
    model.compile(options.get("optimizer", "adam"), "sparse_categorical_crossentropy", ["accuracy"])
    return model


@pytest.fixture
def data(rng):
    return rng.random((150, 8, 8, 1), np.float32), rng.integers(0, 3, 150)


def assert_same(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_bytes_from_one_thread_or_two(data):
    models = []
    for count in (1, 2):
        set_threads(count)
        models.append(small())
        models[-1].fit(*data, batch_size=64, epochs=2)
    assert_same(*models)


def test_another_seed_is_another_network(data):
    a, b = small(0), small(1)
    assert not np.array_equal(a.get_weights()[0], b.get_weights()[0])


class Killed(Exception):
    pass


class Kill(Callback):
    def __init__(self, step):
        self.step = step

    def on_batch_end(self, batch, logs):
        if self.model.optimizer.iterations == self.step:
            raise Killed


@pytest.mark.parametrize("frequency", ["epoch", 1, 4])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adagrad", "adadelta"])
def test_resumed_training_is_the_same_bit_for_bit(data, tmp_path, optimizer, frequency):
    path = tmp_path / "c.npz"
    whole, average = small(optimizer=optimizer), nn.MovingAverage(0.9)
    told = whole.fit(*data, 32, 3, callbacks=[average]).history
    first = small(optimizer=optimizer)
    watching = [nn.MovingAverage(0.9), nn.ModelCheckpoint(path, save_freq=frequency), Kill(8)]
    with pytest.raises(Killed):
        first.fit(*data, 32, 3, callbacks=watching)
    second, again = small(optimizer=optimizer), nn.MovingAverage(0.9)
    epoch = nn.resume(second, path, again)
    assert epoch == 1
    rest = second.fit(*data, 32, 3, initial_epoch=epoch, callbacks=[again]).history
    assert_same(whole, second)
    assert rest["loss"] == told["loss"][1:]


def test_a_checkpoint_of_something_else_is_refused(data, tmp_path):
    path = tmp_path / "c.npz"
    model = small()
    model.fit(*data, 64, 1, callbacks=[nn.ModelCheckpoint(path)])
    with pytest.raises(InvalidValue, match="was made with Adam and seed 0; got SGD and 0"):
        nn.resume(small(optimizer="sgd"), path)
    model.save_weights(tmp_path / "w.npz")
    with pytest.raises(FileProblem, match="is no checkpoint"):
        nn.resume(small(), tmp_path / "w.npz")


def test_a_network_learns_the_sobel_kernel():
    """One filter, trained on a photograph and its Sobel, becomes Sobel to 1e-3."""
    if not PHOTO.exists():
        pytest.skip("no photographs beside the checkout")
    image = ik.read(PHOTO).pixels.astype(np.float64).reshape(512, 512)[::4, ::4]
    image = (image - image.mean()) / image.std()
    sobel = ik.kernels.sobel("x")
    target = ik.correlate(image, sobel, extent="valid")
    layer = nn.Conv2D(1, 3, use_bias=False, dtype="float64", input_shape=(128, 128, 1))
    model = nn.Sequential([layer])
    model.compile(nn.optimizers.Adam(CosineDecay(0.3, 300)), "mse")
    model.fit(image[None, ..., None], target[None, ..., None], epochs=300)
    (learned,) = layer.kernels()
    assert np.abs(learned.taps - sobel.taps).max() < 1e-3


def test_kernels_go_in_and_come_out(rng):
    given = [ik.kernels.sobel("x"), ik.kernels.gaussian(1.0, 5), ik.Kernel([[1.0, 2.0]])]
    layer = nn.Conv2D.from_kernels(
        given, trainable=False, border="reflect", dtype="float64", input_shape=(9, 8, 1)
    )
    model = nn.Sequential([layer])
    image = rng.random((9, 8))
    maps = model.predict(image[None, ..., None])[0]
    for number, kernel in enumerate(given):
        np.testing.assert_allclose(maps[..., number], ik.correlate(image, kernel), atol=1e-12)
    assert not model.network.variables
    assert [kernel.sum for kernel in layer.kernels()] == pytest.approx([0.0, 1.0, 3.0])


def test_one_epoch_on_5000_digits():
    """A first training, from what ships: over 0.94 on what it has not seen, within a minute."""
    train, test = load("digits")
    start = time.perf_counter()
    model = zoo.build("net-a")
    recipes.named("best").train(model, train.x(), train.labels, epochs=1, verbose=0)
    told = model.evaluate(test.x(), test.labels)
    assert told["accuracy"] > 0.94
    assert time.perf_counter() - start < 60


def test_validation_weights_and_classes(data):
    x, y = data
    model = small()
    history = model.fit(
        x, y, 32, 2, validation_split=0.2, class_weight={0: 2.0}, sample_weight=np.ones(150)
    ).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    one_hot = small()
    one_hot.compile("adam", "categorical_crossentropy", ["accuracy"])
    one_hot.fit(x, np.eye(3)[y], 32, 1)
    sparse = small()
    sparse.fit(x, y, 32, 1)
    assert_same(one_hot, sparse)


def test_callbacks(data, tmp_path):
    model, rates = small(optimizer="sgd"), []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs):
            rates.append(self.model.optimizer.rate)

    model.fit(
        *data, 64, 3,
        callbacks=[LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)), Look(),
                   CSVLogger(tmp_path / "h.csv")],
    )  # fmt: skip
    assert rates == [0.1, 0.05, pytest.approx(0.1 / 3)]
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert lines[0] == "epoch,accuracy,loss" and len(lines) == 4
    stopped = small(optimizer=nn.optimizers.SGD(0.0))
    history = stopped.fit(*data, 64, 9, callbacks=[EarlyStopping("accuracy", patience=2)])
    assert len(history.epoch) < 9


def test_schedules():
    assert ExponentialDecay(0.1, 10, 0.5, staircase=True)(19) == 0.05
    assert PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])(15) == 0.5
    assert CosineDecay(1.0, 10)(10) == pytest.approx(0.0)
    assert CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)(2) == 0.5


@pytest.mark.parametrize("name", [n for n in zoo.names() if n not in ("alexnet", "mobilenet")])
def test_the_zoo_learns_a_batch(name):
    """Every network of the zoo takes a step that makes its loss smaller."""
    model = zoo.build(name)
    rng = np.random.default_rng(0)
    x = rng.random((4, *model.input_shape[1:]), np.float32)
    y = rng.integers(0, model.output_shape[1], 4)
    model.compile(nn.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    losses = model.fit(x, y, 4, 4).history["loss"]
    assert np.isfinite(losses).all() and min(losses[1:]) < losses[0]


SCRIPT = """
import sys
import numpy as np
from imgkernels import nn
rng = np.random.default_rng(0)
x, y = rng.random((320, 12, 12, 1), np.float32), rng.integers(0, 3, 320)
model = nn.Sequential([
    nn.Conv2D(4, 3, activation="relu", input_shape=(12, 12, 1)), nn.BatchNormalization(),
    nn.Dropout(0.3), nn.Flatten(), nn.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
average = nn.MovingAverage(0.9)
epoch = nn.resume(model, "kept.npz", average) if sys.argv[1] == "resume" else 0
watching = [average]
if sys.argv[1] == "killed":
    watching.append(nn.ModelCheckpoint("kept.npz", save_freq=3))
    class Tell(nn.callbacks.Callback):
        def on_batch_end(self, batch, logs):
            print(flush=True)
    watching.append(Tell())
epochs = 3 if sys.argv[1] != "killed" else 10**6
model.fit(x, y, 32, epochs, initial_epoch=epoch, callbacks=watching)
model.save_weights(sys.argv[1] + ".npz")
"""


def test_a_killed_process_is_taken_up_bit_for_bit(tmp_path):
    """SIGKILL in the middle of an epoch; what goes on ends as what was never interrupted."""

    def start(word, **options):
        return subprocess.Popen([sys.executable, "-c", SCRIPT, word], cwd=tmp_path, **options)

    with start("killed", stdout=subprocess.PIPE) as process:
        for _ in range(17):  # steps; an epoch has 10
            process.stdout.readline()
        process.kill()
    assert not (tmp_path / "killed.npz").exists()
    for word in ("whole", "resume"):
        with start(word) as process:
            assert process.wait() == 0
    with np.load(tmp_path / "whole.npz") as whole, np.load(tmp_path / "resume.npz") as resumed:
        assert set(whole) == set(resumed)
        for name in whole:
            np.testing.assert_array_equal(whole[name], resumed[name])
