"""OpenCV's own calls, for the dialect of that name."""

import cv2
from dialect_cases import Call

import imgkernels as ik

_WORDS = {
    None: cv2.BORDER_DEFAULT,
    ik.Border.REFLECT: cv2.BORDER_REFLECT_101,
    ik.Border.SYMMETRIC: cv2.BORDER_REFLECT,
    ik.Border.REPLICATE: cv2.BORDER_REPLICATE,
    ik.Border.CONSTANT: cv2.BORDER_CONSTANT,
}


def blur(ksize, sigma, sigma_y=0):
    return lambda x, border: cv2.GaussianBlur(
        x, ksize, sigma, sigmaY=sigma_y, borderType=_WORDS[border]
    )


CALLS = [
    Call("blur", {"sigma": 1.5}, blur((0, 0), 1.5)),
    Call("blur", {"ksize": 5}, blur((5, 5), 0)),
]
