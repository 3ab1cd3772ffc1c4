"""Operations: filters with their knobs fixed, image in, image out, values all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgkernels import lazily

if TYPE_CHECKING:
    from imgkernels.operations.across import Across as Across
    from imgkernels.operations.bilateral import Bilateral as Bilateral
    from imgkernels.operations.canny import Canny as Canny
    from imgkernels.operations.cast import Cast as Cast, Overflow as Overflow, Rounding as Rounding
    from imgkernels.operations.colours import OwnColour as OwnColour, VectorMedian as VectorMedian
    from imgkernels.operations.combine import Blend as Blend, Chain as Chain, Merge as Merge
    from imgkernels.operations.crossings import ZeroCrossings as ZeroCrossings
    from imgkernels.operations.framed import Framed as Framed, Margin as Margin
    from imgkernels.operations.kuwahara import Kuwahara as Kuwahara
    from imgkernels.operations.linear import (
        Convolve as Convolve,
        Direction as Direction,
        Magnitude as Magnitude,
        Projection as Projection,
        Strongest as Strongest,
    )
    from imgkernels.operations.native import Native as Native
    from imgkernels.operations.operation import (
        Frame as Frame,
        Nan as Nan,
        Operation as Operation,
        Roundable as Roundable,
    )
    from imgkernels.operations.ordered import Ordered as Ordered
    from imgkernels.operations.point import Pointwise as Pointwise
    from imgkernels.operations.ranges import Range as Range, mapped as mapped
    from imgkernels.operations.rank import Rank as Rank
    from imgkernels.operations.reach import Reach as Reach
    from imgkernels.operations.rowwise import Rowwise as Rowwise
    from imgkernels.operations.shares import Shares as Shares
    from imgkernels.operations.shifted import Shifted as Shifted

__getattr__, __dir__ = lazily.names(
    __name__,
    {
        "across": "Across",
        "bilateral": "Bilateral",
        "canny": "Canny",
        "cast": "Cast Overflow Rounding",
        "colours": "OwnColour VectorMedian",
        "combine": "Blend Chain Merge",
        "crossings": "ZeroCrossings",
        "framed": "Framed Margin",
        "kuwahara": "Kuwahara",
        "linear": "Convolve Direction Magnitude Projection Strongest",
        "native": "Native",
        "operation": "Frame Nan Operation Roundable",
        "ordered": "Ordered",
        "point": "Pointwise",
        "ranges": "Range mapped",
        "rank": "Rank",
        "reach": "Reach",
        "rowwise": "Rowwise",
        "shares": "Shares",
        "shifted": "Shifted",
    },
)
