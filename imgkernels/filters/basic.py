"""The kernel that does nothing, and any kernel of the user's own."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import UnsupportedImage
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.param import Param
from imgkernels.registry import register

_KERNEL = Param(
    "rows like '0 -1 0; -1 5 -1; 0 -1 0', or a csv, txt, json or npy file",
    example="0 -1 0; -1 5 -1; 0 -1 0",
)


@register(
    Family.BASIC,
    spacing=True,
    aliases=("none",),
    unsourced="The neutral element of convolution; nobody's invention.",
    formula="y = scale * x",
    others=("ImageMagick calls it unity and gives it a scale",),
    laws=lambda scale: (law.sums_to(scale), law.one_tap(), law.isotropic()),
)
def identity(
    scale: Annotated[float, Param("the kernel's one tap", least=-100, most=100)] = 1.0,
    *,
    frame: Frame,
) -> Operation:
    """Change nothing, or multiply by a scale: below 1 it cures over-exposure."""
    return Convolve(kernels.identity(frame.ndim, scale))


@register(
    Family.BASIC,
    aliases=("kernel", "convolve"),
    unsourced="Yours.",
    formula="matrix",
    others=(
        "scipy.ndimage.convolve, MATLAB's conv2 and ImageMagick turn the kernel by half before "
        "they correlate; OpenCV and we do not",
        "Pillow takes 3 x 3 and 5 x 5 alone, flips the rows, and divides by the sum unless told "
        "otherwise",
        "an even size is anchored at n // 2 here, in OpenCV and in scipy.ndimage.correlate, at "
        "(n - 1) // 2 in ImageMagick",
    ),
    laws=lambda kernel, normalize: (
        law.given_taps(kernel, 1 / kernel.sum if normalize else 1.0),
        *([law.sums_to(1)] if normalize else []),
    ),
)
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
