"""Parameters that several filters share, said once."""

from __future__ import annotations

from typing import Annotated, Literal

from imgkernels.param import Param

Sigma = Annotated[float, Param("width of the Gaussian", unit="px", above=0, most=500)]
Window = Annotated[int, Param("width of the window", unit="px", least=1, most=2001)]
OddWindow = Annotated[int, Param("width of the window", unit="px", least=1, most=999, odd=True)]
SobelSize = Annotated[int, Param("width of the kernel", unit="taps", least=1, most=31, odd=True)]
Amount = Annotated[float, Param("how much is added", least=0, most=100)]
Gain = Annotated[
    Literal["kernel", "unit"],
    Param("kernel: the kernel as it is; unit: the true derivative per pixel"),
]
Neighbours = Annotated[
    Literal["axes", "all"], Param("the neighbours on the axes, or those on the diagonals too")
]
Share = Annotated[float, Param("a share of white", least=0, most=1)]
