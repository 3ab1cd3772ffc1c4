"""A dialect: what one library does for each of our filters that it has, as a table of rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from imgkernels import filters
from imgkernels.border import Border
from imgkernels.errors import InvalidValue, UnknownName, UnsupportedDtype, UnsupportedImage
from imgkernels.nearest import nearest
from imgkernels.operations import Frame, Framed, Nan, Operation

ALL = tuple(Border)


@dataclass(frozen=True)
class Rule:
    """One call of a library that answers one of our filters.

    `call` says it in the library's own words. `make` returns the operation; its arguments are
    those parameters of our filter that the call has, checked and with our defaults, and `frame`
    where it needs to know the image. `borders` are the borders that the call has, its own default
    first; `value` tells whether a constant border may have another value than 0. `None` for
    `dtypes` and `ndims` is what the dialect says.
    """

    call: str
    make: Callable[..., Operation]
    borders: tuple[Border, ...] = ALL
    value: bool = False
    dtypes: tuple[str, ...] | None = None
    ndims: tuple[int, ...] | None = None
    note: str = ""

    @cached_property
    def takes(self) -> tuple[str, ...]:
        """The parameters of our filter that the call has."""
        return tuple(p for p in inspect.signature(self.make).parameters if p != "frame")

    @cached_property
    def framed(self) -> bool:
        """Whether the operation depends on the image."""
        return "frame" in inspect.signature(self.make).parameters


@dataclass(frozen=True)
class Bell:
    """How a library is asked for a Gaussian: its word for the width, and the call as it is typed.

    The call has `{value}` where the number goes, which is sigma, or its square where `squared`;
    `{width}` is where a library wants to be told how many taps (`sized`): then 3 sigma a side.
    """

    parameter: str
    call: str
    squared: bool = False
    sized: bool = False


@dataclass(frozen=True)
class Dialect:
    """The conventions of a library: its version, where they are written, and a rule per filter.

    `dtypes` and `ndims` are what its calls take; `bell` is how it is asked for a Gaussian. `alpha`
    tells whether alpha is to this library one channel like the others; else it is kept apart, as
    ours is.
    """

    name: str
    version: str
    source: str
    rules: Mapping[str, Rule]
    dtypes: tuple[str, ...]
    ndims: tuple[int, ...] = (2,)
    alpha: bool = True
    notes: tuple[str, ...] = ()
    bell: Bell | None = None

    def rule(self, name: str) -> Rule:
        """Return the rule for a filter; raise `UnknownName` with the nearest it has."""
        entry = filters.get(name)
        if entry.name in self.rules:
            return self.rules[entry.name]
        near = nearest(entry, [filters.get(other) for other in self.rules])
        raise UnknownName(f"{self.name} has no {entry.name}; the nearest it has: {near}")

    def check(self, name: str, params: Mapping[str, Any]) -> None:
        """Raise where the library has no such filter, or not with these parameters."""
        rule = self.rule(name)
        for key in params:
            if key not in rule.takes:
                has = ", ".join(rule.takes) or "none"
                raise InvalidValue(
                    f"{name}: {self.name}'s {rule.call} has no {key}; of its parameters there "
                    f"are: {has}"
                )

    def operation(self, name: str, params: Mapping[str, Any], frame: Frame) -> Operation:
        """Return what the library does for a filter on images like the frame says.

        `params` are those that differ from our defaults. Raises `UnknownName` for a filter it has
        not, `InvalidValue` for a parameter or border, `UnsupportedDtype` and `UnsupportedImage`
        for images that its call does not take.
        """
        self.check(name, params)
        self._check_holes(frame)
        rule, entry = self.rule(name), filters.get(name)
        self._check_image(entry.name, rule, frame)
        own = replace(frame, border=self._border(entry.name, rule, frame))
        settings = entry.checked(params)
        given = {key: settings[key] for key in rule.takes}
        made = rule.make(**given, frame=own) if rule.framed else rule.make(**given)
        return Framed(made, own.border)

    def _check_holes(self, frame: Frame) -> None:
        """Refuse what is ours alone: no library of them knows holes, masks or unequal pixels."""
        ours = {
            "nan": frame.nan is not Nan.PROPAGATE,
            "mask": frame.certainty is not None,
            "spacing": frame.spacing is not None,
        }
        for word, given in ours.items():
            if given:
                raise InvalidValue(f"like: {self.name} has no {word}; leave it out, or like")

    def _check_image(self, name: str, rule: Rule, frame: Frame) -> None:
        dtypes, ndims = rule.dtypes or self.dtypes, rule.ndims or self.ndims
        who = f"{name}: {self.name}'s {rule.call}"
        if frame.dtype.name not in dtypes:
            raise UnsupportedDtype(f"{who} takes {', '.join(dtypes)}; got {frame.dtype.name}")
        if frame.ndim not in ndims:
            axes = " or ".join(map(str, ndims))
            raise UnsupportedImage(f"{who} works on {axes} axes; got {frame.ndim}")

    def _border(self, name: str, rule: Rule, frame: Frame) -> Border:
        border = frame.border if frame.border_asked else rule.borders[0]
        who = f"{name}: {self.name}'s {rule.call}"
        if border not in rule.borders:
            raise InvalidValue(f"{who} has border {' or '.join(rule.borders)}; got {border}")
        if frame.border_value != 0 and border is Border.CONSTANT and not rule.value:
            raise InvalidValue(f"{who} has no border_value; got {frame.border_value:g}")
        return border
