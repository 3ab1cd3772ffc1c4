"""Experiments that hold learned against handcrafted kernels in one network."""

from imgkernels.analysis.experiment.banks import BANKS as BANKS
from imgkernels.analysis.experiment.frozen import (
    Experiment as Experiment,
    Outcome as Outcome,
    first_layer as first_layer,
)
