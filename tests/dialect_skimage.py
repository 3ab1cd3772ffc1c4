"""scikit-image's own calls, for the dialect of that name; its shares come out times white."""

import math

import numpy as np
from dialect_cases import Call, Refused, displayed
from dialect_scipy import WORDS, planes
from skimage import filters

import imgkernels as ik


def calling(name, function, *given, mode=True, **options):
    """The call on each channel, in the units of the picture and shown as our filter says."""

    def ask(x, border):
        word = {} if border is None or not mode else {"mode": WORDS[border]}
        y = planes(x, lambda p: np.asarray(function(p, *given, **word, **options)))
        return displayed(y * ik.Image.of(x).white, x.dtype, name)

    return ask


def edges(name):
    """The magnitude, and the derivatives along x and y."""
    function = getattr(filters, name)
    return [
        Call(name, {}, calling(name, function)),
        Call(f"{name}-x", {}, calling(f"{name}-x", function, axis=1)),
        Call(f"{name}-y", {}, calling(f"{name}-y", function, axis=0)),
    ]


def median(size):
    return lambda x, border: planes(
        x,
        lambda p: filters.median(
            p, np.ones((size, size)), mode="nearest" if border is None else WORDS[border]
        ),
    )


def gabor(wavelength, theta, sigma, gamma, psi):
    def ask(x, border):
        if border in (None, ik.Border.SYMMETRIC) and 1 < min(x.shape[:2]) < 6:
            # scipy.ndimage.correlate reads beyond its buffer here: 25 taps on 3 pixels gave 1e72.
            raise Refused
        return planes(
            x,
            lambda p: filters.gabor(
                p, 1 / wavelength, math.radians(theta), sigma_x=sigma, sigma_y=sigma / gamma,
                offset=math.radians(psi), mode=WORDS[border],
            )[0],
        )  # fmt: skip

    return ask


def unmoded(name, function, *given):
    return calling(name, function, *given, mode=False)


CALLS = [
    *(Call("blur", {"sigma": s}, calling("blur", filters.gaussian, s)) for s in (0.5, 2.0, 7.0)),
    Call("blur", {"sigma": 1.0, "sigma_y": 3.0}, calling("blur", filters.gaussian, (3.0, 1.0))),
    *edges("sobel"),
    *edges("scharr"),
    *edges("prewitt"),
    Call("farid", {}, calling("farid", filters.farid)),
    Call("farid-x", {}, unmoded("farid-x", filters.farid_v)),
    Call("farid-y", {}, unmoded("farid-y", filters.farid_h)),
    Call("roberts", {}, unmoded("roberts", filters.roberts)),
    Call("roberts-x", {}, unmoded("roberts-x", filters.roberts_pos_diag)),
    Call("roberts-y", {}, unmoded("roberts-y", filters.roberts_neg_diag)),
    Call("laplacian", {}, unmoded("laplacian", filters.laplace)),
    *(
        Call("unsharp", {"sigma": s, "amount": a}, unmoded("unsharp", filters.unsharp_mask, s, a))
        for s, a in ((1.0, 1.0), (3.0, 2.5))
    ),
    Call("dog", {"sigma": 1.5}, calling("dog", filters.difference_of_gaussians, 1.5)),
    Call(
        "dog",
        {"sigma": 1.0, "sigma_wide": 4.0},
        calling("dog", filters.difference_of_gaussians, 1.0, 4.0),
    ),
    *(Call("median", {"size": n}, median(n)) for n in (1, 3, 7)),
    Call("gabor", {}, gabor(8.0, 0.0, 4.0, 1.0, 90.0)),
    Call(
        "gabor",
        {"wavelength": 5.0, "theta": 30.0, "sigma": 2.0, "gamma": 0.5, "psi": 0.0},
        gabor(5.0, 30.0, 2.0, 0.5, 0.0),
    ),
]
