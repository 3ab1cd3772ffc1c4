"""kornia's own calls, for the dialect of that name: pictures go in as shares of white."""

import kornia
import torch
from dialect_cases import Call
from dialect_torch import FLOATS, HALVES, KERNEL, WIDE, calling

import imgkernels as ik

WORDS = {
    ik.Border.CONSTANT: "constant",
    ik.Border.REFLECT: "reflect",
    ik.Border.REPLICATE: "replicate",
    ik.Border.WRAP: "circular",
}


def filtered(name, function, *given):
    """A call of kornia.filters that takes a border."""

    def run(batch, border):
        word = {} if border is None else {"border_type": WORDS[border]}
        return function(batch, *given, **word)

    return calling(name, run)


def filter2d(kernel):
    def run(batch, border):
        word = {} if border is None else {"border_type": WORDS[border]}
        return kornia.filters.filter2d(batch, torch.from_numpy(kernel)[None], **word)

    return calling("custom", run)


def gradient(name, which):
    return calling(name, lambda batch, _: kornia.filters.spatial_gradient(batch)[:, :, which])


def morphology(name, function, size):
    return filtered(name, function, torch.ones(size, size))


# Of means of 4 or 64 levels many are halves, and the last bit of a share decides where they fall.
MANY = (1.0, 0.15)

CALLS = [
    *(
        Call(
            "blur", {"sigma": s, "ksize": n},
            filtered("blur", kornia.filters.gaussian_blur2d, n, (s, s)), within=HALVES,
        )
        for s, n in ((0.7, 3), (1.5, 7), (4.0, 21))
    ),
    Call(
        "blur", {"sigma": 1.0, "sigma_y": 2.5, "ksize": 5, "ksize_y": 9},
        filtered("blur", kornia.filters.gaussian_blur2d, (9, 5), (2.5, 1.0)), within=HALVES,
    ),
    *(
        Call("box-blur", {"size": n}, filtered("box-blur", kornia.filters.box_blur, n), within=w)
        for n, w in ((1, HALVES), (2, MANY), (3, HALVES), (8, MANY), (11, HALVES))
    ),
    *(
        Call("median", {"size": n}, filtered("median", kornia.filters.median_blur, n))
        for n in (3, 5, 7)
    ),
    Call("sobel", {}, calling("sobel", lambda b, _: kornia.filters.sobel(b)), within=HALVES),
    Call("sobel-x", {}, gradient("sobel-x", 0), within=HALVES),
    Call("sobel-y", {}, gradient("sobel-y", 1), within=HALVES),
    *(
        Call(
            "laplacian", {"ksize": n}, filtered("laplacian", kornia.filters.laplacian, n),
            within=MANY,
        )
        for n in (3, 5, 9)
    ),
    Call("custom", {"kernel": KERNEL}, filter2d(KERNEL), within=HALVES),
    Call("custom", {"kernel": WIDE}, filter2d(WIDE), within=HALVES),
    *(
        Call("minimum", {"size": n}, morphology("minimum", kornia.morphology.erosion, n))
        for n in (3, 7)
    ),
    *(
        Call("maximum", {"size": n}, morphology("maximum", kornia.morphology.dilation, n))
        for n in (3, 7)
    ),
    Call("box-blur", {"size": 2}, filtered(None, kornia.filters.box_blur, 2), **FLOATS),
    Call("laplacian", {"ksize": 3}, filtered(None, kornia.filters.laplacian, 3), **FLOATS),
    Call("sobel", {}, calling(None, lambda b, _: kornia.filters.sobel(b)), **FLOATS),
]  # fmt: skip
