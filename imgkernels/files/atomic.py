"""Replacing a file whole or not at all: temporary file beside it, fsync, check, rename."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import sys
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from imgkernels.errors import FileProblem
from imgkernels.files.words import reason

try:
    import fcntl
except ImportError:  # not a POSIX system: no locks, so nothing is ever swept
    fcntl = None  # type: ignore[assignment]

_LONGEST_NAME = 180  # bytes of the target's name in the temporary one; file systems take 255
_FULL = (errno.ENOSPC, errno.EDQUOT)
_numbers = itertools.count()
_swept: set[Path] = set()


def replace_file(target: Path, data: bytes, *, lasting: bool = True, follow: bool = True) -> None:
    """Put `data` at `target`: it is there whole afterwards, or what was there before is untouched.

    A link is followed (or replaced: `follow`), the mode of an existing file kept. A device or pipe
    is written to.
    Not `lasting`: a new file, in whose place nothing can be lost, is not waited for; a killed
    process leaves it whole or not there, a power cut may cut it short until `settle`.
    Raises `FileProblem` without the target's name.
    """
    try:
        real = Path(os.path.realpath(target)) if follow else target
        old = _stat(real)
        if old is None or stat.S_ISREG(old.st_mode):
            _replace(real, old, data, lasting or old is not None)
        elif stat.S_ISDIR(old.st_mode):
            raise FileProblem("is a folder")
        else:
            real.write_bytes(data)
    except FileProblem:
        raise
    except ValueError as error:  # a null character, half a surrogate pair
        raise FileProblem("no file can have this name") from error
    except OSError as error:
        raise FileProblem(_told(error, target)) from error


def _stat(path: Path) -> os.stat_result | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return None if stat.S_ISLNK(found.st_mode) else found


def settle(folder: Path) -> None:
    """Make all that was written to the folder's file system last through a power cut.

    One call for many files, each of which would wait about as long for itself.
    Raises `OSError` where the disk could not keep what it had taken.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "syncfs"):
        if hasattr(os, "sync"):
            os.sync()
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        if libc.syncfs(file):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(file)


def abandon(folder: Path) -> None:
    """Remove what this process was writing in the folder; for its end, with threads at work."""
    for path in folder.glob(f".*.imgkernels-{os.getpid()}-*.tmp"):
        path.unlink(missing_ok=True)


def _replace(target: Path, old: os.stat_result | None, data: bytes, lasting: bool) -> None:
    if old is not None and not os.access(target, os.W_OK):
        raise FileProblem("is read-only")
    sweep(target.parent)
    with _temporary(target) as (file, path):
        _fill(file.fileno(), data, old, lasting)
        if fcntl is None:
            file.close()  # such systems rename no open file
        os.replace(path, target)
    if lasting:
        with contextlib.suppress(OSError):  # not every file system syncs a folder
            _sync(target.parent)


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[tuple[FileIO, Path]]:
    """Open a new locked file beside the target; if all does not go well, it is removed."""
    name = os.fsdecode(os.fsencode(target.name)[:_LONGEST_NAME])
    path = target.with_name(f".{name}.imgkernels-{os.getpid()}-{next(_numbers)}.tmp")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with FileIO(os.open(path, flags, 0o666), "wb") as file:
        try:
            _locked(file.fileno())
            yield file, path
        except BaseException:  # Ctrl-C too leaves nothing behind
            with contextlib.suppress(OSError):
                file.close()
                path.unlink()
            raise


def _fill(file: int, data: bytes, old: os.stat_result | None, lasting: bool) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
    if old is not None and hasattr(os, "fchmod"):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.fchown(file, old.st_uid, old.st_gid)
        os.fchmod(file, stat.S_IMODE(old.st_mode))
    if lasting:
        os.fsync(file)
    if os.fstat(file).st_size != len(data):
        raise OSError(errno.EIO, "the file on disk is not as long as what was written")


def _sync(folder: Path) -> None:
    """Make the rename last through a power cut."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sweep(folder: Path) -> None:
    """Remove what killed processes left here, once per folder: nobody holds its lock any more."""
    if folder in _swept or fcntl is None:
        return
    _swept.add(folder)
    for path in folder.glob(".*.imgkernels-*-*.tmp"):
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                if stat.S_ISREG(os.fstat(file).st_mode) and _locked(file):
                    path.unlink()
            finally:
                os.close(file)


def _locked(file: int) -> bool:
    """Take the lock on a file, which ends with the process; False where that cannot be."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _told(error: OSError, target: Path) -> str:
    if error.errno in _FULL:
        return "the disk is full (no space left on device); nothing was changed"
    if error.errno == errno.ENOENT:
        return f"its folder does not exist: {target.parent}"
    return f"cannot be written: {reason(error)}"
