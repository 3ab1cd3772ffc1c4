"""A comparison in plain sentences; each number in them is one of the fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imgkernels.analysis.compare.chances import LEVEL, Evidence
from imgkernels.analysis.compare.change import KEPT, LayerChange
from imgkernels.analysis.compare.finding import Finding, Side
from imgkernels.analysis.compare.layer import LayerFinding
from imgkernels.analysis.identify.words import share

if TYPE_CHECKING:
    from imgkernels.analysis.compare.verb import Comparison

_PLURAL = {"edge": "edges", "line": "lines", "laplacian": "Laplacians", "mean": "the mean"}
_CLAIMED = {"edge": "edges", "blob": "blobs"}
_NAMED = 3  # names that a sentence lists


def sentences(found: Comparison) -> Iterator[str]:
    """Yield what is said of a file: of training, then of each layer."""
    if found.before is not None:
        yield story(found)
    changes = {change.layer: change for change in found.layer_changes}
    for layer in found.after.layers:
        yield f"{layer.layer}: {' '.join(of_layer(found.after, layer))}"
        if layer.layer in changes:
            yield f"{layer.layer}, before and after: {changed(changes[layer.layer])}"


def of_layer(side: Side, layer: LayerFinding) -> Iterator[str]:
    """Yield the sentences about one layer."""
    yield _kinds(layer, side.of_layer(layer.layer))
    named = Counter(f.name.family for f in side.of_layer(layer.layer) if f.name is not None)
    if named:
        most = ", ".join(f"{name} ({count})" for name, count in named.most_common(_NAMED))
        yield f"Named most often: {most}."
    likeness = layer.likeness
    if likeness.value == likeness.value:
        yield (
            f"Their best names have a median cosine of {number(likeness.value)}, those of random "
            f"kernels {number(likeness.by_chance)} ({p_words(likeness)})."
        )
    yield f"Energy: {_energy(layer.shares)}."
    yield _quality(layer)
    if layer.dead:
        yield f"{_count(len(layer.dead), 'filter')} of {layer.filters} dead."
    if layer.twins.count:
        yield (
            f"{_count(layer.twins.count, 'pair')} of filters nearly alike or opposite, "
            f"{number(layer.twins.by_chance)} by chance."
        )


def story(found: Comparison) -> str:
    """Say of the first layer whether it was random before training, and has edges and blobs."""
    assert found.before is not None
    first = found.before.layers[0]
    layer = next(one for one in found.after.layers if one.layer == first.layer)
    change = next(one for one in found.layer_changes if one.layer == first.layer)
    now = found.after.of_layer(layer.layer)
    return (
        f"{first.layer} before training: {_before(found.before, first)}. After: {_beyond(now)} of "
        f"{len(now)} kernels are beyond chance; {_claims(layer.shares)}. "
        f"In what training added: {_claims(change.added)}."
    )


def changed(change: LayerChange) -> str:
    """Say how far training took the kernels of a layer, what it added, and what noise became."""
    kept = (
        f"Weights keep a median cosine of {number(change.cosine)} to what they were, "
        f"{change.kept} of {change.looked} at least {KEPT}; their norms are a median of "
        f"{number(change.growth)} times as large. "
        if change.cosine == change.cosine
        else ""
    )
    return (
        f"{kept}Of {change.noise} that were noise {change.risen} became more than chance. "
        f"What was added: {_energy(change.added)}."
    )


def corrected(found: Comparison) -> str:
    """Say what chance is, and how p-values are corrected."""
    layers = sum(1 for layer in found.after.layers for _ in layer.evidence())
    return (
        "Chance is a kernel of independent normal weights. All p-values are corrected: those of "
        f"kernels for the tests of each and for {found.after.tested} kernels, so that of those "
        f"found {LEVEL:.0%} are false on average (Benjamini and Hochberg); those of layers for "
        f"{layers} tests (Holm). Up to {LEVEL:g} is called more than chance."
    )


def p_words(evidence: Evidence) -> str:
    """Say whether it is chance, and the corrected p-value.

    >>> p_words(Evidence(0.9, 0.4, 0.001, 0.02)), p_words(Evidence(0.5, 0.4, 0.1, 1.0))
    ('more, p 0.02', 'as chance has it, p 1')
    """
    word = "as chance has it"
    if evidence.found:
        word = "more" if evidence.more else "less"
    return f"{word}, p {p_value(evidence.q)}"


def number(value: float) -> str:
    """Write a number with three digits."""
    return f"{value:.3g}"


def p_value(p: float) -> str:
    """Write a p-value with two digits.

    >>> p_value(0.04321), p_value(3.2e-17)
    ('0.043', '3.2e-17')
    """
    return f"{p:.2g}" if p > 0 else "below 1e-300"


def title(layer: LayerFinding) -> str:
    """Say what a layer consists of."""
    window = " x ".join(map(str, layer.window)) if len(layer.window) > 1 else f"{layer.window[0]}"
    over = f" over {layer.channels} channels" if layer.channels > 1 else ""
    return f"{_count(layer.filters, 'filter')} of {window}{over}"


def _kinds(layer: LayerFinding, findings: Sequence[Finding]) -> str:
    kinds = Counter(finding.kind for finding in findings)
    sampled = f", {layer.looked} of them looked at" if layer.looked < layer.kernels else ""
    what = "kernel" if layer.kernels != layer.filters or layer.channels == 1 else "filter"
    window = " x ".join(map(str, layer.window))
    return (
        f"{_count(layer.kernels, what)} of {window}{sampled}: {kinds['known']} known by name, "
        f"{kinds['shaped']} more than chance without a name, {kinds['noise']} noise, "
        f"{kinds['dead']} dead."
    )


def _energy(shares: dict[str, Evidence]) -> str:
    if shares["edge"].value != shares["edge"].value:
        return "there is none"
    parts = [
        f"{word} {number(shares[name].value)} ({number(shares[name].by_chance)} by chance: "
        f"{p_words(shares[name])})"
        for name, word in _PLURAL.items()
    ]
    return ", ".join(parts)


def _quality(layer: LayerFinding) -> str:
    sparse = f"Sparsity {share(layer.sparsity.value)}"
    entropy = layer.entropy
    if entropy.value != entropy.value:
        return f"{sparse}."
    return (
        f"{sparse}, variance entropy {number(entropy.value)} (random kernels "
        f"{number(entropy.by_chance)}: {p_words(entropy)})."
    )


def _before(side: Side, layer: LayerFinding) -> str:
    """Say whether a layer is random: no kernel beyond chance, and no measure of the layer."""
    findings = side.of_layer(layer.layer)
    beyond = _beyond(findings)
    least = min(evidence.q for evidence in layer.evidence())
    random = not beyond and not any(evidence.found for evidence in layer.evidence())
    return (
        f"{'random' if random else 'not quite random'}, {beyond} of {len(findings)} kernels are "
        f"beyond chance and the least p of the layer is {p_value(least)}"
    )


def _claims(shares: dict[str, Evidence]) -> str:
    """Say whether there are edges and blobs: more of the energy than by chance."""
    if shares["edge"].value != shares["edge"].value:
        return "there is nothing"
    return ", ".join(
        f"{word} {'yes' if shares[name].more else 'no'} ({number(shares[name].value)} of the "
        f"energy, {number(shares[name].by_chance)} by chance: {p_words(shares[name])})"
        for name, word in _CLAIMED.items()
    )


def _beyond(findings: Sequence[Finding]) -> int:
    return sum(finding.kind in ("known", "shaped") for finding in findings)


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
