"""GEGL's own words, for the dialect of GIMP."""

import numpy as np
import peers_gegl
from dialect_cases import Call, Refused
from peers_gegl import gegl

MISSING = peers_gegl.MISSING
BOTH = ("uint8", "uint16")
ONE = (1.0, 0.25)  # GEGL sums in float32; one of the four pixels of 2 x 2
TAPS = np.array([[1.5, -0.25, 3.0], [0.0, 2.125, -1.0], [0.3, 0.7, -2.2]])
WIDE = np.random.default_rng(9).normal(size=(5, 5)).round(3)


def said(*words):
    return lambda x, border: gegl(x, *words)


def blur(sigma, sigma_y=None):
    widths = f"std-dev-x={sigma}", f"std-dev-y={sigma if sigma_y is None else sigma_y}"
    return said("gegl:gaussian-blur", *widths, "filter=fir", "abyss-policy=clamp")


def matrix(taps, divisor=1.0, offset=0.0):
    """Letters are columns and numbers are rows."""
    edge = (5 - len(taps)) // 2
    full = np.pad(taps, edge)
    cells = [f"{'abcde'[x]}{y + 1}={full[y, x]}" for y in range(5) for x in range(5)]
    more = (f"divisor={divisor}", f"offset={offset}", "normalize=false", "alpha-weight=false")
    return said("gegl:convolution-matrix", *cells, *more, "border=clamp")


def ranked(size, percent):
    words = ("neighborhood=square", f"radius={size // 2}", f"percentile={float(percent)}")

    def ask(x, border):
        if x.shape[1] == 1 < x.shape[0]:
            raise Refused  # of columns of one pixel 0.4 ranks the window one row above
        return gegl(x, "gegl:median-blur", *words, "high-precision=true")

    return ask


def call(filter, ask, **params):
    return Call(filter, params, ask, BOTH, within=ONE)


def rank(filter, size, place, **params):
    return Call(filter, {"size": size, **params}, ranked(size, place), BOTH)


CALLS = [
    *(call("blur", blur(s), sigma=s) for s in (0.5, 0.8, 2.0, 6.0)),
    call("blur", blur(1.5, 4.0), sigma=1.5, sigma_y=4.0),
    *(call("box-blur", said("gegl:box-blur", f"radius={n // 2}"), size=n) for n in (3, 5, 9)),
    call("custom", matrix(TAPS), kernel=TAPS),
    call("custom", matrix(TAPS, float(TAPS.sum())), kernel=TAPS, normalize=True),
    call("custom", matrix(WIDE, 1.0, 0.2), kernel=WIDE, offset=0.2),
    *(rank("median", n, 50) for n in (1, 3, 7)),
    rank("minimum", 5, 0),
    rank("maximum", 3, 100),
    rank("percentile", 3, 30, percent=30.0),
]
