"""The words of `apply` and `pipe`, declared once; typer and the quick reader are made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Flag:
    """An option `--name VALUE`, or a switch without a value."""

    name: str
    help: str
    kind: Literal["text", "number", "whole", "switch"] = "text"
    metavar: str | None = None
    shown: str | None = None
    required: bool = False
    negatable: bool = False
    complete: Callable[[str], list[str]] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What is typed: --name, and --no-name where it can be switched off."""
        dashed = self.name.replace("_", "-")
        return (f"--{dashed}", f"--no-{dashed}") if self.negatable else (f"--{dashed}",)

    def read(self, text: str) -> Any:
        """Return the value of a text; raise ValueError where it is none."""
        return {"number": float, "whole": int}.get(self.kind, str)(text)


def complete_like(incomplete: str) -> list[str]:
    """Return the libraries whose names begin so."""
    from imgkernels.dialect import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


JOB = (
    Flag(
        "border",
        "Beyond the edge: reflect (dcb|abcd|cba), symmetric (cba|abcd|dcb), replicate "
        "(aaa|abcd|ddd), wrap (bcd|abcd|abc), constant; or another library's word, like "
        "scipy:mirror.",
        metavar="BORDER",
        shown="reflect",
    ),
    Flag("border_value", "What lies beyond a constant border.", "number", "NUMBER", "0"),
    Flag(
        "range",
        "How values below black and above white are shown; the filter knows, unless given.",
        metavar="clip|abs|offset|stretch",
    ),
    Flag(
        "like",
        "Do as this library does: its sizes, scale, border, rounding (imgkernels list --dialects).",
        metavar="LIBRARY",
        complete=complete_like,
    ),
    Flag(
        "channels",
        "What filters see of the colours: each channel, the luma of RGB alone, linear light (sRGB "
        "decoded), or their sum as one plane.",
        metavar="each|luma|linear|sum",
        shown="each",
    ),
    Flag(
        "nan",
        "What NaN does: reach every window that holds it, weigh nothing (what lies around fills "
        "it), or weigh nothing and stay.",
        metavar="propagate|ignore|keep",
        shown="propagate",
    ),
    Flag(
        "mask",
        "A grey picture of the same size: white counts, black does not and stays as it is (with "
        "--nan ignore it is filled), grey counts in part.",
        metavar="FILE",
    ),
    Flag(
        "spacing",
        "How far apart pixels lie, in any unit: one number, or one for each axis. Lengths like "
        "sigma are then in that unit, and derivatives per unit.",
        metavar="[Z,]Y,X",
        shown="1",
    ),
    Flag(
        "method", "How sums are computed: auto, direct, fft and others.", "text", "METHOD", "auto"
    ),
    Flag("explain", "Print the plan on stderr.", "switch"),
    Flag("json", "Say in JSON on stdout what was done.", "switch"),
    Flag("overwrite", "Allow OUT to be IN.", "switch"),
    Flag("volume", "Take pages or frames as planes of one volume.", "switch"),
    Flag("frame", "Take frame or page N alone, from 0; without it all are filtered.", "whole", "N"),
    Flag("format", "The format of OUT, where its name does not say.", "text", "FORMAT"),
    Flag(
        "max_pixels",
        "Refuse a picture, or frames together, of more pixels, before they are decoded.",
        "whole",
        "N",
        "100000000",
    ),
    Flag("allow_truncated", "Take what is there of a file that was cut, with a note.", "switch"),
    Flag(
        "keep_metadata",
        "Keep EXIF too, without position, preview and maker note (profile and resolution are "
        "always kept, XMP never).",
        "switch",
    ),
)
STREAM = (
    Flag(
        "stream",
        "Read, filter and write part by part; files larger than memory are, unasked.",
        "switch",
    ),
    Flag(
        "raw",
        "IN is bare values: their SHAPE,DTYPE, and any of big, little, fortran, offset=BYTES; "
        "like 64x512x512,uint16,big.",
        metavar="SHAPE,DTYPE",
    ),
    Flag(
        "compress",
        "How OUT is packed: a PNG fast (unless told), small, which takes ten times as long, or not "
        "at all; a TIFF or npz not at all (unless told) or with deflate.",
        metavar="fast|small|none|deflate",
    ),
)
SCHEDULER = Flag(
    "scheduler",
    "A Dask scheduler, tcp://HOST:8786: its workers do it; they must see the files by their names.",
    metavar="ADDRESS",
)


def quick(words: list[str], positionals: int, flags: tuple[Flag, ...]) -> dict[str, Any] | None:
    """Read words as most people type them; None for help and for anything unusual.

    Typer reads the same words and explains what is wrong with them, but importing it with
    pydantic, which it needs for every option, takes longer than blurring a photograph.
    """
    by_word = {word: flag for flag in flags for word in flag.words}
    found: dict[str, Any] = {}
    plain: list[str] = []
    queue = iter(words)
    for word in queue:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        flag = by_word.get(name)
        if flag is None or (flag.kind == "switch" and equals):
            return None
        if flag.kind == "switch":
            found[flag.name] = not name.startswith("--no-")
            continue
        text = value if equals else next(queue, None)
        try:
            found[flag.name] = flag.read(text) if text is not None else None
        except ValueError:
            return None
        if found[flag.name] is None:
            return None
    if len(plain) < positionals or any(f.required and f.name not in found for f in flags):
        return None
    return found | {"words": plain}
