"""EXIF: what the camera said, made anew without a position, a preview or the maker's own note.

Made anew, for a position that is only unhooked is still in the file. XMP is not kept: it repeats
the position, the place's name and a preview in ways without end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from imgkernels.errors import FileProblem

if TYPE_CHECKING:
    from imgkernels.files.tiff_layout import Tags, Value
    from imgkernels.files.tiff_tags import Directory

CAMERA = 34665  # the tag that points to the directory of the camera
_POSITION, _MAKER, _INTEROPERABLE = 34853, 37500, 40965
_FIRST_OF_CAMERA = 33434  # the exposure time; lower numbers are those of positions and pictures

# Description, make, model, software, date, artist, computer, copyright; the rest of the first
# directory lays out pixels that are written anew.
_KEPT = (270, 271, 272, 305, 306, 315, 316, 33432)
_MOST = 60_000  # bytes; a JPEG has room for 65,527


class Kept(NamedTuple):
    """The EXIF to write, and the names of what was not kept."""

    exif: bytes | None = None
    left_out: tuple[str, ...] = ()


def kept(exif: bytes | None, keep: bool) -> Kept:
    """Return what is kept of a file's EXIF: nothing, or the camera's words alone."""
    if not exif:
        return Kept()
    if not keep:
        return Kept(None, ("EXIF",))
    from imgkernels.files import tiff_tags

    try:
        data = exif.removeprefix(b"Exif\0\0")
        return of_directory(tiff_tags.first_directory(data))
    except (FileProblem, ValueError, OverflowError, struct.error):
        return Kept(None, ("broken EXIF",))


def of_directory(directory: Directory) -> Kept:
    """Return what the first directory of a TIFF, or of an EXIF, says beside the pixels."""
    from imgkernels.files import tiff_layout

    tags: Tags = {tag: _value(directory, tag) for tag in _KEPT if tag in directory.entries}
    camera = _camera(directory)
    lost = {"the position": _POSITION in directory.entries}
    if camera is not None:
        lost["the maker note"] = _MAKER in camera.entries
        inside = [n for n in camera.entries if n >= _FIRST_OF_CAMERA]
        found: Tags = {n: _value(camera, n) for n in inside if n not in (_MAKER, _INTEROPERABLE)}
        if found:
            tags[CAMERA] = found
    left_out = tuple(name for name, there in lost.items() if there)
    if not tags:
        return Kept(None, left_out)
    written = tiff_layout.alone(tags)
    return Kept(written, left_out) if len(written) <= _MOST else Kept(None, ("long EXIF",))


def tags_of(exif: bytes | None) -> Tags:
    """Return the tags of EXIF that `kept` made, to be put among those of a page."""
    if not exif:
        return {}
    from imgkernels.files import tiff_tags

    directory = tiff_tags.first_directory(exif)
    tags: Tags = {tag: _value(directory, tag) for tag in _KEPT if tag in directory.entries}
    camera = _camera(directory)
    return (
        tags if camera is None else tags | {CAMERA: {n: _value(camera, n) for n in camera.entries}}
    )


def _camera(directory: Directory) -> Directory | None:
    from imgkernels.files import tiff_tags

    place = directory.integer(CAMERA, 0)
    return tiff_tags.directory_at(directory.data, place) if place else None


def _value(directory: Directory, tag: int) -> Value:
    from imgkernels.files.tiff_layout import Value

    entry = directory.entries[tag]
    parts = directory.numbers(tag)
    return Value(entry.kind, entry.number, parts.astype(parts.dtype.newbyteorder("<")).tobytes())
