"""Choices: methods timed, the planner judged by the times, then and today."""

import json
from pathlib import Path

import pytest

from imgkernels.bench import choices, probing, subject
from imgkernels.engine import calibration, plan_for
from imgkernels.engine.methods import METHODS

RESULTS = sorted((Path(__file__).parent / "bench" / "results").glob("choices*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda p: p.stem)
def test_the_planner_of_today_chooses_well_on_what_was_measured(path):
    """Of the recorded rows the choice is within 1.25 of the best in 95 of 100."""
    made = choices.verdicts(json.loads(path.read_text()))
    far = [str(choice) for choice in made if not choice.near]
    share = choices.share_near(made)
    assert share >= choices.SHARE, "\n".join([f"{share:.0%} of {len(made)}", *far])


SHIPPED = calibration.Calibration()


def row_of(ms):
    case = next(c for c in choices.cases() if c.work == "gaussian")
    row = {name: getattr(case, name) for name in choices._FIELDS} | {"size": list(case.size)}
    return row | {"ms": ms}


def test_a_choice_is_judged_by_its_time_over_the_fastest():
    case = choices.case_of(row_of({}))
    plan = plan_for(choices.problem_of(case), "auto", subject.REPEAT)
    other = next(m.name for m in METHODS if m.name != plan.method and m.missing() is None)
    assert choices.judged(row_of({plan.method: 1.2, other: 1.0}), SHIPPED).near
    far = choices.judged(row_of({plan.method: 3.0, other: 1.0}), SHIPPED)
    assert not far.near and str(far).endswith(f"{plan.method} takes 3.00x as long as {other}")
    assert not choices.judged(row_of({other: 1.0}), SHIPPED).near  # the choice must have been timed
    assert choices.judged(
        row_of({plan.method: 3.0, "abacus": 1.0}), SHIPPED
    ).near  # not on this machine
    assert choices.share_near([far, choices.judged(row_of({plan.method: 1.0}), SHIPPED)]) == 0.5


def test_a_factor_in_the_costs_changes_the_verdict():
    case = choices.case_of(row_of({}))
    problem = choices.problem_of(case)
    first, second = (c.method for c in plan_for(problem, "auto", subject.REPEAT).considered[:2])
    row = row_of({first: 1.0, second: 9.0})
    assert choices.judged(row, SHIPPED).near
    surface = {1: ((1.0, 100.0),)}
    slow = calibration.Calibration({first: {calibration.regime(problem): surface}})
    assert not choices.judged(row, slow).near


def test_methods_are_timed_and_a_far_choice_twice(monkeypatch, cli, tmp_path):
    found, calls = [choices.case_of(row_of({}))], []
    monkeypatch.setattr(choices, "cases", lambda quick=False: iter(found))

    def clock(problem, methods, budget):
        calls.append(len(methods))
        plan = plan_for(problem, "auto", subject.REPEAT)
        return {m.name: 9.0 if m.name == plan.method and len(calls) == 1 else 1.0 for m in methods}

    monkeypatch.setattr(probing, "clocked", clock)
    monkeypatch.setattr(probing, "near", lambda problem, cost, times: probing.fitting(problem))
    code, out, err = cli("bench", "--choices", "--json", tmp_path / "c.json")
    assert (code, err, len(calls)) == (0, "", 2)
    assert "within 1.25x of the fastest in 100% of 1 rows; the goal is 95%" in out
    kept = json.loads((tmp_path / "c.json").read_text())
    assert set(kept["rows"][0]["ms"].values()) == {1000.0}


def test_methods_that_are_far_from_the_best_are_not_timed():
    problem = choices.problem_of(choices.case_of(row_of({})))
    costs = {m.name: 10.0**n for n, m in enumerate(probing.fitting(problem))}
    assert len(probing.near(problem, lambda m: costs[m.name], 11)) == 2
