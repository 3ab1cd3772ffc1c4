"""The main job, for `apply` and `pipe` alike: read, filter, write, and say what happened."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgkernels import files
from imgkernels.asked import check_dialect, frame_of
from imgkernels.channels import Channels, parse_channels, seen
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files import chatter
from imgkernels.files.formats import named
from imgkernels.frames import Frames
from imgkernels.image import Image
from imgkernels.operations import Frame, Nan
from imgkernels.operations.operation import plan_of
from imgkernels.pipeline import Pipeline
from imgkernels.shells import memory, stream
from imgkernels.shells.speech import note
from imgkernels.values import compute_dtype

_LARGE = 1 << 20  # bytes of a file


@dataclass(frozen=True)
class Job:
    """One picture's way through a pipeline, as the command line asked for it."""

    source: str
    target: str
    border: str | None = None
    border_value: float | None = None
    range: str | None = None
    channels: str | None = None
    nan: str | None = None
    mask: str | None = None
    spacing: str | None = None
    method: str = "auto"
    like: str | None = None
    explain: bool = False
    json: bool = False
    overwrite: bool = False
    volume: bool = False
    frame: int | None = None
    format: str | None = None
    max_pixels: int | None = None
    allow_truncated: bool = False
    keep_metadata: bool = False
    stream: bool = False
    raw: str | None = None
    compress: str | None = None
    scheduler: str | None = None

    @property
    def filtering(self) -> dict[str, Any]:
        """The options of `apply`, but for the mask."""
        names = ("border", "border_value", "range", "channels", "nan", "spacing", "method", "like")
        return {name: getattr(self, name) for name in names}

    @property
    def reading(self) -> dict[str, Any]:
        """The options of `read`."""
        most = files.MAX_PIXELS if self.max_pixels is None else self.max_pixels
        names = ("volume", "frame", "allow_truncated", "keep_metadata")
        return {name: getattr(self, name) for name in names} | {"max_pixels": most}


def run(job: Job, pipeline: Pipeline, notes: tuple[str, ...] = ()) -> None:
    """Do the job; everything that can be refused is refused before a pixel is read.

    `notes` are what there is to say of the pipeline itself.
    """
    if (job.source == "-" and sys.stdin is None) or (job.target == "-" and sys.stdout is None):
        raise FileProblem("-: there is no stdin or stdout here; name a file")
    _check_target(job)
    check_dialect(pipeline, job.like)
    started = time.perf_counter()
    streamed = stream.asked(job, pipeline)
    answer, more = (stream.run if streamed else _held)(job, pipeline)
    notes = (*notes, *more)
    note(notes)
    if job.json:
        _report(job, pipeline, answer, notes, time.perf_counter() - started)


def _held(job: Job, pipeline: Pipeline) -> tuple[Frames, tuple[str, ...]]:
    """Filter a picture in memory; return the answer and notes."""
    target_format = _target_format(job)
    frames, told = _read(job)
    target_format = target_format or frames.images[0].metadata.format or "png"
    _check_frames(job, frames, target_format)
    mask = _mask(job)
    if job.explain:
        print(explained(job, pipeline, frames.images[0], mask), file=sys.stderr)
    answer = frames.map(lambda each: pipeline(each, mask=mask, **job.filtering))
    del frames  # the pixels that came are needed no more, and their memory is
    return answer, (*told, *answer.notes, *_write(job, answer, target_format))


def _read(job: Job) -> tuple[Frames, tuple[str, ...]]:
    """Read the picture; with it comes what libraries say of the file."""
    if job.source == "-":
        return files.read_frames(sys.stdin.buffer, **job.reading), ()
    if not os.path.isfile(job.source):
        return files.read_frames(job.source, **job.reading), ()
    if os.path.getsize(job.source) > _LARGE:
        memory.keep(1 << 23, 1 << 26)  # strips of it: whole pictures go back at once
    with chatter.kept() as told:
        return files.read_frames(job.source, **job.reading), tuple(told())


def explained(job: Job, pipeline: Pipeline, picture: Image, mask: Image | None = None) -> str:
    """Return the plans of a job on a picture."""
    framed = {key: job.filtering[key] for key in _FRAMED}
    frame = frame_of(picture, pipeline, mask=mask, **framed)
    return explain(pipeline, picture, frame, parse_channels(job.channels or pipeline.channels))


