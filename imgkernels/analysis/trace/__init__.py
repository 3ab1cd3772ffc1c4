"""One pixel of a pipeline's answer, taken apart: every product, pick and rounding."""

from imgkernels.analysis.trace.layer import LayerTrace as LayerTrace, trace_layer as trace_layer
from imgkernels.analysis.trace.parts import (
    Cells as Cells,
    Mapping as Mapping,
    Pick as Pick,
    Sum as Sum,
)
from imgkernels.analysis.trace.verb import Trace as Trace, TracedStep as TracedStep, trace as trace
