"""Columns added up where they came from (col2im), as a compiled loop."""

from __future__ import annotations

from imgkernels.engine.compiled.library import Compiled, compiled_once, require
from imgkernels.engine.compiled.vectors import axes, floats, vectors


@compiled_once
def fold() -> Compiled:
    """Compile `columns` (n, y, x, tap y, tap x, c) -> image (n, y, x, c); steps and holes are 1."""
    hl = require()
    columns, (c, x, y, n) = floats("columns", 6), axes("c x y n")
    image = hl.Func("image")
    image[c, x, y, n] = hl.f32(0)
    every = hl.RDom([(0, columns.dim(axis).extent()) for axis in range(1, 5)])
    right, down, across, row = (every[axis] for axis in range(4))
    image[c, across + right, row + down, n] += columns[c, right, down, across, row, n]
    image.vectorize(c, *vectors())
    image.update().reorder(c, right, down, across, row, n).vectorize(c, *vectors())
    image.output_buffer().dim(0).set_min(0)
    return Compiled(image, {"columns": columns})
