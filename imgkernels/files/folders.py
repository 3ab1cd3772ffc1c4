"""Replacing a folder whole or not at all, like a file: made beside it, then put in its place."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from imgkernels.errors import FileProblem, ImgkernelsError
from imgkernels.files import atomic

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Make a new folder that takes the place of `target` when the block ends well.

    What is there is replaced if it is a folder of the same kind, which the caller knows.
    Raises `FileProblem` without the target's name.
    """
    try:
        real = Path(os.path.realpath(target))
        if real.exists() and not real.is_dir():
            raise FileProblem("is a file; an array of zarr is a folder")
        atomic.sweep(real.parent)
        with _temporary(real) as path:
            yield path
            for each in path.rglob("*"):
                atomic.sync(each)
            _swap(path, real)
        with contextlib.suppress(OSError):  # not every file system syncs a folder
            atomic.sync(real.parent)
    except ImgkernelsError:
        raise
    except OSError as error:
        raise FileProblem(atomic.told(error, target)) from error


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Make a locked folder beside the target; if all does not go well, it is removed."""
    path = atomic.temporary_name(target)
    path.mkdir()
    lock = os.open(path, os.O_RDONLY)
    try:
        atomic.locked(lock)
        yield path
    except BaseException:  # Ctrl-C too leaves nothing behind
        shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        os.close(lock)


def _swap(made: Path, target: Path) -> None:
    """Put a folder in the place of another, in one step where the system can; drop the other."""
    if not target.exists():
        made.rename(target)
        return
    if not _exchanged(made, target):
        old = made.with_name(f"{made.name}.old.tmp")
        target.rename(old)
        made.rename(target)
        made = old
    shutil.rmtree(made)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system has no such call."""
    with contextlib.suppress(OSError, AttributeError):
        call = ctypes.CDLL(None, use_errno=True).renameat2
        return not call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return False
