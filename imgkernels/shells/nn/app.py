"""The commands of `imgkernels nn`, put together."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from imgkernels.errors import unknown
from imgkernels.shells.nn import answer, data, look, train


class NnGroup(TyperGroup):
    """The commands in the order people need them."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name; an unknown one is our error, with the near match."""
        if cmd_name not in self.list_commands(ctx):
            raise unknown("command", f"nn {cmd_name}", [f"nn {c}" for c in self.list_commands(ctx)])
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return [*(run.__name__ for run in COMMANDS), "data"]


COMMANDS = (
    train.train,
    answer.evaluate,
    answer.predict,
    answer.summary,
    answer.curves,
    look.filters,
    look.responses,
    look.trace,
    look.saliency,
    look.cam,
    look.occlusion,
    look.maximize,
)

app = typer.Typer(
    cls=NnGroup,
    no_args_is_help=True,
    help="Train a convolutional network, ask it, and look inside.",
)


@app.callback()
def _nn() -> None:
    pass


for _run in COMMANDS:
    app.command(_run.__name__)(_run)
app.add_typer(data.app, name="data")
