"""torch.nn.functional: convolutions and pools, zeros beyond the edge unless a padding is named.

It has floats; integers go in as shares of white in float32, as they do into networks.
"""

from __future__ import annotations

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Framed, Operation, Rank, Shares
from imgkernels.rule import Dialect, Rule

PADDINGS = (Border.CONSTANT, Border.REFLECT, Border.REPLICATE, Border.WRAP)
ZEROS = (Border.CONSTANT,)


def shares(operation: Operation, frame: Frame) -> Operation:
    """Give an operation shares of white, float64 for float64 and float32 for all else."""
    return Shares(operation, "float64" if frame.dtype == np.float64 else "float32")


def anchored(kernel: Kernel, who: str) -> Kernel:
    """Return the taps with torch's anchor: before the middle where the size is even."""
    if kernel.anchor != tuple(n // 2 for n in kernel.shape):
        raise InvalidValue(f"{who} has no anchor of its own; got {kernel.anchor}")
    middle = tuple((n - 1) // 2 for n in kernel.shape)
    if kernel.factors is not None:
        return Kernel.from_factors(*kernel.factors, anchor=middle)
    return Kernel(kernel.taps, middle)


def odd(size: int, who: str) -> int:
    """Return an odd size; raise for an even one, whose answer has another shape."""
    if size % 2 == 0:
        raise InvalidValue(f"{who} changes the image's shape at even sizes; got size {size}")
    return size


def extreme(share: float, size: int, value: float) -> Operation:
    """Return a rank beyond whose edge lies what never wins."""
    return Framed(Rank.share(share, size), Border.CONSTANT, value)


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    return shares(Convolve(anchored(kernel, "custom: torch's conv2d")), frame)


def _box(size: int, *, frame: Frame) -> Operation:
    return shares(Convolve(kernels.box(odd(size, "box-blur: torch's avg_pool2d"))), frame)


# What lies beyond is infinite to torch: the largest float32 loses to every value as well.
BEYOND = float(np.finfo(np.float32).max)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return shares(extreme(1, size, -BEYOND), frame)


def _minimum(size: int, *, frame: Frame) -> Operation:
    return shares(extreme(0, size, BEYOND), frame)


DIALECT = Dialect(
    name="torch",
    version="2.13.0",
    source="PyTorch, torch.nn.functional and torch.nn.Conv2d",
    dtypes=("uint8", "uint16", "float32", "float64"),
    rules={
        "custom": Rule(
            "torch.nn.Conv2d(1, 1, size, padding='same', padding_mode=border)", _custom, PADDINGS
        ),
        "box-blur": Rule("torch.nn.functional.avg_pool2d(x, size, 1, size // 2)", _box, ZEROS),
        "maximum": Rule("torch.nn.functional.max_pool2d(x, size, 1, size // 2)", _maximum, ZEROS),
        "minimum": Rule("-torch.nn.functional.max_pool2d(-x, size, 1, size // 2)", _minimum, ZEROS),
    },
    notes=(
        "integers go in as shares of white in float32 and come back times white, rounded by us: "
        "where a half is near, one pixel in thousands may be a level off",
        "a Conv2d of even size is anchored before its middle",
        "pools see nothing beyond the edge, but avg_pool2d counts zeros there",
        "refuses a reflection wider than the image; here it goes on",
    ),
)
