"""Pillow's own calls, for the dialect of that name."""

import numpy as np
from dialect_cases import Call
from PIL import Image, ImageFilter

MISSING = None  # Pillow is always there: it reads our pictures
TAPS = np.array([[1.5, -0.25, 3.0], [0.0, 2.125, -1.0], [0.3, 0.7, -2.2]])
WIDE = np.random.default_rng(9).normal(size=(5, 5))


def filtered(what):
    """The filter on grey or RGB; 16 bits channel by channel, as Pillow has no RGB of 16."""

    def ask(x, border):
        if x.ndim == 3 and x.dtype != np.uint8:
            return np.stack([ask(x[..., c], border) for c in range(x.shape[-1])], axis=-1)
        return np.asarray(Image.fromarray(x).filter(what))

    return ask


def kernel(taps, scale=None, offset=0):
    return filtered(ImageFilter.Kernel(taps.shape, taps.ravel().tolist(), scale, offset))


NAMED = {
    "smooth": ImageFilter.SMOOTH,
    "smooth-more": ImageFilter.SMOOTH_MORE,
    "blur-pillow": ImageFilter.BLUR,
    "detail": ImageFilter.DETAIL,
    "sharpen-pillow": ImageFilter.SHARPEN,
    "edge-enhance": ImageFilter.EDGE_ENHANCE,
    "edge-enhance-more": ImageFilter.EDGE_ENHANCE_MORE,
    "find-edges": ImageFilter.FIND_EDGES,
    "contour": ImageFilter.CONTOUR,
    "emboss-pillow": ImageFilter.EMBOSS,
}
BYTES = ("uint8",)
BOTH = ("uint8", "uint16")
RANKED = ("uint8", "int32", "float32")


def unsharp(sigma, amount, levels):
    params = {"sigma": sigma, "amount": amount, "threshold": levels / 255}
    mask = ImageFilter.UnsharpMask(sigma, round(100 * amount), levels)
    return Call("unsharp", params, filtered(mask), BYTES)


CALLS = [
    *(
        Call("blur", {"sigma": s}, filtered(ImageFilter.GaussianBlur(s)), BYTES)
        for s in (0.3, 0.5, 1.0, 2.0, 3.3, 7.0, 25.0)
    ),
    Call(
        "blur",
        {"sigma": 1.5, "sigma_y": 4.0},
        filtered(ImageFilter.GaussianBlur((1.5, 4.0))),
        BYTES,
    ),
    *(
        Call("box-blur", {"size": n}, filtered(ImageFilter.BoxBlur((n - 1) / 2)), BYTES)
        for n in (1, 2, 3, 8, 21)
    ),
    unsharp(2.0, 1.5, 3),
    unsharp(1.0, 0.6, 0),
    unsharp(4.0, 3.0, 10),
    *(Call(name, {}, filtered(what), BOTH) for name, what in NAMED.items()),
    Call("custom", {"kernel": TAPS}, kernel(TAPS, 1.0), BOTH),
    Call("custom", {"kernel": TAPS, "normalize": True}, kernel(TAPS), BOTH),
    Call("custom", {"kernel": WIDE, "offset": 0.2}, kernel(WIDE, 1.0, 51), BYTES),
    *(
        Call("median", {"size": n}, filtered(ImageFilter.MedianFilter(n)), RANKED)
        for n in (1, 3, 7)
    ),
    Call("minimum", {"size": 5}, filtered(ImageFilter.MinFilter(5)), RANKED),
    Call("maximum", {"size": 3}, filtered(ImageFilter.MaxFilter(3)), RANKED),
    *(
        Call(
            "percentile",
            {"percent": p, "size": 5},
            filtered(ImageFilter.RankFilter(5, int(p / 4))),
            RANKED,
        )
        for p in (0.0, 30.0, 100.0 - 1e-9)
    ),
]
