"""Kernels that the user keeps, as filters of the names they were given.

They are no entries of the catalogue, but stand wherever the name of one does; they have no
parameters, and a name of the catalogue always means the catalogue's.
"""

from __future__ import annotations

from imgkernels import kept
from imgkernels.entry import Family, Filter
from imgkernels.operations import Across, Convolve, Operation
from imgkernels.registry import finds


@finds(kept.names)
def filter_kept(name: str) -> Filter | None:
    """Return the filter that is kept under a name, None where nothing is."""
    found = kept.load(name)
    if found is None:
        return None

    def maker() -> Operation:
        if len(found.kernels) == 1:
            return Convolve(found.kernels[0], found.offset)
        return Across(found.kernels)

    maker.__doc__ = f"Kept by you, from {found.origin}." if found.origin else "Kept by you."
    return Filter(
        name=name,
        family=Family.BASIC,
        maker=maker,
        aliases=(),
        range=found.range,
        ndims=(found.kernels[0].ndim,),
        sources=(),
        unsourced=f"Kept by you; it lies in {kept.folder() / name}.json.",
        formula="matrix",
        others=(),
        claims=lambda: (),
    )
