"""Files and arguments made wrong by a seed: `python tests/fuzzing.py files|arguments FIRST COUNT`.

Each case is tried; what comes must be an answer or an error of ours, within five seconds. Findings
are printed, one a line, and the number of the case under way stands in the file `--at`, so that a
crash has a name too.
"""

from __future__ import annotations

import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from witnesses import IMAGES  # noqa: E402

from imgkernels.errors import ImgkernelsError  # noqa: E402

LONGEST = 5.0  # seconds
MOST_SEED = 1 << 16  # bytes: what is small is tried more often in the same time
_TELLING = (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 1 << 31, (1 << 31) - 1, (1 << 32) - 1)

Mutation = Callable[[np.random.Generator, bytearray, list[bytes]], bytearray]


def flips(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Turn a few bits."""
    for at in rng.integers(0, len(data), rng.integers(1, 9)):
        data[at] ^= 1 << int(rng.integers(0, 8))
    return data


def head_flips(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Turn a few bits where headers are."""
    for at in rng.integers(0, min(len(data), 256), rng.integers(1, 5)):
        data[at] ^= 1 << int(rng.integers(0, 8))
    return data


def cut(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Leave out the end."""
    return data[: int(rng.integers(1, len(data) + 1))]


def hole(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Leave out a piece."""
    start, size = int(rng.integers(0, len(data))), int(rng.integers(1, 200))
    return data[:start] + data[start + size :]


def twice(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Repeat a piece."""
    start, size = int(rng.integers(0, len(data))), int(rng.integers(1, 400))
    return data[: start + size] + data[start:]


def number(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Write a telling number over another, in either byte order."""
    size = int(rng.choice([1, 2, 4]))
    value = int(rng.choice(_TELLING)) & (1 << 8 * size) - 1
    reach = len(data) if rng.random() < 0.5 else min(len(data), 300)
    at = int(rng.integers(0, max(1, reach - size)))
    data[at : at + size] = value.to_bytes(size, "big" if rng.random() < 0.5 else "little")
    return data


def noise(rng: np.random.Generator, data: bytearray, _: list[bytes]) -> bytearray:
    """Write noise over a piece."""
    start = int(rng.integers(0, len(data)))
    piece = rng.bytes(int(rng.integers(1, 64)))
    data[start : start + len(piece)] = piece
    return data


def splice(rng: np.random.Generator, data: bytearray, others: list[bytes]) -> bytearray:
    """Go on with the rest of another file."""
    other = others[int(rng.integers(0, len(others)))]
    return data[: int(rng.integers(0, len(data))) + 1] + other[int(rng.integers(0, len(other))) :]


MUTATIONS: tuple[Mutation, ...] = (flips, head_flips, cut, hole, twice, number, noise, splice)


def with_checksums(data: bytes) -> bytes:
    """Make the checksums of a PNG right again, so that what lies behind them is tried."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return data
    out, place = bytearray(data), 8
    while place + 12 <= len(out):
        (length,) = struct.unpack_from(">I", out, place)
        if place + 12 + length > len(out):
            break
        crc = zlib.crc32(out[place + 4 : place + 8 + length])
        struct.pack_into(">I", out, place + 8 + length, crc)
        place += 12 + length
    return bytes(out)


def seeds() -> dict[str, list[bytes]]:
    """Return the small files of the corpus by their suffix, and files of our own writing."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(IMAGES.glob("*/*/*")):
        if 0 < path.stat().st_size <= MOST_SEED and path.suffix not in (".ico", ".sgi"):
            found.setdefault(path.suffix, []).append(path.read_bytes())
    for suffix, data in _own():
        found.setdefault(suffix, []).append(data)
    return found


def _own() -> Iterator[tuple[str, bytes]]:
    from imgkernels.files import FORMATS, encode
    from imgkernels.frames import Frames, Showing
    from imgkernels.image import Image

    rng = np.random.default_rng(0)
    for form in FORMATS:
        dtypes = form.dtypes[:2]
        for dtype in dtypes:
            for channels in (form.channels or (1, 3))[:4]:
                shape = (9, 11) if channels == 1 else (9, 11, channels)
                x = (rng.integers(0, 2, shape) * (1 if dtype[0] == "f" else 255)).astype(dtype)
                image = Image.of(x, alpha=channels in (2, 4))
                yield form.suffixes[0], encode(image, form.name)[0]
        if form.write_frames and form.timed:
            x = (rng.integers(0, 2, (3, 9, 11, 3)) * 255).astype(np.uint8)
            several = Frames(tuple(map(Image.of, x)), (Showing(50.0, 2),) * 3)
            yield form.suffixes[0], encode(several, form.name)[0]


def file_cases(first: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield numbered cases; a number gives the same bytes each time."""
    by_suffix = seeds()
    suffixes = sorted(by_suffix)
    for case in range(first, first + count):
        rng = np.random.default_rng(case)
        others = by_suffix[suffixes[case % len(suffixes)]]
        data = bytearray(others[int(rng.integers(0, len(others)))])
        for _ in range(int(rng.integers(1, 4))):
            if data:
                data = MUTATIONS[int(rng.integers(0, len(MUTATIONS)))](rng, data, others)
        yield case, with_checksums(bytes(data)) if rng.random() < 0.7 else bytes(data)


def try_file(case: int, data: bytes) -> None:
    """Read all frames, then one, filter it and write it; errors of ours are answers."""
    from imgkernels.files import encode, read, read_frames
    from imgkernels.pipeline import apply

    options: dict[str, Any] = {"allow_truncated": case % 3 == 0, "keep_metadata": case % 2 == 0}
    try:
        frames = read_frames(data, **options)
        image = frames.images[-1]
    except ImgkernelsError as error:
        _checked(error)
        image = read(data, frame=0, volume=False, **options)
    if image.pixels.size < 1 << 20:
        try:
            image = apply(image, "sharpen")
        except ImgkernelsError as error:  # of one axis, or of none of the supported kinds
            _checked(error)
        encode(image, "npy" if case % 5 else "tiff")


def _checked(error: ImgkernelsError) -> None:
    line = str(error)
    if "\n" in line or not line.isprintable() or len(line) > 900:
        raise AssertionError(f"no line for people: {line!r:.200}")


def cases(kind: str, first: int, count: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """Yield the cases of a kind, ready to be tried."""
    if kind == "files":
        for case, data in file_cases(first, count):
            yield case, lambda case=case, data=data: try_file(case, data)
        return
    from fuzzing_arguments import try_arguments

    for case in range(first, first + count):
        yield case, lambda case=case: try_arguments(case)


def finding(attempt: Callable[[], None]) -> str | None:
    """Return what is wrong with how an attempt ended, None for an answer or an error of ours."""
    started, wrong = time.process_time(), None  # others may have the processor too
    try:
        attempt()
    except ImgkernelsError as error:
        try:
            _checked(error)
        except AssertionError as told:
            wrong = str(told)
    except BaseException as error:  # noqa: BLE001 - anything else is what is looked for
        wrong = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    return f"took {seconds:.1f} s" if wrong is None and seconds > LONGEST else wrong


def main(kind: str, first: str, count: str, at: str) -> None:
    """Try the cases; print what is found."""
    with open(at, "wb", buffering=0) as place:
        for case, attempt in cases(kind, int(first), int(count)):
            place.seek(0)
            place.write(b"%12d" % case)
            wrong = finding(attempt)
            if wrong is not None:
                print(f"{kind} {case}: {wrong!r:.300}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
