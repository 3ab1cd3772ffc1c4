"""The one place that imports Halide, late, and what every compiled loop shares."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ParamSpec

import numpy as np

from imgkernels.cores import aside
from imgkernels.errors import MissingDependency
from imgkernels.values import Array

MOST_BYTES = 2**31 - 1  # of one array: Halide counts them in 32 bits
START = 0.8  # seconds to import Halide, and to compile the first loops

_COMPILING = threading.Lock()
Key = ParamSpec("Key")

_CURE = "pip install 'imgkernels[fast]'"


@functools.cache
def missing() -> str | None:
    """Say that Halide is not installed; it is not imported for that, as it takes 0.2 s."""
    found = importlib.util.find_spec("halide") is not None
    return None if found else f"Halide is not installed; {_CURE}"


def loads() -> bool:
    """Tell whether Halide can be imported, for those who can do without."""
    try:
        require()
    except MissingDependency:
        return False
    return True


@functools.cache
def require() -> ModuleType:
    """Return the halide module; raise `MissingDependency` with the cure where it fails."""
    try:
        return aside(lambda: importlib.import_module("halide"))
    except ImportError as error:
        raise MissingDependency(f"Halide cannot be loaded ({error}); {_CURE}") from None


def compiled_once(make: Callable[Key, Compiled]) -> Callable[Key, Compiled]:
    """Keep what is made, and let one thread make it, once for all who wait."""
    kept: dict[tuple[Any, ...], Compiled] = {}

    @functools.wraps(make)
    def found(*key: Key.args, **named: Key.kwargs) -> Compiled:
        assert not named, "what is compiled is told by place"
        if key not in kept:
            with _COMPILING:
                if key not in kept:
                    kept[key] = make(*key, **named)
        return kept[key]

    return found


def type_of(dtype: np.dtype[Any]) -> Any:
    """Return Halide's type for a dtype."""
    hl = require()
    make = {"u": hl.UInt, "i": hl.Int, "f": hl.Float}[dtype.kind]
    return make(8 * dtype.itemsize)


def lanes(dtype: np.dtype[Any]) -> int:
    """Return how many values of a dtype the processor handles at once."""
    found: int = target().natural_vector_size(type_of(dtype))
    return found


@functools.cache
def target() -> Any:
    """Return what is compiled for: this processor, or what HL_JIT_TARGET names."""
    return require().get_jit_target_from_environment()


class Compiled:
    """A pipeline in machine code, with its inputs by name; it may be called from any thread.

    Halide runs it on all cores. Its inputs belong to the pipeline, so one call at a time sets them
    and runs; Python's own lock is free meanwhile. The first call compiles.
    """

    def __init__(self, result: Any, inputs: Mapping[str, Any]) -> None:
        self._pipeline = require().Pipeline(result)
        self._inputs = dict(inputs)
        self._lock = threading.Lock()
        self._ready = False

    def __call__(self, *out: Array, **values: Array | float) -> None:
        """Fill `out`; arrays are C-contiguous, but for the rows of `out`, which may be apart."""
        hl = require()
        with self._lock:
            for name, value in values.items():
                given = hl.Buffer(_writeable(value)) if isinstance(value, np.ndarray) else value
                self._inputs[name].set(given)
            buffers = [hl.Buffer(one) for one in out]
            if self._ready:
                self._pipeline.realize(buffers, target())
            else:
                aside(lambda: self._begin(buffers))

    def _begin(self, buffers: list[Any]) -> None:
        # Not by `compile_jit`: that one keeps Python's own lock for its half a second.
        with _COMPILING:
            self._pipeline.realize(buffers, target())
        self._ready = True


def _writeable(x: Array) -> Array:
    """Return a view that says it may be written, which Halide asks of inputs that it only reads."""
    if x.flags.writeable:
        return x
    plain = dict(x.__array_interface__)
    plain["data"] = (plain["data"][0], False)

    class Same:
        __array_interface__ = plain
        owner = x

    return np.asarray(Same())
