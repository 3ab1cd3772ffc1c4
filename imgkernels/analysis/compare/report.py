"""A comparison as one HTML file: no network, no other file, and whole without its script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from imgkernels.analysis.compare import rows
from imgkernels.analysis.compare.finding import KINDS, Finding, Side
from imgkernels.analysis.compare.pictures import escape
from imgkernels.analysis.compare.words import changed, corrected, of_layer, story, title

if TYPE_CHECKING:
    from imgkernels.analysis.compare.verb import Comparison

_MOST_ROWS = 5000  # of the table: beyond, what is surest comes first
_SAFE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def page(found: Comparison) -> str:
    """Return the report as a document that needs nothing else."""
    name = escape(found.after.file)
    here = files("imgkernels.analysis.compare")
    style, script = (here.joinpath(f"report.{kind}").read_text("utf-8") for kind in ("css", "js"))
    body = "\n".join([*_head(found), *_layers(found), *_kernels(found)])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_SAFE}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: its kernels</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _head(found: Comparison) -> Iterator[str]:
    yield f"<h1>{escape(found.after.file)}</h1>"
    before = f", and before training: {escape(found.before.file)}" if found.before else ""
    yield f'<p class="soft">Its kernels beside {escape(found.against)}{before}.</p>'
    if found.before is not None:
        yield f'<p class="story">{escape(story(found))}</p>'
    yield f'<p class="soft">{escape(corrected(found))}</p>'
    yield from (f'<p class="soft">Left out: {escape(line)}.</p>' for line in found.left)


def _layers(found: Comparison) -> Iterator[str]:
    yield "<h2>Layers</h2>"
    yield '<div class="frame" tabindex="0" role="region" aria-label="Layers">'
    sides = [found.before, found.after] if found.before else [found.after]
    yield (
        "<table><caption><span>Shares of the energy of all kernels of a layer; the mark on a bar "
        "is what random kernels have, bold is more or less than that.</span></caption>"
    )
    yield f"<thead><tr>{''.join(map(rows.plain_head, rows.LAYER_HEADS))}</tr></thead><tbody>"
    for layer in found.after.layers:
        for side in sides:
            for one in side.layers:
                if one.layer == layer.layer:
                    word = "" if len(sides) == 1 else "before" if side is found.before else "after"
                    yield rows.layer_row(one, side.of_layer(one.layer), word)
    yield "</tbody></table></div>"
    for layer in found.after.layers:
        yield f"<h3>{escape(layer.layer)}: {title(layer)}</h3>"
        yield f"<p>{escape(' '.join(of_layer(found.after, layer)))}</p>"
        for change in found.layer_changes:
            if change.layer == layer.layer:
                yield f"<p>Before and after: {escape(changed(change))}</p>"


def _kernels(found: Comparison) -> Iterator[str]:
    shown, said = _shown(found.after)
    old = {f.spot: f for f in found.before.findings} if found.before else {}
    changes = {change.spot: change for change in found.changes}
    coloured = any(finding.colours for finding in shown)
    yield "<h2>Kernels</h2>"
    yield from _controls(found)
    yield '<div class="frame tall" tabindex="0" role="region" aria-label="Kernels">'
    yield (
        f'<table id="kernels"><caption><span>{said} Weights: orange is positive, blue negative, '
        "white 0, each kernel by its largest; filters over colours are colours around grey, "
        "and what is compared is their strongest pattern, beside them. Then comes what each is "
        "most like, turned and scaled as found.</span></caption>"
    )
    heads = rows.kernel_heads(coloured, bool(old))
    yield f"<thead><tr>{''.join(map(rows.sorting_head, heads))}</tr></thead><tbody>"
    for finding in shown:
        was = (old.get(finding.spot), changes.get(finding.spot)) if old else None
        yield rows.kernel_row(finding, coloured, was)
    yield "</tbody></table></div>"


def _shown(side: Side) -> tuple[Sequence[Finding], str]:
    """Return the kernels that have a row, and a sentence that says which they are."""
    total = sum(layer.kernels for layer in side.layers)
    looked = len(side.findings)
    said = f"{looked:,} of {total:,} kernels" if looked < total else f"All {total:,} kernels"
    if looked <= _MOST_ROWS:
        return side.findings, f"{said}."
    surest = sorted(side.findings, key=lambda f: min((e.q for e in f.evidence()), default=2.0))
    kept = set(map(id, surest[:_MOST_ROWS]))
    shown = [finding for finding in side.findings if id(finding) in kept]
    return shown, f"{said}; the {_MOST_ROWS:,} surest of them have a row."


def _controls(found: Comparison) -> Iterator[str]:
    yield '<form class="controls" hidden onsubmit="return false">'
    yield '<label>Search <input type="search" id="search" placeholder="sobel"></label>'
    names = "".join(
        f'<option value="{escape(layer.layer)}">{escape(layer.layer)}</option>'
        for layer in found.after.layers
    )
    yield f'<label>Layer <select id="layer"><option value="">all</option>{names}</select></label>'
    boxes = "".join(
        f'<label title="{escape(help)}"><input type="checkbox" name="kind" value="{kind}" '
        f'checked> <span class="{kind}">{kind}</span></label>'
        for kind, help in KINDS.items()
    )
    yield f"<fieldset><legend>Kind</legend>{boxes}</fieldset>"
    yield '<output id="count" aria-live="polite"></output></form>'
