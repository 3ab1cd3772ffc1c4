"""`imgkernels trace IN STEP... --at X,Y`: one pixel of the answer, taken apart."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgkernels.shells.command import Input, Json
from imgkernels.shells.pipe import complete_step, pipeline_of

if TYPE_CHECKING:
    from imgkernels.analysis.trace import Trace

Steps = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STEP...",
        help="filter or filter:param=value,param=value; or one text with | between steps.",
        autocompletion=complete_step,
    ),
]
Preset = Annotated[
    str | None, typer.Option("--preset", metavar="NAME_OR_FILE", help="A preset instead of steps.")
]
BorderOption = Annotated[
    str | None, typer.Option("--border", metavar="BORDER", help="Beyond the edge; as in pipe.")
]
BorderValue = Annotated[
    float | None, typer.Option("--border-value", help="What lies beyond a constant border.")
]
RangeOption = Annotated[
    str | None,
    typer.Option("--range", metavar="clip|abs|offset|stretch", help="As in pipe."),
]
_At = Annotated[
    str,
    typer.Option("--at", metavar="X,Y", help="The pixel: column, row (and plane, for volumes)."),
]
_Channel = Annotated[int, typer.Option("--channel", metavar="N", help="Channel to show, from 1.")]
_Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="Draw it, as .svg or .png."),
]
Volume = Annotated[bool, typer.Option("--volume", help="Take the pages of a TIFF as one volume.")]


def trace(
    source: Input,
    at: _At,
    steps: Steps = None,
    preset: Preset = None,
    border: BorderOption = None,
    border_value: BorderValue = None,
    range: RangeOption = None,
    channel: _Channel = 1,
    volume: Volume = False,
    plot: _Plot = None,
    json: Json = False,
) -> None:
    """Take one pixel of a pipeline's answer apart: every product, pick, curve and rounding.

    imgkernels trace in.png --at 40,0 blur:sigma=1 sharpen
    """
    from imgkernels import files
    from imgkernels.analysis.trace import trace as find
    from imgkernels.analysis.trace.text import told
    from imgkernels.shells.plain import plain

    pipeline = pipeline_of("trace", steps, preset)
    target = None if plot is None else _checked(plot)
    index = place(at)
    found = find(
        files.read(source, volume=volume),
        pipeline,
        at=index,
        border=border,
        border_value=border_value,
        range=range,
    )
    _check_channel(channel, found)
    if target is not None:
        _draw(found, channel - 1, target)
    print(json_.dumps(plain(found), indent=2) if json else told(found, channel - 1))


def place(text: str) -> tuple[int, ...]:
    """Read X,Y as the index of an array: y, x."""
    from imgkernels.errors import InvalidValue

    words = text.split(",")
    if not all(word.strip().isdecimal() for word in words):
        raise InvalidValue(f"trace: --at must be like 40,0 (column, row); got {text!r}")
    return tuple(int(word) for word in reversed(words))


def _check_channel(channel: int, found: Trace) -> None:
    from imgkernels.errors import InvalidValue

    if not 1 <= channel <= found.before.size:
        raise InvalidValue(f"trace: --channel must be from 1 to {found.before.size}; got {channel}")


def _checked(plot: str) -> Path:
    from imgkernels.errors import FileProblem, InvalidValue

    target = Path(plot)
    if target.suffix.lower() not in (".svg", ".png"):
        raise InvalidValue(f"trace: --plot must end in .svg or .png; got {plot!r}")
    if not target.parent.is_dir():
        raise FileProblem(f"{target}: there is no folder {target.parent}")
    return target


def _draw(found: Trace, channel: int, target: Path) -> None:
    from imgkernels.analysis.canvas import png, svg
    from imgkernels.analysis.trace.scene import scene
    from imgkernels.files.atomic import replace_file

    drawing = scene(found, channel)
    is_svg = target.suffix.lower() == ".svg"
    replace_file(target, svg(drawing).encode() if is_svg else png(drawing))
