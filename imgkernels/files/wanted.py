"""What a reader was asked for: one frame, a volume, and how many pixels at most."""

from __future__ import annotations

from dataclasses import dataclass

from imgkernels.errors import FileProblem

MAX_PIXELS = 100_000_000
MAX_FRAMES = 1_000


@dataclass(frozen=True)
class Wanted:
    """A request to a reader; `frame` counts from 0."""

    volume: bool = False
    frame: int | None = None
    max_pixels: int = MAX_PIXELS
    allow_truncated: bool = False
    keep_metadata: bool = False

    def cut(self, what: str) -> str:
        """Refuse a file of which the end is missing; return the note on it where it is allowed."""
        if not self.allow_truncated:
            raise FileProblem(f"is truncated: {what}; --allow-truncated takes what is there")
        return f"the file is truncated: {what}; what is missing is filled"

    def admit(self, width: int, height: int, planes: int = 1) -> None:
        """Refuse a picture without pixels, or with more than the limit; called before decoding."""
        if min(width, height, planes) < 1:
            raise FileProblem(f"has no pixels: its size is {width} x {height}")
        size = f"{width} x {height}" + (f" x {planes}" if planes > 1 else "")
        self._admit(width * height * planes, size)

    def admit_frames(self, count: int, pixels: int) -> None:
        """Refuse more frames than the limit, or more pixels in all of them together.

        The planes of a volume are not counted, only their pixels.
        """
        if count > MAX_FRAMES and not self.volume:
            raise FileProblem(
                f"holds {count:,} frames, the limit is {MAX_FRAMES:,}; --frame N takes one,"
                " --volume all of them as planes"
            )
        self._admit(pixels, f"{count} frames together")

    def _admit(self, pixels: int, size: str) -> None:
        if pixels > self.max_pixels:
            raise FileProblem(
                f"{size} is {pixels:,} pixels, the limit is {self.max_pixels:,};"
                " --max-pixels raises it"
            )

    def one_of(self, count: int, what: str, *, or_volume: bool = True) -> int:
        """Return the frame to read of `count`; refuse to choose for the user."""
        if self.frame is None and count > 1:
            volume = ", or all with --volume" if or_volume else ""
            raise FileProblem(
                f"holds {count} {what}; choose one with --frame N (0 to {count - 1}){volume}"
            )
        frame = self.frame or 0
        if frame >= count:
            raise FileProblem(f"holds {count} {what}, counted from 0; got --frame {frame}")
        return frame
