"""What dialects are held against: pictures, sizes, depths, and the libraries' own calls.

A library's calls stand in `dialect_LIBRARY.py` as a list of `Call`; `Call.ask` is given a picture
and a border and returns what the library returns, in units of the input. The tests, and the table
of the README, are made from these lists.
"""

import functools
import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import imgkernels as ik
from imgkernels import dialect, resources
from imgkernels.operations import Frame
from imgkernels.rule import Rule
from imgkernels.step import Step

KEPT = Path(__file__).with_name("dialect_figures.json")
DTYPES = ("uint8", "uint16", "float32", "float64")


@dataclass(frozen=True)
class Call:
    """One of our filters with parameters, and the call of a library that it is to equal."""

    filter: str
    params: dict
    ask: Callable  # (x, border) -> what the library answers
    dtypes: tuple[str, ...] = DTYPES
    options: dict = field(default_factory=dict)  # of ours, beside the parameters: dtype, range
    within: tuple[float, float] = (0.0, 0.0)  # levels that 8 bits may be apart, on which share

    def stored(self, dtype):
        """The dtype of the answer for images of a dtype."""
        return self.options.get("dtype", dtype)

    def __str__(self):
        words = {**self.params, **self.options}.items()
        return f"{self.filter}({', '.join(f'{k}={v}' for k, v in words)})"


@dataclass(frozen=True)
class Apart:
    """How far two answers lie apart: in levels for integers; in floats as a share of what the taps
    can make of white."""

    most: float
    share: float
    where: str

    def text(self, dtype):
        return f"{self.most:.3g} {'levels' if dtype[0] in 'ui' else 'of white'}, {self.share:.2%}"


def as_dtype(x, dtype):
    """A picture of shares of white in a dtype."""
    if np.dtype(dtype).kind == "f":
        return x.astype(dtype)
    return np.rint(x * np.iinfo(dtype).max).astype(dtype)


@functools.cache
def pictures(dtype):
    """Photograph, noise, impulse and step, of odd and even sizes down to a single pixel."""
    rng = np.random.default_rng(2026)
    photo = ik.read(resources.folder("samples") / "camera.png").pixels / 255
    colour = ik.read(resources.folder("samples") / "chelsea.png").pixels / 255
    impulse, step = np.zeros((25, 21)), np.zeros((24, 33))
    impulse[12, 10], step[:, 16:] = 1.0, 1.0
    found = {
        "photograph": photo[100:197, 60:191],
        "colour photograph": colour[80:151, 100:163],
        "noise": rng.random((40, 31)),
        "impulse": impulse,
        "step": step,
        "a row": rng.random((1, 17)),
        "a column": rng.random((19, 1)),
        "2 x 2": rng.random((2, 2)),
        "a pixel": rng.random((1, 1)),
    }
    return {name: as_dtype(x, dtype) for name, x in found.items()}


def borders(name, call):
    """The borders that the rule says the call has, its default as None."""
    return (None, *rule_of(name, call).borders)


def rule_of(name, call) -> Rule:
    return dialect.get(name).rule(call.filter)


# Programs that start anew for each picture, and what they are shown.
SLOW = {"gimp": ("noise", "colour photograph"), "imagemagick": ("noise", "impulse", "2 x 2")}
NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))


def every(name, call, dtype):
    """Every picture with every border."""
    return itertools.product(pictures(dtype), borders(name, call))


def some(name, call, dtype):
    """Every picture, each with one of the borders in turn, and so every border; or every pair.

    `IMGKERNELS_NIGHTLY=1` asks for every pair; slow programs see a few pictures else.
    """
    if NIGHTLY:
        return every(name, call, dtype)
    if name in SLOW:
        return [(title, None) for title in SLOW[name]]
    turn = DTYPES.index(dtype) if dtype in DTYPES else 0
    kinds = borders(name, call)
    return [(t, kinds[(n + turn) % len(kinds)]) for n, t in enumerate(pictures(dtype))]


def apart(name, call, dtype, cases=every):
    """The worst difference over pictures and borders."""
    worst = Apart(0.0, 0.0, "nowhere")
    for title, border in cases(name, call, dtype):
        found = compared(name, call, pictures(dtype)[title], border)
        if found is not None and found > (worst.most, worst.share):
            worst = Apart(*found, f"{title}, border {border or 'of the library'}")
    return worst


def kept():
    """What was measured when the table of the README was made: by library and dtype."""
    return json.loads(KEPT.read_text("utf-8"))["libraries"]


def compared(name, call, x, border):
    """The largest difference and the share of pixels that differ; None where neither can do it."""
    try:
        due = np.asarray(call.ask(x, border))
    except Refused:
        return None
    given = {} if border is None else {"border": border}
    got = ik.apply(x, call.filter, **call.params, **call.options, **given, like=name)
    assert got.shape == due.shape, f"{call}: {got.shape} is no {due.shape}"
    assert (np.isnan(got) == np.isnan(due)).all()
    off = np.abs(got.astype(np.longdouble) - due.astype(np.longdouble))
    unit = 1.0 if got.dtype.kind in "ui" else ik.Image.of(x).white * gain_of(name, call, x)
    return float(off.max(initial=0) / unit), float((off > 0).mean())


def gain_of(name, call, x):
    """What the taps can make of white, 1 at least: the last bit of a sum is as large as that."""
    picture = ik.Image.of(x)
    params = dict(Step.of(call.filter, call.params).params)
    made = dialect.get(name).operation(call.filter, params, Frame(picture.ndim, x.dtype))
    sizes = [np.abs(kernel.taps).sum() for kernel in made.kernels]
    return max([1.0, *sizes])


def displayed(y, dtype, name):
    """Floats in the units of a picture, shown as our filter says where its dtype has no sign."""
    if np.dtype(dtype).kind != "u":
        return y
    y = np.abs(y) if ik.get(name).range is ik.Range.ABS else y
    return np.rint(y.astype(np.float64).clip(0, np.iinfo(dtype).max)).astype(dtype)


class Refused(Exception):
    """The library itself refuses this picture with this border."""
