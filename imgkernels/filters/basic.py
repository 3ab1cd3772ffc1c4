"""The kernel that does nothing, and any kernel of the user's own."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels
from imgkernels.errors import UnsupportedImage
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.param import Param
from imgkernels.registry import Family, register

_KERNEL = Param(
    "rows like '0 -1 0; -1 5 -1; 0 -1 0', or a csv, txt, json or npy file",
    example="0 -1 0; -1 5 -1; 0 -1 0",
)


@register(Family.BASIC, aliases=("none",), spacing=True)
def identity(*, frame: Frame) -> Operation:
    """Change nothing."""
    return Convolve(kernels.identity(frame.ndim))


@register(Family.BASIC, aliases=("kernel", "convolve"))
def custom(
    kernel: Annotated[Kernel, _KERNEL],
    normalize: Annotated[bool, Param("divide the taps by their sum")] = False,
    offset: Annotated[float, Param("share of white added after", least=-1, most=1)] = 0.0,
    *,
    frame: Frame,
) -> Operation:
    """Your own kernel, as it is written: correlation, anchored in its middle."""
    fitted = _fitted(kernel, frame.ndim)
    return Convolve(fitted.normalized() if normalize else fitted, offset)


def _fitted(kernel: Kernel, ndim: int) -> Kernel:
    """Take a single row for a kernel of one axis, and refuse one of too many."""
    if kernel.ndim == 2 and ndim == 1 and kernel.shape[0] == 1:
        return Kernel(kernel.taps[0], kernel.anchor[1:])
    if kernel.ndim != ndim:
        raise UnsupportedImage(f"custom: a kernel of {kernel.ndim} axes on an image of {ndim}")
    return kernel
