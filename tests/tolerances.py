"""How far answers may lie apart, by dtype: the numbers of the contract, and nowhere else.

From the design, part 3.1, Values: two methods may differ by 1e-5 relative in float32, by 1e-10 in
float64, and by one level on at most one pixel in a thousand in 8-bit integers, one in a hundred in
16-bit ones. Relative means: to the sum of the taps' sizes times the largest value.
"""

import numpy as np

# float16 holds 11 bits, so half a unit in its last place is 2**-11; sums are made in float32.
RELATIVE = {"float16": 2**-11 + 1e-5, "float32": 1e-5, "float64": 1e-10}

# The share of pixels that may be one level off. 32 and 64 bits are computed in float64, where only
# exact halves can round either way (reliability.md, row 33).
SHARE = {"uint8": 1e-3, "int8": 1e-3, "uint16": 1e-2, "int16": 1e-2, "uint32": 0.0, "int32": 0.0}


def scale(taps, x, value=0.0):
    """What a difference is relative to."""
    finite = np.abs(x[np.isfinite(x)].astype(np.float64))
    return np.abs(taps).sum() * max(finite.max(initial=0.0), abs(value))


def assert_floats(got, want, size, dtype=None):
    """Assert that floats agree to the tolerance of `dtype`, and not finite values exactly."""
    assert got.shape == want.shape
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[~finite], want[~finite])
    off = np.abs(got[finite].astype(np.float64) - want[finite])
    limit = RELATIVE[dtype or got.dtype.name] * size
    assert off.max(initial=0.0) <= limit, f"{off.max():.3g} apart, {limit:.3g} allowed"


def halves(exact):
    """Where an answer lies so near to the middle of two levels that it may round either way."""
    return (
        np.abs(np.abs(exact - np.floor(exact)) - 0.5) <= RELATIVE["float64"] * np.abs(exact) + 1e-12
    )


def assert_levels(got, want, exact=None):
    """Assert that integers of one dtype agree to a level, and to none on nearly all pixels.

    `exact` are the unrounded answers; pixels at exact halves then do not count.
    """
    assert got.shape == want.shape and got.dtype == want.dtype
    off = np.where(got > want, got - want, want - got)
    assert off.max(initial=0) <= 1, f"{off.max()} levels apart"
    counted = off if exact is None else off[~halves(exact)]
    share = np.count_nonzero(counted) / max(off.size, 1)
    assert share <= SHARE[got.dtype.name], f"{share:.2%} of the pixels are off by one"
