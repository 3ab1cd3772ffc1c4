"""Rows as a table on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from imgkernels.bench.measure import Row

HEAD = (
    f"{'work':<22} {'picture':<30} {'ours ms':>9} {'copy':>6}  {'times as long as ours':<40} plan"
)


def line(row: Row) -> str:
    """Return one row, of whatever kind it is."""
    special = {"memory": _memory, "ladder": _ladder, "threads": _threads}
    return special.get(row["group"], _timed)(row)


def _timed(row: Row) -> str:
    """Return ours in ms, the copy in it, each peer's ratio with its quartiles."""
    copied = f"{row['ms'][1] / row['copy ms'][1]:.0f}x" if "copy ms" in row else ""
    peers = "  ".join(_ratio(name, facts) for name, facts in row["peers"].items())
    if not peers and row["cannot"]:
        peers = "; ".join(f"{name} {why}" for name, why in row["cannot"].items())
    what = row["what"] if len(row["what"]) <= 22 else row["what"][:19] + "..."
    return (
        f"{what:<22} {row['where']:<30} {row['ms'][1]:>9.3f} {copied:>6}  {peers:<40} {row['plan']}"
    )


def _memory(row: Row) -> str:
    return f"{row['what']:<22} {row['where']:<30} {row['MiB']:>5.0f} MiB over an idle process"


def _ladder(row: Row) -> str:
    ends = f"{row['ms'][0]:.3g} to {row['ms'][-1]:.4g} ms"
    low, high = row["between"]
    return (
        f"{row['what']:<28} {row['where']:<24} {ends}; largest cliff {row['cliff']:.2f}x, "
        f"between {low:g} and {high:g}"
    )


def _threads(row: Row) -> str:
    low, middle, high = row["gain"]
    return (
        f"{row['what']:<22} {row['where']:<30} {row['ms'][1]:>9.3f} ms, {row['cores']} cores bring "
        f"{middle:.2f}x ({low:.2f}-{high:.2f})"
    )


def doubts(row: Row) -> Iterator[str]:
    """Return where a peer's result is not ours, beyond what it is known for."""
    for name, facts in row.get("peers", {}).items():
        if not facts["agrees"]:
            yield f"{row['what']}, {row['where']}: {name} gives another result: {facts['differs']}"


def _ratio(name: str, facts: dict[str, Any]) -> str:
    low, middle, high = facts["ratio"]
    mark = "" if facts["agrees"] else " DIFFERS"
    return f"{name} {middle:.2f}x ({low:.2f}-{high:.2f}){mark}"


def limits(facts: dict[str, Any]) -> str:
    """Return the machine's limits and its noise in one line."""
    copy, product = facts["copy GB/s"][1], facts["sgemm GMAC/s"][1]
    load = f", load {facts['load'][0]}-{facts['load'][1]}" if facts["load"] else ""
    loud = "; too loud for small differences" if facts["noise"] > 0.1 else ""
    return (
        f"limits     copy {copy:.0f} GB/s, sgemm {product:.0f} GMAC/s, "
        f"noise {facts['noise']:.0%}{load}{loud}"
    )


def summary(record: Row) -> Iterator[str]:
    """Return the geometric mean of each peer's ratios, and its lowest one."""
    found: dict[str, list[float]] = {}
    for row in record["rows"]:
        for name, facts in row.get("peers", {}).items():
            if row["suite"] in ("filters", "volumes", "pipelines"):
                found.setdefault(name, []).append(facts["ratio"][1])
    for name, ratios in found.items():
        mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
        yield (
            f"{name:<14} takes {mean:5.2f}x as long in the geometric mean of {len(ratios)} rows, "
            f"{min(ratios):.2f}x to {max(ratios):.2f}x"
        )
