"""Compile, fit, evaluate, predict: a network against data."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imgkernels.errors import ImgkernelsError, InvalidValue, UnsupportedImage
from imgkernels.nn.batches import Arrays, Batch, Source, as_batch, checked, source_of
from imgkernels.nn.callbacks import Callback, History, Logs
from imgkernels.nn.losses import Loss, loss as read_loss
from imgkernels.nn.metrics import Metric, metric
from imgkernels.nn.optimizers import Optimizer, optimizer as read_optimizer
from imgkernels.nn.tally import Tally
from imgkernels.values import Array, Floats

if TYPE_CHECKING:
    from imgkernels.nn.network import Network


class NotCompiled(ImgkernelsError):
    """A model is trained or evaluated before `compile` said by which loss."""


class Trainer:
    """The part of a model that learns."""

    network: Network
    name: str
    seed: int
    optimizer: Optimizer | None = None
    loss: Loss | None = None
    metrics: tuple[tuple[str, Metric], ...] = ()
    stop_training: bool = False
    place: tuple[int, int] = (0, 0)  # the epoch and the batch that come next
    tally: Tally | None = None  # of the epoch under way
    watched_by: Sequence[Callback] = ()
    _resumed: tuple[int, int, int, Floats] | None = None

    def compile(
        self,
        optimizer: Optimizer | str = "rmsprop",
        loss: Loss | str | None = None,
        metrics: Sequence[Metric | str] = (),
    ) -> None:
        """Say how the network learns, what it makes small, and what is told beside it."""
        self.optimizer = read_optimizer(optimizer)
        self.loss = None if loss is None else read_loss(loss)
        self.metrics = tuple(metric(one) for one in metrics)

    @property
    def trained_by(self) -> Optimizer:
        """The optimiser; raise where there is none yet."""
        if self.optimizer is None or self.loss is None:
            raise NotCompiled(f"{self.name}: call compile(optimizer, loss) first")
        return self.optimizer

    def resume_at(self, epoch: int, batch: int, count: int, sums: Floats) -> None:
        """Let the next `fit` begin inside an epoch, with what its first batches gave."""
        self._resumed = (epoch, batch, count, sums)

    def fit(
        self,
        x: Any,
        y: npt.ArrayLike | None = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 0,
        callbacks: Sequence[Callback] = (),
        validation_split: float = 0.0,
        validation_data: Sequence[Any] | None = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: npt.ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        augment: Callable[[Array, np.random.Generator], Array] | None = None,
    ) -> History:
        """Train; return what each epoch gave.

        `x` is an array (or one per input), a `Source`, an `ImageDataGenerator.flow`, or an endless
        iterator of (x, y) with `steps_per_epoch`. `validation_split` takes the last share of
        the arrays, before they are shuffled. `augment(x, rng)` changes every batch. `verbose` 1
        shows a bar, 2 a line per epoch.
        """
        self.trained_by  # noqa: B018 (raises before anything is done)
        if y is not None:
            arrays = checked(_listed(x), y, sample_weight)
            arrays, held = _split(arrays, validation_split)
            validation_data = validation_data if held is None else held
            source: Any = Arrays(
                arrays[0], arrays[1], arrays[2], batch_size, shuffle, self.seed, augment
            )  # fmt: skip
        elif validation_split:
            raise InvalidValue("fit: validation_split needs arrays; give validation_data instead")
        else:
            source = source_of(x, steps_per_epoch)
        history = History()
        every = [history, *callbacks, *_told(verbose)]
        for one in every:
            one.model, one.epochs = self, epochs  # type: ignore[assignment]
            one.steps = min(len(source), steps_per_epoch or len(source))
        self.stop_training, self.watched_by = False, every
        for one in every:
            one.on_train_begin()
        try:
            for epoch in range(initial_epoch, epochs):
                self._epoch(epoch, source, every, class_weight, validation_data, steps_per_epoch)
                if self.stop_training:
                    break
        finally:
            for one in every:
                one.on_train_end()
        return history

    def _epoch(
        self,
        epoch: int,
        source: Source,
        callbacks: Sequence[Callback],
        class_weight: dict[int, float] | None,
        validation: Sequence[Any] | None,
        steps: int | None,
    ) -> None:
        for one in callbacks:
            one.on_epoch_begin(epoch)
        first, tally = self._begun(epoch)
        batches = itertools.islice(source.epoch(epoch), first, steps)
        for number, given in enumerate(batches, first):
            self.train_step(as_batch(given, class_weight), tally)
            self.place, self.tally = (epoch, number + 1), tally
            logs = tally.means()
            for one in callbacks:
                one.on_batch_end(number, logs)
        logs = tally.means()
        if validation is not None:
            told = self._measure(*_three(validation))
            logs |= {f"val_{name}": value for name, value in told.items()}
        self.place, self.tally = (epoch + 1, 0), None
        for one in callbacks:
            one.on_epoch_end(epoch, logs)

    def _begun(self, epoch: int) -> tuple[int, Tally]:
        """Return the first batch of an epoch, and the tally of those before it."""
        tally, resumed = Tally(self.metrics), self._resumed
        self._resumed = None
        if resumed is None or resumed[0] != epoch or not resumed[1]:
            return 0, tally
        tally.count = resumed[2]
        tally.sums[...] = resumed[3]
        return resumed[1], tally

    def train_step(self, batch: Batch, tally: Tally) -> None:
        """Do one step on one batch; its loss and metrics go into the tally."""
        optimizer, loss = self.trained_by, self.loss
        assert loss is not None
        xs = self.arrays(batch.xs)
        seed = (self.seed, optimizer.iterations)
        y = self.network.forward(xs, training=True, seed=seed, ends_only=True)[0]
        grad, fused = self._loss_gradient(batch.y, y)
        share = (np.ones(len(y)) if batch.weights is None else batch.weights) / len(y)
        grad *= share.astype(grad.dtype).reshape(-1, *(1,) * (grad.ndim - 1))
        self.network.backward([grad], before_activation=fused)
        variables, gradients = self.network.variables, self.network.weight_gradients()
        penalty = self.network.penalties / len(y)
        for number, variable in enumerate(variables):
            if variable.regularizer is not None:
                penalty += variable.regularizer.penalty(variable.value)
                gradients[number] = gradients[number] + variable.regularizer.gradient(
                    variable.value
                )
        tally.add(loss.values(batch.y, y), batch.y, y, batch.weights, penalty)
        optimizer.apply(variables, gradients)

    def _loss_gradient(self, target: Array, y: Floats) -> tuple[Floats, bool]:
        """Return the loss's gradient, and whether it is that before the last activation.

        A cross-entropy after a softmax is `p - t`: exact where the two by themselves divide by
        what has underflowed.
        """
        last = getattr(self.network.nodes[-1].layer, "activation", None)
        direct = getattr(self.loss, "from_softmax", None)
        probabilities = not getattr(self.loss, "from_logits", False)
        if direct is not None and probabilities and getattr(last, "name", "") == "softmax":
            return direct(target, y), True
        assert self.loss is not None
        return self.loss.gradient(target, y), False

    def evaluate(
        self,
        x: Any,
        y: npt.ArrayLike,
        batch_size: int = 256,
        sample_weight: npt.ArrayLike | None = None,
    ) -> dict[str, float]:
        """Return loss and metrics on data, by name; nothing is learned."""
        self.trained_by  # noqa: B018 (raises before anything is done)
        return self._measure(x, y, sample_weight, batch_size)

    def _measure(
        self, x: Any, y: npt.ArrayLike, sample_weight: Any = None, batch_size: int = 256
    ) -> Logs:
        assert self.loss is not None
        xs, target, weights = checked(_listed(x), y, sample_weight)
        tally = Tally(self.metrics)
        penalty = sum(
            v.regularizer.penalty(v.value) for v in self.network.variables if v.regularizer
        )
        for given in Arrays(xs, target, weights, batch_size, False, 0).epoch(0):
            batch = as_batch(given)
            out = self.network.forward(self.arrays(batch.xs), ends_only=True)[0]
            each = self.loss.values(batch.y, out)
            extra = penalty + self.network.penalties / len(each)
            tally.add(each, batch.y, out, batch.weights, extra)
        return tally.means()

    def predict(self, x: Any, batch_size: int = 256) -> Any:
        """Return the outputs for `x`: an array, or a list of them where there are several."""
        xs = self.arrays(x)
        parts = [
            self.network.forward([one[start : start + batch_size] for one in xs], ends_only=True)
            for start in range(0, len(xs[0]), batch_size)
        ]
        if not parts:
            outs = [np.zeros((0, *s.shape), np.float32) for s in self.network.outputs]
        else:
            outs = [np.concatenate(each) for each in zip(*parts, strict=True)]
        return outs[0] if len(outs) == 1 else outs

    def arrays(self, x: Any) -> list[Floats]:
        """Return the inputs in the network's dtype; raise where a shape is another."""
        given = _listed(x)
        wanted = self.network.inputs
        if len(given) != len(wanted):
            raise InvalidValue(f"{self.name}: takes {len(wanted)} inputs; got {len(given)}")
        dtype = self.network.nodes[0].layer.dtype
        arrays = [np.ascontiguousarray(one, dtype) for one in given]
        for array, symbol in zip(arrays, wanted, strict=True):
            if array.shape[1:] != symbol.shape:
                raise UnsupportedImage(
                    f"{self.name}: input must be of shape (N, {', '.join(map(str, symbol.shape))});"
                    f" got {array.shape}"
                )
        return arrays


