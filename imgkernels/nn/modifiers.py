"""How gradients pass an activation: as calculus has it, or as pictures of networks want it."""

from __future__ import annotations

import numpy as np

from imgkernels.nn.activations import Activation, Relu
from imgkernels.nn.layer import Memo
from imgkernels.values import Floats


def through(function: Activation, grad: Floats, y: Floats, memo: Memo) -> Floats:
    """Return the gradient before an activation, by the memo's rule; may write into `grad`.

    "relu" (a deconvolution) lets positive gradients through a ReLU, "guided" those of them where
    its input was positive too. Sources: Zeiler and Fergus, Visualizing and understanding
    convolutional networks, 2014; Springenberg et al., Striving for simplicity, 2015.
    """
    if memo.rule != "vanilla" and isinstance(function, Relu):
        np.maximum(grad, 0, out=grad)
        if memo.rule == "relu":
            return grad
    return function.backward(grad, y, memo.kept.get("sums"))
