"""Where an answer goes part by part: a new file or folder, put in its place when it is whole."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from imgkernels.errors import FileProblem
from imgkernels.files import atomic, folders, formats, writing
from imgkernels.files.words import shown
from imgkernels.image import Image
from imgkernels.streams import npy, zarr_arrays
from imgkernels.streams.early import Early
from imgkernels.streams.flat import Flat
from imgkernels.streams.tiff_sink import TiffSink
from imgkernels.tiles import Region, Sink
from imgkernels.values import Array

_FOLDER, _BARE = (".zarr",), (".raw",)


def kind_of(target: str, format: str | None = None) -> str:
    """Return how a target is written: tiff, npy, zarr or raw; refuse what is not, in parts."""
    suffix = os.path.splitext(target)[1].lower()
    if format is None and suffix in (*_FOLDER, *_BARE):
        return suffix[1:]
    name = formats.named(format).name if format else formats.format_of(target)
    if name not in ("tiff", "npy"):
        raise FileProblem(
            f"{shown(target)}: {formats.named(name).title} is not written in parts; TIFF (.tif),"
            " .npy, .zarr and .raw are"
        )
    return name


def check_compression(kind: str, compression: str | None) -> bool:
    """Return whether to pack; refuse an unknown word, and packing where there is none."""
    writing.check_compression(_like(kind), compression)
    return compression == "deflate"


def fitted(image: Image, kind: str) -> tuple[Image, tuple[str, ...]]:
    """Return the picture as the target holds it, and what the target cannot keep."""
    return writing.fitted(image, _like(kind))


def _like(kind: str) -> formats.Format:
    """Return the format that holds what a target does."""
    return formats.named("npy" if kind in ("zarr", "raw") else kind)


@contextlib.contextmanager
def created(target: str, image: Image, kind: str, *, packed: bool = False) -> Iterator[Sink]:
    """Make a target for a picture like this one; it is in its place when the block ends well.

    Raises `FileProblem`, one line that begins with the name, before any work where the disk has
    not enough room for pixels that are not packed.
    """
    with contextlib.ExitStack() as stack:
        with _in_words(target):
            if not packed and kind != "zarr":
                _check_room(Path(target), image)
            sink = _begun(Path(target), image, kind, packed, stack)
        yield _Named(sink, target)
        with _in_words(target):
            if isinstance(sink, Early):
                sink.finish()
            stack.close()  # everything is written: it goes to its place


def _begun(path: Path, image: Image, kind: str, packed: bool, stack: contextlib.ExitStack) -> Sink:
    if kind == "zarr":
        if path.is_dir() and any(path.iterdir()) and not zarr_arrays.is_zarr(path):
            raise FileProblem("is a folder that holds other things than an array of zarr")
        return zarr_arrays.sink(stack.enter_context(folders.replacing(path)), image)
    file = stack.enter_context(atomic.replacing(path))
    return Early(_into(file, image, kind, packed), file)


def _into(file: FileIO, image: Image, kind: str, packed: bool) -> Flat | TiffSink:
    if kind == "tiff":
        return TiffSink.of(file, image, packed=packed)
    if kind == "npy":
        return npy.sink(file, image)
    flat = Flat(file, 0, image.pixels.shape, image.pixels.dtype.newbyteorder("<"))
    file.truncate(flat.end)
    return flat


def _check_room(path: Path, image: Image) -> None:
    needed = math.prod(image.pixels.shape) * image.pixels.dtype.itemsize
    try:
        free = shutil.disk_usage(os.path.realpath(path.parent)).free
    except OSError:  # who cannot be asked tells when it is full
        return
    if needed > free:
        raise FileProblem(f"needs {needed:,} bytes and the disk has {free:,}; nothing was done")


@dataclass(frozen=True)
class _Named:
    """A sink whose errors begin with its name."""

    sink: Sink
    target: str

    def write(self, region: Region, block: Array) -> None:
        with _in_words(self.target):
            self.sink.write(region, block)


@contextlib.contextmanager
def _in_words(target: str) -> Iterator[None]:
    try:
        yield
    except FileProblem as error:
        raise FileProblem(f"{shown(target)}: {error}") from error.__cause__
    except OSError as error:
        raise FileProblem(f"{shown(target)}: {atomic.told(error, Path(target))}") from error
