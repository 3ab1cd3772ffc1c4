"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_WEIGHTS = "Weights: .npz, .safetensors, .weights.h5, .keras, .onnx, .pt."

ModelFile = Annotated[str, typer.Argument(metavar="MODEL", help=_WEIGHTS, show_default=False)]
Picture = Annotated[str, typer.Argument(metavar="IMAGE", help="The picture to look at.")]
Pictures = Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Pictures to look at.")]
Target = Annotated[str, typer.Argument(metavar="OUT", help="The figure: .png, .svg or .html.")]
Net = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="The network of the weights, where the file does not say: net-a, lenet-5, ...",
        show_default=False,
    ),
]
Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DIR",
        help="A folder of IDX files or of a folder per class, an .npz, or digits: 5,000 of MNIST.",
    ),
]
Class = Annotated[
    str | None,
    typer.Option("--class", metavar="CLASS", help="The class; else what is predicted."),
]
Layer = Annotated[
    str | None, typer.Option("--layer", metavar="NAME", help="The layer; see nn summary.")
]
Modifier = Annotated[
    str,
    typer.Option(
        "--modifier", metavar="vanilla|guided|relu|all", help="How gradients pass a ReLU."
    ),
]
Invert = Annotated[
    bool, typer.Option("--invert", help="The picture is dark on light, others were not.")
]

Command = Any
