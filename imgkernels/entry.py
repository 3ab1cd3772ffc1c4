"""An entry of the catalogue: a filter with all that is declared of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from imgkernels.errors import InvalidValue, UnsupportedImage, did_you_mean
from imgkernels.kernel import Kernel
from imgkernels.operations import Frame, Operation, Range
from imgkernels.param import Knob, knob_of
from imgkernels.sources import Source

if TYPE_CHECKING:
    from imgkernels.certificate import Certificate
    from imgkernels.law import Case, Law

Maker = Callable[..., Operation]
Claims = Callable[..., "tuple[Law, ...]"]
Flat = Literal["kept", "black", "mid-grey", "flat"]


class Family(Enum):
    """A kind of filter, with the law its members obey on a flat image, far from any border rule."""

    SMOOTH = ("smooth", "takes detail away", "kept")
    PRESERVE = ("edge-preserving", "smooths and keeps edges", "kept")
    SHARPEN = ("sharpen", "brings detail out", "kept")
    EDGE = ("edge", "shows where the image changes", "black")
    RELIEF = ("relief", "lights the image from one side", "mid-grey")
    RANK = ("rank", "picks one of the values in a window", "kept")
    POINT = ("point", "looks at one pixel at a time", "flat")
    EFFECT = ("effect", "makes a picture of a picture", "flat")
    BASIC = ("basic", "does what its kernel says", "flat")

    def __init__(self, word: str, summary: str, flat: Flat) -> None:
        self.word = word
        self.summary = summary
        self.flat: Flat = flat


@dataclass(frozen=True)
class Filter:
    """One entry of the catalogue.

    `range` is how a result with negative values is shown in unsigned dtypes, where the filter
    makes such values; `ndims` the numbers of axes it works on; `spacing` whether its lengths hold
    on pixels whose sides differ from 1. `sources` are whom to cite, or
    `unsourced` says why there is nobody; `formula` is what it computes, `others` where other
    libraries disagree, `claims` makes its laws from its parameters.
    """

    name: str
    family: Family
    maker: Maker
    aliases: tuple[str, ...]
    range: Range | None
    ndims: tuple[int, ...]
    sources: tuple[Source, ...]
    unsourced: str
    formula: str
    others: tuple[str, ...]
    claims: Claims
    spacing: bool = False

    @property
    def summary(self) -> str:
        """What the picture becomes, in a line."""
        return inspect.cleandoc(self.maker.__doc__ or "").partition("\n")[0]

    @property
    def details(self) -> str:
        """What else there is to say; often nothing."""
        return inspect.cleandoc(self.maker.__doc__ or "").partition("\n")[2].strip()

    @property
    def takes_spacing(self) -> bool:
        """Whether its lengths hold on pixels of any size, or it has none."""
        return self.spacing or self.family is Family.POINT

    @property
    def source(self) -> str:
        """Whom to cite, in a line; nothing where there is nobody."""
        return "; ".join(map(str, self.sources))

    @cached_property
    def params(self) -> tuple[Knob, ...]:
        """Its parameters, in order; read when one filter is used, not for all that there are."""
        found = inspect.signature(self.maker, eval_str=True).parameters.values()
        return tuple(knob_of(p) for p in found if p.name != "frame")

    def operation(self, frame: Frame | None = None, **given: object) -> Operation:
        """Return the operation with these parameters, checked, for images like the frame says."""
        frame = frame or self.usual_frame
        if frame.ndim not in self.ndims:
            axes = " or ".join(map(str, self.ndims))
            raise UnsupportedImage(f"{self.name}: works on {axes} axes; got {frame.ndim}")
        settings = self.checked(given) | {"frame": frame}
        if frame.spacing is not None:
            self._check_lengths(settings, frame.spacing)
        return self.maker(**{name: settings[name] for name in self._asked})

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """What the maker is told."""
        return tuple(inspect.signature(self.maker).parameters)

    @property
    def usual_frame(self) -> Frame:
        """Pictures of 8 bits, of two axes where it works on those."""
        return Frame(ndim=2 if 2 in self.ndims else self.ndims[0])

    def laws(self, frame: Frame | None = None, **given: object) -> tuple[Law, ...]:
        """Return its family's law and its own, with these parameters, for images of a frame."""
        from imgkernels import law

        settings = self.checked(given) | {"frame": frame or self.usual_frame}
        asked = inspect.signature(self.claims).parameters
        return (law.flat(self.family.flat), *self.claims(**{n: settings[n] for n in asked}))

    def case(self, frame: Frame | None = None, **given: object) -> Case:
        """Return what its laws are checked on, with these parameters."""
        from imgkernels.law import Case

        frame = frame or self.usual_frame
        return Case.of(self.operation(frame, **given), frame)

    def checked(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Return every parameter with its value, given or default; raise `InvalidValue`."""
        problems = self.problems(given)
        if problems:
            raise InvalidValue("; ".join(f"{self.name}: {text}" for _, text in problems))
        return {knob.name: knob.check(given.get(knob.name, knob.default)) for knob in self.params}

    def problems(self, given: Mapping[str, object]) -> list[tuple[str, str]]:
        """Return what is wrong with these parameters, each with the name of the one it is about."""
        names = {knob.name for knob in self.params}
        found = [(name, self._no_such(name)) for name in given if name not in names]
        for knob in self.params:
            try:
                knob.check(given.get(knob.name, knob.default))
            except InvalidValue as error:
                found.append((knob.name, str(error)))
        return found

    def kernels(self, **given: object) -> tuple[Kernel, ...]:
        """Return the kernels it applies with these parameters; none for ranks and curves."""
        return self.operation(None, **given).kernels

    def certificate(self, frame: Frame | None = None, **given: object) -> Certificate:
        """Return its certificate with these parameters: what it is, computed and checked now."""
        from imgkernels.certificate import Certificate, examined, verdicts

        case, laws = self.case(frame, **given), self.laws(frame, **given)
        return Certificate(
            self.name, self.sources, self.unsourced, self.formula, self.others,
            examined(case), verdicts(case, laws),
        )  # fmt: skip

    def _check_lengths(self, settings: Mapping[str, Any], spacing: tuple[float, ...]) -> None:
        """Refuse a spacing, or a length that is out of range in pixels along one of the axes."""
        if not self.takes_spacing:
            raise UnsupportedImage(
                f"{self.name}: is made for pixels of size 1; "
                f"it has no rule for a spacing of {', '.join(f'{step:g}' for step in spacing)}"
            )
        for knob in self.params:
            for axis, step in zip("zyx"[-len(spacing) :], spacing, strict=True):
                problem = knob.problem_in_pixels(settings[knob.name], axis, step)
                if problem:
                    raise InvalidValue(f"{self.name}: {problem}")

    def _no_such(self, name: str) -> str:
        names = [knob.name for knob in self.params]
        hint = did_you_mean(name, names) or f"; there are: {', '.join(names) or 'none'}"
        return f"no parameter {name!r}{hint}"
