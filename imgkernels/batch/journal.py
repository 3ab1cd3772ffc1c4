"""The journal of a batch: what each output is to be, said before it is, each line with a checksum.

While the batch runs, lines are added; a line that was cut, or does not match its checksum, says
nothing. When all is done the journal becomes the record: the same lines, sorted, with an end. A
line is a promise, not a proof: whoever trusts it compares the digests with the files.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgkernels.batch.job import Entry, Outcome
from imgkernels.errors import FileProblem
from imgkernels.files.atomic import replace_file
from imgkernels.files.words import reason, shown

NAME = "imgkernels-batch.jsonl"
_CHECK = b', "check": "'
_KINDS = ("head", "file", "end")


@dataclass(frozen=True)
class Told:
    """What a journal says: its head, its entries by output, and its end if it came to one."""

    head: Mapping[str, Any] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    end: Mapping[str, Any] | None = None


def read(path: Path) -> Told:
    """Return what can be trusted of a journal; nothing where there is none.

    Raises `FileProblem` where it is there and cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return Told()
    except OSError as error:
        raise FileProblem(f"{shown(str(path))}: {reason(error)}") from error
    head: dict[str, Any] = {}
    entries: dict[str, Entry] = {}
    end = None
    for kind, said in filter(None, map(_unpacked, lines)):
        if kind == "head":
            head = said
        elif kind == "end":
            end = said
        else:
            entries[said["output"]] = Entry(**said | {"notes": tuple(said["notes"])})
    return Told(head, entries, end)


class Journal:
    """A journal that is being written; several threads may add to it."""

    def __init__(self, path: Path, head: Mapping[str, Any], kept: Iterable[Entry]) -> None:
        """Begin anew with what is kept of an earlier one."""
        self._path, self._head = path, head
        try:
            replace_file(path, _text(head, kept))
        except FileProblem as error:
            raise FileProblem(f"{shown(str(path))}: {error}") from error
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
        self._cut = False

    def promise(self, entry: Entry, *, lasting: bool) -> None:
        """Add what an output is to be; `lasting` waits for the disk. Raises `FileProblem`."""
        line = _packed("file", vars(entry))
        try:
            self._cut = self._cut or os.write(self._file, line) != len(line)
            if self._cut:  # what came after half a line would be lost with it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if lasting:
                os.fsync(self._file)
        except OSError as error:
            raise FileProblem(f"its journal cannot be written: {reason(error)}") from error

    def close(self) -> None:
        """Leave the journal as it is, for a later run to go on with."""
        os.close(self._file)

    @property
    def was_removed(self) -> bool:
        """Whether somebody removed it, most likely with the folder and what was written there."""
        return os.fstat(self._file).st_nlink == 0

    def finish(self, entries: Iterable[Entry], failures: Iterable[Outcome]) -> None:
        """Turn the journal into the record of what was done."""
        failed = [{"source": each.job.source, "error": each.error} for each in failures]
        end = _packed("end", {"failed": failed})
        replace_file(self._path, _text(self._head, entries) + end)


def _text(head: Mapping[str, Any], entries: Iterable[Entry]) -> bytes:
    ordered = sorted(entries, key=lambda entry: entry.output)
    return b"".join([_packed("head", head), *(_packed("file", vars(each)) for each in ordered)])


def _packed(kind: str, said: Mapping[str, Any]) -> bytes:
    body = json.dumps({kind: said}).encode()
    return b'%s%s%08x"}\n' % (body[:-1], _CHECK, zlib.crc32(body))


def _unpacked(line: bytes) -> tuple[str, dict[str, Any]] | None:
    body, sign, check = line.rpartition(_CHECK)
    if not sign or check != b'%08x"}' % zlib.crc32(body + b"}"):
        return None
    ((kind, said),) = json.loads(body + b"}").items()
    return (kind, said) if kind in _KINDS else None
