"""The log for TensorBoard, read back by TensorBoard's own reader."""

import sys

import numpy as np
import pytest

from imgkernels import nn
from imgkernels.errors import InvalidValue, MissingDependency

WRITER = "tensorboard.summary.writer.event_file_writer"


def trained(log_dir, **options):
    model = nn.Sequential([nn.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", ["mae"])
    x, y = np.ones((12, 2), np.float32), np.ones((12, 1), np.float32)
    log = nn.TensorBoard(log_dir, **options)
    return model.fit(x, y, 4, 2, callbacks=[log], validation_data=(x, y)).history


def told(folder):
    """Every number of a folder's log as (name, step): value."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.iterdir()
    return {
        (value.tag, event.step): value.simple_value
        for event in loader.LegacyEventFileLoader(str(path)).Load()
        for value in event.summary.value
    }


def test_epochs_of_training_and_validation(tmp_path):
    pytest.importorskip(WRITER)
    history = trained(tmp_path)
    names = {"train": "", "validation": "val_"}
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    for part, prefix in names.items():
        due = {
            (f"epoch_{name}", epoch): pytest.approx(history[prefix + name][epoch], rel=1e-6)
            for name in ("loss", "mae")
            for epoch in (0, 1)
        }
        if part == "train":
            due |= {("epoch_learning_rate", epoch): pytest.approx(0.01) for epoch in (0, 1)}
        assert told(tmp_path / part) == due


@pytest.mark.parametrize(("frequency", "steps"), [("batch", {1, 2, 3, 4, 5, 6}), (2, {2, 4, 6})])
def test_steps(tmp_path, frequency, steps):
    pytest.importorskip(WRITER)
    trained(tmp_path, update_freq=frequency)
    found = told(tmp_path / "train")
    assert {step for name, step in found if name == "batch_loss"} == steps


def test_without_the_writer_it_is_refused_at_once(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, WRITER, None)
    with pytest.raises(MissingDependency, match="pip install tensorboard"):
        nn.TensorBoard(tmp_path)


@pytest.mark.parametrize("frequency", [0, -1, "epochs", 1.5])
def test_a_frequency_that_is_none(frequency):
    with pytest.raises(InvalidValue, match="must be 'epoch', 'batch' or some steps; got"):
        nn.TensorBoard("logs", frequency)
