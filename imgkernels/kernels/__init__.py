"""Makers of kernels: each returns a `Kernel` of 1, 2 or 3 axes where its formula has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgkernels import lazily

if TYPE_CHECKING:
    from imgkernels.kernels.comets import comet as comet
    from imgkernels.kernels.compass import (
        frei_chen as frei_chen,
        kirsch as kirsch,
        prewitt_compass as prewitt_compass,
        robinson as robinson,
        rotation_invariant as rotation_invariant,
    )
    from imgkernels.kernels.derivative import (
        derivative_taps as derivative_taps,
        farid as farid,
        per_pixel as per_pixel,
        prewitt as prewitt,
        roberts as roberts,
        scharr as scharr,
        sobel as sobel,
        sobel_mixed as sobel_mixed,
    )
    from imgkernels.kernels.effects import (
        emboss as emboss,
        sharpen as sharpen,
        unsharp as unsharp,
    )
    from imgkernels.kernels.gauss import (
        gaussian_derivative as gaussian_derivative,
        gaussian_discrete as gaussian_discrete,
        gaussian_integrated as gaussian_integrated,
    )
    from imgkernels.kernels.laplacians import (
        laplacian_alpha as laplacian_alpha,
        laplacian_box as laplacian_box,
        laplacian_table as laplacian_table,
        mixed_fourth as mixed_fourth,
    )
    from imgkernels.kernels.named import (
        emboss_variant as emboss_variant,
        pillow as pillow,
        sharpen_gaussian as sharpen_gaussian,
    )
    from imgkernels.kernels.oriented import gabor as gabor, gabor_balanced as gabor_balanced
    from imgkernels.kernels.second import (
        dog as dog,
        laplacian as laplacian,
        laplacian_sobel as laplacian_sobel,
        log as log,
    )
    from imgkernels.kernels.shapes import (
        cross as cross,
        diamond as diamond,
        octagon as octagon,
        plus as plus,
        ring as ring,
    )
    from imgkernels.kernels.smooth import (
        binomial as binomial,
        box as box,
        disk as disk,
        gaussian as gaussian,
        gaussian_taps as gaussian_taps,
        identity as identity,
        motion as motion,
    )
    from imgkernels.kernels.steerable import steered as steered

__getattr__, __dir__ = lazily.names(
    __name__,
    {
        "comets": "comet",
        "compass": "frei_chen kirsch prewitt_compass robinson rotation_invariant",
        "derivative": "derivative_taps farid per_pixel prewitt roberts scharr sobel sobel_mixed",
        "effects": "emboss sharpen unsharp",
        "gauss": "gaussian_derivative gaussian_discrete gaussian_integrated",
        "laplacians": "laplacian_alpha laplacian_box laplacian_table mixed_fourth",
        "named": "emboss_variant pillow sharpen_gaussian",
        "oriented": "gabor gabor_balanced",
        "second": "dog laplacian laplacian_sobel log",
        "shapes": "cross diamond octagon plus ring",
        "smooth": "binomial box disk gaussian gaussian_taps identity motion",
        "steerable": "steered",
    },
)
