"""`imgkernels bench`: how fast it is on this machine, beside what else is installed here."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.shells.speech import note

if TYPE_CHECKING:
    from imgkernels.bench.session import Wish

_Suite = Annotated[
    list[str] | None,
    typer.Option(
        "--suite",
        metavar="filters|volumes|pipelines|files|nn|scaling",
        help="What to measure; may be given again. All of them, unless given: about 10 minutes.",
    ),
]
_Quick = Annotated[bool, typer.Option("--quick", help="A few rows of each; under two minutes.")]
_Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="PEER",
        help="opencv, scipy, scikit-image, pillow, pyvips, torch, kornia; may be given again. "
        "All that are installed, unless given.",
    ),
]
_Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write everything, with provenance.")
]
_Plot = Annotated[
    str | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw bars and roofline, .png or .svg (extra plot)."
    ),
]
_WithoutHalide = Annotated[
    bool, typer.Option("--without-halide", help="As on a machine that has no Halide.")
]
_Goals = Annotated[bool, typer.Option("--goals", help="Say at the end which goals are reached.")]
_Calibrate = Annotated[
    bool,
    typer.Option(
        "--calibrate",
        help="Measure what each method costs on this machine and keep it in your cache folder, "
        "where the planner reads it: about a minute. IMGKERNELS_CALIBRATION names another file, "
        "or is off.",
    ),
]
_Choices = Annotated[
    bool,
    typer.Option("--choices", help="Time every method that fits, and judge the planner by it."),
]
_Results = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="FILE", help="Show what --json wrote; nothing is measured."),
]


def bench(
    suite: _Suite = None,
    quick: _Quick = False,
    against: _Against = None,
    json: _Json = None,
    plot: _Plot = None,
    goals: _Goals = False,
    without_halide: _WithoutHalide = False,
    calibrate: _Calibrate = False,
    choices: _Choices = False,
    kept: _Results = None,
) -> None:
    """Measure how fast this is on your machine, against what else is installed.

    imgkernels bench --quick --against opencv

    Each row compares the results first, then runs ours, the peers and a plain copy by turns.
    Above 1x a peer takes longer than ours; quartiles in parentheses, the plan at the end.
    """
    what: dict[str, object] = {"--suite": suite, "--quick": quick, "--against": against}
    out: dict[str, object] = {"--json": json, "--plot": plot, "--goals": goals}
    if calibrate:
        rest = {"--without-halide": without_halide, "--choices": choices, "--from": kept}
        _alone("--calibrate", {**what, **out, **rest})
        return _calibrate()
    if choices:
        rest = {"--suite": suite, "--against": against, "--plot": plot, "--goals": goals}
        _alone("--choices", {**rest, "--from": kept})
    if kept:
        _alone("--from", {**what, "--without-halide": without_halide})
    if without_halide:
        _hide_halide()
    targets = [_target(name, ending) for name, ending in ((json, ".json"), (plot, None))]
    if choices:
        return _choose(quick, targets[0])
    if kept:
        record = _kept(kept)
        _print_all(record)
    else:
        record = _measured(_wish(suite, quick, against))
    _foot(record, goals)
    return _write(record, *targets)


def _alone(option: str, others: dict[str, object]) -> None:
    """Refuse options that have no say beside another."""
    given = [name for name, value in others.items() if value]
    if given:
        from imgkernels.errors import InvalidValue

        raise InvalidValue(f"bench: {option} takes no {' or '.join(given)}")


def _hide_halide() -> None:
    from imgkernels.bench.process import without_halide

    without_halide()


def _calibrate() -> None:
    from imgkernels.bench import calibrate

    _warn_of_blas()
    count, terminal = sum(1 for _ in calibrate.probes()), sys.stderr.isatty()

    def tell(number: int) -> None:
        if terminal:
            end = "\n" if number == count else ""
            print(f"\rcalibrating {number}/{count}", end=end, file=sys.stderr, flush=True)

    place = calibrate.write(calibrate.measured(tell))
    print(f"{place}: read from now on; delete it to have the shipped costs back")


def _choose(quick: bool, target: Path | None) -> None:
    from imgkernels.bench import choices, session

    _warn_of_blas()
    found = []

    def tell(row: dict[str, Any]) -> None:
        found.append(choices.judged(row))
        print(found[-1], flush=True)

    record = choices.record(choices.rows(quick, tell), session.about())
    share = choices.share_near(found)
    print(
        f"\ncosts {record['calibration']['origin']}: within {choices.NEAR}x of the fastest in "
        f"{share:.0%} of {len(found)} rows; the goal is {choices.SHARE:.0%}"
    )
    if target is not None:
        from imgkernels.files.atomic import replace_file

        replace_file(target, (json_.dumps(record, indent=1) + "\n").encode())


def _wish(suite: list[str] | None, quick: bool, against: list[str] | None) -> Wish:
    from imgkernels.bench.peers import peer_named
    from imgkernels.bench.session import SUITES, Wish

    peers = tuple(map(peer_named, against)) if against else None
    for peer in peers or ():
        if peer.load() is None:
            from imgkernels.errors import MissingDependency

            raise MissingDependency(f"bench: {peer.name} is not here; pip install {peer.package}")
    return Wish(tuple(suite) if suite else SUITES, quick, peers)


def _measured(wish: Wish) -> dict[str, Any]:
    from imgkernels.bench import session, table
    from imgkernels.bench.peers import installed

    _warn_of_blas()
    peers = ", ".join(f"{name} {version}" for name, version in installed().items())
    print(f"peers      {peers or 'none is installed'}\n\n{table.HEAD}", flush=True)

    def tell(row: dict[str, Any]) -> None:
        print(table.line(row), flush=True)
        note(table.doubts(row))

    return session.record_of(wish, tell, lambda text: note([text]))


def _warn_of_blas() -> None:
    import os

    from imgkernels.bench.machine import MISLEADING

    found = [name for name in MISLEADING if name in os.environ]
    if found:
        note([f"{' and '.join(found)} set another machine's BLAS: unset for figures of this one"])


def _print_all(record: dict[str, Any]) -> None:
    from imgkernels.bench import table

    print(table.HEAD)
    for row in record["rows"]:
        print(table.line(row))


def _foot(record: dict[str, Any], goals: bool) -> None:
    from imgkernels.bench import table
    from imgkernels.bench.goals import verdicts

    versions = ", ".join(f"{name} {v}" for name, v in record["versions"].items())
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


def _kept(names: list[str]) -> dict[str, Any]:
    """Read records and join their rows; the first one says where they come from."""
    from imgkernels.bench.record import joined, read

    return joined([read(Path(name)) for name in names])


def _target(name: str | None, ending: str | None) -> Path | None:
    """Check a file to write before anything is measured."""
    from imgkernels.errors import FileProblem, InvalidValue

    if name is None:
        return None
    path, known = Path(name), (ending,) if ending else (".png", ".svg")
    if path.suffix.lower() not in known:
        option = "--json" if ending else "--plot"
        raise InvalidValue(f"bench: {option} must end in {' or '.join(known)}; got {name!r}")
    if not path.parent.is_dir():
        raise FileProblem(f"{path}: there is no folder {path.parent}")
    if not ending:
        from imgkernels.bench.plot import require

        require()
    return path


def _write(record: dict[str, Any], json: Path | None, plot: Path | None) -> None:
    from imgkernels.files.atomic import replace_file

    if json is not None:
        replace_file(json, (json_.dumps(record, indent=1) + "\n").encode())
    if plot is not None:
        from imgkernels.bench.plot import drawn

        replace_file(plot, drawn(record, plot.suffix.lower().removeprefix(".")))
