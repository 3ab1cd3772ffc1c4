"""Pages as planes of a volume, and one plane of a volume as a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.tiles import Region, Source
from imgkernels.values import Array


@dataclass(frozen=True)
class Stacked:
    """Sources of one shape and dtype as the planes of a volume."""

    planes: tuple[Source, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Planes first."""
        return (len(self.planes), *self.planes[0].shape)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """That of each plane."""
        return self.planes[0].dtype

    def read(self, region: Region) -> Array:
        """Read the part of every plane that is asked for."""
        sizes = (span.stop - span.start for span in region)
        block = np.empty((*sizes, *self.planes[0].shape[len(region) - 1 :]), self.dtype)
        for into, plane in zip(block, self.planes[region[0]], strict=True):
            into[...] = plane.read(region[1:])
        return block


@dataclass(frozen=True)
class Plane:
    """One plane of a volume, as a source of its own."""

    source: Source
    index: int

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the plane."""
        return self.source.shape[1:]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """That of the volume."""
        return self.source.dtype

    def read(self, region: Region) -> Array:
        """Read a part of the plane."""
        plane: Array = self.source.read((slice(self.index, self.index + 1), *region))[0]
        return plane
