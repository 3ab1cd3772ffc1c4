"""SimpleITK's own calls, for the dialect named itk; colours are vectors of it."""

import numpy as np
from dialect_cases import Call, Refused
from dialect_scipy import planes

try:
    import SimpleITK as sitk  # noqa: N813 (its own documentation's name)
except ImportError as error:
    MISSING = f"SimpleITK is not installed: {error}"
else:
    MISSING = None

TAPS = np.random.default_rng(5).normal(size=(5, 3)).round(3)
FLOATS = ("float32", "float64")


def calling(run):
    """A call of SimpleITK on each channel."""
    return lambda x, border: planes(
        np.asarray(x),
        lambda p: sitk.GetArrayFromImage(run(sitk.GetImageFromArray(np.ascontiguousarray(p)))),
    )


def gaussian(variance):
    return calling(lambda image: sitk.DiscreteGaussian(image, variance))


def radius(name, size, *more):
    return calling(lambda image: getattr(sitk, name)(image, [size // 2] * 2, *more))


def morphology(name, size):
    """Windows wider than the image read beyond its memory in ITK."""
    run = radius(name, size, sitk.sitkBox)

    def ask(x, border):
        if min(x.shape[:2]) < size:
            raise Refused
        return run(x, border)

    return ask


def convolution(taps):
    def run(image):
        return sitk.Convolution(image, sitk.Cast(sitk.GetImageFromArray(taps), image.GetPixelID()))

    return calling(run)


CALLS = [
    *(Call("blur", {"sigma": s}, gaussian(s * s)) for s in (0.5, 1.0, 2.0, 3.3, 12.0)),
    Call("blur", {"sigma": 1.5, "sigma_y": 3.0}, gaussian((2.25, 9.0))),
    *(Call("box-blur", {"size": n}, radius("Mean", n)) for n in (1, 3, 7)),
    Call("sobel", {}, calling(sitk.SobelEdgeDetection), FLOATS),
    Call("laplacian", {}, calling(sitk.Laplacian), FLOATS),
    Call("custom", {"kernel": TAPS}, convolution(TAPS), FLOATS),
    *(Call("median", {"size": n}, radius("Median", n)) for n in (1, 3, 5)),
    Call("minimum", {"size": 3}, morphology("GrayscaleErode", 3)),
    Call("maximum", {"size": 5}, morphology("GrayscaleDilate", 5)),
]
