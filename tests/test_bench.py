"""The bench: what it measures is data, results are compared first, and its sums are right."""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from imgkernels.bench import (
    agreement,
    files,
    folder,
    goals,
    matrix,
    measure,
    networks,
    plot,
    process,
    record,
    scaling,
    session,
    subject,
    table,
)
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers import LIBRARIES, PEERS, Cannot
from imgkernels.bench.timing import Budget, interleaved, quarters, ratios
from imgkernels.border import Border
from imgkernels.engine.methods import METHODS
from imgkernels.errors import FileProblem

SHORT = Budget(0.0, 1, least=1)
WORKS = ("dense", "gaussian", "box", "median", "gradient", "minimum", "unsharp")


def small(work, dtype="uint8", channels=1, border="replicate", size=(40, 48), amount=3):
    return Case("filters", "test", work, amount, dtype, channels, size, border, tuple(PEERS))


def test_the_matrix_spans_what_it_promises():
    found = [case for case in matrix.cases("filters") if case.peers == ("opencv",)]
    assert {case.border for case in found} == set(Border)
    assert {case.dtype for case in found} == set(matrix.SHORT)
    assert {case.channels for case in found} == {1, 3}
    dense = [case for case in found if case.work == "dense"]
    assert {case.amount for case in dense} >= {3, 5, 7, 9, 11, 13, 15, 21, 31, 45, 61}
    assert min(case.samples for case in found) < 0.3e6 and max(c.samples for c in found) > 8e6


def test_a_draw_is_the_same_each_time_and_has_every_value_equally_often():
    (group,) = (g for g in matrix.matrix()["group"] if g["name"] == "dense")
    rows = [case for case in matrix.cases("filters") if case.group == "dense"]
    assert rows == [case for case in matrix.cases("filters") if case.group == "dense"]
    assert len(rows) == len(set(rows)) >= group["rows"] - 2
    for value in group["dtypes"]:
        assert abs(sum(c.dtype == value for c in rows) - len(rows) / 3) <= 2


@pytest.mark.parametrize("suite", matrix.suites())
def test_quick_takes_some_of_the_rows(suite):
    quick, full = matrix.cases(suite, quick=True), matrix.cases(suite)
    assert quick and set(quick) < set(full)


@pytest.mark.parametrize("dtype", matrix.SHORT)
@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("peer", LIBRARIES, ids=lambda p: p.name)
def test_every_peer_does_the_same_job(peer, work, dtype):
    if peer.load() is None:
        pytest.skip(f"{peer.name} is not installed")
    for channels in (1, 3):
        case = small(work, dtype, channels)
        x = subject.picture(case)
        try:
            job = peer.job(case, x)
        except Cannot:
            continue
        found = agreement.difference(subject.ours(case, x)(), job.run(), job.allowed)
        assert found.agrees, found.said


@pytest.mark.parametrize("border", list(Border))
@pytest.mark.parametrize("work", ["dense", "gaussian"])
def test_opencv_and_scipy_have_every_border(work, border):
    for name in ("opencv", "scipy"):
        case = small(work, "float32", 3, str(border))
        x = subject.picture(case)
        job = PEERS[name].job(case, x)
        assert agreement.difference(subject.ours(case, x)(), job.run(), job.allowed).agrees


def test_steps_one_by_one_are_the_pipeline():
    case = Case("pipelines", "t", "steps", 0, "float32", 3, (40, 48), "reflect", ("one by one",),
                "blur:sigma=1 | sharpen | gamma:exponent=0.8")  # fmt: skip
    row = measure.measured(case, None, SHORT)
    assert row["peers"]["one by one"]["agrees"]
    assert row["plan"] and set(row["plan"].split("+")) <= {method.name for method in METHODS}


