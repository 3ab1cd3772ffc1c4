"""GEGL's own operations, for the dialect named gimp."""

import peers_gegl
from dialect_cases import Call, Refused
from peers_gegl import gegl

MISSING = peers_gegl.MISSING


def gaussian(sigma):
    deviations = (f"std-dev-x={sigma}", f"std-dev-y={sigma}")
    return lambda x, border: gegl(x, "gegl:gaussian-blur", "filter=fir", *deviations)


def ranked(size, percent):
    words = ("neighborhood=square", f"radius={size // 2}", f"percentile={percent}")

    def ask(x, border):
        if x.shape[1] == 1 < x.shape[0]:
            raise Refused  # of columns of one pixel 0.4 ranks the window one row above
        return gegl(x, "gegl:median-blur", *words, "high-precision=true")

    return ask


DEPTHS = ("uint8", "uint16")

CALLS = [
    *(
        Call("blur", {"sigma": s}, gaussian(s), DEPTHS, within=(1.0, 0.25))
        for s in (0.5, 1.3, 2.0, 3.3)
    ),
    *(Call("median", {"size": n}, ranked(n, 50), DEPTHS) for n in (3, 7)),
    Call("minimum", {"size": 3}, ranked(3, 0), DEPTHS),
    Call("maximum", {"size": 5}, ranked(5, 100), DEPTHS),
    Call("percentile", {"percent": 30.0, "size": 3}, ranked(3, 30), DEPTHS),
]
