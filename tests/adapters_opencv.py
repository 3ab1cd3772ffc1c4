"""OpenCV, said in ours: its filters, its kernels and its border."""
# ruff: noqa: N803 (the arguments have the names the library gave them)

import math
from collections.abc import Callable

import numpy as np
from adapters_common import f64, places, sums

import imgkernels as ik
from imgkernels import kernels
from imgkernels.border import Border, pad
from imgkernels.values import saturate


def opencv_border(word):
    return Border.parse(f"opencv:{word}")


def opencv_sums(src, kernel, ddepth, delta, borderType):
    """Sum in float64, then round half to even and saturate, as saturate_cast does."""
    dtype = src.dtype if ddepth in (-1, None) else np.dtype(ddepth)
    return saturate(sums(src, kernel, (0, 1), opencv_border(borderType)) + delta, dtype)


def opencv_anchor(anchor, shape):
    """OpenCV says x before y, and -1 for the middle."""
    return tuple(n // 2 if a < 0 else int(a) for a, n in zip(anchor[::-1], shape, strict=True))


def filter2d(src, ddepth, kernel, anchor=(-1, -1), delta=0, borderType="default"):
    taps = f64(kernel)
    made = ik.Kernel(taps, opencv_anchor(anchor, taps.shape))
    return opencv_sums(src, made, ddepth, delta, borderType)


def sep_filter2d(src, ddepth, kernelX, kernelY, anchor=(-1, -1), delta=0, borderType="default"):
    rows = f64(kernelY).ravel(), f64(kernelX).ravel()
    made = ik.Kernel.from_factors(*rows, anchor=opencv_anchor(anchor, [r.size for r in rows]))
    return opencv_sums(src, made, ddepth, delta, borderType)


def box_filter(src, ddepth, ksize, anchor=(-1, -1), normalize=True, borderType="default"):
    taps = np.ones(tuple(ksize)[::-1])
    y = filter2d(src, "float64", taps, anchor, 0, borderType)
    dtype = src.dtype if ddepth in (-1, None) else np.dtype(ddepth)
    return saturate(y / taps.size if normalize else y, dtype)


def opencv_blur(src, ksize, anchor=(-1, -1), borderType="default"):
    return box_filter(src, -1, ksize, anchor, True, borderType)


def fixed_point(row, bits):
    """OpenCV's rounding of a row to fractions of 2**bits: the error is handed to the next tap."""
    whole, error, half = 2**bits, 0.0, []
    for tap in row[: row.size // 2]:
        half.append(round(tap * whole + error))
        error += tap * whole - half[-1]
    return np.array([*half, whole - 2 * sum(half), *half[::-1]]) / whole


def gaussian_blur(src, ksize, sigmaX, sigmaY=0, borderType="default"):
    truncate = 3.0 if src.dtype == np.uint8 else 4.0
    sigmas = (sigmaY if sigmaY > 0 else sigmaX, sigmaX)
    sizes = [n if n > 0 else None for n in tuple(ksize)[::-1]]
    rows = [kernels.gaussian_taps(s, n, truncate) for s, n in zip(sigmas, sizes, strict=True)]
    if src.dtype not in (np.uint8, np.uint16):
        return sep_filter2d(src, -1, rows[1], rows[0], borderType=borderType)
    fixed = [fixed_point(row, 8 * src.dtype.itemsize) for row in rows]
    y = sep_filter2d(src, "float64", fixed[1], fixed[0], borderType=borderType)
    return saturate(np.floor(y + 0.5), src.dtype)


def derivative_rows(dx, dy, ksize):
    if ksize <= 0:  # Scharr
        assert sorted((dx, dy)) == [0, 1]
        y, x = kernels.scharr("x" if dx else "y").factors
        return x, y
    return kernels.derivative_taps(dx, ksize), kernels.derivative_taps(dy, ksize)


def opencv_sobel(src, ddepth, dx, dy, ksize=3, scale=1, delta=0, borderType="default"):
    x, y = derivative_rows(dx, dy, ksize)
    made = ik.Kernel.from_factors(y, x) * float(scale)
    return opencv_sums(src, made, ddepth, delta, borderType)


def opencv_scharr(src, ddepth, dx, dy, scale=1, delta=0, borderType="default"):
    return opencv_sobel(src, ddepth, dx, dy, -1, scale, delta, borderType)


def opencv_laplacian(src, ddepth, ksize=1, scale=1, delta=0, borderType="default"):
    made = kernels.laplacian_sobel(ksize) * float(scale)
    return opencv_sums(src, made, ddepth, delta, borderType)


def median_blur(src, ksize, borderType="replicate"):
    window = np.ones((ksize, ksize))
    return places(src, window, ksize * ksize // 2, (0, 1), opencv_border(borderType))


def get_gaussian_kernel(ksize, sigma):
    return kernels.gaussian_taps(sigma, ksize)


def get_deriv_kernels(dx, dy, ksize, normalize=False):
    rows = derivative_rows(dx, dy, ksize)
    wholes = [2.0 ** (row.size - order - 1) for row, order in zip(rows, (dx, dy), strict=True)]
    if ksize <= 0:
        wholes = [1.0 if order else 32.0 for order in (dx, dy)]
    return np.concatenate([r / w if normalize else r for r, w in zip(rows, wholes, strict=True)])


def get_gabor_kernel(ksize, sigma, theta, lambd, gamma, psi=math.pi / 2):
    (size,) = set(ksize)
    return kernels.gabor(sigma, theta, lambd, gamma, psi, size).taps


def copy_make_border(src, top, bottom, left, right, borderType, value=0):
    return pad(src, [(top, bottom), (left, right)], opencv_border(borderType), value)


OPENCV: dict[str, Callable] = {
    "cv2.filter2D": filter2d,
    "cv2.sepFilter2D": sep_filter2d,
    "cv2.boxFilter": box_filter,
    "cv2.blur": opencv_blur,
    "cv2.GaussianBlur": gaussian_blur,
    "cv2.Sobel": opencv_sobel,
    "cv2.Scharr": opencv_scharr,
    "cv2.Laplacian": opencv_laplacian,
    "cv2.medianBlur": median_blur,
    "cv2.getGaussianKernel": get_gaussian_kernel,
    "cv2.getDerivKernels": get_deriv_kernels,
    "cv2.getGaborKernel": get_gabor_kernel,
    "cv2.copyMakeBorder": copy_make_border,
    "gaussian_kernel_table": get_gaussian_kernel,
}
