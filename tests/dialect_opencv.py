"""OpenCV's own calls, for the dialect of that name."""

import math

import cv2
import numpy as np
from dialect_cases import Call

import imgkernels as ik

WORDS = {
    None: cv2.BORDER_DEFAULT,
    ik.Border.REFLECT: cv2.BORDER_REFLECT_101,
    ik.Border.SYMMETRIC: cv2.BORDER_REFLECT,
    ik.Border.REPLICATE: cv2.BORDER_REPLICATE,
    ik.Border.CONSTANT: cv2.BORDER_CONSTANT,
}
KERNEL = np.random.default_rng(5).normal(size=(4, 3))
WIDE = np.random.default_rng(6).normal(size=(13, 17)) / 50
CORNER = ik.Kernel(KERNEL, anchor=(0, 2))
DEPTHS = {
    "int16": cv2.CV_16S, "float32": cv2.CV_32F, "float64": cv2.CV_64F, "uint8": cv2.CV_8U,
    "uint16": cv2.CV_16U,
}  # fmt: skip


def calling(function, *given, **options):
    """The call with our border in its words."""
    return lambda x, border: function(x, *given, **options, borderType=WORDS[border])


def blur(ksize, sigma, sigma_y=0):
    return calling(cv2.GaussianBlur, ksize, sigma, sigmaY=sigma_y)


def box(n, depth=-1):
    return calling(cv2.boxFilter, depth, (n, n))


def laplacian(ksize):
    return calling(cv2.Laplacian, -1, ksize=ksize)


def edge(function, dx, dy, depth=-1, **options):
    return calling(function, depth, dx, dy, **options)


def magnitude(function, **options):
    def ask(x, border):
        depth = cv2.CV_64F if x.dtype == np.float64 else cv2.CV_32F
        dx, dy = (
            function(x, depth, *d, **options, borderType=WORDS[border]) for d in ((1, 0), (0, 1))
        )
        y = cv2.magnitude(dx, dy)
        return stored(y, x.dtype)

    return ask


def stored(y, dtype):
    """saturate_cast, asked of OpenCV itself."""
    return y if y.dtype == dtype else cv2.add(y, 0, dtype=DEPTHS[np.dtype(dtype).name])


def median(size):
    return lambda x, border: cv2.medianBlur(x, size)


def morphology(function, size):
    ones = np.ones((size, size), np.uint8)
    return lambda x, border: function(
        x, ones, borderType=cv2.BORDER_CONSTANT if border is None else WORDS[border]
    )


def filter2d(kernel, depth=-1, **options):
    return calling(cv2.filter2D, depth, kernel, **options)


def gabor(sigma, theta, wavelength, gamma, psi):
    angles = math.radians(theta), math.radians(psi)
    return filter2d(cv2.getGaborKernel((0, 0), sigma, angles[0], wavelength, gamma, angles[1]))


def unsharp(sigma, amount):
    def ask(x, border):
        return cv2.addWeighted(x, 1 + amount, blur((0, 0), sigma)(x, border), -amount, 0)

    return ask


SHARPEN = np.array([[0, -1.5, 0], [-1.5, 7, -1.5], [0, -1.5, 0]])
SIGNED = cv2.CV_16S
INTEGERS, NO_SHORT = ("uint8", "uint16"), ("uint8", "float32", "float64")
NO_DOUBLE = ("uint8", "uint16", "float32")

CALLS = [
    *(Call("blur", {"sigma": s}, blur((0, 0), s)) for s in (0.4, 0.8, 1.5, 2.0, 3.7, 9.0, 25.0)),
    *(Call("blur", {"ksize": n}, blur((n, n), 0)) for n in (1, 3, 5, 7, 9, 11, 31)),
    Call("blur", {"sigma": 1.5, "sigma_y": 4.0}, blur((0, 0), 1.5, 4.0)),
    Call("blur", {"sigma": 3.0, "ksize": 5, "ksize_y": 9}, blur((5, 9), 3.0)),
    *(Call("box-blur", {"size": n}, box(n)) for n in (1, 2, 3, 5, 8, 16, 21)),
    Call("box-blur", {"size": 3}, box(3, cv2.CV_32F), ("uint8",), {"dtype": "float32"}),
    *(Call("sobel-x", {"ksize": n}, edge(cv2.Sobel, 1, 0, ksize=n)) for n in (1, 3, 5, 7, 11)),
    *(Call("sobel-y", {"ksize": n}, edge(cv2.Sobel, 0, 1, ksize=n)) for n in (1, 3, 5, 7)),
    Call("sobel-x", {"gain": "unit"}, edge(cv2.Sobel, 1, 0, ksize=3, scale=1 / 8)),
    Call("sobel-x", {}, edge(cv2.Sobel, 1, 0, cv2.CV_16S), ("uint8",), {"dtype": "int16"}),
    Call("sobel-x", {}, edge(cv2.Sobel, 1, 0, cv2.CV_32F), INTEGERS, {"dtype": "float32"}),
    Call("sobel", {}, magnitude(cv2.Sobel)),
    Call("sobel", {"ksize": 5}, magnitude(cv2.Sobel, ksize=5)),
    Call("scharr-x", {}, edge(cv2.Scharr, 1, 0)),
    Call("scharr-y", {}, edge(cv2.Scharr, 0, 1)),
    Call("scharr", {}, magnitude(cv2.Scharr)),
    Call("laplacian", {}, calling(cv2.Laplacian, -1)),
    *(Call("laplacian", {"ksize": n}, laplacian(n)) for n in (1, 3, 5)),
    *(Call("laplacian", {"ksize": n}, laplacian(n), NO_SHORT) for n in (7, 9)),
    Call("gabor", {}, gabor(4.0, 0.0, 8.0, 1.0, 90.0)),
    Call("gabor", {"sigma": 2.0, "theta": 30.0, "psi": 0.0}, gabor(2.0, 30.0, 8.0, 1.0, 0.0)),
    Call("sharpen", {"amount": 1.5}, filter2d(SHARPEN)),
    Call("unsharp", {"sigma": 1.5, "amount": 0.7}, unsharp(1.5, 0.7)),
    Call("custom", {"kernel": KERNEL}, filter2d(KERNEL)),
    Call("custom", {"kernel": WIDE}, filter2d(WIDE)),
    Call("custom", {"kernel": CORNER}, filter2d(KERNEL, anchor=(2, 0))),
    Call("custom", {"kernel": KERNEL}, filter2d(KERNEL, SIGNED), ("uint8",), {"dtype": "int16"}),
    *(Call("median", {"size": n}, median(n), NO_DOUBLE) for n in (1, 3, 5)),
    *(Call("median", {"size": n}, median(n), ("uint8",)) for n in (7, 25)),
    *(Call("minimum", {"size": n}, morphology(cv2.erode, n)) for n in (1, 3, 7)),
    *(Call("maximum", {"size": n}, morphology(cv2.dilate, n)) for n in (1, 3, 7)),
]  # fmt: skip
