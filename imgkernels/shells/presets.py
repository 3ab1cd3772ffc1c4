"""`imgkernels preset`: the pipelines that travel with the package."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from imgkernels.shells.command import Json

app = typer.Typer(no_args_is_help=True, help="Show the presets, and the schema of their files.")


@app.command("list")
def list_presets(json: Json = False) -> None:
    """List the presets: their steps, and what they make of a picture."""
    from imgkernels.pipeline import Pipeline, preset_names

    presets = {name: Pipeline.load(name) for name in preset_names()}
    if json:
        found = [{"name": n, "summary": p.summary, "steps": str(p)} for n, p in presets.items()]
        print(json_.dumps(found, indent=2))
        return
    for name, preset in presets.items():
        print(f"{name:<14} {preset.summary}\n{'':<14} {preset}")


@app.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="A preset or a TOML file.")],
) -> None:
    """Print a preset as TOML, to start your own from."""
    from imgkernels.pipeline import Pipeline

    print(Pipeline.load(name).to_toml(), end="")


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of preset files, for editors that check them."""
    from imgkernels.schema import schema

    print(json_.dumps(schema(), indent=2))
