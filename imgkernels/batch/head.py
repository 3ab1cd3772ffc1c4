"""What the outputs of a batch depend on beside their inputs: pipeline, options, versions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

import numpy as np

from imgkernels import __version__, filters, opencv
from imgkernels.batch.job import Manner
from imgkernels.border import Border
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image
from imgkernels.operations import Frame

_PACKAGES = ("numpy", "scipy", "pillow", "halide")
_USUAL = Wanted()
# What makes other bytes; where the files lay and what they are called does not.
DECIDES = ("versions", "pipeline", "options", "format", "opened")


def head_of(manner: Manner, format: str | None) -> dict[str, Any]:
    """Return the head of a record: all that a second run needs to make the same bytes."""
    reading = {k: v for k, v in asdict(manner.wanted).items() if v != getattr(_USUAL, k)}
    options = {**manner.filtering, **reading}
    return {
        "versions": versions(),
        "pipeline": manner.pipeline.to_toml(),
        "options": {name: _plain(value) for name, value in sorted(options.items())},
        "format": format,
        "opened": _opened(manner),
    }


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two heads make the same bytes of the same inputs."""
    return all(one.get(key) == other.get(key) for key in DECIDES)


def versions() -> dict[str, str]:
    """Return the versions of what computes, reads and writes."""
    found = {"imgkernels": __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    cv2 = opencv.load()
    return found if cv2 is None else found | {"opencv": cv2.__version__}


def _plain(value: Any) -> Any:
    if isinstance(value, Image):
        return {"sha256": _digest(value.pixels)}
    if isinstance(value, bool | int | str):
        return value if isinstance(value, bool | int) else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return _digest(np.asarray(value)) if isinstance(value, np.ndarray) else str(value)


def _opened(manner: Manner) -> dict[str, list[str]]:
    """Return digests of kernels that lie in files of their own, which may change."""
    frame = Frame(2, np.dtype(np.float64), 1.0, Border.REFLECT)
    return {
        str(step): [_digest(kernel.taps) for kernel in step.operation(frame).kernels]
        for step in manner.pipeline.steps
        if filters.is_opened(step.filter)
    }


def _digest(values: np.ndarray) -> str:
    x = np.ascontiguousarray(values)
    return hashlib.sha256(f"{x.dtype.str} {x.shape}".encode() + x.tobytes()).hexdigest()
