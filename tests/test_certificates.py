"""Every entry has a certificate, and passes it: by default, and with parameters drawn."""

import os
import subprocess
import sys
import zlib

import numpy as np
import pytest

import imgkernels as ik
from imgkernels.errors import ImgkernelsError
from imgkernels.operations import Frame

ENTRIES = ik.catalogue()
IDS = [entry.name for entry in ENTRIES]
DRAWS = int(os.environ.get("IMGKERNELS_DRAWS", "6"))  # a nightly run takes more
DEPTHS = (np.uint8, np.uint16, np.float64)


def needed(entry):
    return {k.name: k.check(k.sample) for k in entry.params if k.required}


def drawn(knob, rng):
    """A value in the range of a parameter, not so wide that checking it takes seconds."""
    p = knob.param
    if knob.optional and rng.random() < 0.5:
        return None
    if knob.kind == "choice":
        return str(rng.choice(knob.choices))
    if knob.kind == "switch":
        return bool(rng.integers(2))
    if knob.kind == "kernel":
        return ik.Kernel(rng.integers(-9, 10, (3, 5)))
    low = p.least if p.least is not None else p.above if p.above is not None else -10.0
    high = min(x for x in (p.most, p.below, max(low, 1) * 12) if x is not None)
    if knob.kind == "whole":
        value = int(rng.integers(int(low), int(high) + 1))
        return value - 1 + value % 2 if p.odd and value > low else value | 1 if p.odd else value
    return float(round(low + (high - low) * max(rng.random(), 0.05), 3))


def settings(entry):
    """Parameters of an entry: its defaults, and some that are drawn and keep its rules."""
    yield needed(entry)
    rng = np.random.default_rng(zlib.crc32(entry.name.encode()))
    found = 0
    for _ in range(20 * DRAWS):
        given = {knob.name: drawn(knob, rng) for knob in entry.params}
        try:
            entry.operation(None, **given)
        except ImgkernelsError:
            continue  # a rule between parameters
        yield given
        found += 1
        if found == DRAWS or not entry.params:
            return


def frames(entry):
    for ndim in entry.ndims:
        for dtype in DEPTHS:
            yield Frame(ndim=ndim, dtype=np.dtype(dtype))


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_it_says_whom_to_cite_or_why_nobody_and_what_it_computes(entry):
    assert bool(entry.sources) != bool(entry.unsourced)
    assert entry.formula
    for source in entry.sources:
        assert source.authors and source.title and 1800 < source.year < 2100
        assert source.link == "" or source.link.startswith("https://")


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_its_claims_hold_with_parameters_drawn_from_their_ranges(entry):
    for given in settings(entry):
        certificate = entry.certificate(**given)
        assert len(certificate.verdicts) >= 2, "its family's law, and one of its own"
        wrong = [(v.law, v.broken) for v in certificate.verdicts if not v.holds]
        assert not wrong, f"{entry.name} {given}"


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_its_claims_hold_on_every_number_of_axes_and_depth(entry):
    for frame in frames(entry):
        given = needed(entry)
        if "kernel" in given:
            given["kernel"] = ik.Kernel(np.arange(3**frame.ndim).reshape((3,) * frame.ndim))
        wrong = [(v.law, v.broken) for v in entry.certificate(frame, **given).verdicts if v.broken]
        assert not wrong, f"{entry.name} on {frame}"


def test_a_law_that_does_not_hold_is_said():
    entry = ik.get("sobel-x")
    assert entry.certificate(ksize=5).holds
    laws = entry.laws(ksize=3)
    broken = [law.broken(entry.case(ksize=5)) for law in laws]
    assert any("128" in text or "not 8" in text for text in broken), broken


FIRST = [e.name for e in ENTRIES if any(k.name == "gain" for k in e.params)]
Y, X = np.mgrid[:64, :64].astype(float) - 20


def inner(image):
    return image[18:-18, 18:-18]


@pytest.mark.parametrize("name", [n for n in FIRST if n.endswith("-x")])
def test_unit_gain_is_the_true_derivative_on_a_ramp_and_on_a_parabola(name):
    slope, due = 0.7 * X + 0.2 * Y + 3, {"x": (0.7, X), "y": (0.2, Y)}
    bent = X**2 / 2 + Y**2 / 2
    for other in ("x", "y"):
        entry = f"{name[:-1]}{other}"
        constant, linear = due[other]
        if name.startswith("roberts"):
            # Along a diagonal, half a pixel up and left of the pixel.
            up, left = (-1, -1) if other == "x" else (-1, 1)
            constant = (up * 0.2 + left * 0.7) / np.sqrt(2)
            linear = (up * (Y - 0.5) + left * (X - 0.5)) / np.sqrt(2)
        found = inner(ik.apply(slope, entry, gain="unit"))
        np.testing.assert_allclose(found, constant, atol=1e-9)
        np.testing.assert_allclose(
            inner(ik.apply(bent, entry, gain="unit")), inner(linear), atol=1e-9
        )


@pytest.mark.parametrize("name", ["sobel", "prewitt", "scharr", "farid", "rotation-invariant"])
def test_unit_gain_is_the_true_steepness_on_a_ramp_and_on_a_parabola(name):
    unit = {"gain": "unit"} if name != "rotation-invariant" else {}
    np.testing.assert_allclose(inner(ik.apply(0.3 * X - 0.4 * Y, name, **unit)), 0.5, atol=1e-9)
    bent = ik.apply(X**2 / 2 + Y**2 / 2, name, **unit)
    np.testing.assert_allclose(inner(bent), inner(np.hypot(X, Y)), atol=1e-8)


@pytest.mark.parametrize(
    "name", ["laplacian", "laplacian-alpha", "laplacian-box", "laplacian-table", "log"]
)
def test_a_laplacian_is_the_true_one_on_a_parabola_and_0_on_a_ramp(name):
    unit = {"gain": "unit"} if name in FIRST else {}
    np.testing.assert_allclose(inner(ik.apply(0.3 * X - 0.4 * Y, name, **unit)), 0, atol=1e-8)
    bent = ik.apply(X**2 / 2 + Y**2, name, **unit)
    np.testing.assert_allclose(inner(bent), 3, atol=1e-7)


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_its_kernels_vanish_below_their_order_and_not_at_it(entry):
    """What the order says, summed plainly, up to degree 4 on every kernel of the entry."""
    for kernel in entry.kernels(**needed(entry)):
        y, x = np.indices(kernel.taps.shape) - np.reshape(kernel.anchor, (-1, 1, 1))
        reach = max(kernel.shape)
        sizes = [
            max(abs((kernel.taps * y**a * x ** (n - a)).sum()) for a in range(n + 1))
            / (np.abs(kernel.taps).sum() * reach**n)
            for n in range(5)
        ]
        below, at = sizes[: kernel.order], sizes[kernel.order : kernel.order + 1]
        assert max(below, default=0) < 1e-9
        assert min(at, default=1) > 1e-9


def test_a_certificate_is_computed_when_asked_for_and_not_before():
    code = "import sys, imgkernels as ik; ik.apply([[1.0]], 'blur'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    late = {"law.law", "law.of_kernels", "examination", "symmetry", "doubts", "certificate"}
    assert not set(done.stdout.split()) & {f"imgkernels.{name}" for name in late}
