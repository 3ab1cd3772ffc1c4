"""What `imgkernels bench` does with its options: measure, tell, keep."""

from __future__ import annotations

import json as json_
import os
import sys
from pathlib import Path
from typing import Any

from imgkernels.bench import calibrate as calibrating, choices, process, session, table
from imgkernels.bench.goals import verdicts
from imgkernels.bench.machine import MISLEADING
from imgkernels.bench.peers import installed, peer_named
from imgkernels.bench.record import joined, read
from imgkernels.bench.session import SUITES, Wish
from imgkernels.engine.calibration import current
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency
from imgkernels.files.atomic import replace_file
from imgkernels.shells.speech import note

_ENDINGS = {"--json": (".json",), "--plot": (".png", ".svg")}


def calibrate() -> None:
    """Measure the methods and keep what they cost."""
    _warn_of_blas()
    count, terminal = sum(1 for _ in calibrating.probes()), sys.stderr.isatty()

    def tell(number: int) -> None:
        if terminal:
            end = "\n" if number == count else ""
            print(f"\rcalibrating {number}/{count}", end=end, file=sys.stderr, flush=True)

    place = calibrating.write(calibrating.measured(tell))
    print(f"{place}: read from now on; delete it to have the shipped costs back")


def choose(quick: bool, target: Path | None) -> None:
    """Time every method that fits, and judge the planner."""
    _warn_of_blas()
    found = []

    def tell(row: dict[str, Any]) -> None:
        found.append(choices.judged(row, current()))
        print(found[-1], flush=True)

    record = choices.record(choices.rows(quick, tell), session.about())
    share = choices.share_near(found)
    print(
        f"\ncosts {record['calibration']['origin']}: within {choices.NEAR}x of the fastest in "
        f"{share:.0%} of {len(found)} rows; the goal is {choices.SHARE:.0%}"
    )
    if target is not None:
        replace_file(target, _text(record))


def measured(suite: list[str] | None, quick: bool, against: list[str] | None) -> dict[str, Any]:
    """Measure, and print each row as it comes."""
    wish = Wish(tuple(suite or SUITES), quick, _peers(against))
    _warn_of_blas()
    versions = ", ".join(f"{name} {version}" for name, version in installed().items())
    print(f"peers      {versions or 'none is installed'}\n\n{table.HEAD}", flush=True)

    def tell(row: dict[str, Any]) -> None:
        print(table.line(row), flush=True)
        note(table.doubts(row))

    return session.record_of(wish, tell, lambda text: note([text]))


def _peers(against: list[str] | None) -> Any:
    found = tuple(map(peer_named, against or ()))
    for peer in found:
        if peer.load() is None:
            raise MissingDependency(f"bench: {peer.name} is not here; pip install {peer.package}")
    return found or None


def kept(names: list[str]) -> dict[str, Any]:
    """Read records and join their rows; print them."""
    record = joined([read(Path(name)) for name in names])
    print(table.HEAD)
    for row in record["rows"]:
        print(table.line(row))
    return record


def foot(record: dict[str, Any], goals: bool) -> None:
    """Print the limits, the machine, the means, and the goals if they are asked for."""
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    print(
        f"\n{table.limits(record['limits'])}\nmachine    {record['cpu']}, {record['cores']} cores, "
        f"{record['system']}, Python {record['python']}\nversions   imgkernels "
        f"{record['imgkernels']}, {versions}\nmethods    {', '.join(record['methods'])}"
    )
    for line in table.summary(record):
        print(line)
    if goals:
        print("goals")
        for verdict in verdicts(record):
            print(verdict)


def target(name: str | None, option: str) -> Path | None:
    """Check a file to write before anything is measured."""
    if name is None:
        return None
    path, endings = Path(name), _ENDINGS[option]
    if path.suffix.lower() not in endings:
        raise InvalidValue(f"bench: {option} must end in {' or '.join(endings)}; got {name!r}")
    if not path.parent.is_dir():
        raise FileProblem(f"{path}: there is no folder {path.parent}")
    if option == "--plot":
        from imgkernels.bench.plot import require

        require()
    return path


def write(record: dict[str, Any], json: Path | None, plot: Path | None) -> None:
    """Keep the record and its picture where that is asked for."""
    if json is not None:
        replace_file(json, _text(record))
    if plot is not None:
        from imgkernels.bench.plot import drawn

        replace_file(plot, drawn(record, plot.suffix.lower().removeprefix(".")))


def hide_halide() -> None:
    """Do as on a machine that has no Halide."""
    process.without_halide()


def _text(record: dict[str, Any]) -> bytes:
    return (json_.dumps(record, indent=1) + "\n").encode()


def _warn_of_blas() -> None:
    found = [name for name in MISLEADING if name in os.environ]
    if found:
        note([f"{' and '.join(found)} set another machine's BLAS: unset for figures of this one"])
