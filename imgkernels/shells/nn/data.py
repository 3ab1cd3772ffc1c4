"""`imgkernels nn data mnist`: pictures to learn from, fetched by checksum."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Fetch pictures to learn from.")


@app.callback()
def _data() -> None:
    pass


@app.command("mnist")
def mnist(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to put them.")] = "mnist",
    mirror: Annotated[
        list[str] | None,
        typer.Option("--mirror", metavar="URL", help="Fetch from there; may be given again."),
    ] = None,
) -> None:
    """Fetch MNIST, 11 MB: 60,000 digits to learn from and 10,000 to test on.

    What is there already with the right checksum is kept.
    """
    from imgkernels.nn.data.fetch import MIRRORS, fetch_mnist

    mirrors = [m if m.endswith("/") else f"{m}/" for m in mirror] if mirror else MIRRORS
    paths = fetch_mnist(Path(folder), mirrors, lambda line: print(line, file=sys.stderr))
    print(f"{len(paths)} files are in {folder}, each with its checksum")