def _listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) and _holds_arrays(x) else [x]


def _holds_arrays(x: Sequence[Any]) -> bool:
    return bool(x) and all(isinstance(one, np.ndarray) for one in x)


def _three(data: Sequence[Any]) -> tuple[Any, Any, Any]:
    return data[0], data[1], data[2] if len(data) > 2 else None


def _split(arrays: tuple[Any, Any, Any], share: float) -> tuple[Any, Any]:
    """Cut the last share off arrays, for validation."""
    if not 0 <= share < 1:
        raise InvalidValue(f"fit: validation_split must be from 0 to below 1; got {share!r}")
    if not share:
        return arrays, None
    xs, y, weights = arrays
    edge = int(len(y) * (1 - share))
    if not 0 < edge < len(y):
        raise InvalidValue(f"fit: validation_split leaves no samples on one side; got {share!r}")
    ends = None if weights is None else weights[edge:]
    kept = None if weights is None else weights[:edge]
    return ([x[:edge] for x in xs], y[:edge], kept), ([x[edge:] for x in xs], y[edge:], ends)


def _told(verbose: int) -> list[Callback]:
    from imgkernels.nn.progress import Lines, ProgressBar

    return [[], [ProgressBar()], [Lines()]][verbose]  # type: ignore[return-value]
