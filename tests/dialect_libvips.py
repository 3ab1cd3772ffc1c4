"""libvips's own calls, through pyvips, for the dialect of that name."""

import numpy as np
from dialect_cases import Call, Refused

import imgkernels as ik

try:
    import pyvips
except (ImportError, OSError) as error:
    MISSING = f"pyvips or libvips is not on the machine: {error}"
else:
    MISSING = None

TAPS = np.random.default_rng(5).normal(size=(4, 3)).round(3)


def vips(run):
    """A call of libvips on an array, its answer cast to the array's depth."""

    def ask(x, border):
        # Copied into its memory: an image of an array only borrows it.
        image = pyvips.Image.new_from_array(np.ascontiguousarray(x)).copy_memory()
        y = run(image).cast(image.format).numpy()
        return y.reshape(x.shape)

    return ask


def ranked(size, place):
    """rank() refuses windows that are larger than the image."""

    def ask(x, border):
        if min(x.shape[:2]) < size:
            raise Refused
        return vips(lambda image: image.rank(size, size, place))(x, border)

    return ask


def mask(kernel):
    return pyvips.Image.new_from_array(np.asarray(kernel, float).tolist())


def compass(kernel):
    turned = {"times": 8, "angle": "d45", "combine": "max"}
    return vips(lambda image: image.compass(mask(kernel.taps), **turned))


def conv(kernel):
    return vips(lambda image: image.conv(mask(kernel)))


CALLS = [
    *(
        Call("blur", {"sigma": s}, vips(lambda image, s=s: image.gaussblur(s)))
        for s in (0.5, 1.0, 2.0, 3.3, 7.0)
    ),
    Call("sobel", {}, vips(lambda image: image.sobel())),
    Call("sobel-x", {}, conv(ik.kernels.sobel("x").taps)),
    Call("sobel-y", {}, conv(ik.kernels.sobel("y").taps)),
    Call("laplacian", {}, conv(ik.kernels.laplacian().taps)),
    Call("laplacian", {"neighbours": "all"}, conv(ik.kernels.laplacian("all").taps)),
    Call("kirsch", {}, compass(ik.kernels.kirsch())),
    Call("robinson", {}, compass(ik.kernels.robinson())),
    Call("prewitt-compass", {}, compass(ik.kernels.prewitt_compass())),
    Call("custom", {"kernel": TAPS}, conv(TAPS)),
    *(Call("median", {"size": n}, ranked(n, n * n // 2)) for n in (1, 3)),
    Call("median", {"size": 5}, ranked(5, 12), ("uint16", "float32")),
    Call("minimum", {"size": 3}, ranked(3, 0)),
    Call("maximum", {"size": 5}, ranked(5, 24)),
    Call("percentile", {"percent": 30.0, "size": 3}, ranked(3, 2)),
]
