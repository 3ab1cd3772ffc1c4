"""Reading: from a path, a stream or bytes to a picture, or to one line that says why not."""

from __future__ import annotations

import os
from typing import BinaryIO

from imgkernels.errors import FileProblem, InvalidValue, MissingDependency
from imgkernels.files.formats import Format, recognised
from imgkernels.files.wanted import MAX_PIXELS, Wanted
from imgkernels.files.words import reason, shown
from imgkernels.image import Image

Source = str | os.PathLike[str] | BinaryIO | bytes

_HEAD = 64  # bytes: enough to recognise a format, so that nothing else is read whole


def read(
    source: Source, *, volume: bool = False, frame: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image:
    """Read a picture; its format is recognised by content.

    Grey, RGB and their alpha (straight, not multiplied in) come at the file's own depth, upright;
    palettes and single bits are expanded to 8 bits; what changed is said in `metadata.notes`.
    `volume`: all pages of a TIFF, or the 3 axes of a .npy, as z, y, x. `frame`: one page or frame,
    from 0; a file of several is refused without either. `max_pixels` is checked before decoding.
    Raises `FileProblem`, one line that begins with the name; `MissingDependency` for 16-bit colour
    PNG without OpenCV; `InvalidValue` for impossible options.
    """
    request(volume, frame, max_pixels)
    name = _name_of(source)
    try:
        return decode(bytes_of(source), volume=volume, frame=frame, max_pixels=max_pixels)
    except FileProblem as error:
        raise FileProblem(f"{name}: {error}") from error.__cause__
    except MissingDependency as error:
        raise MissingDependency(f"{name}: {error}") from error
    except MemoryError as error:
        raise FileProblem(f"{name}: there is not enough memory for it") from error
    except OSError as error:
        raise FileProblem(f"{name}: {reason(error)}") from error


def decode(
    data: bytes, *, volume: bool = False, frame: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image:
    """Read a picture from the bytes of its file, as `read` does.

    Raises `FileProblem` without a name.
    """
    wanted = request(volume, frame, max_pixels)
    found = recognised(data)
    if volume and not found.volumes:
        raise FileProblem(f"is a {found.title}; --volume takes a TIFF or a .npy")
    return _decoded(found, data, wanted)


def _decoded(found: Format, data: bytes, wanted: Wanted) -> Image:
    try:
        return found.decode(data, wanted)
    except (FileProblem, MissingDependency, MemoryError):
        raise
    except Exception as error:  # parsers of broken files raise anything
        raise FileProblem(f"is damaged or no true {found.title}: {reason(error)}") from error


def request(volume: bool = False, frame: int | None = None, max_pixels: int = MAX_PIXELS) -> Wanted:
    """Return what these options ask for; raise `InvalidValue` for impossible ones."""
    if volume and frame is not None:
        raise InvalidValue("read: volume takes all pages and frame one; got both")
    if frame is not None and frame < 0:
        raise InvalidValue(f"read: frame must be 0 or more; got {frame}")
    if max_pixels < 1:
        raise InvalidValue(f"read: max_pixels must be 1 or more; got {max_pixels}")
    return Wanted(volume, frame, max_pixels)


def _name_of(source: Source) -> str:
    if isinstance(source, bytes):
        return "<bytes>"
    if isinstance(source, str | os.PathLike):
        return shown(os.fsdecode(source))
    name = getattr(source, "name", None)
    return shown(name) if isinstance(name, str) else "<stream>"


def bytes_of(source: Source) -> bytes:
    """Return all bytes of a file of a known format; raise `FileProblem` without its name."""
    if isinstance(source, bytes):
        return source
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            raise InvalidValue(f"read: takes a path, bytes or a stream; got {source!r:.60}")
        return _whole(source)
    try:
        file = open(source, "rb")  # noqa: SIM115 - closed below
    except ValueError as error:  # a null character, half a surrogate pair
        raise FileProblem("no file can have this name") from error
    with file:
        return _whole(file)


def _whole(file: BinaryIO) -> bytes:
    """Return all bytes, after the first ones have shown that they are of a known format."""
    head = file.read(_HEAD)
    if not isinstance(head, bytes):
        raise InvalidValue(f"read: a stream must give bytes; got {type(head).__name__}")
    recognised(head)
    return head + file.read()
