"""Reading: from a path, a stream or bytes to a picture, or to one line that says why not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from io import FileIO
from typing import BinaryIO, TypeVar

import numpy as np

from imgkernels import pipes
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency
from imgkernels.files.formats import FORMATS, Format, recognised
from imgkernels.files.wanted import MAX_PIXELS, Wanted
from imgkernels.files.words import reason, shown
from imgkernels.frames import Frames
from imgkernels.image import Image

T = TypeVar("T")
Decode = Callable[[Format, bytes, Wanted], T]
Source = str | os.PathLike[str] | BinaryIO | bytes

_HEAD = 256  # bytes: enough to recognise a format, so that nothing else is read whole


def read(
    source: Source,
    *,
    volume: bool = False,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
    allow_truncated: bool = False,
    keep_metadata: bool = False,
) -> Image:
    """Read a picture; its format is recognised by content.

    Grey, RGB and their alpha (straight, not multiplied in) come at the file's own depth, upright;
    palettes and single bits are expanded to 8 bits; what changed is said in `metadata.notes`.
    `volume`: all pages or frames, or the 3 axes of a .npy or .npz, as z, y, x. `frame`: one page
    or frame, from 0; a file of several is refused without either (`read_frames` takes all).
    `max_pixels` is checked before decoding. `allow_truncated`: what is there of a file that was
    cut, with a note. `keep_metadata`: the EXIF too, without position, preview and maker note.
    Raises `FileProblem`, one line that begins with the name; `MissingDependency` for 16-bit colour
    PNG without OpenCV; `InvalidValue` for impossible options.
    """
    wanted = request(volume, frame, max_pixels, allow_truncated, keep_metadata)
    return _read(source, lambda data: _parsed(data, wanted, _one))


def read_frames(
    source: Source,
    *,
    volume: bool = False,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
    allow_truncated: bool = False,
    keep_metadata: bool = False,
) -> Frames:
    """Read all frames of an animation, all pages of a document, or the one picture there is.

    Options are those of `read`; `frame` and `volume` give one. At most 1,000 frames, and at most
    `max_pixels` in all of them together.
    """
    wanted = request(volume, frame, max_pixels, allow_truncated, keep_metadata)
    return _read(source, lambda data: frames_of(data, wanted))


def frames_of(data: bytes, wanted: Wanted) -> Frames:
    """Read all frames from the bytes of a file, as `read_frames` does.

    Raises `FileProblem` without a name.
    """
    return _parsed(data, wanted, _every)


def _every(found: Format, data: bytes, wanted: Wanted) -> Frames:
    if found.read_frames is None or wanted.volume or wanted.frame is not None:
        return Frames.of(_one(found, data, wanted))
    return found.read_frames(data, wanted)


def _one(found: Format, data: bytes, wanted: Wanted) -> Image:
    if wanted.volume and found.read_frames is not None:
        return stacked(found.read_frames(data, wanted))
    return found.decode(data, wanted)


def stacked(frames: Frames) -> Image:
    """Return frames as the planes of one volume; refuse those that differ."""
    first = frames.images[0]
    kinds = {(x.pixels.shape, x.pixels.dtype, x.white, x.alpha) for x in frames}
    if len(kinds) > 1:
        told = ", ".join(sorted({f"{x.pixels.shape} {x.pixels.dtype}" for x in frames}))
        raise FileProblem(f"holds pages that differ, which make no volume: {told}")
    planes = np.stack([each.pixels for each in frames])
    metadata = replace(first.metadata, notes=frames.notes)
    return replace(first, pixels=planes, axes=f"z{first.axes}", metadata=metadata)


def _read(source: Source, parse: Callable[[bytes], T]) -> T:
    """Return what `parse` makes of a source; what goes wrong becomes one line with its name."""
    name = _name_of(source)
    try:
        return parse(bytes_of(source))
    except FileProblem as error:
        raise FileProblem(f"{name}: {shown(str(error))}") from error.__cause__
    except MissingDependency as error:
        raise MissingDependency(f"{name}: {error}") from error
    except MemoryError as error:
        raise FileProblem(f"{name}: there is not enough memory for it") from error
    except OSError as error:
        raise FileProblem(f"{name}: {reason(error)}") from error


def _parsed(data: bytes, wanted: Wanted, decode: Decode[T]) -> T:
    """Return what `decode` makes of bytes; whatever goes wrong in it becomes a line."""
    found = recognised(data)
    if wanted.volume and not (found.volumes or found.read_frames):
        able = ", ".join(each.title for each in FORMATS if each.volumes or each.read_frames)
        raise FileProblem(f"is a {found.title}; --volume takes {able}")
    try:
        return decode(found, data, wanted)
    except (FileProblem, MissingDependency, MemoryError):
        raise
    except Exception as error:  # parsers of broken files raise anything
        raise FileProblem(f"is damaged or no true {found.title}: {reason(error)}") from error


def request(
    volume: bool = False,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
    allow_truncated: bool = False,
    keep_metadata: bool = False,
) -> Wanted:
    """Return what these options ask for; raise `InvalidValue` for impossible ones."""
    if volume and frame is not None:
        raise InvalidValue("read: volume takes all pages and frame one; got both")
    if frame is not None and frame < 0:
        raise InvalidValue(f"read: frame must be 0 or more; got {frame}")
    if max_pixels < 1:
        raise InvalidValue(f"read: max_pixels must be 1 or more; got {max_pixels}")
    return Wanted(volume, frame, max_pixels, allow_truncated, keep_metadata)


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
        file, first = pipes.opened(source)
    except ValueError as error:  # a null character, half a surrogate pair
        raise FileProblem("no file can have this name") from error
    with file:
        if first or not file.seekable():
            return _whole(file, first)
        recognised(file.read(_HEAD))
        whole = FileIO(file.fileno(), closefd=False)
        whole.seek(0)  # read once more from there, rather than joined: that is a copy of all
        return whole.readall()


def _whole(file: BinaryIO, first: bytes = b"") -> bytes:
    """Return all bytes, after the first ones have shown that they are of a known format."""
    more = file.read(max(0, _HEAD - len(first)))
    if not isinstance(more, bytes):
        raise InvalidValue(f"read: a stream must give bytes; got {type(more).__name__}")
    head = first + more
    recognised(head)
    return head + file.read()
