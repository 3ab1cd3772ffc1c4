"""Operations: filters with their knobs fixed, image in, image out, values all of them."""

from imgkernels.operations.across import Across as Across
from imgkernels.operations.canny import Canny as Canny
from imgkernels.operations.combine import Blend as Blend, Chain as Chain
from imgkernels.operations.linear import (
    Convolve as Convolve,
    Direction as Direction,
    Magnitude as Magnitude,
    Projection as Projection,
    Strongest as Strongest,
)
from imgkernels.operations.operation import Frame as Frame, Operation as Operation
from imgkernels.operations.point import Pointwise as Pointwise
from imgkernels.operations.ranges import Range as Range, present as present
from imgkernels.operations.rank import Rank as Rank
