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

from imgkernels.errors import FileProblem, ImgkernelsError
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
    with _in_words(target):
        real, old = _found(target, follow)
        if old is not None and not stat.S_ISREG(old.st_mode) and not stat.S_ISDIR(old.st_mode):
            real.write_bytes(data)
            return
    with replacing(target, len(data), lasting=lasting, follow=follow) as file:
        view = memoryview(data)
        while view:
            view = view[os.write(file.fileno(), view) :]


@contextlib.contextmanager
def replacing(
    target: Path, size: int | None = None, *, lasting: bool = True, follow: bool = True
) -> Iterator[FileIO]:
    """Open a file to read and write that takes the place of `target` when the block ends well.

    Until then what was there is untouched, and after anything else it still is. `size` is how
    many bytes the file must have then. Raises `FileProblem` without the target's name.
    """
    with _in_words(target):
        real, old = _found(target, follow)
        if old is not None and not stat.S_ISREG(old.st_mode):
            raise FileProblem("is a folder" if stat.S_ISDIR(old.st_mode) else "is no regular file")
        if old is not None and not os.access(real, os.W_OK):
            raise FileProblem("is read-only")
        sweep(real.parent)
        lasting = lasting or old is not None
        with _temporary(real) as (file, path):
            yield file
            _finish(file.fileno(), size, old, lasting)
            if fcntl is None:
                file.close()  # such systems rename no open file
            os.replace(path, real)
        if lasting:
            with contextlib.suppress(OSError):  # not every file system syncs a folder
                sync(real.parent)


@contextlib.contextmanager
def _in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except ImgkernelsError:
        raise
    except OSError as error:
        raise FileProblem(told(error, target)) from error


def _found(target: Path, follow: bool) -> tuple[Path, os.stat_result | None]:
    """Return where a name leads, and what is there."""
    try:
        real = Path(os.path.realpath(target)) if follow else target
        found = real.lstat()
        return real, None if stat.S_ISLNK(found.st_mode) else found
    except FileNotFoundError:
        return real, None
    except ValueError as error:  # a null character, half a surrogate pair
        raise FileProblem("no file can have this name") from error


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
        if path.is_dir():
            _remove_tree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[tuple[FileIO, Path]]:
    """Open a new locked file beside the target; if all does not go well, it is removed."""
    path = temporary_name(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with FileIO(os.open(path, flags, 0o666), "r+b") as file:
        try:
            locked(file.fileno())
            yield file, path
        except BaseException:  # Ctrl-C too leaves nothing behind
            with contextlib.suppress(OSError):
                file.close()
                path.unlink()
            raise


def temporary_name(target: Path) -> Path:
    """Return a name beside the target's that nothing has yet, and that `sweep` knows."""
    name = os.fsdecode(os.fsencode(target.name)[:_LONGEST_NAME])
    return target.with_name(f".{name}.imgkernels-{os.getpid()}-{next(_numbers)}.tmp")


def _finish(file: int, size: int | None, old: os.stat_result | None, lasting: bool) -> None:
    if old is not None and hasattr(os, "fchmod"):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.fchown(file, old.st_uid, old.st_gid)
        os.fchmod(file, stat.S_IMODE(old.st_mode))
    if lasting:
        os.fsync(file)
    if size is not None and os.fstat(file).st_size != size:
        raise OSError(errno.EIO, "the file on disk is not as long as what was written")


def sync(folder: Path) -> None:
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
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                kind = os.fstat(file).st_mode
                if stat.S_ISREG(kind) and locked(file):
                    path.unlink()
                elif stat.S_ISDIR(kind) and locked(file):
                    _remove_tree(path)
            finally:
                os.close(file)


def locked(file: int) -> bool:
    """Take the lock on a file, which ends with the process; False where that cannot be."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def told(error: OSError, target: Path) -> str:
    """Return in words why a target could not be written."""
    if error.errno in _FULL:
        return "the disk is full (no space left on device); nothing was changed"
    if error.errno == errno.ENOENT:
        return f"its folder does not exist: {target.parent}"
    return f"cannot be written: {reason(error)}"


def _remove_tree(path: Path, *, ignore_errors: bool = False) -> None:
    import shutil  # with what it can unpack, as much to import as ten modules of ours

    shutil.rmtree(path, ignore_errors=ignore_errors)
