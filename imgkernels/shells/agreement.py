"""The README's table of how near the dialects come to their libraries, from what was measured.

The figures lie beside the tests; the libraries themselves are not needed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMAND = "python tests/measure_dialects.py"
_HEAD = "| library | version | filters | 8 bits | 16 bits | floats | worst case |"


def table(path: Path) -> str:
    """Return the table as Markdown."""
    libraries = json.loads(path.read_text("utf-8"))["libraries"]
    rows = [_row(name, told) for name, told in libraries.items()]
    dates = sorted({told["measured"] for told in libraries.values()})
    made = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return "\n".join([_HEAD, "|---|---|---|---|---|---|---|", *rows, "", _legend(made)])


def _row(name: str, told: dict[str, Any]) -> str:
    figures: dict[str, dict[str, Any]] = told["figures"]
    whole = (_whole(figures.get(dtype)) for dtype in ("uint8", "uint16"))
    floats = _floats([f for dtype, f in figures.items() if dtype.startswith("float")])
    cells = (f"`{name}`", told["version"], str(told["filters"]), *whole, floats, _worst(figures))
    return f"| {' | '.join(cells)} |"


def _whole(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "-"
    if not figure["most"]:
        return "exact"
    others = figure["calls"] - figure["exact"]
    if not figure["exact"]:
        return f"within {figure['most']:g} level"
    return f"exact but {others} of {figure['calls']} calls: {figure['most']:g} level"


def _floats(figures: Sequence[dict[str, Any]]) -> str:
    if not figures:
        return "-"
    most = max(figure["most"] for figure in figures)
    return f"{most:.0e}".replace("e-0", "e-") if most else "exact"


def _worst(figures: dict[str, dict[str, Any]]) -> str:
    """Name where the most pixels of whole numbers differ, or where floats are farthest off."""
    off = [(dtype, figure) for dtype, figure in figures.items() if figure["most"]]
    if not off:
        return "none"
    levels = [(d, f) for d, f in off if not d.startswith("float")]
    dtype, figure = max(levels or off, key=lambda pair: (pair[1]["most"], pair[1]["share"]))
    share = f", {figure['share']:.2%} of the pixels" if levels else ""
    return f"{figure['worst']}, {dtype}{share}"


def _legend(made: str) -> str:
    return (
        f"Measured {made} by `{COMMAND}`, which asks the libraries: each of their calls on "
        "photographs, noise, an impulse and a step, down to a single pixel, with every border that "
        "the call has (`gimp` and `imagemagick`, programs that start anew each time: a few "
        "pictures, their own border). Floats: the largest difference as a share of white, or of "
        "what the taps can make of it."
    )
