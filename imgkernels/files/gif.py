"""GIF: its blocks walked first, then read through Pillow, every frame laid over those before."""

from __future__ import annotations

import math
from dataclasses import replace

from imgkernels.files import pillow
from imgkernels.files.decoded import Decoded
from imgkernels.files.gif_blocks import Gif, walk
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a GIF, or one frame of an animated one."""
    gif = walk(data, wanted)
    wanted.one_of(len(gif.pieces), "frames")
    whole, notes = _whole(data, gif, wanted)
    return _said(pillow.decode(_opener(), whole, wanted), gif, notes).image("gif")


def frames(data: bytes, wanted: Wanted) -> Frames:
    """Read all frames; they are RGBA if any of them is, and grey if all are."""
    gif = walk(data, wanted)
    wanted.admit_frames(len(gif.pieces), math.prod(gif.size) * len(gif.pieces))
    whole, notes = _whole(data, gif, wanted)
    found = [_said(each, gif, notes) for each, _ in pillow.frames(_opener(), whole, wanted)]
    images = tuple(each.image("gif") for each in pillow.alike(found))
    if len(images) == 1:
        return Frames(images)
    showings = tuple(Showing(10.0 * p.centiseconds, p.disposal) for p in gif.pieces)
    return Frames(images, showings[: len(images)], _plays(gif.repeats))


def _opener() -> pillow.Opener:
    from PIL.GifImagePlugin import GifImageFile

    return GifImageFile


def _plays(repeats: int | None) -> int:
    """Return how often it runs, 0 for ever: the file counts repetitions, as browsers read it."""
    return 1 if repeats is None else repeats and repeats + 1


def _whole(data: bytes, gif: Gif, wanted: Wanted) -> tuple[bytes, tuple[str, ...]]:
    """Return a file with an end, and a note if that had to be made."""
    if gif.whole:
        return data, ()
    note = wanted.cut("its end is missing")
    return data + gif.end, (note,)


def _said(found: Decoded, gif: Gif, notes: tuple[str, ...]) -> Decoded:
    comment = ("a comment",) if gif.comment else ()
    left_out = tuple(dict.fromkeys((*found.left_out, *comment)))
    return replace(found, notes=(*found.notes, *notes), left_out=left_out)
