"""What was measured of the methods on this machine: factors on their estimated costs.

`imgkernels bench --calibrate` writes them to the user's cache folder, once per machine; without
them the costs that are shipped serve. A process reads them once, when it first plans, so that the
same call gives the same plan from the first to the last.
"""

from __future__ import annotations

import functools
import math
import os
import stat
import sys
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgkernels.engine.machine import identity
from imgkernels.engine.problem import Problem

VARIABLE = "IMGKERNELS_CALIBRATION"  # the file to read instead, or "off"
FORMAT = 1
MOST_BYTES = 1 << 20
WIDEST = 100.0  # a factor beyond this, or below its inverse, is no measurement

Curve = tuple[tuple[float, float], ...]  # (window, factor), windows growing
Regime = str  # see `regime`
Factors = Mapping[str, Mapping[Regime, Mapping[int, Curve]]]  # method, regime, samples


@dataclass(frozen=True)
class Calibration:
    """Factors by method, regime, size of the image, and size of the window; `origin` in words.

    Between two sizes factors are interpolated, beyond the first and last ones they stay.
    """

    factors: Factors = field(default_factory=dict)
    origin: str = "shipped"

    def factor(self, method: str, problem: Problem) -> float:
        """Return by what a method's estimated cost is to be multiplied; 1 where nothing is known.

        A regime that was not measured takes the mean of the method's others.
        """
        regimes = self.factors.get(method)
        if not regimes:
            return 1.0
        surface = regimes.get(regime(problem))
        if surface is None:
            return _mean(regimes)
        wide = max(problem.window)
        curve = tuple((float(size), _at(row, wide)) for size, row in surface.items())
        return _at(curve, math.prod(problem.shape))


def _mean(regimes: Mapping[Regime, Mapping[int, Curve]]) -> float:
    """Return the geometric mean of all that was measured of a method."""
    curves = [curve for surface in regimes.values() for curve in surface.values()]
    logs = [math.log(factor) for curve in curves for _, factor in curve]
    return math.exp(math.fsum(logs) / len(logs))


def regime(problem: Problem) -> Regime:
    """Return what kind of problem it is: axes, dtype, one channel or several, kind of kernel."""
    kernel = problem.kernel
    kind = "weights" if kernel is None else "dense" if kernel.factors is None else "separable"
    if kind == "separable" and kernel is not None and kernel.factors is not None:
        flat = all((row == row[0]).all() for row in kernel.factors)
        kind = "flat" if flat else kind
    many = "many" if problem.channels > 1 else "one"
    return f"{problem.ndim} {problem.dtype.name} {many} {kind}"


def path() -> Path | None:
    """Return where the calibration of this user is kept, or None where it is switched off."""
    asked = os.environ.get(VARIABLE)
    if asked:
        return None if asked == "off" else Path(asked)
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or ""
        # "All paths must be absolute; a relative one is to be ignored" (XDG Base Directory 0.8).
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    return Path(base, "imgkernels", "calibration.json")


@functools.cache
def current() -> Calibration:
    """Return this machine's calibration, or the shipped one, saying why."""
    place = path()
    if place is None:
        return Calibration(origin=f"shipped; {VARIABLE} is off")
    try:
        found = os.stat(place)
    except (OSError, ValueError):
        return Calibration()
    if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
        return _ignored("is no file of a calibration")
    import json

    try:
        return understood(json.loads(place.read_bytes().decode("utf-8")))
    except OSError as error:
        return _ignored(f"cannot be read: {error.strerror}")
    except (ValueError, RecursionError):  # no UTF-8, no JSON, too deep
        return _ignored("is no JSON")


def understood(table: Any) -> Calibration:
    """Return the calibration that a file's table holds; the shipped one where it holds none."""
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        return _ignored("is of another format")
    told, own = table.get("machine"), identity()
    if told != own:
        told = told if isinstance(told, dict) else {}
        changed = sorted(key for key in told.keys() | own.keys() if told.get(key) != own.get(key))
        return _ignored(f"is of another {', '.join(map(str, changed))}"[:200])
    try:
        factors = factors_of(table["factors"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return _ignored("holds factors that cannot be")
    return Calibration(factors, f"calibrated on this machine {str(table.get('date'))[:10]}")


def factors_of(raw: Any) -> Factors:
    """Read factors as a file has them, sizes as text and curves as lists."""
    return {
        str(method): {str(name): _surface(surface) for name, surface in regimes.items()}
        for method, regimes in raw.items()
    }


def _surface(raw: Any) -> Mapping[int, Curve]:
    """Read the curves of each image size, in order; raise `ValueError` for what cannot be."""
    found = {int(size): tuple((float(w), float(f)) for w, f in row) for size, row in raw.items()}
    for size, row in found.items():
        windows = [window for window, _ in row]
        sound = all(1 / WIDEST <= factor <= WIDEST for _, factor in row)
        if size < 1 or not row or windows != sorted(set(windows)) or not sound:
            raise ValueError
        if not all(1 <= window < math.inf for window in windows):
            raise ValueError
    if not found:
        raise ValueError
    return dict(sorted(found.items()))


def _ignored(why: str) -> Calibration:
    return Calibration(origin=f"shipped; calibration.json {why}, so it is ignored")


def _at(curve: Curve, x: float) -> float:
    """Return the factor at x, on straight lines between the logarithms of both."""
    places = [place for place, _ in curve]
    right = bisect_right(places, x)
    if right == 0:
        return curve[0][1]
    if right == len(curve):
        return curve[-1][1]
    (a, low), (b, high) = curve[right - 1], curve[right]
    share = math.log(x / a) / math.log(b / a)
    return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
