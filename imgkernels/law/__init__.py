"""The laws that entries of the catalogue claim of themselves: `law.sums_to(1)`.

Names are imported when first used: a filter is applied without its laws being looked at.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgkernels.law.law import Case as Case, Law as Law, every as every, nth as nth
    from imgkernels.law.of_kernels import (
        differentiates as differentiates,
        gain as gain,
        keeps_polynomials as keeps_polynomials,
        laplacian as laplacian,
        sums_to as sums_to,
        vanishes as vanishes,
    )

_HOMES = ("law", "of_kernels")


def __getattr__(name: str) -> object:
    for home in _HOMES:
        module = importlib.import_module(f"{__name__}.{home}")
        if hasattr(module, name) and not name.startswith("_"):
            return getattr(module, name)
    raise AttributeError(f"there is no law {name!r}")
