"""Where a picture lies, as a value, and opening it there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

import numpy as np

from imgkernels.errors import FileProblem, ImgkernelsError
from imgkernels.files.formats import recognised
from imgkernels.files.reading import request
from imgkernels.files.words import reason, shown
from imgkernels.streams import npy, raw, tiff_source, zarr_arrays
from imgkernels.streams.opened import Opened
from imgkernels.tiles import Region, Source
from imgkernels.values import Array

ANY_SIZE = 1 << 62  # pixels: what is read in parts needs no limit but that of the disk
_HEAD = 64
_READ = {"tiff": tiff_source.opened, "npy": npy.opened}


@dataclass(frozen=True)
class Place:
    """A picture's file or folder, and what of it is wanted; pickles, so that others can open it."""

    path: str
    volume: bool = False
    frame: int | None = None
    raw: raw.Raw | None = None
    keep_metadata: bool = False
    max_pixels: int = ANY_SIZE

    def limited(self, max_pixels: int) -> Place:
        """Return the same place, of at most so many pixels."""
        return replace(self, max_pixels=request(max_pixels=max_pixels).max_pixels)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Opened]:
        """Open it; no pixel is read yet, but all sizes are checked.

        Raises `FileProblem`, one line that begins with the name, here and while it is read.
        """
        name = shown(self.path)
        with contextlib.ExitStack() as stack:
            with _in_words(name):
                found = self._opened(stack)
            yield replace(found, source=_Named(found.source, name))

    def _opened(self, stack: contextlib.ExitStack) -> Opened:
        path = Path(self.path)
        wanted = request(self.volume, self.frame, self.max_pixels, keep_metadata=self.keep_metadata)
        if path.is_dir():
            if zarr_arrays.is_zarr(path):
                return zarr_arrays.opened(path, wanted)
            raise FileProblem("is a folder, and no array of zarr")
        file = stack.enter_context(FileIO(path))
        if self.raw is not None:
            return raw.opened(file, self.raw, wanted, os.fstat(file.fileno()).st_size)
        found = recognised(file.read(_HEAD))
        if found.name not in _READ:
            raise FileProblem(
                f"is a {found.title}, which is not read in parts; TIFF, npy and zarr are, and files"
                " of bare values with --raw"
            )
        return _READ[found.name](file, wanted)


@dataclass(frozen=True)
class _Named:
    """A source whose errors begin with its name."""

    source: Source
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return self.source.dtype

    def read(self, region: Region) -> Array:
        with _in_words(self.name):
            return self.source.read(region)


@contextlib.contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except FileProblem as error:
        raise FileProblem(f"{name}: {error}") from error.__cause__
    except (ImgkernelsError, MemoryError):
        raise
    except OSError as error:
        raise FileProblem(f"{name}: {reason(error)}") from error
    except Exception as error:  # parsers of broken files raise anything
        raise FileProblem(f"{name}: is damaged: {reason(error)}") from error
