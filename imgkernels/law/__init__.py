"""The laws that entries of the catalogue claim of themselves: `law.sums_to(1)`.

Names are imported when first used: a filter is applied without its laws being looked at.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgkernels.law.law import (
        Case as Case,
        Law as Law,
        after as after,
        every as every,
        nth as nth,
    )
    from imgkernels.law.of_kernels import (
        adds_laplacian as adds_laplacian,
        derives as derives,
        derives_along as derives_along,
        differentiates as differentiates,
        gain as gain,
        keeps_polynomials as keeps_polynomials,
        laplacian as laplacian,
        rises as rises,
        sums_to as sums_to,
        vanishes as vanishes,
    )
    from imgkernels.law.of_pictures import (
        commutes as commutes,
        draws_steps as draws_steps,
        equals as equals,
        flat as flat,
        idempotent as idempotent,
        ignores as ignores,
        keeps_steps as keeps_steps,
        maps as maps,
        monotone as monotone,
        never_brightens as never_brightens,
        never_darkens as never_darkens,
        own_colours as own_colours,
        picks as picks,
        pixel_by_pixel as pixel_by_pixel,
        reaches as reaches,
        self_inverse as self_inverse,
        values as values,
        weights as weights,
        within as within,
    )
    from imgkernels.law.of_sets import (
        alternate as alternate,
        orthonormal as orthonormal,
        points as points,
        same_along_each_axis as same_along_each_axis,
        turned_quarter as turned_quarter,
        turned_rings as turned_rings,
    )
    from imgkernels.law.of_shape import (
        diagonal as diagonal,
        even as even,
        even_taps as even_taps,
        given_taps as given_taps,
        half_turn as half_turn,
        isotropic as isotropic,
        matrix as matrix,
        negative_around as negative_around,
        odd as odd,
        one_tap as one_tap,
        parity as parity,
        positive as positive,
        rank as rank,
        rows as rows,
    )
    from imgkernels.law.of_width import (
        bell as bell,
        bell_derivative as bell_derivative,
        hat as hat,
        hermite as hermite,
        leans as leans,
        trails as trails,
        tuned as tuned,
        variance as variance,
    )

_HOMES = ("law", "of_kernels", "of_shape", "of_width", "of_sets", "of_pictures")


def __getattr__(name: str) -> object:
    if not name.startswith("_"):
        for home in _HOMES:
            module = importlib.import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"there is no law {name!r}")
