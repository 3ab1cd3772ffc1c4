"""OpenCV's imgproc: its sizes and tables, fixed point in 8 and 16 bits, saturating casts."""

from __future__ import annotations

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.operations import Cast, Chain, Convolve, Frame, Operation, Rank, Rounding
from imgkernels.rule import Dialect, Rule
from imgkernels.taps import Taps

# WRAP is refused by its filters.
BORDERS = (Border.REFLECT, Border.SYMMETRIC, Border.REPLICATE, Border.CONSTANT)


def _stored(frame: Frame) -> Cast:
    """Return saturate_cast: half to even, clamped."""
    return Cast((frame.dtype if frame.result is None else frame.result).name)


def _fixed(row: Taps, bits: int) -> Taps:
    """Round a row to fractions of 2**bits, each tap's error handed to the next."""
    whole, error = 2**bits, 0.0
    half: list[int] = []
    for tap in row[: row.size // 2]:
        half.append(round(tap * whole + error))
        error += tap * whole - half[-1]
    taps = [*half, whole - 2 * sum(half), *half[::-1]]
    return kernels.gaussian_taps(0, 1) if not half else _shares(taps, whole)


def _shares(taps: list[int], whole: int) -> Taps:
    import numpy as np

    return np.array(taps) / whole


def _blur(
    sigma: float | None,
    sigma_y: float | None,
    ksize: int | None,
    ksize_y: int | None,
    *,
    frame: Frame,
) -> Operation:
    along_x = (0.0 if ksize else 2.0) if sigma is None else sigma
    sigmas, sizes = (sigma_y or along_x, along_x), (ksize_y or ksize, ksize)
    rows = [kernels.gaussian_taps(s, n, frame.truncate) for s, n in zip(sigmas, sizes, strict=True)]
    if frame.dtype.name not in ("uint8", "uint16"):
        return Chain((Convolve(Kernel.from_factors(*rows)), _stored(frame)))
    fixed = Kernel.from_factors(*(_fixed(row, 8 * frame.dtype.itemsize) for row in rows))
    return Chain((Cast("float64"), Convolve(fixed), Cast(frame.dtype.name, Rounding.HALF_UP)))


def _sobel_x(ksize: int, *, frame: Frame) -> Operation:
    return Chain((Convolve(kernels.sobel("x", ksize)), _stored(frame)))


def _sobel_y(ksize: int, *, frame: Frame) -> Operation:
    return Chain((Convolve(kernels.sobel("y", ksize)), _stored(frame)))


def _median(size: int) -> Operation:
    return Rank.median(size)


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    return Chain((Convolve(kernel), _stored(frame)))


DIALECT = Dialect(
    name="opencv",
    version="5.0.0",
    source="OpenCV, modules/imgproc/src",
    dtypes=("uint8", "uint16", "int16", "float32", "float64"),
    rules={
        "blur": Rule(
            "cv2.GaussianBlur(x, (ksize, ksize_y), sigma, sigmaY=sigma_y)", _blur, BORDERS
        ),
        "sobel-x": Rule("cv2.Sobel(x, ddepth, 1, 0, ksize)", _sobel_x, BORDERS),
        "sobel-y": Rule("cv2.Sobel(x, ddepth, 0, 1, ksize)", _sobel_y, BORDERS),
        "median": Rule("cv2.medianBlur(x, size)", _median, (Border.REPLICATE,)),
        "custom": Rule("cv2.filter2D(x, ddepth, kernel)", _custom, BORDERS),
    },
    notes=(
        "ddepth is the dtype asked for, that of the image unless given: negative slopes of 8 bits "
        "are 0 then; dtype='int16' keeps them, a range shows them as it says",
    ),
)
