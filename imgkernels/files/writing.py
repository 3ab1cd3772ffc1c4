"""Writing: a picture made to fit its format, what is lost on the way said, the file replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgkernels.errors import FileProblem, InvalidValue, unknown
from imgkernels.files.atomic import replace_file
from imgkernels.files.decoded import fitting_profile
from imgkernels.files.formats import FORMATS, Format, format_of, holders, named
from imgkernels.files.words import reason, shown
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image
from imgkernels.values import Array, checked_array, saturate, white_of

Notes = tuple[str, ...]
Fit = Callable[[Image, Format], tuple[Image, Notes]]

_PAGE = 100.0  # milliseconds: what browsers take where nothing is said
_CHUNK = 1 << 18  # rows times columns that are composited at a time


def write(
    target: str | os.PathLike[str],
    image: Image | Frames | npt.ArrayLike,
    *,
    format: str | None = None,
    compress: str | None = None,
) -> tuple[str, ...]:
    """Write a picture, frames or an array, in the format of the suffix; return notes on losses.

    The file is there whole afterwards, or what was there before is untouched. JPEG has quality 95
    without chroma subsampling, WebP is lossless. `compress` says how a PNG is packed ("fast" unless
    told, "small", "none"), and a TIFF ("none" unless told, "deflate"). Depth is never reduced: a
    format that does not hold the dtype is refused, and those that do are named.
    Raises `FileProblem`, one line that begins with the name; `UnknownName` for the format.
    """
    name = format_of(target) if format is None else format
    picture = image if isinstance(image, Image | Frames) else Image.of(image)
    try:
        data, notes = encode(picture, name, compress)
        replace_file(Path(target), data)
    except FileProblem as error:
        raise FileProblem(f"{shown(os.fspath(target))}: {error}") from error.__cause__
    return notes


def encode(
    image: Image | Frames, format: str, compress: str | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of a file, and notes on what the format could not keep.

    Raises `FileProblem` without a name, and `UnknownName` for the format and the compression.
    """
    form = named(format)
    check_compression(form, compress)
    frames = Frames.of(image) if isinstance(image, Image) else image
    frames, notes = check_frames(frames, form)
    made = [fitted(each.with_pixels(checked_array(each.pixels)), form) for each in frames]
    notes += tuple(dict.fromkeys(note for _, each in made for note in each))
    frames = replace(frames, images=tuple(each for each, _ in made))
    try:
        return _bytes(frames, form, compress), notes
    except FileProblem:
        raise
    except MemoryError as error:
        raise FileProblem(f"there is not enough memory to write {form.title}") from error
    except Exception as error:  # libraries raise anything
        raise FileProblem(f"{form.title} could not be made: {reason(error)}") from error


def check_frames(frames: Frames, form: Format) -> tuple[Frames, Notes]:
    """Return frames as the format shows them; refuse what it cannot hold."""
    if frames.still is not None:
        return Frames.of(frames.still), ()
    several = f"{len(frames)} {'frames' if frames.animated else 'pages'}"
    if form.write_frames is None:
        able = ", ".join(each.title for each in FORMATS if each.write_frames)
        raise FileProblem(
            f"{form.title} holds one picture, here are {several}; take one with --frame N, or write"
            f" {able}"
        )
    if not form.timed:
        note = f"the times of the frames were left out, {form.title} has none"
        return Frames(frames.images), (note,) if frames.animated else ()
    if len({each.pixels.shape for each in frames}) > 1 or frames.images[0].axes.startswith("z"):
        raise FileProblem(f"{form.title} holds frames of one size; here are {several} that differ")
    return _timed(frames, form)


def _timed(frames: Frames, form: Format) -> tuple[Frames, Notes]:
    """Give pages a time, and take the cover from an animation where the format has none."""
    if not frames.animated:
        note = f"the pages became frames of {_PAGE:g} ms"
        return replace(frames, showings=(Showing(_PAGE),) * len(frames)), (note,)
    if frames.cover and form.name != "png":
        note = f"the picture before the animation was left out, {form.title} has no place for it"
        rest = replace(frames, cover=False, images=frames.images[1:], showings=frames.showings[1:])
        return rest, (note,)
    return frames, ()


def fitted(image: Image, form: Format) -> tuple[Image, Notes]:
    """Return the picture as the format holds it, and notes on what it could not keep."""
    notes: Notes = ()
    for fit in _BARE if form.bare else _PICTURE:
        image, more = fit(image, form)
        notes += more
    return image, notes


def check_compression(form: Format, word: str | None) -> None:
    """Refuse a way of packing that a format has not."""
    if word is not None and not form.packings:
        able = ", ".join(each.title for each in FORMATS if each.packings)
        raise InvalidValue(f"compress: {form.title} leaves no choice; {able} do")
    if word is not None and word not in form.packings:
        raise unknown(f"compression of {form.title}", word, form.packings)


