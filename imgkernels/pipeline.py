"""Filters in order: from text, TOML or objects, checked whole, run without rounding between."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy.typing as npt

from imgkernels import resources
from imgkernels.border import Border
from imgkernels.engine.methods import method_named
from imgkernels.engine.verbs import finite_value
from imgkernels.errors import FileProblem, ImgkernelsError, InvalidValue, unknown
from imgkernels.image import Image
from imgkernels.operations import Frame, Range
from imgkernels.run import run_steps
from imgkernels.step import Problems, Step, build_step, read_step
from imgkernels.values import Array, supported_dtype

StepLike = Step | str | tuple[str, Mapping[str, object]]

_MOST_STEPS = 1000
_MOST_BYTES = 1 << 20
_KEYS = ("name", "summary", "border", "border_value", "range", "steps")


@dataclass(frozen=True)
class Pipeline:
    """Steps in order, with the border and range they run with; call it with an image.

    Between the steps nothing is rounded or clipped: integers are rounded once, at the end.

    >>> pipeline = Pipeline.parse("median:size=5 | sharpen")
    >>> pipeline == Pipeline.of(("median", {"size": 5}), "sharpen")
    True
    """

    steps: tuple[Step, ...]
    name: str = ""
    summary: str = ""
    border: Border = Border.REFLECT
    border_value: float = 0.0
    range: Range | None = None

    @classmethod
    def of(cls, *steps: StepLike) -> Pipeline:
        """Make a pipeline of steps, texts, and pairs of a name and parameters."""
        found: list[Step] = []
        problems: Problems = []
        for position, step in enumerate(_limited(steps)):
            made, wrong = (step, []) if isinstance(step, Step) else _made(step)
            problems += [(_path(position, where), text) for where, text in wrong]
            found += [made] if made else []
        _refuse(problems)
        return cls(tuple(found))

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read `median:size=5 | sharpen`; raise `InvalidValue` with everything that is wrong."""
        return cls.of(*(part for part in text.split("|") if part.strip()))

    @classmethod
    def load(cls, source: str | Path) -> Pipeline:
        """Read a preset by its name, or a TOML file by its path (with a dot or slash in it)."""
        text = str(source)
        if isinstance(source, Path) or any(mark in text for mark in "./\\"):
            return cls.from_toml(_text_of(Path(source)), str(source))
        if text not in preset_names():
            raise unknown("preset", text, preset_names())
        return cls.from_toml(_text_of(resources.folder("presets") / f"{text}.toml"), text)

    @classmethod
    def from_toml(cls, text: str, who: str = "pipeline") -> Pipeline:
        """Read TOML with `[[steps]]` tables, one filter each; raise `InvalidValue` with all errors."""
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise InvalidValue(f"{who}: is no TOML: {error}") from None
        return _from_table(table, who)

    def to_toml(self) -> str:
        """Write the TOML that `from_toml` reads as the same pipeline."""
        from imgkernels.toml_text import pipeline_to_toml

        return pipeline_to_toml(self)

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
    dtypes, by default as the filter declares; `dtype` of the result, signed and float ones keep
    negative values; `axes` of an array, such as "zyx" for a volume (default: (H, W), (H, W, C) or
    (D, H, W, C)); `method` of the engine.

    Raises `UnknownName` for a filter there is none of, `InvalidValue` for a parameter out of its
    range, `UnsupportedImage` and `UnsupportedDtype` for an image it cannot work on.

    >>> apply([[0.0, 9.0, 0.0]], "box-blur", size=3).round(3).tolist()
    [[6.0, 3.0, 6.0]]
    """
    known = {name: options.pop(name) for name in _OPTIONS & options.keys()}
    return _run(Pipeline((Step.of(filter, options),)), image, **known)


def preset_names() -> list[str]:
    """Return the names of the presets that travel with the package."""
    return sorted(path.stem for path in resources.folder("presets").glob("*.toml"))


_OPTIONS = {"border", "border_value", "range", "method", "dtype", "axes"}


def _run(
    pipeline: Pipeline,
    image: npt.ArrayLike | Image,
    *,
    border: Border | str | None = None,
    border_value: float | None = None,
    range: Range | str | None = None,
    method: str = "auto",
    dtype: npt.DTypeLike | None = None,
    axes: str | None = None,
) -> Array | Image:
    picture = image if isinstance(image, Image) else Image.of(image, axes)
    frame = frame_of(picture, pipeline, border=border, border_value=border_value, method=method)
    shown = parse_range(range) if range is not None else pipeline.range
    result = picture.pixels.dtype if dtype is None else supported_dtype(dtype, "dtype")
    answer = run_steps(pipeline.steps, picture, frame, shown, result)
    return answer if isinstance(image, Image) else answer.pixels


def frame_of(
    picture: Image,
    pipeline: Pipeline,
    *,
    border: Border | str | None = None,
    border_value: float | None = None,
    method: str = "auto",
) -> Frame:
    """Return what the steps are told of a picture; its border is the pipeline's unless given."""
    if method != "auto":
        method = method_named(method).name
    return Frame(
        picture.ndim,
        picture.pixels.dtype,
        picture.white,
        pipeline.border if border is None else Border.parse(border),
        finite_value(pipeline.border_value if border_value is None else border_value),
        method,
    )


