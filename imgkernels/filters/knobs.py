"""Parameters that several filters share, said once."""

from __future__ import annotations

from typing import Annotated, Literal

from imgkernels.param import Param

MOST_VECTORS = 15  # px: pairs of colours in a window grow with the fourth power of its width
Sigma = Annotated[float, Param("width of the Gaussian", unit="px", above=0, most=500)]
Window = Annotated[int, Param("width of the window", unit="px", least=1, most=2001)]
OddWindow = Annotated[int, Param("width of the window", unit="px", least=1, most=999, odd=True)]
SobelSize = Annotated[int, Param("width of the kernel", unit="taps", least=1, most=31, odd=True)]
FaridSize = Annotated[int, Param("width of the kernel", unit="taps", least=3, most=9, odd=True)]
Theta = Annotated[
    float, Param("direction, counter-clockwise from x", unit="degrees", least=-360, most=360)
]
DerivedSigma = Annotated[
    float, Param("width of the Gaussian", unit="px", least=0.3, most=100)
]  # narrower bells have no derivative to speak of
Amount = Annotated[float, Param("how much is added", least=0, most=100)]
Gain = Annotated[
    Literal["kernel", "unit"],
    Param("kernel: the kernel as it is; unit: the true derivative per pixel"),
]
Neighbours = Annotated[
    Literal["axes", "all"], Param("the neighbours on the axes, or those on the diagonals too")
]
Share = Annotated[float, Param("a share of white", least=0, most=1)]
