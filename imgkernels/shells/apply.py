"""`imgkernels apply FILTER IN OUT`: a command for each entry of the catalogue, made from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imgkernels import filters
from imgkernels.errors import InvalidValue
from imgkernels.shells.flags import JOB, SCHEDULER, STREAM, Flag, quick
from imgkernels.step import Step, build_step

if TYPE_CHECKING:
    from imgkernels.entry import Filter
    from imgkernels.param import Knob

_METAVARS = {"number": "NUMBER", "whole": "INTEGER", "kernel": "FILE_OR_TEXT"}


def quick_apply(words: list[str]) -> bool:
    """Do what `FILTER IN OUT ...` says, if it is plain; return whether it was."""
    if not words or words[0].startswith("-"):
        return False
    entry = filters.get(words[0])
    found = quick(words[1:], 2, flags_of(entry))
    if found is None or len(found["words"]) != 2:
        return False
    source, target = found.pop("words")
    run(entry, source, target, **found)
    return True


def run(entry: Filter, source: str, target: str, **given: Any) -> None:
    """Apply one filter to a picture; parameters come as text and are read by their knobs."""
    from imgkernels.pipeline import Pipeline
    from imgkernels.shells import work

    step = checked_step(entry, given)
    work.run(work.Job(source, target, **given), Pipeline((step,)), tuple(_surprises(step)))


def checked_step(entry: Filter, given: dict[str, Any]) -> Step:
    """Take a filter's parameters out of what was given and read them; raise for what is wrong."""
    params = {knob.name: given.pop(knob.name) for knob in entry.params if knob.name in given}
    step, problems = build_step(entry.name, params)
    if step is None:
        raise InvalidValue("; ".join(_named(entry.name, text) for _, text in problems))
    return step


def flags_of(entry: Filter) -> tuple[Flag, ...]:
    """Return the options of a filter's command: its parameters, then those of every job."""
    return (*map(_flag, entry.params), *JOB, *STREAM, SCHEDULER)


def help_of(entry: Filter) -> str:
    """Return what the help of a filter says above its options."""
    also = f"Also called {', '.join(entry.aliases)}." if entry.aliases else ""
    source = f"Source: {entry.source}." if entry.source else ""
    details = entry.details.replace("\n", " ").replace("  ", "\n\n")
    return "\n\n".join(part for part in (entry.summary, details, also, source) if part)


def _surprises(step: Step) -> Iterator[str]:
    """Say where a kernel of the user's own changes the brightness, if it was not meant to."""
    settings = dict(step.params)
    if "kernel" not in settings or settings.get("normalize"):
        return
    from imgkernels.doubts import surprises
    from imgkernels.examination import examine

    yield from surprises(examine(settings["kernel"]))


def _flag(knob: Knob) -> Flag:
    ranged = knob.kind in ("number", "whole")
    help_ = f"{knob.param.help} ({knob.rule})" if ranged else knob.param.help
    shown = None if knob.default is None else knob.text(knob.default)
    if knob.kind == "switch":
        return Flag(knob.name, help_, "switch", shown=shown, negatable=True)
    metavar = "|".join(knob.choices) or _METAVARS[knob.kind]
    return Flag(knob.name, help_, "text", metavar, shown, knob.required)


def _named(name: str, text: str) -> str:
    return text if text.startswith(f"{name}: ") else f"{name}: {text}"
