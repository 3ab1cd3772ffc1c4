"""What a batch will do, known and checked whole before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from imgkernels import files
from imgkernels.asked import check_dialect
from imgkernels.batch.head import head_of
from imgkernels.batch.job import Job, Manner
from imgkernels.batch.names import USUAL, Template, checked
from imgkernels.batch.sources import Found, found
from imgkernels.errors import InvalidValue, UnsupportedDtype, UnsupportedImage
from imgkernels.files.formats import SUFFIXES, named
from imgkernels.files.reading import request
from imgkernels.files.wanted import Wanted
from imgkernels.files.words import shown
from imgkernels.image import Image
from imgkernels.pipeline import Pipeline

_READING = tuple(field.name for field in fields(Wanted))
_TOLD = 5  # of many files with the same trouble
_TRIAL = (9, 9, 3)


@dataclass(frozen=True)
class Plan:
    """The jobs in order, how each is done, and the folder that all outputs lie in."""

    out: str
    jobs: tuple[Job, ...]
    manner: Manner
    head: Mapping[str, Any]

    @property
    def folders(self) -> list[str]:
        """The folders that outputs lie in."""
        return sorted({os.path.dirname(job.target) for job in self.jobs})


def plan(
    sources: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    out: str | os.PathLike[str],
    pipeline: Pipeline | str,
    *,
    name: str = USUAL,
    format: str | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Plan:
    """Return what `run` would do, with the same arguments; nothing is written.

    Raises `InvalidValue` for sources that are not there, for two inputs with one output, for
    outputs that are inputs (`overwrite` allows that of a file itself) or lie outside of `out`.
    """
    given = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    names = [os.fspath(source) for source in given]
    steps = Pipeline.parse(pipeline) if isinstance(pipeline, str) else pipeline
    manner = manner_of(steps, options)
    template, form = Template.parse(name), named(format).name if format else None
    if not template.asks_ext and form is None:
        files.format_of(template.fill("stem", 1))
    root = os.path.realpath(out)
    pictures = found(names, root)
    if not pictures:
        raise InvalidValue(f"batch: there are no pictures in {', '.join(map(shown, names))}")
    return arranged(_named(pictures, template, form), out, manner, form, overwrite)


def arranged(
    pairs: Iterable[tuple[str, str]],
    out: str | os.PathLike[str],
    manner: Manner,
    form: str | None,
    overwrite: bool = False,
) -> Plan:
    """Return the plan of sources and their outputs below the folder, all of them checked."""
    root = os.path.realpath(out)
    if os.path.lexists(root) and not os.path.isdir(root):
        raise InvalidValue(f"batch: {shown(os.fspath(out))} is no folder")
    jobs = tuple(_placed(pairs, root, form))
    _refuse_collisions(jobs)
    jobs = _refuse_inputs(jobs, overwrite)
    return Plan(root, jobs, replace(manner, repeat=len(jobs)), head_of(manner, form))


def manner_of(pipeline: Pipeline, options: Mapping[str, Any]) -> Manner:
    """Return the manner that options of `apply` and `read` make; raise for what is wrong in them.

    A mask is read here, once for all files; what it and a spacing must fit shows with each file.
    """
    reading = {key: options[key] for key in _READING if options.get(key) is not None}
    wanted = request(**reading)
    filtering = {k: v for k, v in options.items() if k not in _READING and v is not None}
    mask = filtering.pop("mask", None)
    check_dialect(pipeline, filtering.get("like"))
    _try_out(pipeline, {k: v for k, v in filtering.items() if k != "spacing"})
    if isinstance(mask, str | os.PathLike):
        mask = files.read(mask, volume=wanted.volume, max_pixels=wanted.max_pixels)
    if mask is not None:
        filtering["mask"] = mask
    return Manner(pipeline, filtering, wanted)


def _try_out(pipeline: Pipeline, filtering: Mapping[str, Any]) -> None:
    """Run on a small picture: options that are wrong are so for every file."""
    try:
        pipeline(Image.of(np.zeros(_TRIAL, np.uint8)), **filtering)
    except (UnsupportedImage, UnsupportedDtype):
        pass  # this picture does not fit, the files may
    except TypeError as error:
        raise InvalidValue(f"batch: {error}") from error


def _named(
    pictures: Sequence[Found], template: Template, form: str | None
) -> Iterator[tuple[str, str]]:
    suffix = named(form).suffixes[0].removeprefix(".") if form else None
    for index, picture in enumerate(pictures, start=1):
        name = template.fill(picture.path, index, suffix)
        yield picture.path, checked(os.path.join(picture.folder, name), template.text)


def _placed(pairs: Iterable[tuple[str, str]], root: str, form: str | None) -> Iterator[Job]:
    folders: dict[str, str] = {}
    for source, output in pairs:
        folder, name = os.path.split(output)
        if folder not in folders:
            folders[folder] = _inside(os.path.realpath(os.path.join(root, folder)), root, output)
        target = os.path.join(folders[folder], name)
        if os.path.islink(target):
            target = _inside(os.path.realpath(target), root, output)
        if os.path.isdir(target):
            raise InvalidValue(f"batch: {shown(target)} is a folder, and would be an output")
        yield Job(source, target, output, form or _format_of(output))


def _format_of(output: str) -> str | None:
    known = os.path.splitext(output)[1].lower() in SUFFIXES
    return files.format_of(output) if known else None


def _inside(path: str, root: str, output: str) -> str:
    if path != root and not path.startswith(os.path.join(root, "")):
        raise InvalidValue(
            f"batch: {shown(output)} would be written outside of the output folder, to"
            f" {shown(path)}; a link leads there"
        )
    return path


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    by_target: dict[str, list[Job]] = {}
    for job in jobs:
        by_target.setdefault(os.path.normcase(job.target), []).append(job)
    lines = [
        f"batch: {' and '.join(shown(job.source) for job in group[:_TOLD])} would each be written"
        f" to {shown(group[0].output)}"
        for group in by_target.values()
        if len(group) > 1
    ]
    if lines:
        hint = "batch: --name '{parent}-{stem}.{ext}' or '{index}-{stem}.{ext}' tells them apart"
        raise InvalidValue("\n".join([*_some(lines), hint]))


def _refuse_inputs(jobs: Sequence[Job], overwrite: bool) -> tuple[Job, ...]:
    """Mark the jobs whose target is their source; refuse targets that are other jobs' sources."""
    sources = {identity: job for job in jobs if (identity := _identity(job.source)) is not None}
    marked, lines = [], []
    for job in jobs:
        read = sources.get(_identity(job.target) or (-1, -1))
        if read is None:
            marked.append(job)
        elif read.source != job.source:
            lines.append(f"batch: {shown(job.output)} is an input: {shown(read.source)}")
        elif not overwrite:
            lines.append(f"batch: {shown(job.output)} is its own input; --overwrite replaces it")
        else:
            marked.append(Job(job.source, job.target, job.output, job.format, True))
    if lines:
        raise InvalidValue("\n".join(_some(lines)))
    return tuple(marked)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:  # not there, or not to be seen; reading says so
        return None
    return found.st_dev, found.st_ino


def _some(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _TOLD
    return [*lines[:_TOLD], *([f"batch: and {more} more"] if more > 0 else [])]
