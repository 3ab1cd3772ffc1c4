"""The digits that travel with the package: the first 500 of each class of MNIST's training."""

from __future__ import annotations

from imgkernels import resources
from imgkernels.nn.data.dataset import Dataset
from imgkernels.nn.data.npz import read_npz


def digits() -> Dataset:
    """Return 5,000 handwritten digits, 28 x 28, 500 of each class, in MNIST's order.

    Source: Yann LeCun, Corinna Cortes, Christopher Burges, "The MNIST database" (CC BY-SA 3.0).

    >>> digits().images.shape
    (5000, 28, 28, 1)
    """
    found = read_npz(resources.folder("samples") / "digits.npz")
    assert isinstance(found, Dataset)  # images and labels are its names
    return found