_FRAMED = ("border", "border_value", "method", "spacing", "nan", "like")


def explain(pipeline: Pipeline, picture: Image, frame: Frame, channels: Channels) -> str:
    """Return the plan of every kernel of every step on this picture."""
    x = picture.pixels if picture.axes.endswith("c") else picture.pixels[..., None]
    x = seen(x[..., :-1] if picture.alpha else x, channels, frame.white)
    lines = list(_manner(frame, channels))
    for position, step in enumerate(pipeline.steps):
        lines.append(f"step {position + 1}     {step}")
        kernels = step.operation(frame).kernels
        for kernel in kernels:
            lines.append(str(plan_of(x, kernel, frame)))
        if not kernels:
            lines.append("no kernel: values are picked or mapped, not summed")
        x = x.astype(compute_dtype(x.dtype), copy=False)
    return "\n".join(lines)


def _manner(frame: Frame, channels: Channels) -> Iterator[str]:
    """Say in what way the picture is filtered, where that is not the usual one."""
    if channels is not Channels.EACH:
        yield f"channels   {channels}"
    if frame.nan is not Nan.PROPAGATE:
        yield f"nan        {frame.nan}: normalised convolution where there is any"
    if frame.certainty is not None and frame.certainty.size:
        yield f"mask       {frame.certainty.mean():.1%} counts: normalised convolution"
    if frame.spacing is not None:
        yield f"spacing    {', '.join(f'{step:g}' for step in frame.spacing)}"


def _target_format(job: Job) -> str | None:
    """Return the format to write, None for that of the input."""
    if job.format:
        return named(job.format).name
    return None if job.target == "-" else files.format_of(job.target)


def _check_target(job: Job) -> None:
    """Refuse what cannot be written."""
    if job.json and job.target == "-":
        raise InvalidValue("--json and a picture cannot both go to stdout; name a file for OUT")
    if job.target == "-":
        return
    target = Path(job.target)
    if not os.path.isdir(target.parent):
        raise FileProblem(f"{target}: there is no folder {target.parent}")
    if job.source != "-" and not job.overwrite and same_file(target, Path(job.source)):
        raise InvalidValue(f"{target} is the input; give --overwrite to replace it")


def _mask(job: Job) -> Image | None:
    if job.mask is None:
        return None
    if job.mask == "-":
        raise InvalidValue("--mask takes the name of a file; stdin is for the picture")
    reading = {key: job.reading[key] for key in ("volume", "max_pixels")}
    return files.read(job.mask, **reading)


def same_file(one: Path, other: Path) -> bool:
    """Return whether two names are those of one file that is there."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one is not there, or no file can have its name: reading says so
        return False


def _check_frames(job: Job, frames: Frames, target_format: str) -> None:
    """Refuse before the work what the format of OUT cannot hold."""
    files.check_compression(named(target_format), job.compress)
    try:
        files.check_frames(frames, named(target_format))
    except FileProblem as error:
        raise FileProblem(f"{'<stdout>' if job.target == '-' else job.target}: {error}") from error


def _write(job: Job, answer: Frames, target_format: str) -> tuple[str, ...]:
    if job.target != "-":
        return files.write(job.target, answer, format=target_format, compress=job.compress)
    try:
        data, notes = files.encode(answer, target_format, job.compress)
    except FileProblem as error:
        raise FileProblem(f"<stdout>: {error}") from error
    rest = memoryview(data)
    while rest:  # an unbuffered stdout may take less than it is given
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()
    return notes


def _report(
    job: Job, pipeline: Pipeline, answer: Frames, notes: tuple[str, ...], seconds: float
) -> None:
    import json

    first = answer.images[0]
    found: dict[str, Any] = {
        "input": job.source,
        "output": job.target,
        "pipeline": str(pipeline),
        "channels": str(job.channels or pipeline.channels),
        "nan": str(job.nan or pipeline.nan),
        "mask": job.mask,
        "spacing": job.spacing,
        "frames": len(answer),
        "shape": list(first.pixels.shape),
        "axes": first.axes,
        "dtype": first.pixels.dtype.name,
        "seconds": round(seconds, 4),
        "notes": list(notes),
    }
    print(json.dumps(found))
