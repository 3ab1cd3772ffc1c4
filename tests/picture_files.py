"""What the tests of files share: pictures, files made by hand, the line of a refusal."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from imgkernels.errors import FileProblem
from imgkernels.files import encode, read
from imgkernels.files.formats import Format as Form
from imgkernels.image import Image

cv2 = pytest.importorskip("cv2")
Array = np.ndarray[Any, np.dtype[Any]]
NAMES = {1: "grey", 2: "grey+alpha", 3: "rgb", 4: "rgba"}


def picture(dtype: str, channels: int, shape: tuple[int, ...] = (7, 9), seed: int = 0) -> Image:
    """Return noise over the whole range of the dtype, both ends included."""
    rng = np.random.default_rng(seed)
    full = shape if channels == 1 else (*shape, channels)
    if dtype.startswith("float"):
        x = rng.random(full).astype(dtype)
        x.flat[0], x.flat[-1] = 0, 1
    else:
        info = np.iinfo(dtype)
        x = rng.integers(info.min, info.max, full, dtype, endpoint=True)
        x.flat[0], x.flat[-1] = info.min, info.max
    return Image.of(x, "zyx"[-len(shape) :] + "c" * (channels > 1), alpha=channels in (2, 4))


def held(form: Form, image: Image) -> Image:
    """Return the picture, in black and white or few colours where the format has no more."""
    if form.name == "gif":
        return few_colours(image)
    if form.name != "pbm":
        return image
    return image.with_pixels(np.where(image.pixels > 100, 255, 0).astype(np.uint8))


def few_colours(image: Image) -> Image:
    """Return the picture with two values a channel, all or nothing of alpha, no colour in holes."""
    x = np.where(image.pixels > 100, 200, 30).astype(np.uint8)
    if image.channels == 1:
        return image
    if image.alpha:
        shown = image.pixels[..., -1:] > 100
        x = np.concatenate([x[..., :-1] * shown, shown.astype(np.uint8) * np.uint8(255)], axis=-1)
    return image.with_pixels(x)


IMAGE = picture("uint8", 3)


def bytes_of(image: Image, name: str) -> bytes:
    return encode(image, name)[0]


def as_pillow(data: bytes) -> Array:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened)


def as_opencv(data: bytes) -> Array:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return found if found.ndim == 2 else found[..., [2, 1, 0, 3][: found.shape[2]]]


def from_opencv(suffix: str, rgb: Array) -> bytes:
    bgr = rgb if rgb.ndim == 2 else rgb[..., [2, 1, 0, 3][: rgb.shape[2]]]
    return cv2.imencode(suffix, bgr)[1].tobytes()


def refused(source: Any, **options: Any) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(FileProblem) as caught:
        read(source, **options)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    return line


def tiff(order: str, page: dict[int, tuple[str, tuple[int, ...]]], data: bytes) -> bytes:
    """Lay out one page by hand, in either byte order; tag 273 is given as places within `data`."""
    kinds = {"H": 3, "I": 4}
    start = 8 + 2 + 12 * len(page) + 4
    behind, entries = b"", b""
    long = {tag: struct.pack(order + code * len(v), *v) for tag, (code, v) in page.items()}
    free = start + sum(len(body) for body in long.values() if len(body) > 4)
    for tag in sorted(page):
        code, values = page[tag]
        if tag in (273, 324):
            values = tuple(free + v for v in values)
        body = struct.pack(order + code * len(values), *values)
        entries += struct.pack(order + "HHI", tag, kinds[code], len(values))
        if len(body) > 4:
            entries += struct.pack(order + "I", start + len(behind))
            behind += body
        else:
            entries += body.ljust(4, b"\0")
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "H", len(page)) + entries + bytes(4) + behind + data


def simple(x: Array, order: str, packed: bytes, **more: tuple[str, tuple[int, ...]]) -> bytes:
    samples = 1 if x.ndim == 2 else x.shape[2]
    kind = {"u": 1, "i": 2, "f": 3}[x.dtype.kind]
    page = {
        256: ("I", (x.shape[1],)), 257: ("I", (x.shape[0],)), 259: ("H", (1,)),
        258: ("H", (8 * x.dtype.itemsize,) * samples), 262: ("H", (2 if samples == 3 else 1,)),
        273: ("I", (0,)), 277: ("H", (samples,)), 278: ("I", (x.shape[0],)),
        279: ("I", (len(packed),)), 339: ("H", (kind,) * samples),
    }  # fmt: skip
    page |= {int(tag.removeprefix("t")): value for tag, value in more.items()}
    return tiff(order, page, packed)


ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def png_of(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [
        chunk(b"IHDR", header),
        *chunks,
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


ONE = np.zeros((1, 1), np.uint8)
