"""scipy.ndimage's own calls, for the dialect named scipy; colours are filtered plane by plane."""

import numpy as np
from dialect_cases import Call
from scipy import ndimage

import imgkernels as ik

WORDS = {
    None: "reflect",
    ik.Border.SYMMETRIC: "reflect",
    ik.Border.REFLECT: "mirror",
    ik.Border.REPLICATE: "nearest",
    ik.Border.CONSTANT: "constant",
    ik.Border.WRAP: "wrap",
}
KERNEL = np.random.default_rng(5).normal(size=(4, 3))
NINTHS = np.full((3, 3), 1 / 9)  # sums of 1 or just below: their last bit is a level
CORNER = ik.Kernel(KERNEL, anchor=(0, 2))


def planes(x, run):
    """Run on each channel; the answer has the channels last again."""
    if x.ndim == 2:
        return run(x)
    return np.stack([run(x[..., c]) for c in range(x.shape[-1])], axis=-1)


def calling(function, *given, output=None, **options):
    return lambda x, border: planes(
        x, lambda p: function(p, *given, output=output, mode=WORDS[border], **options)
    )


def magnitude(derivative):
    return calling(ndimage.generic_gradient_magnitude, derivative)


EVERY = ("uint8", "uint16", "int16", "float32", "float64")
FLOAT = {"dtype": "float32"}

CALLS = [
    *(
        Call("blur", {"sigma": s}, calling(ndimage.gaussian_filter, s), EVERY)
        for s in (0.1, 0.5, 1.0, 2.0, 3.3, 12.0)
    ),
    Call("blur", {"sigma": 1.5, "sigma_y": 4.0}, calling(ndimage.gaussian_filter, (4.0, 1.5))),
    Call("blur", {}, calling(ndimage.gaussian_filter, 2.0, output="f4"), ("uint8",), FLOAT),
    *(
        Call("box-blur", {"size": n}, calling(ndimage.uniform_filter, n))
        for n in (1, 2, 3, 5, 8, 21)
    ),
    Call("sobel-x", {}, calling(ndimage.sobel, axis=1), EVERY),
    Call("sobel-y", {}, calling(ndimage.sobel, axis=0), EVERY),
    Call("sobel-x", {}, calling(ndimage.sobel, axis=1, output="f4"), ("uint8",), FLOAT),
    Call("sobel", {}, magnitude(ndimage.sobel)),
    Call("prewitt-x", {}, calling(ndimage.prewitt, axis=1)),
    Call("prewitt-y", {}, calling(ndimage.prewitt, axis=0)),
    Call("prewitt", {}, magnitude(ndimage.prewitt)),
    Call("laplacian", {}, calling(ndimage.laplace), EVERY),
    *(Call("log", {"sigma": s}, calling(ndimage.gaussian_laplace, s)) for s in (0.8, 1.4, 3.0)),
    Call("gaussian-gradient", {}, calling(ndimage.gaussian_gradient_magnitude, 1.5)),
    Call("custom", {"kernel": KERNEL}, calling(ndimage.correlate, KERNEL), EVERY),
    Call("custom", {"kernel": CORNER}, calling(ndimage.correlate, KERNEL, origin=(-2, 1))),
    Call("custom", {"kernel": NINTHS}, calling(ndimage.correlate, NINTHS)),
    *(Call("median", {"size": n}, calling(ndimage.median_filter, n)) for n in (1, 3, 5)),
    *(Call("minimum", {"size": n}, calling(ndimage.minimum_filter, n)) for n in (3, 7)),
    *(Call("maximum", {"size": n}, calling(ndimage.maximum_filter, n)) for n in (3, 7)),
    *(
        Call("percentile", {"percent": p}, calling(ndimage.percentile_filter, p, 3))
        for p in (0.0, 20.0, 55.5, 100.0)
    ),
]  # fmt: skip
