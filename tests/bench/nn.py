"""A training step and inference of Net A, and one large layer, against PyTorch on the same cores.

Every round runs each of the three by turns, so that whatever else the machine does falls on all of
them; a ratio is ours to PyTorch's better layout (by its median) in the same round.
"""

import argparse
import os
import time

import numpy as np
import torch
from provenance import clean_environment, keep, provenance
from torch import nn

from imgkernels.nn import Conv2D, Sequential, zoo
from imgkernels.nn.batches import Batch
from imgkernels.nn.tally import Tally

BATCH = 64
LAYER = (16, 56, 56, 64)
LAYOUTS = {
    "torch, channels first": torch.contiguous_format,
    "torch, channels last": torch.channels_last,
}


def main():
    """Measure, print a line for each, keep all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    dice = np.random.default_rng(0)
    record = {**provenance("numpy", "torch", "threadpoolctl"), "rounds": asked.rounds}
    for name, subjects in {**net_a(dice), "3x3 layer, forward + backward": layer(dice)}.items():
        record[name] = found = measured(subjects, asked.rounds)
        print(f"{name}: {found['ratio']['median']:.2f} {found['milliseconds']}", flush=True)
    keep("nn", record)


def measured(subjects, rounds):
    """Return the median of each in milliseconds, and the ratios of the rounds."""
    taken = np.array([[seconds(run) for run in subjects.values()] for _ in range(rounds)])
    medians = dict(zip(subjects, np.median(taken, axis=0) * 1e3, strict=True))
    better = 1 + int(np.median(taken[:, 1:], axis=0).argmin())
    parts = np.percentile(taken[:, 0] / taken[:, better], [25, 50, 75]).round(3).tolist()
    return {
        "milliseconds": {name: round(float(value), 2) for name, value in medians.items()},
        "against": list(subjects)[better],
        "ratio": dict(zip(("quarter", "median", "three quarters"), parts, strict=True)),
    }  # fmt: skip


def seconds(run):
    """Return the time of the better of two runs, after one that warms caches and threads."""
    run()
    times = []
    for _ in range(2):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def net_a(dice):
    """Return training steps and inferences on one batch, by rmsprop on cross-entropy."""
    x = dice.random((BATCH, 28, 28, 1), np.float32)
    y = dice.integers(0, 10, BATCH)
    ours = zoo.build("net-a")
    ours.compile("rmsprop", "sparse_categorical_crossentropy", ["accuracy"])
    batch, tally = Batch([x], y), Tally(ours.metrics)
    steps = {"ours": lambda: ours.train_step(batch, tally)}
    answers = {"ours": lambda: ours.predict(x, batch_size=BATCH)}
    for name, layout in LAYOUTS.items():
        steps[name], answers[name] = torch_net_a(x, y, layout)
    return {"Net A, training step": steps, "Net A, inference": answers}


def torch_net_a(x, y, layout):
    """Return the same in PyTorch."""
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    ).to(memory_format=layout)  # fmt: skip
    optimizer, loss = torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9), nn.CrossEntropyLoss()
    given = as_torch(x, layout)
    wanted = torch.from_numpy(y)

    def step():
        optimizer.zero_grad()
        loss(net(given), wanted).backward()
        optimizer.step()

    def answer():
        with torch.inference_mode():
            net(given).softmax(1)

    return step, answer


def layer(dice):
    """Return forward and backward of 64 to 64 channels on 56 x 56, all three gradients."""
    x = dice.random(LAYER, np.float32)
    ours = Sequential([Conv2D(64, 3, padding="same", input_shape=LAYER[1:])]).network
    subjects = {"ours": lambda: forward_backward(ours, x)}
    for name, layout in LAYOUTS.items():
        theirs = nn.Conv2d(64, 64, 3, padding=1).to(memory_format=layout)
        given = as_torch(x, layout).requires_grad_()
        subjects[name] = lambda theirs=theirs, given=given: torch_forward_backward(theirs, given)
    return subjects


def forward_backward(network, x):
    """Carry x through and what comes out back, as a gradient."""
    (y,) = network.forward([x], training=True)
    network.backward([y], to=[0])
    network.weight_gradients()


def torch_forward_backward(theirs, given):
    """Do the same in PyTorch."""
    given.grad = theirs.weight.grad = theirs.bias.grad = None
    y = theirs(given)
    y.backward(y.detach())


def as_torch(x, layout):
    """Return pictures as PyTorch has them."""
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=layout)


if __name__ == "__main__":
    clean_environment()
    main()
