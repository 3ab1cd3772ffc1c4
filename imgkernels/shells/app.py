"""The command line: its commands, and how it ends.

Importing this module imports neither numpy nor OpenCV: a command imports what it needs when it
runs, so that `--help` and shell completion answer at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from imgkernels import __version__
from imgkernels.errors import ImgkernelsError
from imgkernels.shells import doctor, inspect, options, pipe, presets
from imgkernels.shells.apply import FilterGroup

app = typer.Typer(
    name="imgkernels",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _State:
    debug = False


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
    _State.debug = debug


filters = typer.Typer(
    cls=FilterGroup,
    no_args_is_help=True,
    help="Apply one filter to a picture: imgkernels apply FILTER IN OUT.",
)


@filters.callback()
def _apply() -> None:
    pass


app.add_typer(filters, name="apply", options_metavar="")
app.command("pipe")(pipe.pipe)
app.command("list")(inspect.list_filters)
app.command("show")(inspect.show)
app.add_typer(presets.app, name="preset")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; every error of ours ends in one line and its exit code."""
    try:
        typer.main.get_command(app)()
    except ImgkernelsError as error:
        if _State.debug:
            raise
        options.complain(str(error))
        sys.exit(error.exit_code)
    except MemoryError:
        if _State.debug:
            raise
        options.complain("this needs more memory than there is; try a smaller image or window")
        sys.exit(1)


assert issubclass(FilterGroup, TyperGroup)
