"""`imgkernels pipe IN OUT STEP...`: filters one after the other."""

from __future__ import annotations

from typing import Annotated

import typer

from imgkernels.shells import options


def _complete_step(incomplete: str) -> list[str]:
    from imgkernels import filters

    return [f.name for f in filters.catalogue() if f.name.startswith(incomplete)]


def _complete_preset(incomplete: str) -> list[str]:
    from imgkernels.pipeline import preset_names

    return [name for name in preset_names() if name.startswith(incomplete)]


Steps = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STEP...",
        help="filter or filter:param=value,param=value; or one text with | between steps.",
        autocompletion=_complete_step,
    ),
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME_OR_FILE",
        help="A preset, or a TOML file like one.",
        autocompletion=_complete_preset,
        show_default=False,
    ),
]


def pipe(
    source: options.Input,
    target: options.Output,
    steps: Steps = None,
    preset: PresetOption = None,
    border: options.BorderOption = None,
    border_value: options.BorderValue = None,
    range: options.RangeOption = None,
    method: options.MethodOption = "auto",
    explain: options.Explain = False,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    volume: options.Volume = False,
    frame: options.FrameOption = None,
    format: options.Format = None,
) -> None:
    """Run several filters in order, or a preset: nothing is rounded between the steps.

    imgkernels pipe in.png out.png median:size=5 sharpen

    imgkernels pipe in.png out.png --preset halo
    """
    from imgkernels.errors import InvalidValue
    from imgkernels.pipeline import Pipeline
    from imgkernels.shells.work import Job, run

    if bool(steps) == bool(preset):
        raise InvalidValue("pipe: give either steps, like median:size=5 sharpen, or --preset NAME")
    pipeline = Pipeline.load(preset) if preset else Pipeline.parse(" | ".join(steps or []))
    job = Job(
        source, target, border, border_value, range, method, explain, json, overwrite, volume,
        frame, format,
    )  # fmt: skip
    run(job, pipeline)
