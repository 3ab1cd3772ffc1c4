"""kornia's own calls, for the dialect of that name: pictures go in as they are.

What comes out of kornia is always a float: of 8 and 16 bits in float32, in their units. Every call
is held to that answer; and what we store of it is held to the answer rounded.
"""

import kornia
import numpy as np
import torch
from dialect_cases import Call, Refused, displayed
from dialect_torch import FLOATS, KERNEL, WIDE

import imgkernels as ik

WORDS = {
    ik.Border.CONSTANT: "constant",
    ik.Border.REFLECT: "reflect",
    ik.Border.REPLICATE: "replicate",
    ik.Border.WRAP: "circular",
}


def answer(function, x, border):
    """What kornia returns for a picture, in the picture's layout and units."""
    planes = x[..., np.newaxis] if x.ndim == 2 else x
    batch = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)[np.newaxis]))
    try:
        found = function(batch, border)[0].numpy()
    except RuntimeError as error:
        if "Padding size" in str(error) or "Padding value" in str(error):  # wider than it is
            raise Refused from None
        raise
    return found.transpose(1, 2, 0).reshape(x.shape)


def bordered(function, *given):
    """A call that takes a border, as `function(batch, border)`."""

    def run(batch, border):
        word = {} if border is None else {"border_type": WORDS[border]}
        return function(batch, *given, **word)

    return run


def gaussian(ksize, sigma):
    return bordered(kornia.filters.gaussian_blur2d, ksize, sigma)


def filter2d(kernel):
    return bordered(kornia.filters.filter2d, torch.from_numpy(kernel)[None])


def gradient(which):
    return lambda batch, _: kornia.filters.spatial_gradient(batch)[:, :, which]


def morphology(function, size):
    """A call of kornia.morphology, which takes floats alone."""
    run = bordered(function, torch.ones(size, size))
    return lambda batch, border: run(batch if batch.is_floating_point() else batch.float(), border)


FILTERS = [
    ("blur", {"sigma": 0.7, "ksize": 3}, gaussian(3, (0.7, 0.7))),
    ("blur", {"sigma": 1.5, "ksize": 7}, gaussian(7, (1.5, 1.5))),
    ("blur", {"sigma": 4.0, "ksize": 21}, gaussian(21, (4.0, 4.0))),
    (
        "blur",
        {"sigma": 1.0, "sigma_y": 2.5, "ksize": 5, "ksize_y": 9},
        gaussian((9, 5), (2.5, 1.0)),
    ),
    *(("box-blur", {"size": n}, bordered(kornia.filters.box_blur, n)) for n in (1, 2, 3, 8, 11)),
    *(("median", {"size": n}, bordered(kornia.filters.median_blur, n)) for n in (3, 5, 7)),
    ("sobel", {}, lambda batch, _: kornia.filters.sobel(batch)),
    ("sobel-x", {}, gradient(0)),
    ("sobel-y", {}, gradient(1)),
    *(("laplacian", {"ksize": n}, bordered(kornia.filters.laplacian, n)) for n in (3, 5, 9)),
    ("custom", {"kernel": KERNEL}, filter2d(KERNEL)),
    ("custom", {"kernel": WIDE}, filter2d(WIDE)),
    *(("minimum", {"size": n}, morphology(kornia.morphology.erosion, n)) for n in (3, 7)),
    *(("maximum", {"size": n}, morphology(kornia.morphology.dilation, n)) for n in (3, 7)),
]
# Taps over 48 and 160 meet exact halves, wide sums come near them: there the last bit of kornia's
# float decides, and that bit is another on another processor.
HALVES = {"blur": (1.0, 1e-3), "laplacian": (1.0, 0.02)}


def calls(name, params, function):
    """The call with its answer as it is, and rounded as we store it."""

    def shown(x, border):
        return displayed(answer(function, x, border), x.dtype, name)

    yield Call(name, params, shown, within=HALVES.get(name, (0.0, 0.0)))
    yield Call(name, params, lambda x, border: answer(function, x, border), **FLOATS)


CALLS = [call for row in FILTERS for call in calls(*row)]
