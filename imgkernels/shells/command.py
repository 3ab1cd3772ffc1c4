"""Typer commands made from flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from imgkernels.shells.flags import Flag

_TYPES: dict[str, Any] = {"text": str, "number": float, "whole": int, "switch": bool}
_HELP = {"help_option_names": ["-h", "--help"]}

Input = Annotated[str, typer.Argument(metavar="IN", help="The picture to read; - is stdin.")]
Output = Annotated[str, typer.Argument(metavar="OUT", help="The picture to write; - is stdout.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on stdout.")]


def command(
    name: str,
    help: str,
    positionals: dict[str, Any],
    flags: tuple[Flag, ...],
    run: Callable[..., None],
) -> Any:
    """Return a command that calls `run` with the positionals and the flags that were given."""

    def call(**given: Any) -> None:
        run(**{key: value for key, value in given.items() if value is not None})

    parameters = [_keyword(key, kind) for key, kind in positionals.items()]
    parameters += [_parameter(flag) for flag in flags]
    call.__doc__ = help
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    app = typer.Typer(add_completion=False, context_settings=_HELP)
    app.command(name)(call)
    return typer.main.get_command(app)


def _parameter(flag: Flag) -> inspect.Parameter:
    shown: Any = False if flag.shown is None else flag.shown
    option = typer.Option(
        "/".join(flag.words),
        metavar=flag.metavar,
        help=flag.help,
        show_default=shown,
        autocompletion=flag.complete,
    )
    kind = _TYPES[flag.kind]
    if flag.required:
        return _keyword(flag.name, Annotated[kind, option])
    return _keyword(flag.name, Annotated[kind | None, option], None)


def _keyword(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    # A positional may be declared with a default of its own: a list that may be empty.
    if isinstance(annotation, tuple):
        annotation, default = annotation
    return inspect.Parameter(name, kind, annotation=annotation, default=default)
