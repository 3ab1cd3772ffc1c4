"""OpenCV: what most people would use instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Job, Peer, among, rounded
from imgkernels.bench.subject import dense_kernel, radius
from imgkernels.border import Border
from imgkernels.engine.methods.plane import FLAGS
from imgkernels.values import Array

_WRAP = 3  # its filters refuse it, its copyMakeBorder has it
_FIXED = {
    "uint8": Allowance("fixed-point taps", levels=1, share=1.0),
    "uint16": Allowance("fixed-point taps", levels=4, share=1.0),
}
_ROUNDS = Allowance("halves rounded another way", levels=1, share=0.02)
_FLOATS = Allowance(relative=1e-4, why="its transform for large windows")


def dense(cv2: Any, case: Case, x: Array) -> Job:
    """filter2D."""
    taps = dense_kernel(int(case.amount)).taps.astype(np.float32)
    run = _bordered(
        cv2, case, x, int(case.amount) // 2, lambda a, b: cv2.filter2D(a, -1, taps, borderType=b)
    )
    return Job(run, _FLOATS if case.dtype == "float32" else _ROUNDS)


def gaussian(cv2: Any, case: Case, x: Array) -> Job:
    """GaussianBlur with the size that it chooses for sigma."""
    sigma = case.amount
    run = _bordered(
        cv2, case, x, radius(case), lambda a, b: cv2.GaussianBlur(a, (0, 0), sigma, borderType=b)
    )
    return Job(run, _FIXED.get(case.dtype, Allowance()))


def box(cv2: Any, case: Case, x: Array) -> Job:
    """blur, the mean of a window."""
    size = (int(case.amount), int(case.amount))
    run = _bordered(cv2, case, x, size[0] // 2, lambda a, b: cv2.blur(a, size, borderType=b))
    return Job(run, _ROUNDS)


def median(cv2: Any, case: Case, x: Array) -> Job:
    """medianBlur: the border is replicate; above 5x5 it takes 8 bits alone."""
    size = int(case.amount)
    among(case.border, {"replicate": 1}, "median with the border")
    among(case.dtype, {"uint8": 1} if size > 5 else {"uint8": 1, "uint16": 1, "float32": 1},
          f"median of {size} px for")  # fmt: skip
    return Job(lambda: cv2.medianBlur(x, size))


def gradient(cv2: Any, case: Case, x: Array) -> Job:
    """Two Sobels and the length of their vector."""
    flag = among(case.border, FLAGS, "Sobel with the border")

    def run() -> Array:
        along_x = cv2.Sobel(x, cv2.CV_32F, 1, 0, borderType=flag)
        along_y = cv2.Sobel(x, cv2.CV_32F, 0, 1, borderType=flag)
        steep = cv2.magnitude(along_x, along_y)
        if case.dtype == "uint8":
            return cv2.convertScaleAbs(steep)  # type: ignore[no-any-return]
        return rounded(steep, case)

    return Job(run, _ROUNDS)


def minimum(cv2: Any, case: Case, x: Array) -> Job:
    """Erode; beyond the edge nothing counts, which is what replicate gives."""
    among(case.border, {"replicate": 1}, "erosion with the border")
    shape = cv2.getStructuringElement(cv2.MORPH_RECT, (int(case.amount), int(case.amount)))
    return Job(lambda: cv2.erode(x, shape, borderType=FLAGS[Border(case.border)]))


def unsharp(cv2: Any, case: Case, x: Array) -> Job:
    """GaussianBlur and addWeighted, the usual two lines."""
    flag = among(case.border, FLAGS, "GaussianBlur with the border")

    def run() -> Array:
        soft = cv2.GaussianBlur(x, (0, 0), case.amount, borderType=flag)
        return cv2.addWeighted(x, 2.0, soft, -1.0, 0)  # type: ignore[no-any-return]

    return Job(run, Allowance("rounds the blur before it is added", levels=2, share=1.0))


def _bordered(
    cv2: Any, case: Case, x: Array, reach: int, do: Callable[[Array, int], Array]
) -> Callable[[], Array]:
    """Return a call with the case's border; WRAP is laid around the picture and cut off again."""
    if case.border != "wrap":
        flag = FLAGS[Border(case.border)]
        return lambda: do(x, flag)

    def run() -> Array:
        whole = cv2.copyMakeBorder(x, reach, reach, reach, reach, _WRAP)
        rows, columns = (slice(reach, reach + n) for n in case.size)
        return do(whole, FLAGS[Border.CONSTANT])[rows, columns]

    return run


OPENCV = Peer(
    "opencv", "opencv-python-headless", "cv2",
    {"dense": dense, "gaussian": gaussian, "box": box, "median": median, "gradient": gradient,
     "minimum": minimum, "unsharp": unsharp},
    depends=("opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
)  # fmt: skip
