"""Laws of what a filter makes of pictures, for those that are no sum of products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.border import pad
from imgkernels.law.law import Case, Law
from imgkernels.law.of_kernels import size_of
from imgkernels.values import Array, Floats

_ALIKE = 1e-12

Change = Callable[[Floats], Floats]


def flat(becomes: str) -> Law:
    """Claim what a flat picture turns into: "kept", "black", "mid-grey", or any "flat" one."""
    words = {"kept": "keeps a flat picture as it is", "flat": "leaves a flat picture flat"}

    def broken(case: Case) -> str:
        x = np.full(_shape(case), 0.375)
        y = case.run(x)
        due = {"kept": 0.375, "black": 0.0, "mid-grey": 0.5}.get(becomes, y.flat[0])
        size = max(map(size_of, case.kernels), default=1.0)
        apart = float(np.abs(y - due).max())
        return f"off by {apart:.3g}" if apart > _ALIKE * size else ""

    return Law(words.get(becomes, f"turns a flat picture {becomes}"), broken)


def maps(curve: Mapping[float, float]) -> Law:
    """Claim what single values turn into, as shares of white."""
    words = ", ".join(f"{x:.4g} to {y:.4g}" for x, y in curve.items())

    def broken(case: Case) -> str:
        for value, due in curve.items():
            found = float(case.run(np.full(_shape(case), value)).flat[0])
            if abs(found - due) > _ALIKE * max(1.0, abs(due)):
                return f"{value:.4g} turns into {found:.9g}"
        return ""

    return Law(f"of white, it maps {words}", broken)


def pixel_by_pixel() -> Law:
    """Claim that a pixel's answer depends on it alone: shuffled pixels, shuffled answers."""

    def shuffled(x: Floats) -> Floats:
        order = np.random.default_rng(5).permutation(x[..., 0].size)
        return x.reshape(-1, x.shape[-1])[order].reshape(x.shape)

    return commutes("shuffling the pixels", shuffled)


def commutes(what: str, change: Change) -> Law:
    """Claim that a change of the picture before is the same change of the answer."""

    def broken(case: Case) -> str:
        x = picture(case)
        return _apart(case.run(change(x)), change(case.run(x)))

    return Law(f"{what} before it or after it is the same", broken)


def ignores(what: str, change: Change) -> Law:
    """Claim that a change of the picture does not change the answer."""

    def broken(case: Case) -> str:
        x = picture(case)
        return _apart(case.run(change(x)), case.run(x))

    return Law(f"{what} changes nothing", broken)


def idempotent() -> Law:
    """Claim that a second time changes nothing more."""

    def broken(case: Case) -> str:
        once = case.run(picture(case))
        return _apart(case.run(once), once)

    return Law("a second time changes nothing more", broken)


def self_inverse() -> Law:
    """Claim that a second time brings the picture back."""

    def broken(case: Case) -> str:
        x = picture(case)
        return _apart(case.run(case.run(x)), x)

    return Law("a second time brings the picture back", broken)


def monotone() -> Law:
    """Claim that what was brighter is not darker after."""

    def broken(case: Case) -> str:
        values = [float(case.run(np.full(_shape(case), v)).flat[0]) for v in np.linspace(0, 1, 33)]
        down = [a - b for a, b in pairwise(values) if a - b > _ALIKE]
        return f"falls by {down[0]:.3g}" if down else ""

    return Law("what is brighter before is never darker after", broken)


