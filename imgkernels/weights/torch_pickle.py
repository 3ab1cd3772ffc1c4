"""The pickle inside a PyTorch file, read as data: a stack machine that knows tensors alone.

Pickle is a program. This reader carries out the few of its instructions that build dicts, lists
and texts, and of the functions it may name only those that rebuild a tensor; they are names
here, nothing is imported or called. Everything else is refused.
Source of the instructions: CPython, `Lib/pickletools.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from imgkernels.errors import FileProblem
from imgkernels.weights.torch_tensor import Global, reduced, stored

_MOST_STEPS = 2_000_000
_MOST_DEPTH = 10_000  # of the stack


class _Mark:
    """Where on the stack a list, tuple or set of items begins."""


class Machine:
    """A stack, a memo, and a place in the program; `run` returns what the program builds."""

    def __init__(self, program: bytes) -> None:
        self.program = program
        self.at = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Carry out the program; raise `FileProblem` for what is no data of tensors."""
        for _ in range(_MOST_STEPS):
            code = self.take(1)
            if code == b".":
                return self.pop()
            if code not in _STEPS:
                raise FileProblem(f"holds the pickle instruction {code!r}, which builds no tensor")
            _STEPS[code](self)
            if len(self.stack) > _MOST_DEPTH:
                break
        raise FileProblem("holds a pickle program that is too long")

    def take(self, count: int) -> bytes:
        """Return the next bytes of the program."""
        if count > len(self.program) - self.at:
            raise FileProblem("is truncated: its pickle program is cut off")
        self.at += count
        return self.program[self.at - count : self.at]

    def line(self) -> str:
        """Return the text up to the end of the line."""
        end = self.program.find(b"\n", self.at)
        if end < 0:
            raise FileProblem("is truncated: its pickle program is cut off")
        text = self.program[self.at : end]
        self.at = end + 1
        return text.decode("utf-8", "replace")

    def number(self, form: str) -> Any:
        """Return the next number, in the form of `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, form: str) -> None:
        """Push the text whose length comes first."""
        self.stack.append(self.take(self.number(form)).decode("utf-8", "replace"))

    def pop(self) -> Any:
        """Take the top of the stack."""
        if not self.stack or self.stack[-1] is _Mark:
            raise FileProblem("is damaged: its pickle program runs out of values")
        return self.stack.pop()

    def items(self) -> list[Any]:
        """Take what lies above the last mark, and the mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _Mark:
                found = self.stack[place + 1 :]
                del self.stack[place:]
                return found
        raise FileProblem("is damaged: its pickle program has no mark")

    def group(self, count: int) -> None:
        """Push the tuple of the topmost values."""
        found = [self.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(found)))

    def remember(self, place: int) -> None:
        """Keep the top under a number."""
        self.memo[place] = self.stack[-1] if self.stack else self.pop()

    def recall(self, place: int) -> None:
        """Push what was kept."""
        if place not in self.memo:
            raise FileProblem("is damaged: its pickle program recalls what it never kept")
        self.stack.append(self.memo[place])

    def put(self, pairs: list[Any]) -> None:
        """Put keys and values into the dict on top; keys are texts and numbers."""
        table = self.top(dict)
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            if not isinstance(key, str | int):
                raise FileProblem(f"holds a dict whose key is a {type(key).__name__}")
            table[key] = value

    def add(self, items: list[Any]) -> None:
        """Add items to the list on top."""
        self.top(list).extend(items)

    def top(self, kind: type) -> Any:
        """Return the top, which must be of this kind."""
        if not self.stack or not isinstance(self.stack[-1], kind):
            raise FileProblem("is damaged: its pickle program fills what is no container")
        return self.stack[-1]

    def build(self) -> None:
        """Drop the attributes of a dict: state_dict keeps versions of layers there."""
        self.pop()
        self.top(dict)

    def integer(self) -> None:
        """Push a whole number of up to 8 bytes."""
        size = self.number("B")
        if size > 8:
            raise FileProblem("is damaged: a whole number of more than 64 bits")
        self.stack.append(int.from_bytes(self.take(size), "little", signed=True))

    def call(self) -> None:
        """Rebuild a tensor or an ordered dict: the only calls there are."""
        arguments = self.pop()
        self.stack.append(reduced(self.pop(), arguments))

    def named(self) -> None:
        """Push a name of two parts that lie on the stack."""
        name, module = self.pop(), self.pop()
        self.stack.append(Global(str(module), str(name)))


def _push(value: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    return lambda m: m.stack.append(value(m))


def _nothing(machine: Machine) -> None:
    pass


_STEPS: dict[bytes, Callable[[Machine], None]] = {
    b"\x80": lambda m: _nothing(m.number("B")),  # protocol
    b"\x95": lambda m: _nothing(m.number("<Q")),  # frame
    b"(": _push(lambda m: _Mark),
    b"}": _push(lambda m: {}),
    b"]": _push(lambda m: []),
    b")": _push(lambda m: ()),
    b"N": _push(lambda m: None),
    b"\x88": _push(lambda m: True),
    b"\x89": _push(lambda m: False),
    b"K": _push(lambda m: m.number("B")),
    b"M": _push(lambda m: m.number("<H")),
    b"J": _push(lambda m: m.number("<i")),
    b"G": _push(lambda m: m.number(">d")),
    b"\x8a": Machine.integer,
    b"X": lambda m: m.text("<I"),
    b"\x8c": lambda m: m.text("B"),
    b"\x8d": lambda m: m.text("<Q"),
    b"t": lambda m: m.stack.append(tuple(m.items())),
    b"\x85": lambda m: m.group(1),
    b"\x86": lambda m: m.group(2),
    b"\x87": lambda m: m.group(3),
    b"s": lambda m: m.put([m.pop(), m.pop()][::-1]),
    b"u": lambda m: m.put(m.items()),
    b"a": lambda m: m.add([m.pop()]),
    b"e": lambda m: m.add(m.items()),
    b"q": lambda m: m.remember(m.number("B")),
    b"r": lambda m: m.remember(m.number("<I")),
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"h": lambda m: m.recall(m.number("B")),
    b"j": lambda m: m.recall(m.number("<I")),
    b"c": _push(lambda m: Global(m.line(), m.line())),
    b"\x93": Machine.named,
    b"Q": _push(lambda m: stored(m.pop())),
    b"R": Machine.call,
    b"\x81": Machine.call,  # makes an object of a class
    b"b": Machine.build,
}
