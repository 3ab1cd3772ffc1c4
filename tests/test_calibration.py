"""Calibration: factors change choices; a file that cannot be believed changes none."""

import json
import math
import os

import numpy as np
import pytest

import imgkernels as ik
from imgkernels.bench import calibrate, probing
from imgkernels.engine import calibration, plan_for
from imgkernels.engine.machine import identity
from imgkernels.engine.methods import METHODS


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Write a calibration where this process reads it; plans made before are forgotten."""

    def write(text):
        place = tmp_path / "calibration.json"
        if isinstance(text, str | bytes):
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv(calibration.VARIABLE, str(place))
        _forget()
        return place

    yield write
    monkeypatch.undo()
    _forget()


def _forget():
    calibration.current.cache_clear()
    plan_for.cache_clear()


def table(factors, **more):
    found = {"format": calibration.FORMAT, "date": "2026-11-24T00:00:00+00:00"}
    return json.dumps({**found, "machine": identity(), "factors": factors, **more})


def asked():
    return ik.plan((200, 200), ik.kernels.gaussian(1.0), dtype="float32")


def test_a_calibration_changes_the_choice_and_the_plan_says_so(kept):
    kept(None)
    shipped = asked()
    assert shipped.considered[0].method == shipped.method
    assert "costs      shipped\n" in str(shipped)
    regime = calibration.regime(shipped.problem)
    slow = {shipped.method: {regime: {"40000": [[3, 90.0]]}}}
    kept(table(slow))
    found = asked()
    assert found.method != shipped.method
    assert "calibrated on this machine 2026-11-24" in str(found)
    was, now = (_seconds(plan, shipped.method) for plan in (shipped, found))
    assert now == pytest.approx(90 * was)
    assert str(asked()) == str(found)  # and stays


def _seconds(plan, method):
    return next(c.seconds for c in plan.considered if c.method == method)


def test_factors_lie_between_what_was_measured():
    problem = asked().problem
    name = calibration.regime(problem)
    surface = {100: ((3.0, 1.0), (27.0, 4.0)), 40_000_000: ((9.0, 16.0),)}
    found = calibration.Calibration({"direct": {name: surface}})
    assert problem.window == (9, 9)
    small = math.log(40_000 / 100) / math.log(400_000)
    assert found.factor("direct", problem) == pytest.approx(2 * 8**small)
    assert found.factor("im2col", problem) == 1.0
    other = ik.plan((5, 5), ik.kernels.gaussian(1.0), dtype="uint8").problem
    assert found.factor("direct", other) == pytest.approx((1 * 4 * 16) ** (1 / 3))


def test_regimes_tell_apart_what_costs_apart():
    problems = [
        ik.plan(shape, kernel, dtype=dtype).problem
        for dtype in ("uint8", "float32")
        for shape, kernel in [
            ((9, 9), ik.kernels.box(3)), ((9, 9), ik.kernels.gaussian(1.0)),
            ((9, 9), ik.kernels.laplacian()), ((9, 9, 3), ik.kernels.laplacian()),
            ((9, 9, 9), ik.kernels.gaussian(1.0, ndim=3)),
        ]
    ]  # fmt: skip
    assert len({calibration.regime(problem) for problem in problems}) == len(problems)


DEEP = "[" * 100_000
BROKEN = {
    "nothing": "",
    "no json": "{",
    "no utf-8": b"\xff\xfe\x00",
    "a list": "[]",
    "too deep": DEEP,
    "another format": table({}, format=99),
    "no factors": json.dumps({"format": 1, "machine": identity()}),
    "factors are text": table("no"),
    "regimes are a list": table({"direct": []}),
    "surface is a number": table({"direct": {"x": 3}}),
    "size is no number": table({"direct": {"x": {"a": [[3, 1.0]]}}}),
    "empty surface": table({"direct": {"x": {}}}),
    "empty curve": table({"direct": {"x": {"9": []}}}),
    "not a number": table({"direct": {"x": {"9": [[3, math.nan]]}}}),
    "infinity": table({"direct": {"x": {"9": [[3, math.inf]]}}}),
    "huge number": table({"direct": {"x": {"9": [[3, 10**400]]}}}),
    "zero": table({"direct": {"x": {"9": [[3, 0.0]]}}}),
    "below zero": table({"direct": {"x": {"9": [[3, -1.0]]}}}),
    "windows fall": table({"direct": {"x": {"9": [[5, 1.0], [3, 1.0]]}}}),
    "windows twice": table({"direct": {"x": {"9": [[3, 1.0], [3, 2.0]]}}}),
    "window of 0": table({"direct": {"x": {"9": [[0, 1.0]]}}}),
    "points of three": table({"direct": {"x": {"9": [[3, 1.0, 2.0]]}}}),
    "another cpu": table({}, machine={**identity(), "cpu": "abacus"}),
    "another version": table({}, machine={**identity(), "numpy": "0.1"}),
    "no machine": table({}, machine=None),
    "machine is a list": table({}, machine=["x"] * 3),
    "too large": " " * (calibration.MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_believed_is_ignored_and_said(kept, name, cli):
    shipped = asked().considered
    kept(BROKEN[name])
    found = asked()
    assert found.considered == shipped
    assert "shipped; calibration.json" in str(found) and "ignored" in str(found)
    _, out, _ = cli("doctor")
    assert "costs     shipped; calibration.json" in out
    assert "Traceback" not in out


def test_what_is_no_file_is_ignored(kept, tmp_path, monkeypatch):
    kept(None).mkdir()
    assert "is no file" in str(asked())
    os.mkfifo(pipe := tmp_path / "pipe")
    for value, said in [(str(pipe), "is no file"), ("off", "is off"), ("a\0b", "shipped")]:
        # A process cannot have a null character in its environment, but a test can ask.
        monkeypatch.setattr(os, "environ", {**os.environ, calibration.VARIABLE: value})
        _forget()
        assert said in str(asked())


@pytest.mark.parametrize(
    ("platform", "variables", "end"),
    [
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/imgkernels/calibration.json"),
        ("linux", {"XDG_CACHE_HOME": "caches"}, "/home/me/.cache/imgkernels/calibration.json"),
        ("linux", {}, "/home/me/.cache/imgkernels/calibration.json"),
        ("darwin", {}, "/home/me/Library/Caches/imgkernels/calibration.json"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/imgkernels/calibration.json"),
        ("win32", {}, "/home/me/AppData/Local/imgkernels/calibration.json"),
    ],
)
def test_it_is_kept_where_the_platform_keeps_such_things(monkeypatch, platform, variables, end):
    monkeypatch.setattr(os, "environ", {"HOME": "/home/me", **variables})
    monkeypatch.setattr(calibration.sys, "platform", platform)
    assert str(calibration.path()) == end


def fake_clock(problem, methods):
    """A machine on which each method takes three times its estimate, and one of them thirty."""
    first = METHODS[0].name
    return {m.name: m.cost(problem) * (30 if m.name == first else 3) for m in methods}


def test_what_is_measured_is_kept_and_read_again(kept, monkeypatch):
    kept(None)
    few = [p for p in calibrate.probes() if p.channels == 1 and p.dtype == np.float32]
    monkeypatch.setattr(calibrate, "probes", lambda: iter(few))
    numbers = []
    place = calibrate.write(calibrate.measured(numbers.append, fake_clock))
    assert numbers == list(range(1, len(few) + 1))
    _forget()
    found = calibration.current()
    assert "calibrated" in found.origin and place.exists()
    for problem in few:
        for method in probing.fitting(problem):
            if method.name in found.factors:
                wanted = 30 if method is METHODS[0] else 3
                assert found.factor(method.name, problem) == pytest.approx(wanted, rel=1e-3)


def test_a_measurement_that_cannot_be_is_left_out(kept, monkeypatch):
    kept(None)
    few = list(calibrate.probes())[:2]
    monkeypatch.setattr(calibrate, "probes", lambda: iter(few))
    wild = iter([1e9] * 3)

    def clock(problem, methods):
        return {m.name: m.cost(problem) * next(wild, 2.0) for m in methods}

    calibrate.write(calibrate.measured(lambda number: None, clock))
    _forget()
    found = calibration.current()
    assert "calibrated" in found.origin
    assert all(calibration._mean(s) == pytest.approx(2.0) for s in found.factors.values() if s)


def test_the_probes_reach_every_method_there_is():
    reached = {m.name for problem in calibrate.probes() for m in probing.fitting(problem)}
    assert reached == {m.name for m in METHODS if m.missing() is None}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_a_process_held_to_one_core_plans_as_a_free_one():
    free, allowed = identity(), os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert identity() == free
    finally:
        os.sched_setaffinity(0, allowed)


def test_writing_says_what_is_in_the_way(monkeypatch, tmp_path, cli):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(calibrate, "probes", lambda: iter(()))
    monkeypatch.setenv(calibration.VARIABLE, str(tmp_path / "file" / "c.json"))
    code, out, err = cli("bench", "--calibrate")
    assert (code, out) == (1, "") and len(err.splitlines()) == 1 and "file" in err
    monkeypatch.setenv(calibration.VARIABLE, "off")
    code, _, err = cli("bench", "--calibrate")
    assert code == 2 and "is off" in err