def picks(share: float, size: int) -> Law:
    """Claim that the answer is the value that a share of the sorted window lies below."""
    words = f"is the value that {share:.4g} of the {size} px wide window, sorted, lies below"

    def broken(case: Case) -> str:
        x = picture(case)
        axes = tuple(range(case.frame.ndim))
        margins = [(size // 2, size - 1 - size // 2)] * case.frame.ndim
        around = pad(x, margins, case.frame.border, case.frame.border_value)
        windows = sliding_window_view(around, (size,) * len(axes), axis=axes)
        ranked = np.sort(windows.reshape(*x.shape, -1), axis=-1)
        members = ranked.shape[-1]
        return _apart(case.run(x), ranked[..., min(int(share * members), members - 1)])

    return Law(words, broken)


def never_darkens() -> Law:
    """Claim that no pixel of a picture gets darker."""
    return Law("no pixel gets darker", lambda case: _beyond(case.run(picture(case)), picture(case)))


def never_brightens() -> Law:
    """Claim that no pixel of a picture gets brighter."""
    return Law(
        "no pixel gets brighter", lambda case: _beyond(picture(case), case.run(picture(case)))
    )


def within(low: float = 0.0, high: float = 1.0) -> Law:
    """Claim the range of the answers to pictures from black to white."""

    def broken(case: Case) -> str:
        y = case.run(picture(case))
        inside = y.min() >= low - _ALIKE and y.max() <= high + _ALIKE
        return "" if inside else f"from {y.min():.6g} to {y.max():.6g}"

    return Law(f"answers from {low:g} to {high:g} of white", broken)


def reaches(low: float, high: float) -> Law:
    """Claim the least and the greatest value of the answer."""

    def broken(case: Case) -> str:
        y = case.run(picture(case))
        return _apart(np.array([y.min(), y.max()]), np.array([low, high]))

    return Law(f"answers reach from {low:g} to {high:g} of white", broken)


def values(allowed: Sequence[float]) -> Law:
    """Claim that there are no other values in the answer."""
    words = (
        ", ".join(f"{v:.4g}" for v in allowed) if len(allowed) <= 9 else f"{len(allowed)} levels"
    )

    def broken(case: Case) -> str:
        found = np.unique(case.run(picture(case)))
        apart = np.abs(found[:, np.newaxis] - np.asarray(allowed)).min(axis=1)
        return f"{found[apart.argmax()]:.6g} is there" if apart.max() > _ALIKE else ""

    return Law(f"answers only with {words}", broken)


def own_colours() -> Law:
    """Claim that every colour of the answer is one of the picture's."""

    def broken(case: Case) -> str:
        x = picture(case)
        there = {pixel.tobytes() for pixel in x.reshape(-1, x.shape[-1])}
        new = [p for p in case.run(x).reshape(-1, x.shape[-1]) if p.tobytes() not in there]
        return f"{len(new)} colours are new" if new else ""

    return Law("every colour of the answer is one of the picture's", broken)


def keeps_steps() -> Law:
    """Claim that an edge between two flat halves stays as it is."""

    def broken(case: Case) -> str:
        x = _step(case)
        return _apart(case.run(x), x, 1e-3)

    return Law("an edge between two flat halves stays, within 0.1% of white", broken)


def draws_steps() -> Law:
    """Claim one white line, one pixel wide, where two flat halves meet, and nothing else."""

    def broken(case: Case) -> str:
        y = case.run(_step(case))
        marked = np.flatnonzero(y.reshape(y.shape[0], -1).any(axis=1))
        middle = y.shape[0] // 2
        alone = marked.size == 1 and marked[0] in (middle - 1, middle)
        return "" if alone and (y[marked] == 1).all() else f"lines {marked.tolist()} are marked"

    return Law("one white line, one pixel wide, where two flat halves meet", broken)


def weights(due: Sequence[float]) -> Law:
    """Claim how much each channel adds to the one brightness that all channels get."""
    words = " + ".join(f"{w:g} {c}" for w, c in zip(due, "RGB", strict=True))

    def broken(case: Case) -> str:
        x = picture(case)
        answer = (x @ np.asarray(due))[..., np.newaxis]
        return _apart(case.run(x), np.broadcast_to(answer, x.shape))

    return Law(f"every channel is {words}", broken)


def equals(words: str, due: Callable[[Case, Floats], Array]) -> Law:
    """Claim the answer by another way to it."""

    def broken(case: Case) -> str:
        x = picture(case)
        return _apart(case.run(x), due(case, x))

    return Law(words, broken)


def picture(case: Case) -> Floats:
    """Return noise from black to white, of three channels, that every law sees."""
    return np.random.default_rng(11).random(_shape(case))


def _shape(case: Case) -> tuple[int, ...]:
    return (*{1: (41,), 2: (23, 19), 3: (9, 8, 7)}[case.frame.ndim], 3)


def _beyond(high: Array, low: Array) -> str:
    worst = float((low - high).max())
    return f"a pixel is off by {worst:.3g}" if worst > _ALIKE else ""


def _step(case: Case) -> Floats:
    x = np.full(_shape(case), 0.25)
    x[: x.shape[0] // 2] = 0.75
    return x


def _apart(found: Array, due: Array, allowed: float = _ALIKE) -> str:
    apart = float(np.abs(found - due).max())
    return "" if apart <= allowed * max(1.0, float(np.abs(due).max())) else f"off by {apart:.3g}"
