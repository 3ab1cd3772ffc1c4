"""Makers of kernels: each returns a `Kernel` of 1, 2 or 3 axes where its formula has them."""

from imgkernels.kernels.derivative import (
    derivative_taps as derivative_taps,
    farid as farid,
    prewitt as prewitt,
    roberts as roberts,
    scharr as scharr,
    sobel as sobel,
)
from imgkernels.kernels.effects import (
    emboss as emboss,
    sharpen as sharpen,
    unsharp as unsharp,
)
from imgkernels.kernels.oriented import gabor as gabor
from imgkernels.kernels.second import (
    dog as dog,
    laplacian as laplacian,
    laplacian_sobel as laplacian_sobel,
    log as log,
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
