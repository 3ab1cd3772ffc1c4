"""MATLAB's calls in GNU Octave, for the dialect named matlab, where the two are the same."""

import math

import numpy as np
from dialect_cases import Call, Refused
from dialect_scipy import planes
from peers_octave import missing, octave

import imgkernels as ik

MISSING = missing()
WORDS = {
    None: "0",
    ik.Border.CONSTANT: "0",
    ik.Border.REPLICATE: "'replicate'",
    ik.Border.SYMMETRIC: "'symmetric'",
    ik.Border.WRAP: "'circular'",
}
TAPS = np.random.default_rng(5).normal(size=(4, 3)).round(3)


def imfilter(kernel, default=None):
    def ask(x, border):
        word = WORDS[default if border is None else border]
        return planes(x, lambda p: octave(p, f"imfilter(x, {kernel}, {word})", taps=TAPS))

    return ask


def ranked(size, place):
    """Octave, unlike MATLAB, refuses windows that are larger than the image."""

    def ask(x, border):
        if min(x.shape[:2]) < size:
            raise Refused
        return planes(x, lambda p: octave(p, f"ordfilt2(x, {place}, ones({size}))"))

    return ask


def median(size):
    def ask(x, border):
        if min(x.shape[:2]) < size:
            raise Refused
        return planes(x, lambda p: octave(p, f"medfilt2(x, [{size} {size}])"))

    return ask


def gaussian(sigma):
    size = 2 * math.ceil(2 * sigma) + 1
    return imfilter(f"fspecial('gaussian', {size}, {sigma})", ik.Border.REPLICATE)


# Where exact halves are common, the order of Octave's sums decides them; MATLAB's is not known.
HALVES = {"within": (1.0, 0.05)}

CALLS = [
    *(Call("blur", {"sigma": s}, gaussian(s)) for s in (0.5, 2.0, 3.3)),
    *(Call("box-blur", {"size": n}, imfilter(f"fspecial('average', {n})")) for n in (2, 3, 7)),
    *(
        Call("lens-blur", {"radius": float(r)}, imfilter(f"fspecial('disk', {r})"))
        for r in (1, 2, 5)
    ),
    *(
        Call("laplacian-alpha", {"alpha": a}, imfilter(f"fspecial('laplacian', {a})"), **HALVES)
        for a in (0.0, 0.2, 1.0)
    ),
    Call("sharpen-alpha", {"alpha": 0.2}, imfilter("fspecial('unsharp', 0.2)"), **HALVES),
    Call("sobel-y", {}, imfilter("fspecial('sobel')")),
    Call("sobel-x", {}, imfilter("fspecial('sobel')'")),
    Call("prewitt-y", {}, imfilter("fspecial('prewitt')")),
    Call("prewitt-x", {}, imfilter("fspecial('prewitt')'")),
    Call("custom", {"kernel": TAPS}, imfilter("taps"), **HALVES),
    *(Call("median", {"size": n}, median(n)) for n in (3, 5)),
    Call("minimum", {"size": 3}, ranked(3, 1)),
    Call("maximum", {"size": 5}, ranked(5, 25)),
    Call("percentile", {"percent": 30.0, "size": 3}, ranked(3, 3)),
]
