"""Options that several commands share, and the way they speak."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

Input = Annotated[str, typer.Argument(metavar="IN", help="The picture to read; - is stdin.")]
Output = Annotated[str, typer.Argument(metavar="OUT", help="The picture to write; - is stdout.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on stdout.")]

BorderOption = Annotated[
    str | None,
    typer.Option(
        "--border",
        metavar="BORDER",
        help="Beyond the edge: reflect (dcb|abcd|cba), symmetric (cba|abcd|dcb), replicate "
        "(aaa|abcd|ddd), wrap (bcd|abcd|abc), constant; or another library's word, like "
        "scipy:mirror.",
        show_default="reflect",
    ),
]
BorderValue = Annotated[
    float | None,
    typer.Option("--border-value", help="What lies beyond a constant border.", show_default="0"),
]
RangeOption = Annotated[
    str | None,
    typer.Option(
        "--range",
        metavar="clip|abs|offset|stretch",
        help="How values below black and above white are shown; the filter knows, unless given.",
        show_default=False,
    ),
]
MethodOption = Annotated[
    str,
    typer.Option("--method", metavar="METHOD", help="How sums are computed: auto, direct, fft, …"),
]
Explain = Annotated[bool, typer.Option("--explain", help="Print the plan on stderr.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Allow OUT to be IN.")]
Volume = Annotated[
    bool, typer.Option("--volume", help="Take the pages of a TIFF as planes of one volume.")
]
FrameOption = Annotated[
    int | None,
    typer.Option("--frame", metavar="N", help="Take page N, from 0.", show_default=False),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help="Of OUT, if its name does not say."),
]


def printable(text: str) -> str:
    """Return the text with control characters escaped: a file's name must not steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def complain(text: str) -> None:
    """Print an error on stderr, each line with our name before it."""
    for line in text.splitlines() or [""]:
        print(f"imgkernels: {printable(line)}", file=sys.stderr)


def note(lines: Iterable[str]) -> None:
    """Print what the user should know, on stderr."""
    for line in lines:
        print(f"imgkernels: note: {printable(line)}", file=sys.stderr)
