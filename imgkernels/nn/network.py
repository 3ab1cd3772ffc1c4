"""Running a graph of layers forward and backward, cut in shards of samples.

A batch is cut in shards by its size alone, never by the number of threads: each shard is carried
through the layers by one thread, and what the shards give is put together in their order. So the
same bytes come out of one thread or many.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from imgkernels.nn import pairs
from imgkernels.nn.graph import Symbol, in_order
from imgkernels.nn.layer import Layer, Memo, Rule
from imgkernels.nn.threads import each, one_blas_thread
from imgkernels.nn.variable import Variable
from imgkernels.values import Floats

_SHARD = 32  # samples: small enough to stay in cache, large enough to be worth a call


@dataclass
class Shard:
    """Some samples on their way: the arrays on the wires, the gradients, the layers' memos."""

    memos: list[Memo]
    part: slice = field(default_factory=lambda: slice(0, 0))
    values: list[Floats | None] = field(default_factory=list)
    grads: list[Floats | None] = field(default_factory=list)


def shards_of(batch: int) -> list[slice]:
    """Cut a batch in 1, 2 or 4 shards of about the same size."""
    count = 1 if batch < 2 else 2 if batch <= 2 * _SHARD else 4
    edges = [batch * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(edges)]


class Network:
    """The nodes between inputs and outputs, in order, with what each call of them remembers."""

    def __init__(self, inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> None:
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.steps = in_order(self.inputs, self.outputs)
        places = {id(symbol): i for i, symbol in enumerate((*self.inputs, *self.steps))}
        self._from = [[places[id(one)] for one in s.node.inputs] for s in self.steps if s.node]
        self._ends = [places[id(one)] for one in self.outputs]
        self.nodes = [symbol.node for symbol in self.steps if symbol.node is not None]
        self.pairs = pairs.pairs_of(self.nodes, self._from, self._ends, len(self.inputs))
        self._paired: dict[int, int] = {}
        self._shards: list[Shard] = []
        self._together = [Memo() for _ in self.nodes]

    @functools.cached_property
    def layers(self) -> list[Layer]:
        """Each layer once, in the order of its first call."""
        return list(dict.fromkeys(node.layer for node in self.nodes))

    @property
    def variables(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for layer in self.layers for v in layer.trainable_variables]

    def forward(
        self,
        xs: Sequence[Floats],
        *,
        training: bool = False,
        seed: tuple[int, ...] = (0,),
        rule: Rule = "vanilla",
        ends_only: bool = False,
    ) -> list[Floats]:
        """Return the outputs for a batch; they are overwritten by the next call.

        `ends_only`: nobody will ask for what is on a wire between, nor for its gradient, so that
        layers may be run as one.
        """
        parts = shards_of(len(xs[0]))
        while len(self._shards) < len(parts):
            self._shards.append(Shard([Memo() for _ in self.nodes]))
        shards = self._shards[: len(parts)]
        for number, (shard, part) in enumerate(zip(shards, parts, strict=True)):
            shard.part = part
            shard.values = [*(x[part] for x in xs), *[None] * len(self.nodes)]
            for place, memo in enumerate(shard.memos):
                memo.training, memo.rule, memo.batch = training, rule, len(xs[0])
                memo.penalty, memo.seed = 0.0, (*seed, number, place)
        self._paired = self.pairs if ends_only else {}
        if ends_only:
            self._tell_wanted(shards, self._wanted(()) if training else set())
        with one_blas_thread():
            for together, places in self._stretches(training):
                if together:
                    self._answer_together(places[0], shards, seed)
                else:
                    each(partial(self._answer, places), shards)
        self._running = shards
        return [self._joined([shard.values[end] for shard in shards]) for end in self._ends]

    def backward(
        self,
        grads: Sequence[Floats],
        *,
        to: Sequence[int] = (),
        before_activation: bool = False,
    ) -> list[Floats]:
        """Carry gradients of the outputs back; return those of the wires `to` (0 is an input).

        `before_activation`: the first gradient is that of the sums before the last activation.
        The gradients of weights are then in `weight_gradients`.
        """
        shards, wanted = self._running, self._wanted(to)
        for shard in shards:
            shard.grads = [None] * len(shard.values)
            for end, grad in zip(self._ends, grads, strict=True):
                _add(shard, end, grad[shard.part].copy())
        self._tell_wanted(shards, wanted)
        last = self._ends[0] - len(self.inputs)
        for memo in (self._together[last], *(shard.memos[last] for shard in shards)):
            memo.before_activation = before_activation
        with one_blas_thread():
            training = shards[0].memos[0].training
            for together, places in reversed(self._stretches(training)):
                if together:
                    self._pull_together(places[0], shards, wanted)
                else:
                    each(partial(self._pull, places, wanted, to), shards)
        return [self._joined([shard.grads[wire] for shard in shards]) for wire in to]

    def weight_gradients(self) -> list[Floats]:
        """Return the gradients of `variables`, summed over shards and calls in their order."""
        found: dict[int, Floats] = {}
        for place, node in enumerate(self.nodes):
            for name, variable in node.layer.variables.items():
                for memo in (*(s.memos[place] for s in self._running), self._together[place]):
                    grad = memo.grads.pop(name, None)
                    if grad is not None:
                        key = id(variable)
                        found[key] = grad if key not in found else found[key] + grad
        return [found[id(variable)] for variable in self.variables]

    @property
    def penalties(self) -> float:
        """What the answers of the last forward add to the loss, summed over the batch."""
        memos = itertools.chain(self._together, *(shard.memos for shard in self._running))
        return sum(memo.penalty for memo in memos)

    def wire_into(self, layer: Layer) -> int:
        """Return the number of the wire that a layer's (last) call takes, of several the first."""
        return self._from[self.wire_of(layer) - len(self.inputs)][0]

    def wire_of(self, layer: Layer) -> int:
        """Return the number of the wire that a layer's (last) answer is on."""
        places = [i for i, node in enumerate(self.nodes) if node.layer is layer]
        return len(self.inputs) + places[-1]

    def value(self, wire: int) -> Floats:
        """Return what the last forward put on a wire."""
        return self._joined([shard.values[wire] for shard in self._running])

    def _stretches(self, training: bool) -> list[tuple[bool, list[int]]]:
        """Cut the nodes in stretches that shards run by themselves, and nodes for all at once."""
        cut = [training and node.layer.whole_batch for node in self.nodes]
        found: list[tuple[bool, list[int]]] = []
        for place, together in enumerate(cut):
            if together or not found or found[-1][0]:
                found.append((together, []))
            found[-1][1].append(place)
        return found

    def _wanted(self, to: Sequence[int]) -> set[int]:
        """Return the wires whose gradient something before them needs."""
        wanted = set(to)
        for place, node in enumerate(self.nodes):
            if node.layer.trainable_variables or any(w in wanted for w in self._from[place]):
                wanted.add(len(self.inputs) + place)
        return wanted

    def _tell_wanted(self, shards: list[Shard], wanted: set[int]) -> None:
        """Tell all calls whether the gradient of their input is asked for."""
        for shard in shards:
            for place, memo in enumerate(shard.memos):
                memo.wants_input = any(source in wanted for source in self._from[place])

    def _answer(self, places: Sequence[int], shard: Shard) -> None:
        first = len(self.inputs)
        for place in places:
            if shard.values[first + place] is not None:  # by the layer before
                continue
            inputs = [_there(shard.values[wire]) for wire in self._from[place]]
            layer, memo, pool = self.nodes[place].layer, shard.memos[place], self._paired.get(place)
            if pool is not None:
                answer = pairs.answer(layer, self.nodes[pool].layer, inputs[0], memo)
                shard.values[first + pool] = answer
                if answer is not None:
                    continue
            shard.values[first + place] = layer.answer(inputs, memo)

    def _pull(
        self, places: Sequence[int], wanted: set[int], to: Sequence[int], shard: Shard
    ) -> None:
        for place in reversed(places):
            wire = len(self.inputs) + place
            grad = shard.grads[wire]
            if grad is None or wire not in wanted:
                continue
            if wire in to:
                grad = grad.copy()  # it is asked for, and layers may write into theirs
            whole = self._whole(place, shard)
            memo = shard.memos[whole]
            if whole == place:
                back = self.nodes[place].layer.pull(grad, memo)
            else:
                back = pairs.pull(self.nodes[whole].layer, grad, memo)
            for source, part in zip(self._from[whole], back, strict=True):
                if source in wanted:
                    _add(shard, source, part)

    def _whole(self, place: int, shard: Shard) -> int:
        """Return where the pair begins that ran as one and ends at `place`, else `place`."""
        before = self._from[place][0]
        return before - len(self.inputs) if shard.values[before] is None else place

    def _answer_together(self, place: int, shards: list[Shard], seed: tuple[int, ...]) -> None:
        memo = self._together[place]
        memo.training, memo.penalty = True, 0.0
        memo.batch, memo.seed = shards[-1].part.stop, (*seed, 0, place)
        inputs = [self._joined([s.values[wire] for s in shards]) for wire in self._from[place]]
        answer = self.nodes[place].layer.answer(inputs, memo)
        for shard in shards:
            shard.values[len(self.inputs) + place] = answer[shard.part]

    def _pull_together(self, place: int, shards: list[Shard], wanted: set[int]) -> None:
        wire, memo = len(self.inputs) + place, self._together[place]
        if wire not in wanted or shards[0].grads[wire] is None:
            return
        memo.wants_input = any(source in wanted for source in self._from[place])
        back = self.nodes[place].layer.pull(self._joined([s.grads[wire] for s in shards]), memo)
        for source, part in zip(self._from[place], back, strict=True):
            if source in wanted:
                for shard in shards:
                    _add(shard, source, part[shard.part])

    @staticmethod
    def _joined(parts: Sequence[Floats | None]) -> Floats:
        return np.concatenate([_there(part) for part in parts])


def _add(shard: Shard, wire: int, grad: Floats) -> None:
    before = shard.grads[wire]
    shard.grads[wire] = grad if before is None else before + grad


def _there(value: Floats | None) -> Floats:
    assert value is not None, "nothing came along this wire"
    return value
