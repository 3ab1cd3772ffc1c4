"""`apply` and `pipe` on pictures larger than memory: part by part, from file to file."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imgkernels import files
from imgkernels.errors import FileProblem, ImgkernelsError, InvalidValue
from imgkernels.files.words import shown

if TYPE_CHECKING:
    from imgkernels.frames import Frames
    from imgkernels.pipeline import Pipeline
    from imgkernels.shells.work import Job
    from imgkernels.streams import Opened, Place

_MOST_HELD = 1 << 28  # bytes of pixels that are filtered in memory where they need not be
_LOOKED_AT = 1 << 20  # bytes of a file that may hold so many
_NEVER_HELD = (".zarr", ".raw")
_EVERY = 0.2  # seconds between two words on a terminal


def asked(job: Job, pipeline: Pipeline) -> bool:
    """Tell whether to go part by part: where that was asked for, and where a picture is large."""
    if job.stream or job.raw or job.scheduler:
        return True
    if any(name.rstrip("/").lower().endswith(_NEVER_HELD) for name in (job.source, job.target)):
        return True
    try:
        if not os.path.isdir(job.source) and os.path.getsize(job.source) < _LOOKED_AT:
            return False
        with _place(job).opened() as found:
            asked = os.path.isdir(job.source)  # an array of zarr, whatever it is called
            return asked or (_large(job, found) and _possible(job, pipeline, found))
    except _Refused:
        raise
    except (ImgkernelsError, OSError, ValueError):  # reading it whole says what is wrong
        return False


def run(job: Job, pipeline: Pipeline) -> tuple[Frames, tuple[str, ...]]:
    """Filter a picture part by part; return the answer without its pixels, and notes."""
    from imgkernels import streams
    from imgkernels.frames import Frames

    if "-" in (job.source, job.target):
        raise InvalidValue("stream: reads and writes files; stdin and stdout take whole pictures")
    if job.allow_truncated:
        raise InvalidValue(
            "allow-truncated: is for pictures that fit into memory, which are mended"
        )
    place = _place(job)
    if job.explain:
        with place.opened() as found:
            print(_explained(job, pipeline, found), file=sys.stderr)
    with _progress() as told, _runner(job, place) as runs:
        answer = streams.apply(
            pipeline,
            place,
            job.target.rstrip("/"),
            mask=job.mask,
            format=job.format,
            compress=job.compress,
            told=told,
            **runs,
            **job.filtering,
        )
    return Frames.of(answer), answer.metadata.notes


@contextlib.contextmanager
def _runner(job: Job, place: Place) -> Iterator[dict[str, Any]]:
    """Return who computes the tiles, where that is a cluster."""
    if job.scheduler is None:
        yield {}
        return
    from imgkernels import scale

    with scale.connected(job.scheduler) as client:
        yield {"run": scale.Runner.of(client, place)}


@contextlib.contextmanager
def _progress() -> Iterator[_Progress | None]:
    """Return who is told how far it is: nobody but on a terminal, whose line is left as it was."""
    if not sys.stderr.isatty():
        yield None
        return
    try:
        yield _Progress()
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Refused(FileProblem):
    """A picture that can be filtered neither in memory nor part by part."""


def _place(job: Job) -> Place:
    from imgkernels.streams import Place
    from imgkernels.streams.raw import Raw

    raw = None if job.raw is None else Raw.parse(job.raw)
    place = Place(job.source.rstrip("/"), job.volume, job.frame, raw, job.keep_metadata)
    return place if job.max_pixels is None else place.limited(job.max_pixels)


def _large(job: Job, found: Opened) -> bool:
    pixels = found.facts.pixels
    return pixels.nbytes > _MOST_HELD or _count(found) > _limit(job)


def _limit(job: Job) -> int:
    return files.MAX_PIXELS if job.max_pixels is None else job.max_pixels


def _count(found: Opened) -> int:
    return math.prod(found.facts.pixels.shape[: found.facts.ndim])


def _possible(job: Job, pipeline: Pipeline, found: Opened) -> bool:
    """Tell whether it can go part by part; refuse where it must and cannot."""
    from imgkernels import streams

    try:
        if job.target == "-":
            raise FileProblem("stdout takes whole pictures")
        streams.check(
            pipeline, found, job.target, format=job.format, mask=job.mask, **job.filtering
        )
    except ImgkernelsError as error:
        if _count(found) <= _limit(job):
            return False
        raise _Refused(
            f"{shown(job.source)}: {_count(found):,} pixels are more than the limit of"
            f" {_limit(job):,} for memory (--max-pixels raises it), and {error}"
        ) from error
    return True


def _explained(job: Job, pipeline: Pipeline, found: Opened) -> str:
    from imgkernels import streams
    from imgkernels.shells.work import explained

    tile, count = streams.tiles_for(pipeline, found, **job.filtering)
    size = " x ".join(map(str, tile.pixels.shape[: tile.ndim]))
    plans = explained(job, pipeline, tile)
    return f"tiles      {count} of {size}, each with what lies around it\n{plans}"


class _Progress:
    """The share that is done, and how long the rest will take, on a terminal."""

    def __init__(self) -> None:
        self._started = self._told = time.monotonic()

    def __call__(self, share: float) -> None:
        """Say it, if that was not done a moment ago."""
        now = time.monotonic()
        if now - self._told < _EVERY:
            return
        self._told = now
        left = (now - self._started) * (1 - share) / share
        print(f"\r{share:4.0%}, {left:.0f} s left \x1b[K", end="", file=sys.stderr, flush=True)
