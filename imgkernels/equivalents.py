"""One sigma for all: what each library is to be asked for the same Gaussian, and what it does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from imgkernels import dialect
from imgkernels.errors import InvalidValue, unknown
from imgkernels.operations import Frame, Operation
from imgkernels.rule import Dialect
from imgkernels.taps import Taps
from imgkernels.values import SUPPORTED, white_of

LEAST, MOST = 0.1, 500.0  # px
_NO_DEVIATION = 1e-9

# Spellings that belong to no library here, as what they make of their number in px.
GENERAL: dict[str, tuple[str, Callable[[float], float]]] = {
    "sigma": ("standard deviation, px", lambda x: x),
    "variance": ("sigma squared, px^2", math.sqrt),
    "fwhm": ("full width at half maximum, px", lambda x: x / math.sqrt(8 * math.log(2))),
    "box-size": ("a box of this width has that variance", lambda n: math.sqrt((n * n - 1) / 12)),
    "binomial-size": ("taps of a row of Pascal's triangle", lambda n: math.sqrt(n - 1) / 2),
    "css-blur": ("CSS, filter: blur(N px)", lambda x: x),
    "svg-stddeviation": ("SVG, feGaussianBlur stdDeviation", lambda x: x),
    "canvas-shadowblur": ("HTML canvas, shadowBlur: twice sigma", lambda x: x / 2),
    "cv2-ksize": ("OpenCV, GaussianBlur((N, N), 0)", lambda n: 0.3 * ((n - 1) * 0.5 - 1) + 0.8),
}

SIZES = ("box-size", "binomial-size", "cv2-ksize")  # of these the number counts taps


@dataclass(frozen=True)
class Equivalent:
    """How one library is asked for a Gaussian of sigma, and how far what it does is from it.

    `parameter` and `value` are what its call takes, `call` is the call as one types it. `width`
    counts the taps along a row, all passes together. `sigma` is the standard deviation that these
    taps have; `step` the largest difference between how they and the exact Gaussian blur a step,
    as a share of the step. Where the library cannot do it, `why_not` says so and these are None.
    """

    library: str
    version: str
    parameter: str
    value: float
    call: str
    width: int | None = None
    sigma: float | None = None
    step: float | None = None
    why_not: str = ""


def spellings() -> dict[str, str]:
    """Return every spelling of a width that `sigma` reads, with what it means."""
    own = {
        f"{table.name}-{table.bell.parameter}": table.bell.call.format(value="N", width="W")
        for table in dialect.dialects()
        if table.bell is not None
    }
    return {word: meaning for word, (meaning, _) in GENERAL.items()} | own


def to_sigma(value: float, spelling: str = "sigma") -> float:
    """Return the sigma in px that a spelling's number means; raise for one beyond 0.1 to 500.

    >>> round(to_sigma(4.7, "fwhm"), 3), to_sigma(4, "itk-variance"), to_sigma(7, "cv2-ksize")
    (1.996, 2.0, 1.4)
    """
    word = str(spelling).strip().lower()
    if word not in spellings():
        raise unknown("spelling of a Gaussian's width", spelling, spellings())
    if isinstance(value, bool) or not math.isfinite(value) or value <= 0:
        raise InvalidValue(f"sigma: {word} must be a number > 0; got {value!r}")
    if word in SIZES:
        _check_size(word, value)
    if word in GENERAL:
        found = GENERAL[word][1](value)
    else:
        name = word.partition("-")[0]
        bell = dialect.get(name).bell
        found = math.sqrt(value) if bell is not None and bell.squared else value
    if not LEAST <= found <= MOST:
        raise InvalidValue(
            f"sigma: must be from {LEAST:g} to {MOST:g} px; got {word} {value:g}, which is "
            f"{found:g} px"
        )
    return float(found)


def _check_size(word: str, value: float) -> None:
    odd = word == "cv2-ksize"
    if value != int(value) or value < 2 or (odd and value % 2 == 0):
        rule = "an odd number" if odd else "a whole number"
        raise InvalidValue(f"sigma: {word} must be {rule} of at least 2; got {value:g}")


def sigma(value: float, spelling: str = "sigma", *, dtype: str = "uint8") -> tuple[Equivalent, ...]:
    """Return what every library is to be asked for the same Gaussian blur, and what it makes of it.

    `spelling` says what the number is: sigma in px unless given, else one of `spellings()`.
    `dtype` is that of the images, because OpenCV and libvips take other taps for 8 bits.

    >>> found = {e.library: e for e in sigma(4, "itk-variance")}
    >>> found["opencv"].width, found["pillow"].call
    (13, 'image.filter(ImageFilter.GaussianBlur(2))')
    """
    width = to_sigma(value, spelling)
    if dtype not in SUPPORTED:
        raise unknown("dtype", str(dtype), SUPPORTED)
    depth = np.dtype(dtype)
    frame = Frame(2, depth, white_of(depth))
    tables = (table for table in dialect.dialects() if table.bell is not None)
    return tuple(_equivalent(table, width, frame) for table in tables)


def _equivalent(table: Dialect, wanted: float, frame: Frame) -> Equivalent:
    bell = table.bell
    assert bell is not None
    value = wanted**2 if bell.squared else wanted
    rule = table.rule("blur")
    width = 2 * math.ceil(3 * wanted) + 1
    params = {"sigma": wanted} | ({"ksize": width} if bell.sized else {})
    call = bell.call.format(value=f"{value:.6g}", width=width)
    takes = rule.dtypes or table.dtypes
    asked = Equivalent(table.name, table.version, bell.parameter, value, call)
    if frame.dtype.name not in takes:
        return replace(asked, why_not=f"takes {', '.join(takes)}")
    try:
        row = row_of(table.operation("blur", params, frame))
    except InvalidValue as error:
        return replace(asked, why_not=str(error))
    return replace(asked, width=row.size, sigma=deviation(row), step=step_error(row, wanted))


def row_of(operation: Operation) -> Taps:
    """Return what an operation's kernels do along x, all of them together, scaled to a sum of 1.

    Each kernel counts by its sums over the other axes, so a pass along y alone is a single tap.
    """
    row = np.ones(1)
    for kernel in operation.kernels:
        if kernel.factors is not None:
            along = kernel.factors[-1]
        else:
            along = kernel.taps.sum(axis=tuple(range(kernel.ndim - 1)))
        row = np.convolve(row, along / along.sum())
    inside = np.flatnonzero(row)
    return row[inside[0] : inside[-1] + 1]


def deviation(row: Taps) -> float:
    """Return the standard deviation of a row of weights, in px."""
    x = np.arange(row.size)
    mean = float(row @ x)
    variance = float(row @ (x - mean) ** 2)
    return math.sqrt(variance) if variance > _NO_DEVIATION else 0.0


def step_error(row: Taps, wanted: float) -> float:
    """Return how far a blurred step lies from what an exact Gaussian makes of it, at the most.

    The step lies between two pixels; 0.01 is a hundredth of its height.
    """
    edges = np.arange(row.size) - row.size // 2 + 0.5
    exact = [0.5 * (1 + math.erf(edge / (wanted * math.sqrt(2)))) for edge in edges]
    beyond = 0.5 * math.erfc((row.size // 2 + 0.5) / (wanted * math.sqrt(2)))
    return max(beyond, float(np.abs(np.cumsum(row) - exact).max()))
