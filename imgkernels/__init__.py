"""Classical image filtering on convolution kernels.

`ik.apply(image, "blur", sigma=2)` filters an array, `ik.correlate` runs any kernel,
`ik.Pipeline.parse("median:size=5 | sharpen")` chains filters, `ik.read` and `ik.write` are for
files. Names are imported when first used, so that the command line starts quickly.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from imgkernels import (
        batch as batch,
        kernels as kernels,
        nn as nn,
        scale as scale,
        streams as streams,
    )
    from imgkernels.analysis.audit import audit as audit
    from imgkernels.analysis.compare import compare as compare
    from imgkernels.analysis.design import design as design
    from imgkernels.analysis.identify import identify as identify
    from imgkernels.analysis.trace import trace as trace
    from imgkernels.border import Border as Border
    from imgkernels.dialect import dialects as dialects
    from imgkernels.difference import explain_diff as explain_diff
    from imgkernels.engine import (
        Plan as Plan,
        convolve as convolve,
        correlate as correlate,
        plan as plan,
    )
    from imgkernels.equivalents import sigma as sigma
    from imgkernels.errors import ImgkernelsError as ImgkernelsError
    from imgkernels.files import read as read, read_frames as read_frames, write as write
    from imgkernels.filters import catalogue as catalogue, get as get
    from imgkernels.frames import Frames as Frames
    from imgkernels.image import Image as Image
    from imgkernels.keeping import forget as forget, keep as keep
    from imgkernels.kernel import Kernel as Kernel
    from imgkernels.operations import Range as Range
    from imgkernels.pipeline import Pipeline as Pipeline, apply as apply

_HOMES = {
    "Border": "border",
    "Frames": "frames",
    "Image": "image",
    "ImgkernelsError": "errors",
    "Kernel": "kernel",
    "Pipeline": "pipeline",
    "Plan": "engine",
    "Range": "operations",
    "apply": "pipeline",
    "audit": "analysis.audit",
    "catalogue": "filters",
    "compare": "analysis.compare",
    "convolve": "engine",
    "correlate": "engine",
    "design": "analysis.design",
    "dialects": "dialect",
    "explain_diff": "difference",
    "forget": "keeping",
    "get": "filters",
    "identify": "analysis.identify",
    "keep": "keeping",
    "plan": "engine",
    "read": "files",
    "read_frames": "files",
    "sigma": "equivalents",
    "trace": "analysis.trace",
    "write": "files",
}
_PACKAGES = ("batch", "kernels", "nn", "scale", "streams")
__all__ = [*sorted(_HOMES), "__version__", *_PACKAGES]  # noqa: PLE0604 (a list of strings)


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return importlib.import_module(f"imgkernels.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'imgkernels' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"imgkernels.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
