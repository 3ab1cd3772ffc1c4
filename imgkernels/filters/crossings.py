"""Zero crossings of a second derivative."""

from __future__ import annotations

from typing import Annotated

from imgkernels import law
from imgkernels.entry import Family
from imgkernels.filters.knobs import DerivedSigma
from imgkernels.operations import Chain, Frame, Operation, Pointwise, ZeroCrossings, point
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import MARR_HILDRETH

_HEIGHT = Param("least height of a step, as a share of white", least=0, most=1)


@register(
    Family.EDGE, spacing=True, aliases=("marr-hildreth", "log-zero-crossings"),
    sources=(MARR_HILDRETH,),
    formula="white where the Laplacian of a Gaussian of the brightness changes sign steeply enough",
    others=("ITK's thresholds the slope of the second derivative itself, in levels",),
    laws=lambda sigma, threshold: (
        law.values((0, 1)),
        *([law.draws_steps()] if sigma <= 2 and threshold <= 0.4 else []),
        law.laplacian(),
        law.isotropic(),
        law.hat(sigma),
        law.ignores("exchanged black and white", lambda x: 1 - x),
    ),
)  # fmt: skip
def zero_crossings(
    sigma: DerivedSigma = 2.0,
    threshold: Annotated[float, _HEIGHT] = 0.15,
    *,
    frame: Frame,
) -> Operation:
    """Marr and Hildreth's edges: white lines where the second derivative changes its sign.

    The slope with which it does so is told as the height of the step that would make it, so that
    the threshold means the same for every sigma and dtype.
    """
    return Chain((Pointwise(point.grey), ZeroCrossings(sigma, threshold, frame.steps)))
