"""torch's own calls, for the dialect of that name: pictures go in as batches of shares of white."""

import warnings

import numpy as np
import torch
from dialect_cases import Call, Refused, displayed

import imgkernels as ik

WORDS = {
    None: "zeros",
    ik.Border.CONSTANT: "zeros",
    ik.Border.REFLECT: "reflect",
    ik.Border.REPLICATE: "replicate",
    ik.Border.WRAP: "circular",
}
KERNEL = np.random.default_rng(5).normal(size=(4, 3))
WIDE = np.random.default_rng(6).normal(size=(9, 7)) / 8
HALVES = (1.0, 1e-3)  # shares in float32 are not exact, and halves may fall either way


def batched(x, name, run):
    """Run on a batch of planes `(C, 1, H, W)` of shares; the answer is in the picture's units."""
    white = ik.Image.of(x).white
    planes = x[..., np.newaxis] if x.ndim == 2 else x
    kind = np.float64 if x.dtype == np.float64 else np.float32
    shares = np.ascontiguousarray(planes.transpose(2, 0, 1)[:, np.newaxis].astype(kind))
    try:
        y = run(torch.from_numpy(shares * kind(1 / white))).numpy()
    except RuntimeError as error:
        if "Padding size" in str(error) or "Padding value" in str(error):  # wider than the picture
            raise Refused from None
        raise
    whole = (y[:, 0].transpose(1, 2, 0) * kind(white)).reshape(x.shape)
    return whole if name is None else displayed(whole, x.dtype, name)


def calling(name, function):
    """The call as `function(batch, border)`; shown as our filter `name` is, None for floats."""
    return lambda x, border: batched(x, name, lambda batch: function(batch, border))


def conv2d(kernel, name="custom"):
    def function(batch, border):
        layer = torch.nn.Conv2d(
            1, 1, kernel.shape, padding="same", padding_mode=WORDS[border], bias=False,
            dtype=batch.dtype,
        )  # fmt: skip
        with torch.no_grad(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")
            layer.weight[0, 0] = torch.from_numpy(kernel)
            return layer(batch)

    return calling(name, function)


def pool(name, function, size):
    return calling(name, lambda batch, border: function(batch, size, 1, size // 2))


def lowest(batch, *args):
    return -torch.nn.functional.max_pool2d(-batch, *args)


FLOATS = {"dtypes": ("uint8", "uint16"), "options": {"dtype": "float32"}}
SIZES = (1, 3, 5, 9)

CALLS = [
    Call("custom", {"kernel": KERNEL}, conv2d(KERNEL), within=HALVES),
    Call("custom", {"kernel": WIDE}, conv2d(WIDE), within=HALVES),
    Call("custom", {"kernel": KERNEL}, conv2d(KERNEL, None), **FLOATS),
    *(
        Call("box-blur", {"size": n}, pool("box-blur", torch.nn.functional.avg_pool2d, n))
        for n in SIZES
    ),
    *(
        Call("maximum", {"size": n}, pool("maximum", torch.nn.functional.max_pool2d, n))
        for n in SIZES
    ),
    *(Call("minimum", {"size": n}, pool("minimum", lowest, n)) for n in SIZES),
]
