"""A training step and inference of Net A, and one large layer, against PyTorch on the same cores.

PyTorch is asked in both of its layouts; what counts is the ratio to the better one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from imgkernels.bench.measure import Row
from imgkernels.bench.timing import Budget, interleaved, quarters, ratios
from imgkernels.cores import cores
from imgkernels.errors import MissingDependency
from imgkernels.values import Array

Subjects = dict[str, Callable[[], Any]]
_BATCH = 64
_LAYER = (16, 56, 56, 64)
_LAYOUTS = {"torch": "contiguous_format", "torch, channels last": "channels_last"}


def rows(quick: bool) -> Iterator[Row]:
    """Measure on one thread and on all of them; raise `MissingDependency` without torch."""
    try:
        import torch
    except (ImportError, OSError):
        raise MissingDependency("PyTorch cannot be imported; pip install torch") from None
    from imgkernels.nn.threads import set_threads

    before = torch.get_num_threads()
    budget = Budget(2.0, 15) if quick else Budget(4.0, 40)
    try:
        for threads in sorted({1, cores()}):
            torch.set_num_threads(threads)
            set_threads(threads)
            dice = np.random.default_rng(0)
            for what, subjects in {**_net_a(torch, dice), **_layer(torch, dice)}.items():
                yield _row(what, threads, interleaved(subjects, budget))
    finally:
        torch.set_num_threads(before)
        set_threads(cores())


def _row(what: str, threads: int, times: dict[str, list[float]]) -> Row:
    ours, *theirs = times
    peers = {
        name: {
            "ms": quarters([1e3 * t for t in times[name]]),
            "ratio": quarters(ratios(times[name], times[ours])),
            "agrees": True,
            "differs": "not compared: weights are drawn anew",
        }
        for name in theirs
    }
    return {
        "suite": "nn", "group": "nn", "work": what.partition(",")[0], "amount": threads,
        "what": what, "where": f"{threads} thread{'s' * (threads > 1)}",
        "ms": quarters([1e3 * t for t in times[ours]]),
        "rounds": len(times[ours]), "plan": "columns", "peers": peers, "cannot": {},
    }  # fmt: skip


def _net_a(torch: Any, dice: np.random.Generator) -> dict[str, Subjects]:
    """Return training steps and inferences on one batch, by rmsprop on cross-entropy."""
    from imgkernels.nn import zoo
    from imgkernels.nn.batches import Batch
    from imgkernels.nn.tally import Tally

    x = dice.random((_BATCH, 28, 28, 1), np.float32)
    y = dice.integers(0, 10, _BATCH)
    ours = zoo.build("net-a")
    ours.compile("rmsprop", "sparse_categorical_crossentropy", ["accuracy"])
    batch, tally = Batch([x], y), Tally(ours.metrics)
    steps: Subjects = {"ours": lambda: ours.train_step(batch, tally)}
    answers: Subjects = {"ours": lambda: ours.predict(x, batch_size=_BATCH)}
    for name, layout in _LAYOUTS.items():
        steps[name], answers[name] = _torch_net_a(torch, x, y, getattr(torch, layout))
    return {"net-a, training step": steps, "net-a, inference": answers}


def _torch_net_a(
    torch: Any, x: Array, y: Array, layout: Any
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return the same in PyTorch."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    ).to(memory_format=layout)  # fmt: skip
    optimizer = torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9)
    loss, given, wanted = nn.CrossEntropyLoss(), _planes(torch, x, layout), torch.from_numpy(y)

    def step() -> None:
        optimizer.zero_grad()
        loss(net(given), wanted).backward()
        optimizer.step()

    def answer() -> None:
        with torch.inference_mode():
            net(given).softmax(1)

    return step, answer


def _layer(torch: Any, dice: np.random.Generator) -> dict[str, Subjects]:
    """Return forward and backward of 64 to 64 channels on 56 x 56, all three gradients."""
    from imgkernels.nn import Conv2D, Sequential

    x = dice.random(_LAYER, np.float32)
    network = Sequential([Conv2D(64, 3, padding="same", input_shape=_LAYER[1:])]).network

    def forward_backward() -> None:
        (y,) = network.forward([x], training=True)
        network.backward([y], to=[0])
        network.weight_gradients()

    subjects: Subjects = {"ours": forward_backward}
    for name, layout in _LAYOUTS.items():
        subjects[name] = _torch_layer(torch, x, getattr(torch, layout))
    return {"layer 64 to 64, forward and backward": subjects}


def _torch_layer(torch: Any, x: Array, layout: Any) -> Callable[[], None]:
    """Return the same in PyTorch."""
    layer = torch.nn.Conv2d(64, 64, 3, padding=1).to(memory_format=layout)
    given = _planes(torch, x, layout).requires_grad_()

    def run() -> None:
        given.grad = layer.weight.grad = layer.bias.grad = None
        y = layer(given)
        y.backward(y.detach())

    return run


def _planes(torch: Any, x: Array, layout: Any) -> Any:
    """Return pictures as PyTorch has them."""
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=layout)
