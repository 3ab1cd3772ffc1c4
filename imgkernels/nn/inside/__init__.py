"""Looking inside a network: what its filters are, answer and wait for, and where it looks."""

from imgkernels.nn.inside.figure import check_path as check_path, save as save
from imgkernels.nn.inside.gradients import (
    MODIFIERS as MODIFIERS,
    Box as Box,
    bounding_box as bounding_box,
    grad_cam as grad_cam,
    saliency as saliency,
)
from imgkernels.nn.inside.kernels import filters as filters, responses as responses
from imgkernels.nn.inside.maximize import maximize as maximize
from imgkernels.nn.inside.occlusion import Occlusion as Occlusion, occlusion as occlusion
from imgkernels.nn.inside.plots import (
    plot_curves as plot_curves,
    plot_filters as plot_filters,
    plot_heats as plot_heats,
    plot_maximized as plot_maximized,
    plot_occlusion as plot_occlusion,
    plot_overlays as plot_overlays,
    plot_responses as plot_responses,
    plot_scores as plot_scores,
)
from imgkernels.nn.inside.structure import plot_structure as plot_structure
