"""Tiles: pictures filtered piece by piece, on all cores, with memory for pieces alone."""

from imgkernels.tiles.grid import Region as Region, tile_for as tile_for, tiles_of as tiles_of
from imgkernels.tiles.recipe import Recipe as Recipe
from imgkernels.tiles.runner import computed as computed, run as run
from imgkernels.tiles.source import (
    Filled as Filled,
    Held as Held,
    Sink as Sink,
    Source as Source,
)
from imgkernels.tiles.tile import finished as finished
