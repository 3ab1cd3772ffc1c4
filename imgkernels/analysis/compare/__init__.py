"""Learned kernels beside known ones: what each of a weight file is, and what is only noise."""

from imgkernels.analysis.compare.finding import Finding as Finding, Side as Side
from imgkernels.analysis.compare.layer import LayerFinding as LayerFinding
from imgkernels.analysis.compare.report import page as page
from imgkernels.analysis.compare.verb import Comparison as Comparison, compare as compare
