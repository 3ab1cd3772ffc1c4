"""The rows of the report's tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from imgkernels.analysis.compare.chances import Evidence
from imgkernels.analysis.compare.change import Change
from imgkernels.analysis.compare.finding import KINDS, Finding
from imgkernels.analysis.compare.layer import LayerFinding
from imgkernels.analysis.compare.pictures import escape, kernel_uri
from imgkernels.analysis.compare.subspaces import NAMES
from imgkernels.analysis.compare.words import p_value
from imgkernels.taps import Taps

_SHARES = (*NAMES, "blob")
_FEW = 27  # taps that are written out for those who cannot see the picture
LAYER_HEADS = (
    "Layer", "Kernels", *KINDS, "Cosine to names", *(name.capitalize() for name in _SHARES),
    "Sparsity", "Variance entropy", "Dead filters", "Twins",
)  # fmt: skip


def plain_head(text: str) -> str:
    """Return the head of a column."""
    return f'<th scope="col">{escape(text[:1].upper() + text[1:])}</th>'


def sorting_head(text: str) -> str:
    """Return the head of a column that sorts by it."""
    head = escape(text)
    return f'<th scope="col" data-head="{head}"><button type="button">{head}</button></th>'


def kernel_heads(coloured: bool, before: bool) -> Iterator[str]:
    """Yield the heads of the columns of `kernel_row`."""
    yield "Kernel"
    if before:
        yield "Before"
    yield from ("Kind", "What it is", "Most like", "Cosine", "p", "Order", "Direction")
    yield from (name.capitalize() for name in NAMES)
    if coloured:
        yield "Luminance"
    yield "Norm"
    if before:
        yield from ("Kept", "Growth")


def layer_row(layer: LayerFinding, findings: Sequence[Finding], side: str) -> str:
    """Return the row of a layer; `side` says whether it is before or after training."""
    kinds = Counter(finding.kind for finding in findings)
    name = f'{escape(layer.layer)} <span class="soft">{side}</span>'
    looked = f" ({layer.looked:,} looked at)" if layer.looked < layer.kernels else ""
    cells = [
        f'<th scope="row">{name}</th>',
        _number(f"{layer.kernels:,}{looked}", layer.kernels),
        *(_number(str(kinds[kind]), kinds[kind]) for kind in KINDS),
        _share(layer.likeness),
        *(_share(layer.shares[name]) for name in _SHARES),
        _number(f"{layer.sparsity.value:.1%}", layer.sparsity.value),
        _share(layer.entropy, most=math.log10(max(2, math.prod(layer.window)))),
        _number(str(len(layer.dead)), len(layer.dead)),
        _number(str(layer.twins.count), layer.twins.count),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def kernel_row(
    finding: Finding, coloured: bool, was: tuple[Finding | None, Change | None] | None
) -> str:
    """Return the row of a kernel; `was` is it before training, where there is a before."""
    kind, picture = finding.kind, _picture(finding.taps, finding, f"kernel {finding.spot}")
    if finding.spot.channel is None:
        picture += _picture(finding.kernel.taps, finding, "its strongest pattern")
    cells = [
        f'<th scope="row"><span class="pair">{picture}<span>{escape(str(finding.spot))}</span>'
        "</span></th>",
        *([] if was is None else [_before(was[0])]),
        f'<td class="kind {kind}">{kind}</td>',
        f'<td class="what">{escape(finding.word if kind != "noise" else "")}</td>',
        _most_like(finding),
        _number(f"{finding.likeness.value:.3f}", finding.likeness.value, finding.likeness.found),
        _number(p_value(_least(finding)), _least(finding)) if not finding.dead else "<td></td>",
        _number("", None) if finding.order is None else _order(finding.order),
        _direction(finding),
        *(_share(finding.shares[name]) for name in NAMES),
    ]
    if coloured:
        cells.append(_share(finding.colours.luminance) if finding.colours else "<td></td>")
    cells.append(_number(f"{finding.norm:.3g}", finding.norm))
    if was is not None:
        change = was[1]
        ratios = (math.nan, math.nan) if change is None else (change.cosine, change.growth)
        cells += [_number("" if math.isnan(r) else f"{r:.3g}", r) for r in ratios]
    layer = escape(finding.spot.layer)
    return f'<tr data-layer="{layer}" data-kind="{kind}">{"".join(cells)}</tr>'


def _most_like(finding: Finding) -> str:
    if not finding.near:
        return "<td></td>"
    near = finding.near[0]
    most = float(np.abs(finding.kernel.taps).max())
    uri = kernel_uri(near.taps, finding.kernel.ndim, most)
    others = "; ".join(f"{name.text}: cosine {name.cosine:.3f}" for name in finding.near)
    image = f'<img class="{_class(finding)}" src="{uri}" alt="" loading="lazy">'
    text = f'<span title="{escape(others)}">{escape(near.text)}</span>'
    return f'<td class="like"><span class="pair">{image}{text}</span></td>'


def _before(finding: Finding | None) -> str:
    if finding is None:
        return "<td></td>"
    picture = _picture(finding.taps, finding, f"kernel {finding.spot} before training")
    return (
        f'<td><span class="pair">{picture}<span class="{finding.kind}">'
        f"{escape(finding.word)}</span></span></td>"
    )


def _picture(taps: Taps, finding: Finding, name: str) -> str:
    uri = kernel_uri(taps, finding.kernel.ndim)
    shape = " by ".join(map(str, finding.kernel.shape))
    few = f": {' '.join(f'{tap:.2g}' for tap in taps.ravel())}" if taps.size <= _FEW else ""
    alt = escape(f"{name}, {shape}{few}")
    return f'<img class="{_class(finding)}" src="{uri}" alt="{alt}" loading="lazy">'


def _class(finding: Finding) -> str:
    return "k row" if finding.kernel.ndim == 1 or finding.kernel.shape[-2] == 1 else "k"


def _share(evidence: Evidence, most: float = 1.0) -> str:
    """Return a cell with a number, as a bar too, marked where chance has it."""
    if math.isnan(evidence.value):
        return _number("", None)
    bar, mark = (100 * min(1.0, value / most) for value in (evidence.value, evidence.by_chance))
    said = f"{evidence.by_chance:.3g} by chance, p {p_value(evidence.q)}"
    found = " found" if evidence.found else ""
    return (
        f'<td class="n{found}" data-v="{evidence.value:.6g}" title="{said}"><span class="bar" '
        f'aria-hidden="true"><i style="width:{bar:.0f}%"></i><b style="left:{mark:.0f}%"></b>'
        f"</span>{evidence.value:.2f}</td>"
    )


def _direction(finding: Finding) -> str:
    degrees = finding.direction
    if math.isnan(degrees):
        return _number("", None)
    arrow = "\u2192" if finding.order == 1 else "\u2194"
    return _number(
        f'<span class="arrow" aria-hidden="true" style="transform:rotate({-degrees:.0f}deg)">'
        f"{arrow}</span>{round(degrees) % 360}\u00b0",
        degrees,
    )


def _order(order: int) -> str:
    return _number(str(order) if order < 5 else "5 or more", order)


def _least(finding: Finding) -> float:
    return min(evidence.q for evidence in finding.evidence())


def _number(text: str, value: float | None, found: bool = False) -> str:
    """Return a cell that is sorted by a number, bold if it is no chance; without it comes last."""
    key = "" if value is None or math.isnan(value) else f"{value:.6g}"
    return f'<td class="n{" found" if found else ""}" data-v="{key}">{text}</td>'