def test_a_row_says_everything_that_is_claimed_of_it():
    row = measure.measured(small("dense"), None, SHORT)
    assert row["plan"] == "direct" or row["plan"]
    assert row["macs"] == 40 * 48 * 9
    assert len(row["ms"]) == 3 and row["ms"] == sorted(row["ms"]) and row["copy ms"][1] > 0
    assert set(row["peers"]) | set(row["cannot"]) == set(PEERS)
    assert "pillow" in row["peers"] and "scikit-image has no dense" not in row["cannot"].values()
    assert json.loads(json.dumps(row)) == row
    assert row["where"] in table.line(row) and "pillow" in table.line(row)


def test_a_peer_with_another_result_is_found_out():
    case = small("gaussian")
    ours = subject.ours(case, subject.picture(case))()
    allowed = agreement.Allowance(levels=1, share=1e-3)
    assert agreement.difference(ours, ours.copy(), allowed).said == "equal"
    wrong = ours.copy()
    wrong[5, 5] ^= 2
    assert not agreement.difference(ours, wrong, allowed).agrees
    assert not agreement.difference(ours, ours[1:], allowed).agrees
    assert not agreement.difference(ours, ours.astype(np.uint16), allowed).agrees
    floats = np.ones((4, 4), np.float32)
    assert not agreement.difference(floats, floats * np.nan, allowed).agrees
    row = measure.measured(case, [], SHORT) | {
        "peers": {"x": {"ratio": [1, 1, 1], "ms": [1, 1, 1], "agrees": False, "differs": "all"}}
    }
    assert "DIFFERS" in table.line(row) and len(list(table.doubts(row))) == 1


def test_times_are_taken_by_turns_and_slow_ones_once():
    calls = []

    def third():
        time.sleep(0.06)
        calls.append("c")

    subjects = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b"), "c": third}
    times = interleaved(subjects, Budget(0.05, 4))
    assert calls[:4] == ["a", "b", "c", "c"] and calls.count("c") == 2
    assert len(times["c"]) == 1 and len(times["a"]) == len(times["b"]) == 4
    assert "ba" in "".join(calls[4:])  # every second round in reverse


def test_figures_are_quartiles_and_ratios_of_rounds():
    assert quarters([1.0, 2.0, 3.0, 4.0, 5.0]) == [2.0, 3.0, 4.0]
    assert ratios([2.0, 6.0], [1.0, 2.0]) == [2.0, 3.0]
    assert ratios([9.0], [1.0, 3.0, 4.0]) == [3.0]


def test_a_cliff_is_what_work_does_not_explain():
    small_, large = small("dense", amount=3), small("dense", amount=5)
    assert scaling.growth(small_, large) == pytest.approx(25 / 9)
    assert scaling.cliff(2.5, 25 / 9) == 1.0
    assert scaling.cliff(5.0, 2.5) == 2.0


def kept(rows, halide=True):
    limits = {"copy GB/s": [10, 10, 10], "sgemm GMAC/s": [100, 100, 100], "noise": 0.0,
              "load": [0, 0]}  # fmt: skip
    return {"rows": rows, "limits": limits, "halide": halide, "cpu": "x", "cores": 2,
            "system": "s", "python": "3", "versions": {}, "methods": ["direct"],
            "imgkernels": "0"}  # fmt: skip


def goal_row(group, ratio, peer="opencv", **more):
    facts = {"ratio": [ratio] * 3, "ms": [ratio] * 3, "agrees": True, "differs": ""}
    return {"suite": "filters", "group": group, "work": "dense", "amount": 3, "what": "w",
            "where": "here", "ms": [1.0] * 3, "copy ms": [0.4] * 3, "macs": 6e7,
            "peers": {peer: facts}} | more  # fmt: skip


