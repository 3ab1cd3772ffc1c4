"""`imgkernels audit IN STEP...`: what a pipeline can do to a picture, proved and measured."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from imgkernels.shells.command import Input, Json
from imgkernels.shells.pipe import pipeline_of
from imgkernels.shells.trace import BorderOption, BorderValue, Preset, RangeOption, Steps, Volume

_Clipped = Annotated[
    str | None,
    typer.Option("--clipped", metavar="FILE", help="Write a picture, white where a pixel clips."),
]


def audit(
    source: Input,
    steps: Steps = None,
    preset: Preset = None,
    border: BorderOption = None,
    border_value: BorderValue = None,
    range: RangeOption = None,
    volume: Volume = False,
    clipped: _Clipped = None,
    json: Json = False,
) -> None:
    """Say what steps can do to a picture: ranges, clipping, the border's say, steps to fuse.

    imgkernels audit in.png blur:sigma=1 sharpen
    """
    import numpy as np

    from imgkernels import files
    from imgkernels.analysis.audit import audit as find
    from imgkernels.image import Image
    from imgkernels.shells.plain import plain

    pipeline = pipeline_of("audit", steps, preset)
    if clipped is not None:
        files.format_of(clipped)
    picture = files.read(source, volume=volume)
    found = find(picture, pipeline, border=border, border_value=border_value, range=range)
    if clipped is not None:
        axes = picture.axes.rstrip("c")
        files.write(clipped, Image.of(np.where(found.clipped, 255, 0).astype(np.uint8), axes))
    if json:
        facts = {key: value for key, value in vars(found).items() if key != "clipped"}
        print(json_.dumps(plain(facts | {"clipped": int(found.clipped.sum())}), indent=2))
    else:
        print(found)
