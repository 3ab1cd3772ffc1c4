"""Several pictures of one file: an animation with its times, or the pages of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from imgkernels.image import Image

Still = Callable[[Image], Image]


@dataclass(frozen=True)
class Showing:
    """How one picture of an animation is shown.

    `milliseconds` it stays; `disposal` is what the file said becomes of it then (0 not said, 1 it
    stays, 2 it is cleared, 3 what was before comes back). The pictures here are whole, so it does
    not change them; it is kept for the file that is written.
    """

    milliseconds: float = 0.0
    disposal: int = 0


@dataclass(frozen=True, eq=False)
class Frames:
    """Pictures in order, each whole: nothing of one shows through another.

    `showings` has one entry for each picture of an animation, and none for pages. `plays` is how
    often the animation runs, 0 for ever. `cover`: the first picture is for readers that know no
    animations, and no part of it.

    >>> Frames.of(Image.of([[0.0]])).animated
    False
    """

    images: tuple[Image, ...]
    showings: tuple[Showing, ...] = ()
    plays: int = 0
    cover: bool = False

    @classmethod
    def of(cls, *images: Image) -> Frames:
        """Return pages, or the one picture."""
        return cls(images)

    @property
    def animated(self) -> bool:
        """Whether the pictures follow each other in time."""
        return bool(self.showings)

    @property
    def still(self) -> Image | None:
        """The picture if it is the only one."""
        return self.images[0] if len(self.images) == 1 else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of any of the pictures, each thing once."""
        return tuple(dict.fromkeys(note for each in self.images for note in each.metadata.notes))

    def map(self, change: Still) -> Frames:
        """Return the same frames with each picture changed."""
        return replace(self, images=tuple(map(change, self.images)))

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Image]:
        return iter(self.images)
