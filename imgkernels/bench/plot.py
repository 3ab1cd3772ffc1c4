"""The record as a picture: bars against the peers, the roofline, and how time grows."""

from __future__ import annotations

import hashlib
import io
import json
import math
from typing import Any

from imgkernels.bench.measure import Row
from imgkernels.errors import MissingDependency

_COLOURS = {
    "opencv": "#4c72b0", "scipy": "#dd8452", "scikit-image": "#55a868", "pillow": "#c44e52",
    "pyvips": "#8172b3", "torch": "#937860", "kornia": "#da8bc3", "one by one": "#8c8c8c",
}  # fmt: skip


def require() -> Any:
    """Return matplotlib; raise `MissingDependency` with the cure where it is missing."""
    try:
        import matplotlib
    except ImportError:
        raise MissingDependency(
            'bench: --plot needs matplotlib; pip install "imgkernels[plot]"'
        ) from None
    return matplotlib


def fingerprint(record: Row) -> str:
    """Return what a picture carries to tell which figures it shows."""
    rows = json.dumps(record["rows"], sort_keys=True)
    return hashlib.sha256(rows.encode()).hexdigest()[:16]


def drawn(record: Row, kind: str) -> bytes:
    """Return the picture as "png" or "svg"."""
    matplotlib = require()
    from matplotlib.figure import Figure

    ladders = [row for row in record["rows"] if row["group"] == "ladder"]
    panels = [_bars, _roof] if any("peers" in row for row in record["rows"]) else []
    high = 4.5 * (len(panels) > 0) + 4.0 * (len(ladders) > 0)
    figure = Figure(figsize=(11, max(high, 3)), layout="constrained")
    axes = figure.subplots(max(1, (len(panels) > 0) + (len(ladders) > 0)), 2, squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=False):
        panel(axis, record)
    for axis, words in zip(axes[-1], ("megapixels", "the window"), strict=True):
        if ladders:
            _climb(axis, [row for row in ladders if words in row["where"]], words)
    told = {"Title": f"imgkernels bench {fingerprint(record)}"}
    target = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "imgkernels"}):
        figure.savefig(
            target, format=kind, metadata=told | ({"Date": None} if kind == "svg" else {})
        )
    return target.getvalue()


def _bars(axis: Any, record: Row) -> None:
    """Draw each peer's geometric mean of each work, on a scale of times as long as ours."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in record["rows"]:
        for name, facts in row.get("peers", {}).items():
            if name in _COLOURS and row["suite"] in ("filters", "volumes", "pipelines"):
                work = "pipeline" if row["work"] == "steps" else row["work"]
                key = ("3-D " if row["suite"] == "volumes" else "") + work
                found.setdefault((key, name), []).append(facts["ratio"][1])
    works = list(dict.fromkeys(work for work, _ in found))
    ticks, place = [], 0.0
    for work in reversed(works):
        names = [name for key, name in found if key == work]
        for name in reversed(names):
            values = found[work, name]
            mean = math.exp(math.fsum(map(math.log, values)) / len(values))
            axis.barh(place, mean, 0.9, color=_COLOURS[name])
            axis.plot([min(values), max(values)], [place, place], color="#222222", linewidth=0.8)
            place += 1
        ticks.append((place - (len(names) + 1) / 2, work))
        place += 0.6
    axis.set_yticks([at for at, _ in ticks], [work for _, work in ticks])
    axis.set_xscale("log")
    axis.axvline(1, color="#222222", linewidth=1)
    axis.set_xlabel("times as long as imgkernels (geometric mean; line: least to most)")
    seen = list(dict.fromkeys(name for _, name in found))
    handles = [axis.barh(0, 0, color=_COLOURS[name], label=name) for name in seen]
    axis.legend(handles=handles, fontsize=7, loc="lower right")


def _roof(axis: Any, record: Row) -> None:
    """Draw dense kernels under the machine's roof: copying on the left, sgemm above."""
    rows = [row for row in record["rows"] if "macs" in row]
    limit = record["limits"]["sgemm GMAC/s"][1]
    taps = [3, 61]
    for name, colour in (("ours", "#222222"), ("opencv", _COLOURS["opencv"])):
        points = [(row["amount"], _rate(row, name)) for row in rows if _rate(row, name)]
        if points:
            axis.scatter(*zip(*points, strict=True), s=14, color=colour, label=name)
    axis.plot(taps, [limit, limit], color="#c44e52", linewidth=1, label="sgemm")
    bandwidth = record["limits"]["copy GB/s"][1] / 8  # float32, read and written
    axis.plot(taps, [n * n * bandwidth for n in taps], color="#55a868", linewidth=1,
              label="a copy's time")  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    rates = [rate for row in rows for name in ("ours", "opencv") if (rate := _rate(row, name))]
    axis.set_ylim(min([*rates, limit]) / 2, 2 * max([*rates, limit]))
    axis.set_xlabel("dense kernel, pixels across")
    axis.set_ylabel("GMAC/s")
    axis.set_xticks([3, 5, 9, 15, 31, 61], ["3", "5", "9", "15", "31", "61"])
    axis.minorticks_off()
    axis.legend(fontsize=7)


def _rate(row: Row, name: str) -> float | None:
    facts = row if name == "ours" else row["peers"].get(name)
    return row["macs"] / facts["ms"][1] / 1e6 if facts else None


def _climb(axis: Any, ladders: list[Row], words: str) -> None:
    """Draw time against size, each ladder a line."""
    for row in ladders:
        axis.plot(row["at"], row["ms"], marker="o", markersize=3, linewidth=1, label=row["what"])
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("megapixels" if words == "megapixels" else "pixels across, or sigma")
    axis.set_ylabel("ms")
    axis.xaxis.set_minor_formatter("")
    axis.legend(fontsize=7)
