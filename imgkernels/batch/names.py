"""The names of outputs: a template with fields, checked before any work."""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass

from imgkernels.errors import InvalidValue, unknown

FIELDS = ("stem", "ext", "name", "parent", "index")
USUAL = "{stem}.{ext}"


@dataclass(frozen=True)
class Template:
    """A text with {stem}, {ext}, {name}, {parent}, {index}: of the input, the last one from 1.

    >>> Template.parse("{stem}-blur-{index:03}.{ext}").fill("/photos/a.jpg", 7, "png")
    'a-blur-007.png'
    """

    text: str
    parts: tuple[tuple[str, str | None, str], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template; raise for fields there are not, and for a name outside the folder."""
        try:
            raw = list(string.Formatter().parse(text))
        except ValueError as error:
            raise InvalidValue(f"name: {error}; {{{{ and }}}} are braces; got {text!r}") from None
        for _, field, spec, conversion in raw:
            _check(text, field, spec or "", conversion)
        template = cls(text, tuple((literal, f, spec or "") for literal, f, spec, _ in raw))
        checked(template.fill("/folder/stem.ext", 1, "ext"), text)
        return template

    @property
    def asks_ext(self) -> bool:
        """Whether the input's suffix, or the format's, stands at the end."""
        return bool(self.parts) and self.parts[-1][1] in ("ext", "name")

    def fill(self, source: str, index: int, ext: str | None = None) -> str:
        """Return the name for one input; `ext` replaces its own."""
        folder, name = os.path.split(source)
        stem, own = os.path.splitext(name)
        ending = own.removeprefix(".") if ext is None else ext
        fields = {
            "stem": stem,
            "ext": ending,
            "name": f"{stem}.{ending}" if ending else stem,
            "parent": os.path.basename(folder),
        }
        words = []
        for literal, field, spec in self.parts:
            words.append(literal)
            if field is not None:
                words.append(format(index, spec) if field == "index" else fields[field])
        made = "".join(words)
        return made if ending else made.removesuffix(".")


def checked(name: str, template: str) -> str:
    """Return a name below the folder; raise `InvalidValue` for one that leads out of it."""
    parts = name.split("/") if os.sep == "/" else name.replace(os.sep, "/").split("/")
    if os.path.isabs(name) or any(part in ("", ".", "..") for part in parts) or "\0" in name:
        raise InvalidValue(
            f"name: must stay in the output folder, like {USUAL}; {template!r} gives {name!r}"
        )
    return name


def _check(text: str, field: str | None, spec: str, conversion: str | None) -> None:
    if field is None:
        return
    if field not in FIELDS:
        raise unknown("field", field, FIELDS)
    plain = not spec if field != "index" else re.fullmatch(r"(0?[1-9])?d?", spec)
    if conversion or not plain:
        raise InvalidValue(f"name: only {{index}} takes a form, like {{index:04}}; got {text!r}")
