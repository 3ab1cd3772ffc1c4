"""One file of a batch, from bytes to bytes: read, filter, encode, replace."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from imgkernels import files
from imgkernels.batch.job import Entry, Job, Manner, Outcome, Status
from imgkernels.errors import FileProblem, ImgkernelsError
from imgkernels.files.atomic import replace_file
from imgkernels.files.formats import named
from imgkernels.files.reading import bytes_of, frames_of
from imgkernels.files.words import reason


@dataclass(frozen=True)
class Company:
    """What a job does for the others of a batch; alone it does nothing.

    `turn` is held while there is work for a core; `promise` is called before an output is there;
    when the batch is `stopped`, nothing more is written.
    """

    turn: AbstractContextManager[object] = field(default_factory=contextlib.nullcontext)
    promise: Callable[[Job, Entry], object] = lambda job, entry: None
    stopped: Callable[[], bool] = bool


def process(
    job: Job, manner: Manner, known: Entry | None = None, company: Company | None = None
) -> Outcome | None:
    """Do one job and tell what became of it; what is wrong with its file is told, not raised.

    `known`: what a journal says of it; if the files agree, nothing is done. None: the batch was
    stopped before anything was written.
    """
    started = time.perf_counter()
    try:
        done = _done(job, manner, known, company or Company())
    except ImgkernelsError as error:
        told = str(error)
    except MemoryError:
        told = "there is not enough memory for it"
    except OSError as error:
        told = reason(error)
    except Exception as error:  # noqa: BLE001 - one file must not end the others; it is told
        told = f"{type(error).__name__} within imgkernels: {reason(error)}"
    else:
        return done and replace(done, seconds=time.perf_counter() - started)
    seconds = time.perf_counter() - started
    return Outcome(job, Status.FAILED, error=told, seconds=seconds)


def make(data: bytes, job: Job, manner: Manner) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of the output for those of the input, and notes."""
    frames = frames_of(data, manner.wanted)
    form = job.format or frames.images[0].metadata.format
    if form is None:
        raise FileProblem("its name says no format; --format does")
    files.check_frames(frames, named(form))  # before the work
    answer = frames.map(manner)
    made, lost = files.encode(answer, form)
    return made, (*answer.notes, *lost)


def _done(job: Job, manner: Manner, known: Entry | None, company: Company) -> Outcome | None:
    if not stat.S_ISREG(os.stat(job.source).st_mode):
        raise FileProblem("is no file")  # a pipe would be waited for without end
    data = bytes_of(job.source)
    with company.turn:
        if company.stopped():
            return None
        digest = _sha256(data)
        if known is not None and _is_whole(job, known, digest):
            return Outcome(job, Status.WHOLE, known)
        made, notes = make(data, job, manner)
        entry = Entry(job.source, digest, job.output, _sha256(made), len(made), notes)
    if company.stopped():
        return None
    company.promise(job, entry)
    target = Path(job.target)
    if not os.path.isdir(target.parent):
        os.makedirs(target.parent, exist_ok=True)
    replace_file(target, made, lasting=False, follow=False)
    return Outcome(job, Status.WRITTEN, entry)


def _is_whole(job: Job, known: Entry, digest: str) -> bool:
    """Return whether the output is there, of this input, and as it was written."""
    if job.in_place:
        return digest == known.output_sha256
    if digest != known.source_sha256 or not os.path.isfile(job.target):
        return False
    if os.path.getsize(job.target) != known.output_size:
        return False
    return _sha256(Path(job.target).read_bytes()) == known.output_sha256


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
