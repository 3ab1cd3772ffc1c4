"""The typer app: every command, its help, its completion.

Importing this module imports neither numpy nor OpenCV: a command imports what it needs when it
runs, so that `--help` and shell completion answer at once.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from imgkernels import __version__
from imgkernels.errors import InvalidValue, unknown
from imgkernels.shells import (
    audit,
    batch,
    bench,
    compare,
    design,
    doctor,
    experiment,
    explain_diff,
    identify,
    inspect,
    keep,
    pipe,
    presets,
    sigma,
    trace,
)
from imgkernels.shells.command import Input, Output, command
from imgkernels.shells.nn.app import app as nn_app

_HELP = {"help_option_names": ["-h", "--help"]}
Steps = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STEP...",
        help="filter or filter:param=value,param=value; or one text with | between steps.",
        autocompletion=pipe.complete_step,
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SRC... STEP...",
        help="Files, folders and patterns; then filters, like median:size=5 sharpen.",
        autocompletion=pipe.complete_step,
    ),
]


class FilterGroup(TyperGroup):
    """The filters as commands; one is made only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all filters."""
        from imgkernels import filters

        return [entry.name for entry in filters.catalogue()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a filter, by name or alias; an unknown one is our error."""
        from imgkernels import filters
        from imgkernels.shells import apply

        entry = filters.get(cmd_name)

        def run(**given: Any) -> None:
            apply.run(entry, **given)

        positionals = {"source": Input, "target": Output}
        return command(entry.name, apply.help_of(entry), positionals, apply.flags_of(entry), run)


class ExplainGroup(FilterGroup):
    """The filters as commands of `explain-diff`."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a filter, by name or alias; an unknown one is our error."""
        from imgkernels import filters

        entry = filters.get(cmd_name)

        def run(**given: Any) -> None:
            explain_diff.run(entry, **given)

        positionals, flags = explain_diff.POSITIONALS, explain_diff.flags(entry)
        return command(entry.name, explain_diff.HELP, positionals, flags, run)


class MainGroup(TyperGroup):
    """The commands in the order people need them; `pipe`, `batch` are made from their flags."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return [
            "apply",
            "pipe",
            "batch",
            "list",
            "show",
            "sigma",
            "explain-diff",
            "identify",
            "keep",
            "compare",
            "design",
            "trace",
            "audit",
            "experiment",
            "preset",
            "nn",
            "bench",
            "doctor",
        ]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name; an unknown one is our error, with the near match."""
        if cmd_name not in self.list_commands(ctx):
            raise unknown("command", cmd_name, self.list_commands(ctx))
        if cmd_name == "batch":
            return command("batch", batch.HELP, {"words": (Words, None)}, batch.FLAGS, batch.run)
        if cmd_name == "pipe":
            positionals = {"source": Input, "target": Output, "steps": (Steps, None)}
            return command("pipe", pipe.HELP, positionals, pipe.FLAGS, pipe.run)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    name="imgkernels",
    cls=MainGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"imgkernels {__version__}")
        raise typer.Exit


@app.callback()
def _imgkernels(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show it.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    """Classical image filtering on convolution kernels.

    A picture in, a filtered picture out:  imgkernels apply blur in.png out.png --sigma 2
    """


filters_app = typer.Typer(
    cls=FilterGroup,
    no_args_is_help=True,
    help="Apply one filter to a picture: imgkernels apply FILTER IN OUT. "
    "FILTER is one of these, or a kernel of a weight file: learned:FILE/LAYER/INDEX.",
)


@filters_app.callback()
def _apply() -> None:
    pass


app.add_typer(filters_app, name="apply", options_metavar="")
app.command("list")(inspect.list_filters)
# A kernel may begin with a minus: "-1 0 1" is no option.
app.command("show", context_settings={"ignore_unknown_options": True})(inspect.show)
app.command("sigma")(sigma.sigma)
explain_app = typer.Typer(cls=ExplainGroup, no_args_is_help=True, help=explain_diff.HELP)


@explain_app.callback()
def _explain_diff() -> None:
    pass


app.add_typer(explain_app, name="explain-diff", options_metavar="")
# Rows of numbers may begin with a minus; they are no option.
app.command("identify", context_settings={"ignore_unknown_options": True})(identify.identify)
app.command("keep", context_settings={"ignore_unknown_options": True})(keep.keep)
app.command("compare")(compare.compare)
app.command("design")(design.design)
app.command("trace")(trace.trace)
app.command("audit")(audit.audit)
app.add_typer(experiment.app, name="experiment")
app.add_typer(presets.app, name="preset")
app.add_typer(nn_app, name="nn")
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def run() -> None:
    """Run the command line through typer; what it has to say of mistakes becomes one line."""
    try:
        code = typer.main.get_command(app)(standalone_mode=False, prog_name="imgkernels")
    except Exception as error:  # noqa: BLE001 (looked at, and raised again as what it is)
        raise _in_one_line(error) from None
    sys.exit(code if isinstance(code, int) else 0)


def _in_one_line(error: Exception) -> BaseException:
    # Typer has carried click inside under several names: its errors are known by what they can do.
    if type(error).__name__ == "Abort":
        return KeyboardInterrupt()
    if not hasattr(error, "format_message") or not hasattr(error, "show"):
        return error
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return SystemExit(2)
    path: str = getattr(getattr(error, "ctx", None), "command_path", "imgkernels")
    said = " ".join(error.format_message().split()).rstrip(".")
    where = path.removeprefix("imgkernels").strip()
    prefix = f"{where}: " if where else ""
    return InvalidValue(f"{prefix}{said[:1].lower()}{said[1:]}; see {path} --help")
