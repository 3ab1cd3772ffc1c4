"""What the filters see of the colours: each channel, the luma alone, light, or their sum."""

from __future__ import annotations

from enum import StrEnum

from imgkernels.choices import chosen
from imgkernels.errors import UnsupportedImage
from imgkernels.light import decoded, encoded, luma
from imgkernels.values import Array, Floats, compute_dtype


class Channels(StrEnum):
    """What filters see of an image's colours; alpha is never among them.

    EACH filters every channel by itself. LUMA filters the brightness of RGB (Y' of BT.709) and
    leaves the colour differences R - Y', G - Y', B - Y' as they are, so grey stays grey. A pixel
    in which a channel is NaN has no brightness and no differences: where NaN is ignored the others
    see none of it, and it stays NaN, for filling it with brightness alone would make up a grey.
    Outside a mask the differences are there, so there ignored pixels are filled. LINEAR filters
    the light that sRGB values stand for; thresholds, offsets and ranges act on light too.
    SUM filters every channel by itself and adds the answers up: one plane comes out.
    """

    EACH = "each"
    LUMA = "luma"
    LINEAR = "linear"
    SUM = "sum"


def seen(colour: Array, channels: Channels, white: float) -> Array:
    """Return what the filters work on, from `(*space, C)` colours."""
    match channels:
        case Channels.LUMA:
            _grey_or_rgb(colour)
            return luma(colour)
        case Channels.LINEAR:
            return decoded(colour, white)
    return colour


def put_back(answer: Array, colour: Array, channels: Channels, white: float) -> Array:
    """Return colours again, from the filters' answer and the colours that came."""
    if channels is Channels.EACH:
        return answer
    y: Floats = answer.astype(compute_dtype(answer.dtype), copy=False)
    match channels:
        case Channels.LUMA:
            return colour + (y - luma(colour))
        case Channels.LINEAR:
            return encoded(y, white)
    total: Floats = y.sum(axis=-1, keepdims=True)
    return total


def unfiltered(colour: Array, channels: Channels) -> Array:
    """Return what the colours come back as where no filter ran."""
    return put_back(colour, colour, channels, 1.0) if channels is Channels.SUM else colour


def parse_channels(word: Channels | str) -> Channels:
    """Read a way with channels by its word; raise `UnknownName` with the near match."""
    return chosen(Channels, word, "way with channels")


def _grey_or_rgb(colour: Array) -> None:
    if colour.shape[-1] not in (1, 3):
        raise UnsupportedImage(
            f"channels: luma takes grey or RGB, 1 or 3 channels beside alpha; "
            f"got {colour.shape[-1]}"
        )
