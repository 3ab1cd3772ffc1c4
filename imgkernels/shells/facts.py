"""Entries of the catalogue and their certificates as JSON has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgkernels.certificate import Certificate
    from imgkernels.entry import Filter
    from imgkernels.examination import Examination
    from imgkernels.kernel import Kernel

_MOST_TAPS = 10_000  # that are laid out where rows say the same


def entry_facts(entry: Filter) -> dict[str, Any]:
    """Return what the catalogue declares of a filter."""
    knobs = [
        {
            "name": k.name,
            "kind": k.kind,
            "default": None if k.default is None else k.default,
            "required": k.required,
            "rule": k.rule,
            "help": k.param.help,
        }
        for k in entry.params
    ]
    return {
        "name": entry.name,
        "family": entry.family.word,
        "summary": entry.summary,
        "aliases": list(entry.aliases),
        "params": knobs,
        "range": None if entry.range is None else entry.range.value,
        "axes": list(entry.ndims),
        "spacing": entry.takes_spacing,
        "source": entry.source,
        "sources": [source._asdict() for source in entry.sources],
        "unsourced": entry.unsourced,
        "formula": entry.formula,
        "others": list(entry.others),
    }


def certificate_facts(certificate: Certificate, own: bool) -> dict[str, Any]:
    """Return what was computed: kernels, laws, and warnings for a kernel of the user's own."""
    from imgkernels.doubts import doubts

    laws = [{"law": v.law, "holds": v.holds, "found": v.broken} for v in certificate.verdicts]
    found: dict[str, Any] = {
        "kernels": [kernel_facts(kernel) for kernel in certificate.kernels],
        "laws": laws,
        "holds": certificate.holds,
    }
    if own:
        found["warnings"] = [text for kernel in certificate.kernels for text in doubts(kernel)]
    return found


def kernel_facts(found: Examination) -> dict[str, Any]:
    """Return what a kernel is."""
    kernel = found.kernel
    return {
        "shape": list(kernel.shape),
        "anchor": list(kernel.anchor),
        "sum": found.sum,
        "order": found.order,
        "gain": None if math.isnan(found.gain) else found.gain,
        "direction": None if math.isnan(found.direction) else found.direction,
        "separable": kernel.factors is not None,
        "rank": found.rank,
        "norm": found.norm,
        "sigma": None if found.sigma is None else list(found.sigma),
        "centre": list(found.centre),
        "range": [found.low, found.high],
        "moments": {",".join(map(str, powers)): m for powers, m in found.moments.items()},
        "symmetric": [str(turn) for turn in found.symmetric],
        "antisymmetric": [str(turn) for turn in found.antisymmetric],
    } | _weights(kernel)


def _weights(kernel: Kernel) -> dict[str, Any]:
    """Return the taps, or of a large separable kernel the rows they are the product of."""
    if kernel.size > _MOST_TAPS and kernel.factors is not None:
        return {"factors": [row.tolist() for row in kernel.factors]}
    return {"taps": kernel.taps.tolist()}
