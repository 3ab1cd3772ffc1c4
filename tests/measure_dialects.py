"""Measure every dialect against its library, for the README: `python tests/measure_dialects.py`.

Every call of the `dialect_*.py` beside this file, on every picture and border (for slow programs,
a few with their own border). What is not installed keeps the figures that it has. Writes
`dialect_figures.json`, of which `python -m imgkernels.shells.docs` makes the table. Names of
libraries as arguments measure these alone.
"""

import importlib
import json
import sys
from datetime import date

from dialect_cases import KEPT, SLOW, apart, every

from imgkernels import dialect

COMMAND = "python tests/measure_dialects.py"


def calls_of(name):
    """The calls of a library; None where it is not installed."""
    try:
        module = importlib.import_module(f"dialect_{name}")
    except ImportError:
        return None
    return None if getattr(module, "MISSING", None) else module.CALLS


def cases(name, call, dtype):
    return [(title, None) for title in SLOW[name]] if name in SLOW else every(name, call, dtype)


def figures(name, calls):
    """By the dtype of the answer: how many calls are exact, and how far the worst is off."""
    found = {}
    for call in calls:
        for dtype in call.dtypes:
            worst = apart(name, call, dtype, cases)
            row = found.setdefault(call.stored(dtype), {"calls": 0, "exact": 0, "most": -1.0})
            row["calls"] += 1
            row["exact"] += worst.most == 0
            if worst.most > row["most"]:
                told = f"{call.filter} on {worst.where}" if worst.most else None
                row |= {"most": worst.most, "share": worst.share, "worst": told}
    return found


def measured(name, calls):
    table = dialect.get(name)
    return {
        "version": table.version,
        "measured": date.today().isoformat(),
        "pictures": SLOW.get(name, "all, with every border"),
        "filters": len(table.rules),
        "measured_filters": len({call.filter for call in calls}),
        "figures": dict(sorted(figures(name, calls).items())),
    }


def main(names):
    libraries = json.loads(KEPT.read_text("utf-8"))["libraries"] if KEPT.exists() else {}
    for name in names or dialect.NAMES:
        calls = calls_of(name)
        if calls is None:
            print(f"{name} is not installed: its figures stay as they are", file=sys.stderr)
            continue
        libraries[name] = measured(name, calls)
        told = {"made_by": COMMAND, "libraries": dict(sorted(libraries.items()))}
        KEPT.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
        print(name, json.dumps(libraries[name]["figures"]))


if __name__ == "__main__":
    main(sys.argv[1:])
