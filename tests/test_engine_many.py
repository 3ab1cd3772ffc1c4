"""Thousands of random cases: every method against the nested loops, and against the others.

5,000 cases in the test run, 200,000 with IMGKERNELS_NIGHTLY=1; how many of them each method took is
printed (`-rP` shows it). Small images are held against
reference.py; wide ones, which fill the vectors of a processor, against one product of matrices in
float64 (which is one of the methods that the small ones are held against).
"""

import os
from collections import Counter

import numpy as np
import pytest
from engine_cases import KINDS, NAMES, able, anchored, noise
from reference import correlate as slow
from tolerances import SHARE, assert_floats, halves, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.methods import method_named
from imgkernels.engine.problem import EXTENTS
from imgkernels.values import SUPPORTED, saturate

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
PARTS = 10
CASES = (200_000 if NIGHTLY else 5_000) // PARTS
CENTRED = 20  # cases more
WIDE = 12  # one case of so many is wide
COMMON = ("uint8", "uint16", "int16", "float32")  # half of the cases: what pictures are made of
LAYOUTS = {
    "plain": lambda x: x,
    "fortran": np.asfortranarray,
    "turned": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "every second": lambda x: np.repeat(x, 2, axis=1)[:, ::2] if x.ndim > 1 else x,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


def drawn(rng, names):
    return names[rng.integers(len(names))]


class Case:
    """One random problem with its exact answer."""

    def __init__(self, rng):
        self.wide = rng.integers(WIDE) == 0
        ndim = int(rng.integers(1, 4))
        dtype = drawn(rng, COMMON if rng.random() < 0.5 else SUPPORTED)
        most = (60, 30, 6) if self.wide else (5, 5, 3)
        space = [int(rng.integers(1, n + 1)) for n in most[3 - ndim :]]
        if self.wide:
            space[-1] = int(rng.integers(30, 140))
        channels = drawn(rng, [(), (1,), (2,), (3,), (4,)])
        self.x = drawn(rng, list(LAYOUTS.values()))(
            noise((*space, *channels), dtype, int(rng.integers(2**32)))
        )
        reach = (9, 7, 3)[ndim - 1] if self.wide else (7, 4, 3)[ndim - 1]
        shape = tuple(int(rng.integers(1, reach + 1)) for _ in range(ndim))
        kernel = KINDS[drawn(rng, sorted(KINDS))](shape, rng)
        self.kernel = anchored(kernel, tuple(int(rng.integers(n)) for n in shape))
        self.options = {
            "border": drawn(rng, list(Border)),
            "border_value": drawn(rng, [0.0, 0.0, 3.0, -1.25]),
            "extent": drawn(rng, EXTENTS),
            "stride": tuple(int(n) for n in rng.choice([1, 1, 1, 2, 3], ndim)),
            "dilation": tuple(int(n) for n in rng.choice([1, 1, 1, 2, 3], ndim)),
        }
        if self.x.dtype.kind == "f" and rng.random() < 0.4:
            self._spoil(rng)

    def _spoil(self, rng):
        self.x = self.x.copy()
        for bad in rng.choice([np.nan, np.nan, np.inf, -np.inf], int(rng.integers(1, 4))):
            self.x[tuple(int(rng.integers(n)) for n in self.x.shape)] = bad

    def exact(self):
        with np.errstate(invalid="ignore"):
            if self.wide:
                # What is 64 bits wide is computed in float64 too.
                wide = self.x.astype(np.float64)
                return ik.correlate(wide, self.kernel, method="im2col", **self.options)
            options = {**self.options, "value": self.options["border_value"]}
            del options["border_value"]
            pixels = self.x.astype(np.float64)
            return slow(pixels, self.kernel.taps, self.kernel.anchor, **options)

    def __str__(self):
        return f"{self.x.shape} {self.x.dtype} {self.kernel!r} {self.options}"


def centred(rng):
    """A case of two axes whose kernel is a product but for the tap on the pixel itself."""
    case = Case(rng)
    while case.kernel.ndim != 2 or case.options["extent"] != "same":
        case = Case(rng)
    taps, anchor = np.outer(*(rng.normal(size=n) for n in case.kernel.shape)), case.kernel.anchor
    taps[anchor] += 1
    case.kernel = ik.Kernel(taps, anchor)
    return case


@pytest.mark.parametrize("part", range(PARTS))
def test_every_method_says_what_the_loops_say(part):
    rng, seen, off, tried = np.random.default_rng(part), Counter(), Counter(), Counter()
    for number in range(CASES + CENTRED):
        case = Case(rng) if number < CASES else centred(rng)
        exact = case.exact()
        native = case.x.dtype.newbyteorder("=")
        for name in able(case.x, case.kernel, **case.options):
            got = ik.correlate(case.x, case.kernel, method=name, **case.options)
            assert got.dtype == native and got.shape == exact.shape, f"{name}: {case}"
            try:
                off[name, native.name] += apart(got, exact, case)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}\n{case}") from None
            seen[name, native.name] += got.size
            tried[name] += 1
    print(f"{CASES:,} cases:", ", ".join(f"{name} {n:,}" for name, n in tried.most_common()))
    there = {name for name in NAMES if method_named(name).missing() is None}
    assert {name for name, _ in seen} == there
    for (name, dtype), wrong in off.items():
        share = SHARE.get(dtype, 0.0)
        assert wrong <= share * seen[name, dtype] + 1, f"{name} {dtype}: {wrong} a level off"


def apart(got, exact, case):
    """Assert that an answer is within the contract; return how many integers are a level off."""
    if got.dtype.kind == "f":
        assert_floats(got, exact, scale(case.kernel.taps, case.x, case.options["border_value"]))
        return 0
    due = saturate(exact, got.dtype)
    if got.dtype.itemsize == 8:  # float64 holds 53 of 64 bits
        size = scale(case.kernel.taps, case.x, case.options["border_value"])
        wrong = np.abs(got.astype(np.float64) - due.astype(np.float64))
        assert wrong.max(initial=0.0) <= 1e-10 * size + 1, f"{wrong.max()} levels apart"
        return 0
    wrong = np.abs(got.astype(np.int64) - due.astype(np.int64))
    assert wrong.max(initial=0) <= 1, f"{wrong.max()} levels apart"
    return int(np.count_nonzero(wrong[~halves(exact)]))
