"""`imgkernels compare WEIGHTS`: what the kernels of a network are, and which are only noise."""

from __future__ import annotations

import json as json_
import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.shells.command import Json
from imgkernels.shells.speech import printable

if TYPE_CHECKING:
    from imgkernels.analysis.compare import Comparison, Finding, LayerFinding, Side

_COLUMNS = 96
_ROWS = 12  # kernels of a layer that are listed, the surest first
_Weights = Annotated[
    str,
    typer.Argument(metavar="WEIGHTS", help="npz, safetensors, Keras, ONNX or PyTorch file."),
]
_Against = Annotated[
    str,
    typer.Option(
        "--against", metavar="FILE", help="Another file of weights to hold the kernels against."
    ),
]
_Before = Annotated[
    str | None, typer.Option("--before", metavar="FILE", help="The weights before training.")
]
_Layer = Annotated[
    str | None, typer.Option("--layer", metavar="NAME", help="One layer, every kernel of it.")
]
_All = Annotated[
    bool, typer.Option("--all", help="Every kernel, where large layers are sampled otherwise.")
]
_Html = Annotated[
    str | None,
    typer.Option("--html", metavar="FILE", help="Write a report with every kernel as a picture."),
]


def compare(
    weights: _Weights,
    against: _Against = "catalogue",
    before: _Before = None,
    layer: _Layer = None,
    every: _All = False,
    html: _Html = None,
    json: Json = False,
) -> None:
    """Hold the kernels of a network against known ones, and against chance.

    imgkernels compare model.npz --before start.npz --html report.html
    """
    from imgkernels.analysis.compare import compare as find, page

    target = None if html is None else _checked(html)
    found = find(weights, against=against, before=before, layer=layer, every=every)
    if target is not None:
        from imgkernels.files.atomic import replace_file

        replace_file(target, page(found).encode())
    if json:
        print(json_.dumps(_facts(found), indent=2))
    else:
        print(printable("\n".join(_lines(found))))


def _checked(html: str) -> Path:
    from imgkernels.errors import FileProblem, InvalidValue

    target = Path(html)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InvalidValue(f"compare: --html must end in .html; got {html!r}")
    if not target.parent.is_dir():
        raise FileProblem(f"{target}: there is no folder {target.parent}")
    return target


def _lines(found: Comparison) -> Iterator[str]:
    from imgkernels.analysis.compare.words import changed, corrected, of_layer, story, title

    before = f", before training {found.before.file}" if found.before else ""
    yield _wrapped(f"{found.after.file} beside {found.against}{before}")
    if found.before is not None:
        yield f"\n{_wrapped(story(found), 2)}"
    for layer in found.after.layers:
        yield f"\n{layer.layer}: {title(layer)}"
        yield from (_wrapped(sentence, 2) for sentence in of_layer(found.after, layer))
        yield from (
            _wrapped(changed(change), 2)
            for change in found.layer_changes
            if change.layer == layer.layer
        )
        yield from _table(found.after, layer)
    yield f"\n{_wrapped(corrected(found))}"
    yield from (_wrapped(f"left out: {line}") for line in found.left)


def _table(side: Side, layer: LayerFinding) -> Iterator[str]:
    """Yield the surest kernels of a layer, one a line, in columns."""
    found = side.of_layer(layer.layer)
    surest = sorted(found, key=_least)[:_ROWS]
    rows: list[tuple[str, ...]] = [
        ("kernel", "what it is", "cosine", "p", "order", "angle", "most like")
    ]
    rows += [_row(finding) for finding in surest]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = (
            f"{cell:<{width}}" if i < 2 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        )
        yield f"    {'  '.join(cells)}  {row[-1]}".rstrip()
    if len(found) > len(surest):
        yield f"    and {len(found) - len(surest)} less sure; --html and --json have them"


def _row(finding: Finding) -> tuple[str, ...]:
    from imgkernels.analysis.compare.words import p_value

    number, channel = finding.spot.filter, finding.spot.channel
    return (
        str(number) if channel is None else f"{number},{channel}",
        finding.word,
        f"{finding.likeness.value:.3f}" if finding.near else "",
        "" if finding.dead else p_value(_least(finding)),
        "" if finding.order is None else str(finding.order),
        "" if math.isnan(finding.direction) else f"{finding.direction:.0f}",
        finding.near[0].text if finding.near else "",
    )


def _least(finding: Finding) -> float:
    return min((evidence.q for evidence in finding.evidence()), default=2.0)


def _wrapped(text: str, indent: int = 0) -> str:
    margin = " " * indent
    return textwrap.fill(text, _COLUMNS, initial_indent=margin, subsequent_indent=margin)


def _facts(found: Comparison) -> dict[str, Any]:
    from imgkernels.shells.plain import plain

    answer: dict[str, Any] = plain(
        {
            "file": found.after.file,
            "against": found.against,
            "sentences": found.sentences,
            "left_out": found.left,
            "after": _side(found.after),
            "before": found.before and _side(found.before),
            "changes": [vars(change) | {"spot": str(change.spot)} for change in found.changes],
            "layer_changes": found.layer_changes,
        }
    )
    return answer


def _side(side: Side) -> dict[str, Any]:
    return {
        "file": side.file,
        "tested": side.tested,
        "layers": [vars(layer) for layer in side.layers],
        "kernels": [_kernel(finding) for finding in side.findings],
    }


def _kernel(finding: Finding) -> dict[str, Any]:
    names: Sequence[dict[str, Any]] = [
        {key: getattr(name, key) for key in ("text", "family", "cosine", "residual", "chance")}
        for name in finding.near
    ]
    keys = ("kind", "word", "order", "direction", "norm", "likeness", "shares", "colours", "taps")
    return (
        vars(finding.spot)
        | {"name": None if finding.name is None else finding.name.text}
        | {key: getattr(finding, key) for key in keys}
        | {"names": names}
    )
