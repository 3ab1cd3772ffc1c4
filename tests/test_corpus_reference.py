"""Every case of the reference corpus, through our public API, within the tolerance it states."""

import functools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from corpus_adapters import ADAPTERS, OUT_OF_SCOPE, out_of_scope

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "reference"
if not CORPUS.is_dir():
    pytest.skip("the reference corpus is not beside this checkout", allow_module_level=True)

CASES = {case["id"]: case for case in json.loads((CORPUS / "cases.json").read_text())}
UPSTREAM_RTOL = {"float64": 6e-8, "float32": 1.4e-3}  # what upstream's "4*sqrt(eps)" comes to


@functools.cache
def arrays(name):
    return np.load(CORPUS / name, allow_pickle=False)


def value_of(stored):
    """An argument as it was passed: an array, a dtype, a buffer to fill, or what JSON says."""
    if not isinstance(stored, dict):
        return stored
    if "array" in stored:
        name, key = stored["array"].split(":")
        return arrays(name)[key]
    if stored.keys() == {"dtype", "shape"}:
        return np.zeros(stored["shape"], stored["dtype"])
    return np.dtype(stored["dtype"]) if stored.keys() == {"dtype"} else stored


def arguments(case):
    return {name: value_of(stored) for name, stored in case["args"].items()}


def limits(tolerance, dtype):
    """Relative and absolute tolerance of a case."""
    known = {"exact", "max_abs_diff", "atol", "rtol", "decimal", "equal_nan"}
    assert tolerance.keys() <= known, f"unknown tolerance {tolerance}"
    rtol = tolerance.get("rtol", 0.0)
    if isinstance(rtol, str):
        rtol = UPSTREAM_RTOL.get(dtype.name, UPSTREAM_RTOL["float64"])
    return rtol, tolerance.get("atol", tolerance.get("max_abs_diff", 0.0))


def replay(case):
    """Run a case and compare; a single expected number stands for every pixel."""
    want = np.asarray(value_of(case["expected"]))
    got = np.asarray(ADAPTERS[case["op"]](**arguments(case)))
    assert want.shape in (got.shape, ())
    rtol, atol = limits(case["tolerance"], want.dtype)
    if case["tolerance"].get("exact"):
        np.testing.assert_array_equal(got, want)
    else:
        wide = np.clongdouble if want.dtype.kind == "c" else np.longdouble
        np.testing.assert_allclose(got.astype(wide), want.astype(wide), rtol=rtol, atol=atol)


@functools.cache
def verdict(key):
    """ "replayed", or why not: the reason from the table, or what went wrong."""
    case = CASES[key]
    reason = out_of_scope(case["op"], arguments(case))
    if reason is not None:
        return reason
    try:
        replay(case)
    except Exception as error:  # noqa: BLE001 (whatever it is, the case did not pass)
        return f"FAILED: {type(error).__name__}: {error}"
    return "replayed"


@pytest.mark.parametrize("key", CASES)
def test_the_case_is_answered_as_upstream_does(key):
    said = verdict(key)
    if said in OUT_OF_SCOPE.values():
        pytest.skip(said)
    assert said == "replayed", said


def table():
    """How many cases of each operation were replayed, and why the others were not."""
    rows = Counter((case["op"], verdict(key).splitlines()[0]) for key, case in CASES.items())
    return "\n".join(f"{n:5}  {op:45} {said}" for (op, said), n in sorted(rows.items()))


def test_every_operation_is_adapted_or_out_of_scope_for_a_reason():
    assert {case["op"] for case in CASES.values()} <= ADAPTERS.keys() | OUT_OF_SCOPE.keys()
    assert all(len(reason) > 10 for reason in OUT_OF_SCOPE.values())


# What was reached on the third of the collection that was there; of a larger one the same may be
# expected, give or take what the draw has of complex numbers and of statistics in margins.
REACHED = {453: 431}
LEAST_SHARE = 0.93


def test_the_share_that_is_replayed_does_not_shrink():
    replayed = sum(verdict(key) == "replayed" for key in CASES)
    least = REACHED.get(len(CASES), LEAST_SHARE * len(CASES))
    assert replayed >= least, f"{replayed} of {len(CASES)} replayed, {least} expected\n{table()}"


def test_an_unknown_argument_is_refused():
    for op, adapter in ADAPTERS.items():
        with pytest.raises(TypeError):
            adapter(surely_not_an_argument=1), op
