"""What a kernel is: its order, its response, its name, or that it has none."""

from imgkernels.analysis.identify.fits import Shape as Shape
from imgkernels.analysis.identify.frequency import Frequency as Frequency
from imgkernels.analysis.identify.lay import Match as Match
from imgkernels.analysis.identify.verb import Identity as Identity, identify as identify