def parse_range(word: Range | str) -> Range:
    """Read a range by its word; raise `UnknownName` with the near match."""
    if str(word) not in set(Range):
        raise unknown("range", str(word), [r.value for r in Range])
    return Range(word)


def _made(step: str | tuple[str, Mapping[str, object]]) -> tuple[Step | None, Problems]:
    return read_step(step) if isinstance(step, str) else build_step(*step)


def _limited(steps: Iterable[Any]) -> list[Any]:
    found = list(steps)
    if not 1 <= len(found) <= _MOST_STEPS:
        raise InvalidValue(f"pipeline: must have 1 to {_MOST_STEPS} steps; got {len(found)}")
    return found


def _path(position: int, where: str) -> str:
    return f"steps.{position}" + (f".{where}" if where else "")


def _refuse(problems: Problems, who: str = "pipeline") -> None:
    if problems:
        raise InvalidValue("\n".join(f"{who}: {path}: {text}" for path, text in problems))


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileProblem(f"{path}: a pipeline is at most {_MOST_BYTES} bytes long")
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise FileProblem(f"{path}: is no text in UTF-8") from None
    except OSError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(f"{path}: {error.strerror}") from None


def _from_table(table: dict[str, Any], who: str) -> Pipeline:
    problems: Problems = []
    for key in table.keys() - set(_KEYS):
        problems.append((key, str(unknown("key", key, _KEYS))))
    settings = _settings(table, problems)
    raw = table.get("steps")
    if not isinstance(raw, list):
        problems.append(("steps", "must be a list of tables: [[steps]] for each filter"))
        raw = []
    steps: list[Step] = []
    for position, entry in enumerate(_limited(raw) if raw else []):
        made, wrong = _from_entry(entry)
        problems += [(_path(position, where), text) for where, text in wrong]
        steps += [made] if made else []
    if isinstance(table.get("steps"), list) and not table["steps"]:
        problems.append(("steps", "must hold at least one step"))
    _refuse(problems, who)
    return Pipeline(tuple(steps), **settings)


def _from_entry(entry: object) -> tuple[Step | None, Problems]:
    if isinstance(entry, str):
        return read_step(entry)
    if not isinstance(entry, dict) or len(entry) != 1:
        return None, [("", "must name one filter: blur = { sigma = 2 }")]
    ((name, given),) = entry.items()
    if not isinstance(given, dict):
        return None, [(name, f"must be a table of parameters, {{}} for none; got {given!r}")]
    return build_step(name, given)


def _settings(table: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """Read the keys beside the steps; add what is wrong with them to the problems."""
    parsers: dict[str, Callable[[Any], Any]] = {
        "name": _word,
        "summary": _word,
        "border": Border.parse,
        "border_value": finite_value,
        "range": parse_range,
    }
    found = {}
    for key, parse in parsers.items():
        if key in table:
            try:
                found[key] = parse(table[key])
            except ImgkernelsError as error:
                problems.append((key, str(error)))
    return found


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"must be text; got {value!r}")
    return value