def test_goals_are_judged_by_their_figures():
    rows = [goal_row("dense", 1.0), goal_row("dense", 4.0), goal_row("dense-limits", 3.0),
            goal_row("dense-limits", 3.0, amount=9)]  # fmt: skip
    found = {v.says: v for v in goals.verdicts(kept(rows))}
    mean = found["any filter against OpenCV, geometric mean"]
    assert (mean.figure, mean.reached, mean.rows) == (pytest.approx(2.0), True, 2)
    worst = found["any filter against OpenCV, the slowest"]
    assert (worst.figure, worst.reached) == (1.0, True)
    copies = found["dense kernels up to 5x5, f32 grey: times of a copy"]
    assert (copies.figure, copies.reached) == (pytest.approx(2.5), False)
    share = found["dense kernels 9x9 to 21x21: share of sgemm's MAC/s"]
    assert (share.figure, share.reached) == (pytest.approx(0.6), True)
    assert found["volumes against scipy.ndimage, the slowest"].figure is None
    assert "without Halide" not in "".join(found)
    assert any("without Halide" in v.says for v in goals.verdicts(kept(rows, halide=False)))


@pytest.mark.parametrize("goal", matrix.matrix()["goal"], ids=lambda g: g["says"])
def test_every_goal_counts_rows_that_are_measured(goal):
    groups = {g["name"] for g in matrix.matrix()["group"]}
    assert set(goal["rows"]) <= groups | {"process", "memory", "folder", "nn", "ladder", "threads"}
    assert ("least" in goal) != ("most" in goal)
    low, high = goal.get("amounts", (-math.inf, math.inf))
    for name in set(goal["rows"]) & groups:
        cases = [c for s in matrix.suites() for c in matrix.cases(s) if c.group == name]
        assert any(low <= c.amount <= high for c in cases)


def test_records_are_read_again_and_drawn(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(kept([goal_row("dense", 2.0)])))
    found = record.joined([record.read(path)] * 2)
    assert len(found["rows"]) == 2
    pytest.importorskip("matplotlib")
    assert plot.drawn(found, "png")[:4] == b"\x89PNG"
    assert plot.fingerprint(found).encode() in plot.drawn(found, "svg")
    path.write_text("[]")
    with pytest.raises(FileProblem, match="is no record of a bench"):
        record.read(path)


def test_the_command_measures_a_small_matrix(cli, monkeypatch, tmp_path):
    few = [small("gaussian"), small("dense")]
    monkeypatch.setattr(matrix, "cases", lambda suite, quick=False: few)
    target = tmp_path / "out.json"
    code, out, err = cli("bench", "--suite", "filters", "--quick", "--against", "opencv",
                         "--json", target, "--goals")  # fmt: skip
    assert (code, err) == (0, ""), err
    assert "gaussian 3" in out and "sgemm" in out and "goals" in out and "opencv" in out
    kept_ = json.loads(target.read_text())
    assert len(kept_["rows"]) == 2 and set(kept_["rows"][0]["peers"]) <= {"opencv"}
    assert str(tmp_path) not in target.read_text()
    code, again, err = cli("bench", "--from", target)
    assert code == 0 and "gaussian 3" in again


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--suite", "filter"], 2, "no suite 'filter'; did you mean 'filters'?"),
        (["--against", "opencvv"], 2, "no peer 'opencvv'; did you mean 'opencv'?"),
        (["--json", "x.txt"], 2, "--json must end in .json"),
        (["--plot", "x.pdf"], 2, "--plot must end in .png or .svg"),
        (["--json", "nowhere/x.json"], 1, "there is no folder nowhere"),
        (["--from", "nowhere.json"], 1, "nowhere.json: No such file"),
        (["--calibrate", "--quick", "--json", "x.json"], 2, "takes no --quick or --json"),
        (["--choices", "--suite", "nn"], 2, "--choices takes no --suite"),
        (["--from", "x.json", "--against", "opencv"], 2, "--from takes no --against"),
    ],
)
def test_mistakes_are_one_line(cli, words, code, said):
    found, out, err = cli("bench", *words)
    assert (found, out) == (code, "") and said in err and len(err.splitlines()) == 1