def _bytes(frames: Frames, form: Format, compress: str | None) -> bytes:
    chosen = () if compress is None else (compress,)
    if frames.still is not None:
        return form.encode(frames.still, *chosen)
    assert form.write_frames is not None  # checked before
    return form.write_frames(frames, *chosen)


def _checked(image: Image, form: Format) -> tuple[Image, Notes]:
    if image.axes.startswith("z") and not form.volumes:
        raise FileProblem(f"{form.title} holds no volumes; TIFF, npy and npz do")
    if image.axes.startswith("x"):
        raise FileProblem(f"{form.title} holds no signals of one axis; npy and npz do")
    dtype = image.pixels.dtype.name
    if dtype not in form.dtypes:
        raise FileProblem(
            f"{form.title} holds {' and '.join(form.dtypes)}; got {dtype},"
            f" which {holders(dtype)} hold"
        )
    if not image.pixels.size:
        raise FileProblem(f"the picture has no pixels, its shape is {image.pixels.shape}")
    if max(image.pixels.shape[:2]) > form.most_side:
        raise FileProblem(f"{form.title} holds at most {form.most_side:,} pixels a side")
    if image.channels > 4:
        raise FileProblem(
            f"{form.title} holds 1 to 4 channels; got {image.channels}, which npy holds"
        )
    return image, ()


def _one_plane(image: Image, form: Format) -> tuple[Image, Notes]:
    """Drop an axis of one channel; say so where an unnamed channel will be read as alpha."""
    if image.axes.endswith("c") and image.channels == 1:
        return replace(image, pixels=image.pixels[..., 0], axes=image.axes[:-1], alpha=False), ()
    if image.channels in (2, 4) and not image.alpha:
        return replace(image, alpha=True), (f"channel {image.channels} was taken as alpha",)
    return image, ()


def _channels(image: Image, form: Format) -> tuple[Image, Notes]:
    """Bring the channels to what the format holds: alpha onto white, grey into RGB."""
    notes: Notes = ()
    if image.alpha and image.channels not in form.channels and 4 not in form.channels:
        flat = _on_white(image.pixels, image.white)
        image, _ = _one_plane(replace(image, pixels=flat, alpha=False), form)
        notes = (f"alpha was composited on white, {form.title} has none",)
    if image.channels in form.channels:
        return image, notes
    if image.channels == 3:
        raise FileProblem(f"{form.title} holds grey only; got RGB")
    x = image.pixels if image.alpha else image.pixels[..., None]
    rgb = replace(image, pixels=x[..., [0, 0, 0, *range(1, x.shape[-1])]], axes="yxc")
    return rgb, (*notes, f"grey became RGB, {form.title} has no grey")


def _on_white(x: Array, white: float) -> Array:
    colours = np.empty((*x.shape[:-1], x.shape[-1] - 1), x.dtype)
    rows = max(1, _CHUNK // x.shape[-2])
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        alpha = part[..., -1:] / white
        flat = part[..., :-1] * alpha + white * (1 - alpha)
        colours[start : start + rows] = saturate(flat, x.dtype)
    return colours


def _metadata(image: Image, form: Format) -> tuple[Image, Notes]:
    """Keep what the format has a place for, and name the rest."""
    icc, notes = fitting_profile(image.metadata.icc, image.channels)
    dpi = image.metadata.dpi
    if icc and not form.icc:
        icc, notes = None, (*notes, f"the colour profile was left out, {form.title} has none")
    if dpi and not form.dpi:
        dpi, notes = None, (*notes, f"the resolution was left out, {form.title} has none")
    if image.alpha and form.bare:
        notes += (f"{form.title} does not say that the last channel is alpha",)
    if image.metadata.exif and not form.exif:
        image = replace(image, metadata=replace(image.metadata, exif=None))
        notes += (f"the EXIF was left out, {form.title} has no place for it",)
    usual = white_of(image.pixels.dtype)
    if image.white != usual and not form.bare:
        notes += (f"white is {image.white:g} here, but {form.title} shows {usual:g} as white",)
    return replace(image, metadata=replace(image.metadata, icc=icc, dpi=dpi)), notes


def _few_colours(image: Image, form: Format) -> tuple[Image, Notes]:
    """Say where the colours will be reduced to a palette."""
    if form.colours is None:
        return image, ()
    from imgkernels.files.gif_encode import reduced

    if not reduced(image):
        return image, ()
    return image, (f"colours were reduced to a palette of {form.colours}, as {form.title} has it",)


_BARE: tuple[Fit, ...] = (_metadata,)
_PICTURE: tuple[Fit, ...] = (_checked, _one_plane, _channels, _few_colours, _metadata)
