"""One knob of a filter: type, default, range and unit, and the check that every door uses."""

from __future__ import annotations

import inspect
import math
import types
from dataclasses import dataclass
from numbers import Integral
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from imgkernels.errors import InvalidValue, did_you_mean
from imgkernels.kernel import Kernel
from imgkernels.kernel_text import kernel_to_text, parse_kernel
from imgkernels.values import as_float

Kind = Literal["number", "whole", "switch", "choice", "kernel"]
_KINDS: dict[type, Kind] = {float: "number", int: "whole", bool: "switch", Kernel: "kernel"}
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


@dataclass(frozen=True)
class Param:
    """What a signature cannot say of a parameter: what it is for, its unit, its range.

    `least` and `most` are allowed themselves, `above` and `below` are not. `example` stands in
    for a missing default in documentation and tests.
    """

    help: str
    unit: str = ""
    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    odd: bool = False
    example: object = None


@dataclass(frozen=True)
class Knob:
    """A parameter as the catalogue knows it: the declaration with name, kind and default."""

    name: str
    kind: Kind
    default: Any
    required: bool
    optional: bool
    choices: tuple[str, ...]
    param: Param

    @property
    def sample(self) -> Any:
        """The default, or the example where there is none."""
        return self.param.example if self.required else self.default

    @property
    def rule(self) -> str:
        """The range in words: "a number > 0 px, at most 500"."""
        noun = {"number": "a number", "whole": "a whole number", "switch": "true or false"}
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "kernel":
            return "a kernel"
        return f"{'an odd number' if self.param.odd else noun[self.kind]}{self.bounds}"

    @property
    def bounds(self) -> str:
        """The limits alone, with the unit: " > 0 px, at most 500"."""
        p = self.param
        unit = f" {p.unit}" if p.unit else ""
        if p.least is not None and p.most is not None:
            return f" from {p.least:g} to {p.most:g}{unit}"
        low = "" if p.above is None else f" > {p.above:g}{unit}"
        low = low if p.least is None else f" of at least {p.least:g}{unit}"
        high = "" if p.most is None else f", at most {p.most:g}"
        return low + (high if p.below is None else f", below {p.below:g}")

    def check(self, value: object) -> Any:
        """Return the value in its own type; raise `InvalidValue` saying the rule and what came."""
        if value is None and self.optional:
            return None
        checked = getattr(self, f"_{self.kind}")(value)
        if checked is None:
            hint = did_you_mean(value, self.choices) if isinstance(value, str) else ""
            raise InvalidValue(f"{self.name} must be {self.rule}; got {_shown(value)}{hint}")
        return checked

    def problem_in_pixels(self, value: Any, axis: str, step: float) -> str | None:
        """Return what is wrong with a length where pixels lie a step apart along an axis."""
        elsewhere = self.name[-2:] in ("_x", "_y", "_z") and self.name[-1] != axis
        if self.param.unit != "px" or value is None or elsewhere:
            return None
        # A window is at least a pixel wide, whatever its size; a sigma of 0 is none.
        short = self.kind == "whole" or value == 0
        if self._within(max(value / step, self.param.least or 0) if short else value / step):
            return None
        there = f"{self.name} {value:g} is {value / step:.3g} px along {axis}"
        return f"{there} at a spacing of {step:g}; it must be{self.bounds}"

    def parse(self, text: str) -> Any:
        """Read the value from text, as the command line and pipelines have it, and check it."""
        word = text.strip()
        if self.optional and word.lower() == "none":
            return None
        try:
            match self.kind:
                case "number":
                    return self.check(float(word))
                case "whole":
                    return self.check(int(word))
                case "switch":
                    low = word.lower()
                    return self.check(low in _TRUE if low in _TRUE | _FALSE else word)
                case _:
                    return self.check(word)
        except InvalidValue:
            raise
        except ValueError:
            raise InvalidValue(f"{self.name} must be {self.rule}; got {word!r}") from None

    def text(self, value: Any) -> str:
        """Write a checked value so that `parse` reads it again."""
        if isinstance(value, Kernel):
            return kernel_to_text(value)
        return repr(value).lower() if isinstance(value, bool | None) else str(value)

    def _number(self, value: object) -> float | None:
        number = math.nan if isinstance(value, bool) else as_float(value)
        return number if math.isfinite(number) and self._within(number) else None

    def _whole(self, value: object) -> int | None:
        if isinstance(value, bool) or not isinstance(value, Integral):
            return None
        even = self.param.odd and int(value) % 2 == 0
        return int(value) if self._within(int(value)) and not even else None

    def _switch(self, value: object) -> bool | None:
        return value if isinstance(value, bool) else None

    def _choice(self, value: object) -> str | None:
        return value if isinstance(value, str) and value in self.choices else None

    def _kernel(self, value: object) -> Kernel | None:
        if value is None or isinstance(value, Kernel):
            return value
        return parse_kernel(value) if isinstance(value, str) else Kernel(value)  # type: ignore[arg-type]

    def _within(self, value: float) -> bool:
        p = self.param
        low = (p.least is None or value >= p.least) and (p.above is None or value > p.above)
        return low and (p.most is None or value <= p.most) and (p.below is None or value < p.below)


def knob_of(parameter: inspect.Parameter) -> Knob:
    """Read a knob from a parameter annotated as `Annotated[type, Param(...)]`."""
    annotation = parameter.annotation
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"parameter {parameter.name!r} must be Annotated[type, Param(...)]")
    bare, param = get_args(annotation)[:2]
    optional = get_origin(bare) in (Union, types.UnionType)
    if optional:
        (bare,) = (t for t in get_args(bare) if t is not type(None))
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    kind: Kind = "choice" if choices else _KINDS[bare]
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    return Knob(parameter.name, kind, default, required, optional, choices, param)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
