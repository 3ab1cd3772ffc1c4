"""Writing: a picture made to fit its format, what is lost on the way said, the file replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgkernels.errors import FileProblem
from imgkernels.files.atomic import replace_file
from imgkernels.files.decoded import fitting_profile
from imgkernels.files.formats import Format, format_of, holders, named
from imgkernels.files.words import reason, shown
from imgkernels.image import Image
from imgkernels.values import Array, checked_array, saturate, white_of

Notes = tuple[str, ...]
Fit = Callable[[Image, Format], tuple[Image, Notes]]

_CHUNK = 1 << 18  # rows times columns that are composited at a time


def write(
    target: str | os.PathLike[str], image: Image | npt.ArrayLike, *, format: str | None = None
) -> tuple[str, ...]:
    """Write a picture or an array, in the format of the suffix; return notes on what it lost.

    The file is there whole afterwards, or what was there before is untouched. JPEG has quality 95
    without chroma subsampling, WebP is lossless, TIFF uncompressed. Depth is never reduced: a
    format that does not hold the dtype is refused, and those that do are named.
    Raises `FileProblem`, one line that begins with the name; `UnknownName` for the format.
    """
    name = format_of(target) if format is None else format
    picture = image if isinstance(image, Image) else Image.of(image)
    try:
        data, notes = encode(picture, name)
        replace_file(Path(target), data)
    except FileProblem as error:
        raise FileProblem(f"{shown(os.fspath(target))}: {error}") from error.__cause__
    return notes


def encode(image: Image, format: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of a file, and notes on what the format could not keep.

    Raises `FileProblem` without a name, and `UnknownName` for the format.
    """
    form = named(format)
    image, notes = fitted(image.with_pixels(checked_array(image.pixels)), form)
    try:
        return form.encode(image), notes
    except FileProblem:
        raise
    except MemoryError as error:
        raise FileProblem(f"there is not enough memory to write {form.title}") from error
    except Exception as error:  # libraries raise anything
        raise FileProblem(f"{form.title} could not be made: {reason(error)}") from error


def fitted(image: Image, form: Format) -> tuple[Image, Notes]:
    """Return the picture as the format holds it, and notes on what it could not keep."""
    notes: Notes = ()
    for fit in _BARE if form.bare else _PICTURE:
        image, more = fit(image, form)
        notes += more
    return image, notes


def _checked(image: Image, form: Format) -> tuple[Image, Notes]:
    if image.axes.startswith("z") and not form.volumes:
        raise FileProblem(f"{form.title} holds no volumes; TIFF and npy do")
    if image.axes.startswith("x"):
        raise FileProblem(f"{form.title} holds no signals of one axis; npy does")
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
    usual = white_of(image.pixels.dtype)
    if image.white != usual and not form.bare:
        notes += (f"white is {image.white:g} here, but {form.title} shows {usual:g} as white",)
    return replace(image, metadata=replace(image.metadata, icc=icc, dpi=dpi)), notes


_BARE: tuple[Fit, ...] = (_metadata,)
_PICTURE: tuple[Fit, ...] = (_checked, _one_plane, _channels, _metadata)
