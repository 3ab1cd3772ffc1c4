"""`imgkernels apply FILTER IN OUT`: a command for each entry of the catalogue, made from it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from imgkernels.shells import options

if TYPE_CHECKING:
    from imgkernels.param import Knob
    from imgkernels.registry import Filter

_METAVARS = {"number": "NUMBER", "whole": "INTEGER", "kernel": "FILE_OR_TEXT"}


class FilterGroup(TyperGroup):
    """The filters as commands; one is made only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all filters."""
        from imgkernels import filters

        return [entry.name for entry in filters.catalogue()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a filter, by name or alias; an unknown one is our error."""
        from imgkernels import filters

        return command_of(filters.get(cmd_name))


def command_of(entry: Filter) -> Any:
    """Make the command of one filter from its declaration."""

    def run(**given: Any) -> None:
        _run(entry, given)

    run.__doc__ = _help_of(entry)
    parameters = [*_files(), *(_option(knob) for knob in entry.params), *_common()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    one = typer.Typer(
        add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )
    one.command(entry.name)(run)
    return typer.main.get_command(one)


def _run(entry: Filter, given: dict[str, Any]) -> None:
    from imgkernels.errors import InvalidValue
    from imgkernels.pipeline import Pipeline
    from imgkernels.shells.work import Job, run
    from imgkernels.step import build_step

    params = {knob.name: given.pop(knob.name) for knob in entry.params}
    step, problems = build_step(entry.name, {k: v for k, v in params.items() if v is not None})
    if step is None:
        raise InvalidValue("\n".join(_named(entry.name, text) for _, text in problems))
    run(Job(**given), Pipeline((step,)))


def _named(name: str, text: str) -> str:
    return text if text.startswith(f"{name}: ") else f"{name}: {text}"


def _help_of(entry: Filter) -> str:
    also = f"Also called {', '.join(entry.aliases)}." if entry.aliases else ""
    source = f"Source: {entry.source}." if entry.source else ""
    return "\n\n".join(part for part in (entry.summary, entry.details, also, source) if part)


def _option(knob: Knob) -> inspect.Parameter:
    shown = False if knob.default is None else knob.text(knob.default)
    help_ = (
        f"{knob.param.help} ({knob.rule})" if knob.kind in ("number", "whole") else knob.param.help
    )
    annotation: Any
    if knob.kind == "switch":
        annotation = Annotated[bool | None, typer.Option(help=help_, show_default=shown)]
    else:
        metavar = "|".join(knob.choices) or _METAVARS[knob.kind]
        annotation = Annotated[
            str if knob.required else str | None,
            typer.Option(metavar=metavar, help=help_, show_default=shown),
        ]
    default = inspect.Parameter.empty if knob.required else None
    return inspect.Parameter(
        knob.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )


def _files() -> list[inspect.Parameter]:
    return [_keyword("source", options.Input), _keyword("target", options.Output)]


def _common() -> list[inspect.Parameter]:
    return [
        _keyword("border", options.BorderOption, None),
        _keyword("border_value", options.BorderValue, None),
        _keyword("range", options.RangeOption, None),
        _keyword("method", options.MethodOption, "auto"),
        _keyword("explain", options.Explain, False),
        _keyword("json", options.Json, False),
        _keyword("overwrite", options.Overwrite, False),
        _keyword("volume", options.Volume, False),
        _keyword("frame", options.FrameOption, None),
        _keyword("format", options.Format, None),
    ]


def _keyword(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)
