"""The kernel that turns one picture into the other, by least squares over all their windows."""

from imgkernels.analysis.design.fit import Fit as Fit
from imgkernels.analysis.design.rivals import Rival as Rival
from imgkernels.analysis.design.verb import Design as Design, design as design
