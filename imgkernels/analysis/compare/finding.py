"""What was found out about one kernel, and about all of a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from imgkernels.analysis.compare.banks import Spot
from imgkernels.analysis.compare.chances import Evidence, false_discovery
from imgkernels.analysis.compare.colour import Colours
from imgkernels.analysis.compare.names import Name
from imgkernels.analysis.identify.chance import MOST_RESIDUAL
from imgkernels.analysis.identify.fits import Shape
from imgkernels.analysis.identify.lay import Match
from imgkernels.analysis.identify.order import direction_of, order_at
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

if TYPE_CHECKING:
    from imgkernels.analysis.compare.layer import LayerFinding

Kind = Literal["known", "shaped", "noise", "dead"]
KINDS: dict[Kind, str] = {
    "known": "has a name",
    "shaped": "more than chance, but no name",
    "noise": "nothing beyond chance",
    "dead": "all weights below 1 % of the layer's largest",
}
_ORDERS = {"mean": 0, "edge": 1, "line": 2, "laplacian": 2}


@dataclass(frozen=True, eq=False)
class Finding:
    """A kernel: the names nearest to it, where its energy lies, and what of it is no chance.

    `taps` are its weights, of a filter over colours (*window, 3); `kernel` is what is looked at,
    of such a filter its strongest pattern. `near` are names, the one it should have first;
    `likeness` is how near that comes, `shares` the energy in Frei and Chen's subspaces.
    """

    spot: Spot
    taps: Taps
    kernel: Kernel
    norm: float
    dead: bool
    near: tuple[Name, ...]
    likeness: Evidence
    shares: dict[str, Evidence]
    colours: Colours | None

    @property
    def name(self) -> Name | None:
        """The name it has: one that is near, and nearer than chance."""
        near = self.near[0] if self.near else None
        worthy = near is not None and near.residual <= MOST_RESIDUAL and self.likeness.found
        return near if worthy and not self.dead else None

    @property
    def beyond(self) -> tuple[str, ...]:
        """The subspaces that hold more of its energy than chance, the surest first."""
        found = [name for name, share in self.shares.items() if share.found and not self.dead]
        return tuple(sorted(found, key=lambda name: self.shares[name].p))

    @property
    def kind(self) -> Kind:
        """Whether it has a name, some other structure, none, or no weight to speak of."""
        if self.dead:
            return "dead"
        if self.name is not None:
            return "known"
        coloured = self.colours is not None and bool(self.colours.word)
        return "shaped" if self.likeness.found or self.beyond or coloured else "noise"

    @property
    def word(self) -> str:
        """What it is, in a word or two; `near[0].text` says a name's values, turn and place."""
        if self.name is not None:
            return f"{'minus ' if self.name.cosine < 0 else ''}{self.name.family}"
        if self.kind != "shaped":
            return self.kind
        like = [f"like {self.near[0].family}"] if self.likeness.found else []
        coloured = [self.colours.word] if self.colours is not None and self.colours.word else []
        return ", ".join([*(like or self.beyond), *coloured])

    @property
    def order(self) -> int | None:
        """The order of the derivative it takes: its name's, or that of the surest subspace."""
        origin = self.near[0].origin if self.near and self.likeness.found else None
        says = isinstance(origin, Match) or (isinstance(origin, Shape) and "order" in origin.values)
        if says and not self.dead:
            return order_at(self.kernel, origin)
        return _ORDERS[self.beyond[0]] if self.beyond else None

    @property
    def direction(self) -> float:
        """The direction of that derivative, degrees counter-clockwise from x.

        NaN where there is none, as for spots and rings: second derivatives that are more of a
        Laplacian than of a line.
        """
        round_ = self.order == 2 and self.shares["line"].value < self.shares["laplacian"].value
        if self.order is None or round_:
            return math.nan
        return direction_of(self.kernel, self.order)

    def evidence(self) -> Iterator[Evidence]:
        """Yield what is tested about it; of a dead one nothing."""
        if not self.dead:
            yield self.likeness
            yield from self.shares.values()
            if self.colours is not None:
                yield self.colours.luminance

    def judged(self, q: Iterator[float]) -> Finding:
        """Return it with the corrected p-values, in the order of `evidence`."""
        likeness = replace(self.likeness, q=next(q))
        shares = {name: replace(share, q=next(q)) for name, share in self.shares.items()}
        colours = self.colours
        if colours is not None:
            colours = replace(colours, luminance=replace(colours.luminance, q=next(q)))
        return replace(self, likeness=likeness, shares=shares, colours=colours)


def judge(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Correct the p-values of all kernels of a file together, by their false discovery rate."""
    alive = [finding for finding in findings if not finding.dead]
    q = false_discovery([[e.p for e in finding.evidence()] for finding in alive])
    judged = {id(f): f.judged(iter(each)) for f, each in zip(alive, q, strict=True)}
    return tuple(judged.get(id(finding), finding) for finding in findings)


@dataclass(frozen=True, eq=False)
class Side:
    """A file: its layers, and its kernels in the order of the layers."""

    file: str
    layers: tuple[LayerFinding, ...]
    findings: tuple[Finding, ...]

    @property
    def tested(self) -> int:
        """How many kernels were tested: those that are not dead."""
        return sum(not finding.dead for finding in self.findings)

    def of_layer(self, layer: str) -> tuple[Finding, ...]:
        """Return the kernels of a layer."""
        return tuple(f for f in self.findings if f.spot.layer == layer)
