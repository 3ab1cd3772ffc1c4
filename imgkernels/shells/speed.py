"""The README's figures of speed, as the latest result files have them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from imgkernels.bench import choices, goals, plot, record

Record = dict[str, Any]
_FULL, _PLAIN, _CHOICES = "bench.json", "bench-without-halide.json", "choices.json"
_WORKS = {
    "dense": "any kernel, 3 to 61 across",
    "gaussian": "Gaussian, sigma 0.8 to 50",
    "box": "mean of a window",
    "median": "median",
    "gradient": "gradient magnitude",
    "minimum": "minimum",
    "unsharp": "unsharp mask",
    "steps": "3 to 6 steps, against one by one",
}


def text(results: Path) -> str:
    """Return the tables as Markdown: peers, goals, and where it was measured."""
    full, plain = (record.read(results / name) for name in (_FULL, _PLAIN))
    return "\n\n".join([_peers(full, plain), _goals(full, plain), _judged(results), _told(full)])


def picture(results: Path) -> bytes:
    """Return the plot of the figures."""
    return plot.drawn(record.read(results / _FULL), "png")


def fingerprint(results: Path) -> str:
    """Return what the plot of the latest figures carries."""
    return plot.fingerprint(record.read(results / _FULL))


def _peers(full: Record, plain: Record) -> str:
    head = "| work | peer | times as long as ours | without Halide | rows |\n|---|---|---|---|---|"
    found, without = _ratios(full), _ratios(plain)
    rows = [
        f"| {work} | {peer} | {_mean(ratios)} | {_mean(without.get((work, peer), []))} "
        f"| {len(ratios)} |"
        for (work, peer), ratios in found.items()
    ]
    return "\n".join([head, *rows])


def _ratios(kept: Record) -> dict[tuple[str, str], list[float]]:
    """Return the medians of each work and peer, in the order of the works."""
    found: dict[tuple[str, str], list[float]] = {}
    for word, said in _WORKS.items():
        for row in kept["rows"]:
            if row.get("work") == word and row["suite"] in ("filters", "volumes", "pipelines"):
                work = f"{word}, volumes" if row["suite"] == "volumes" else said
                for peer, facts in row["peers"].items():
                    found.setdefault((work, peer), []).append(facts["ratio"][1])
    return found


def _mean(ratios: list[float]) -> str:
    if not ratios:
        return "-"
    mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
    span = f" ({_short(min(ratios))} to {_short(max(ratios))})" if len(ratios) > 1 else ""
    return f"{_short(mean)}{span}"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _goals(full: Record, plain: Record) -> str:
    head = "| goal | wanted | measured | without Halide |\n|---|---|---|---|"
    found = {v.says: v for v in goals.verdicts(full)}
    without = {v.says: v for v in goals.verdicts(plain)}
    names = dict.fromkeys([*found, *without])
    rows = [
        f"| {name} | {(found.get(name) or without[name]).wanted} "
        f"| {_verdict(found.get(name))} | {_verdict(without.get(name))} |"
        for name in names
    ]
    return "\n".join([head, *rows])


def _verdict(verdict: goals.Verdict | None) -> str:
    if verdict is None or verdict.figure is None:
        return "-"
    figure = f"{verdict.figure:.3g}" if verdict.figure < 1000 else f"{verdict.figure:.0f}"
    return f"{figure}, reached" if verdict.reached else f"**{figure}, missed**"


def _judged(results: Path) -> str:
    import json

    found = choices.verdicts(json.loads((results / _CHOICES).read_text("utf-8")))
    return (
        f"The method that is chosen is within {choices.NEAR}x of the fastest one in "
        f"{choices.share_near(found):.0%} of {len(found)} rows (wanted: {choices.SHARE:.0%})."
    )


def _told(full: Record) -> str:
    limits = full["limits"]
    versions = ", ".join(f"{name} {version}" for name, version in full["versions"].items())
    return (
        f"Measured {full['date'][:10]} on {full['cpu']}, {full['cores']} cores ({versions}): "
        f"medians of calls by turns; a copy moved {limits['copy GB/s'][1]:.0f} GB/s and sgemm made "
        f"{limits['sgemm GMAC/s'][1]:.0f} GMAC/s in the same run, whose noise was "
        f"{limits['noise']:.0%}. All rows are in `tests/bench/results/`."
    )