def test_what_compiles_at_first_is_timed_after():
    waits = iter([0.05])
    times = interleaved({"a": lambda: time.sleep(next(waits, 0))}, Budget(0.02, 3))
    assert len(times["a"]) == 3 and max(times["a"]) < 0.02


def test_only_rows_with_a_peer_that_is_asked_are_measured():
    wish = session.Wish(("filters",), against=(PEERS["torch"],))
    asked = [case for case in matrix.cases("filters") if wish.concerns(case)]
    assert asked and all("torch" in case.peers for case in asked)
    assert all(wish.concerns(case) for case in matrix.cases("pipelines"))


def test_a_ladder_and_its_cliff_and_the_gain_of_cores(monkeypatch):
    monkeypatch.setattr(scaling, "_BUDGET", SHORT)
    ladder = {"name": "few", "work": "dense", "amounts": [3, 5], "dtype": "float32", "channels": 1,
              "sizes": ["64x64"]}  # fmt: skip
    row = scaling._ladder(ladder, math.inf)
    assert len(row["ms"]) == len(row["at"]) == len(row["plans"]) == 2 and row["cliff"] >= 1
    assert "few" in table.line(row) and "against the window" in table.line(row)
    found = iter([{"w|p": 3.0}, {"w|p": 1.5}])
    monkeypatch.setattr(scaling, "_in_child", lambda word, quick: next(found))
    (gain,) = scaling._threads(1, True)
    assert gain["gain"] == [2.0] * 3 and "2.00x" in table.line(gain)


def test_a_child_prints_its_times(monkeypatch, capsys):
    few = [small("gaussian", size=(32, 32))]
    monkeypatch.setattr(scaling, "_thread_cases", lambda: few)
    monkeypatch.setattr(scaling.sys, "argv", ["-c", "all", "full"])
    scaling.child()
    assert next(iter(json.loads(capsys.readouterr().out).values())) > 0


def test_whole_processes_are_timed_and_their_files_compared(tmp_path):
    source = files._written(tmp_path, (24, 32), "png")
    row = files._timed(source, (24, 32), [PEERS["opencv"]], quick=True)
    facts = row["peers"]["opencv"]
    assert facts["agrees"] and facts["ms"][1] > 0, facts
    assert "24 PNG" in table.line(row) and row["plan"] in {m.name for m in METHODS}
    if Path("/proc/self/status").exists():
        memory = files._memory(tmp_path, (1500, 2000))
        assert 1 < memory["MiB"] < 500 and "MiB over an idle process" in table.line(memory)


def test_a_process_that_fails_is_one_line():
    with pytest.raises(FileProblem, match="ended with 1: "):
        process.ran(process.python("import sys; sys.exit('no such thing')"))


def test_a_folder_is_filtered_by_both(tmp_path):
    row = folder.row(tmp_path, 3, 1)
    assert row["peers"]["opencv loop"]["ratio"][1] > 0
    assert "levels" in row["peers"]["opencv loop"]["differs"] and "3 JPEGs" in table.line(row)


def test_processes_have_no_halide_where_this_one_has_none(monkeypatch):
    code = "import sys; print(sys.modules.get('halide', 'there'))"
    assert process.ran(process.python(code)).strip() == "there"
    monkeypatch.delitem(sys.modules, "halide", raising=False)
    monkeypatch.setitem(sys.modules, "halide", None)
    assert process.ran(process.python(code)).strip() == "None"


def test_nets_are_measured_against_torch(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(networks, "Budget", lambda seconds, rounds: SHORT)
    monkeypatch.setattr(networks, "cores", lambda: 1)
    found = list(networks.rows(quick=True))
    assert [row["what"] for row in found][:2] == ["net-a, training step", "net-a, inference"]
    assert all(set(row["peers"]) == {"torch", "torch, channels last"} for row in found)
    assert all(table.line(row) for row in found)
