"""`imgkernels pipe IN OUT STEP...`: filters one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgkernels.errors import InvalidValue
from imgkernels.shells.flags import JOB, SCHEDULER, STREAM, Flag, quick

if TYPE_CHECKING:
    from imgkernels.pipeline import Pipeline

HELP = """Run several filters in order, or a preset: nothing is rounded between the steps.

imgkernels pipe in.png out.png median:size=5 sharpen

imgkernels pipe in.png out.png --preset halo
"""


def complete_step(incomplete: str) -> list[str]:
    """Return the filters whose names begin so."""
    from imgkernels import filters

    return [f.name for f in filters.catalogue() if f.name.startswith(incomplete)]


def complete_preset(incomplete: str) -> list[str]:
    """Return the presets whose names begin so."""
    from imgkernels.pipeline import preset_names

    return [name for name in preset_names() if name.startswith(incomplete)]


PRESET = Flag(
    "preset",
    "A preset, or a TOML file like one.",
    metavar="NAME_OR_FILE",
    complete=complete_preset,
)
FLAGS = (PRESET, *JOB, *STREAM, SCHEDULER)


def quick_pipe(words: list[str]) -> bool:
    """Do what `IN OUT STEP...` says, if it is plain; return whether it was."""
    found = quick(words, 2, FLAGS)
    if found is None:
        return False
    source, target, *steps = found.pop("words")
    run(source, target, steps, **found)
    return True


def run(
    source: str,
    target: str,
    steps: list[str] | None = None,
    preset: str | None = None,
    **given: Any,
) -> None:
    """Run steps or a preset on a picture."""
    from imgkernels.shells import work

    work.run(work.Job(source, target, **given), pipeline_of("pipe", steps, preset))


def pipeline_of(who: str, steps: list[str] | None, preset: str | None) -> Pipeline:
    """Return the pipeline of steps, or of a preset; raise `InvalidValue` for both or neither."""
    from imgkernels.pipeline import Pipeline

    if bool(steps) == bool(preset):
        raise InvalidValue(
            f"{who}: give either steps, like median:size=5 sharpen, or --preset NAME"
        )
    return Pipeline.load(preset) if preset else Pipeline.parse(" | ".join(steps or []))
