"""Filters in order: from text, TOML or objects, checked whole, run without rounding between."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from imgkernels import filters, resources, tiles
from imgkernels.asked import recipe_for
from imgkernels.border import Border
from imgkernels.channels import Channels
from imgkernels.errors import InvalidValue, unknown
from imgkernels.image import Image
from imgkernels.kernel import Kernel
from imgkernels.operations import Nan, Range
from imgkernels.run import run_recipe
from imgkernels.step import Problems, Step, build_step, limited, path_of, read_step, refuse
from imgkernels.tiles import Recipe
from imgkernels.values import Array

_MOST_KEPT = 64  # of what is decided once for calls that are alike

StepLike = Step | str | tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Pipeline:
    """Steps in order, and how they are to be run; call it with an image.

    Between the steps nothing is rounded or clipped: integers are rounded once, at the end. A
    border of None is reflect. With `like`, the name of a library, each step does what that
    library does: its sizes, its scale, its rounding, and its border unless one is given.

    >>> pipeline = Pipeline.parse("median:size=5 | sharpen")
    >>> pipeline == Pipeline.of(("median", {"size": 5}), "sharpen")
    True
    """

    steps: tuple[Step, ...]
    name: str = ""
    summary: str = ""
    border: Border | None = None
    border_value: float = 0.0
    range: Range | None = None
    like: str | None = None
    channels: Channels = Channels.EACH
    nan: Nan = Nan.PROPAGATE

    @classmethod
    def of(cls, *steps: StepLike) -> Pipeline:
        """Make a pipeline of steps, texts, and pairs of a name and parameters."""
        found: list[Step] = []
        problems: Problems = []
        for position, step in enumerate(limited(steps)):
            made, wrong = (step, []) if isinstance(step, Step) else _made(step)
            problems += [(path_of(position, where), text) for where, text in wrong]
            found += [made] if made else []
        refuse(problems)
        return cls(tuple(found))

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read `median:size=5 | sharpen`; raise `InvalidValue` with everything that is wrong."""
        if not isinstance(text, str):
            raise InvalidValue(f"pipeline: must be text, like 'median | sharpen'; got {text!r:.60}")
        return cls.of(*(part for part in text.split("|") if part.strip()))

    @classmethod
    def load(cls, source: str | Path) -> Pipeline:
        """Read a preset by its name, or a TOML file by its path (with a dot or slash in it)."""
        from imgkernels import toml_file

        text = str(source)
        if isinstance(source, Path) or any(mark in text for mark in "./\\"):
            return cls.from_toml(toml_file.text_of(Path(source)), str(source))
        if text not in preset_names():
            raise unknown("preset", text, preset_names())
        return cls.from_toml(toml_file.text_of(resources.folder("presets") / f"{text}.toml"), text)

    @classmethod
    def from_toml(cls, text: str, who: str = "pipeline") -> Pipeline:
        """Read TOML with `[[steps]]` tables; raise `InvalidValue` with everything wrong."""
        from imgkernels import toml_file

        return cls(**toml_file.read_toml(text, who))

    def to_toml(self) -> str:
        """Write the TOML that `from_toml` reads as the same pipeline."""
        from imgkernels import toml_file

        return toml_file.pipeline_to_toml(self)

    @overload
    def __call__(self, image: Image, **options: Any) -> Image: ...
    @overload
    def __call__(self, image: npt.ArrayLike, **options: Any) -> Array: ...
    def __call__(self, image: npt.ArrayLike | Image, **options: Any) -> Array | Image:
        """Run on an array or an `Image`; options are those of `apply`."""
        return _run(self, image, **options)

    def __str__(self) -> str:
        return " | ".join(map(str, self.steps))


