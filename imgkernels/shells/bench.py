"""`imgkernels bench`: how fast it is on this machine, beside what else is installed here."""

from __future__ import annotations

from typing import Annotated

import typer

_Suite = Annotated[
    list[str] | None,
    typer.Option(
        "--suite",
        metavar="SUITE",
        help="filters, volumes, pipelines, files, nn or scaling; may be given again. All of them, "
        "unless given: about 10 minutes.",
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


_OTHERS = {
    "--calibrate": {"suite", "quick", "against", "json", "plot", "goals", "without-halide",
                    "choices", "from"},
    "--choices": {"suite", "against", "plot", "goals", "from"},
    "--from": {"suite", "quick", "against", "without-halide"},
}  # fmt: skip


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
    from imgkernels.shells import benching

    given = {
        "suite": suite, "quick": quick, "against": against, "json": json, "plot": plot,
        "goals": goals, "without-halide": without_halide, "choices": choices, "from": kept,
    }  # fmt: skip
    modes = {"--calibrate": calibrate, "--choices": choices, "--from": kept}
    for option in (name for name, value in modes.items() if value):
        _refuse(option, [name for name in given if given[name] and name in _OTHERS[option]])
    if calibrate:
        return benching.calibrate()
    targets = benching.target(json, "--json"), benching.target(plot, "--plot")
    if without_halide:
        benching.hide_halide()
    if choices:
        return benching.choose(quick, targets[0])
    record = benching.kept(kept) if kept else benching.measured(suite, quick, against)
    benching.foot(record, goals)
    return benching.write(record, *targets)


def _refuse(option: str, others: list[str]) -> None:
    """Refuse options that have no say beside another."""
    if others:
        from imgkernels.errors import InvalidValue

        raise InvalidValue(f"bench: {option} takes no --{' or --'.join(others)}")
