"""What kernels are called: the nearest of the catalogue, or of another file of weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.compare.laid import laid, laid_shape
from imgkernels.analysis.identify.bank import proper_turns
from imgkernels.analysis.identify.chance import chance_of
from imgkernels.analysis.identify.fits import Shape
from imgkernels.analysis.identify.lay import STEERED, Match
from imgkernels.analysis.identify.match import matches
from imgkernels.analysis.identify.words import turned_words
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

_MOST = 3
_ROUNDED = 1e-6  # residuals below it are alike
# Values that are chosen for a shape: its parameters and its weights.
_FREE = {"gaussian": 2, "difference of gaussians": 4, "gaussian derivative": 4, "gabor": 7}


@dataclass(frozen=True, eq=False)
class Name:
    """Something known that a kernel is about `scale` times, turned and shifted as the text says.

    `cosine` has the sign of the scale; `residual` is what is left, as a share of the kernel's
    norm; `chance` how often a random kernel of its window comes as near to anything tried; `free`
    how many values were chosen. `taps` are what it looks like in the kernel's window.
    """

    text: str
    cosine: float
    residual: float
    chance: float
    free: int
    taps: Taps
    origin: Match | Shape | None = None

    def score(self, taps: int) -> float:
        """Return Schwarz's criterion of a kernel of so many taps: the lower, the better a name.

        It weighs what is left against how many values were chosen to leave no more.
        Source: Schwarz, Estimating the dimension of a model, 1978.
        """
        return 2 * taps * math.log(max(self.residual, _ROUNDED)) + self.free * math.log(taps)

    @property
    def family(self) -> str:
        """The filter or shape that it is, whatever its values, turn and place."""
        match self.origin:
            case Match():
                return self.origin.known.filter
            case Shape():
                return self.origin.name
        return self.text.partition(", turned")[0]


class Catalogue:
    """Every kernel of the catalogue, steered to any angle, in every place of the window."""

    title = "the catalogue"

    def near(self, kernel: Kernel) -> tuple[Name, ...]:
        """Return the nearest, one for each filter."""
        return tuple(_of_match(m, kernel) for m in matches(kernel, search=False)[:_MOST])


@dataclass(frozen=True, eq=False)
class Others:
    """Kernels of another file: those of the same window, turned by quarters, either sign."""

    title: str
    units: dict[tuple[int, ...], Taps]
    names: dict[tuple[int, ...], tuple[str, ...]]

    @classmethod
    def of(cls, title: str, kernels: Sequence[tuple[str, Taps]]) -> Others:
        """Lay out named kernels in every direction, by window."""
        units: dict[tuple[int, ...], list[Taps]] = {}
        names: dict[tuple[int, ...], list[str]] = {}
        for name, taps in kernels:
            norm = float(np.linalg.norm(taps))
            if norm == 0:
                continue
            laid = [("", taps / norm)]
            laid += [
                (f", turned ({turn})", turn.of(taps / norm)) for turn in proper_turns(taps.ndim)
            ]
            for said, turned in laid:
                units.setdefault(turned.shape, []).append(turned.ravel())
                names.setdefault(turned.shape, []).append(f"{name}{said}")
        return cls(
            title,
            {shape: np.stack(rows) for shape, rows in units.items()},
            {shape: tuple(rows) for shape, rows in names.items()},
        )

    def near(self, kernel: Kernel) -> tuple[Name, ...]:
        """Return the nearest; none where the file has no window of this shape."""
        units = self.units.get(kernel.shape)
        if units is None:
            return ()
        norm = float(np.linalg.norm(kernel.taps))
        cosines = units @ kernel.taps.ravel() / norm
        ranked = np.argsort(-np.abs(cosines), kind="stable")[:_MOST].tolist()
        return tuple(self._name(kernel, i, float(cosines[i]), norm) for i in ranked)

    def _name(self, kernel: Kernel, i: int, cosine: float, norm: float) -> Name:
        units, text = self.units[kernel.shape], self.names[kernel.shape][i]
        residual = float(np.sqrt(max(0.0, 1 - cosine**2)))
        chance = chance_of(residual, kernel.size, 1, len(units))
        taps = (units[i] * cosine * norm).reshape(kernel.shape)
        return Name(text, cosine, residual, chance, 1, taps)


def of_shape(shape: Shape, chance: float, kernel: Kernel) -> Name:
    """Return a shape that was fitted to a kernel as a name."""
    values = ", ".join(f"{name} {value:.3g}" for name, value in shape.values.items())
    cosine = float(np.sqrt(max(0.0, 1 - shape.residual**2)))
    taps = laid_shape(shape, kernel)
    return Name(
        f"{shape.name} ({values})", cosine, shape.residual, chance, _FREE[shape.name], taps, shape
    )


def _of_match(match: Match, kernel: Kernel) -> Name:
    text = f"{match.name}{turned_words(match)}"
    if any(match.shift):
        text += f", shifted by {', '.join(map(str, match.shift))} px"
    free = 2 if match.how == STEERED else 1
    return Name(text, match.cosine, match.residual, match.chance, free, laid(match, kernel), match)