@overload
def apply(image: Image, filter: str, **options: Any) -> Image: ...
@overload
def apply(image: npt.ArrayLike, filter: str, **options: Any) -> Array: ...
def apply(image: npt.ArrayLike | Image, filter: str, **options: Any) -> Array | Image:
    """Apply one filter of the catalogue; return an array (or `Image`) like the one that came.

    `options` are the filter's parameters, and: `border` (default "reflect") and `border_value`;
    `range` ("clip", "abs", "offset", "stretch"): how negative values are shown in unsigned
    dtypes, by default as the filter declares; `channels` ("each", "luma", "linear", "sum"): what
    filters see of the colours, "sum" gives one plane; `nan` ("propagate", "ignore", "keep"): what
    NaN does; `mask`, grey and of the image's size: how much each pixel counts, white in full,
    black not at all, and what does not count stays as it is (with nan="ignore" it is filled from
    what does); `spacing` of the pixels, a number or one for each axis (z, y, x), in any unit:
    lengths are then in that unit, and derivatives per unit; `dtype` of the result, signed and float
    ones keep negative values; `axes` of an array, such as "zyx" for a volume (default: (H, W),
    (H, W, C) or (D, H, W, C)); `method` of the engine; `repeat`, how many such images will come,
    so that compiling a loop for them may pay; `like`, the library whose rules are followed
    ("opencv", "scipy"; `imgkernels list --dialects` has all).

    Raises `UnknownName` for a filter there is none of, `InvalidValue` for a parameter out of its
    range, `UnsupportedImage` and `UnsupportedDtype` for an image it cannot work on.

    >>> apply([[0.0, 9.0, 0.0]], "box-blur", size=3).round(3).tolist()
    [[6.0, 3.0, 6.0]]
    """
    known = {name: options.pop(name) for name in _OPTIONS & options.keys()}
    return _run(_one_step(filter, options), image, **known)


def preset_names() -> list[str]:
    """Return the names of the presets that travel with the package."""
    return sorted(path.stem for path in resources.folder("presets").glob("*.toml"))


_OPTIONS = {
    "border",
    "border_value",
    "range",
    "channels",
    "nan",
    "mask",
    "spacing",
    "method",
    "dtype",
    "axes",
    "like",
    "repeat",
}
_one_steps: dict[object, Pipeline] = {}


def _one_step(filter: str, given: Mapping[str, object]) -> Pipeline:
    """Return the pipeline of one filter, kept for the next call where it cannot change."""
    key = filter, tuple((name, type(value), value) for name, value in given.items())
    if not _hashable(key):
        return Pipeline((Step.of(filter, given),))
    found = _one_steps.get(key)
    if found is None:
        found = Pipeline((Step.of(filter, given),))
        (step,) = found.steps
        # What lies in a file may change: another's filter, a kernel.
        from_file = any(isinstance(value, Kernel) for _, value in step.params)
        if filters.is_entry(step.filter) and not from_file:
            if len(_one_steps) >= _MOST_KEPT:
                _one_steps.clear()
            _one_steps[key] = found
    return found


def _hashable(key: object) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


@functools.lru_cache(_MOST_KEPT)
def warm_recipe(
    pipeline: Pipeline,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str | None,
    options: tuple[tuple[str, Any], ...],
) -> Recipe | None:
    """Return the recipe for arrays of a shape and dtype, made once for all calls that are alike.

    None where it may be another the next time: what a filter finds in a file may change.
    """
    if not all(filters.is_entry(step.filter) for step in pipeline.steps):
        return None
    return recipe_for(pipeline, Image.of(np.empty(shape, dtype), axes), **dict(options))


def _run(
    pipeline: Pipeline, image: npt.ArrayLike | Image, axes: str | None = None, **options: Any
) -> Array | Image:
    if type(image) is np.ndarray and image.flags.c_contiguous and "mask" not in options:
        key = pipeline, image.shape, image.dtype, axes, tuple(options.items())
        recipe = warm_recipe(*key) if _hashable(key) else None
        if recipe is not None:
            return tiles.computed(tiles.Held(image), recipe)
    picture = image if isinstance(image, Image) else Image.of(image, axes)
    answer = run_recipe(picture, recipe_for(pipeline, picture, **options))
    return answer if isinstance(image, Image) else answer.pixels


def _made(step: str | tuple[str, Mapping[str, object]]) -> tuple[Step | None, Problems]:
    return read_step(step) if isinstance(step, str) else build_step(*step)
