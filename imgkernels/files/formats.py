"""The formats: how each is recognised, what it can hold, who reads and who writes it."""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imgkernels.errors import FileProblem, UnknownName, did_you_mean, unknown
from imgkernels.files import strangers
from imgkernels.files.wanted import Wanted
from imgkernels.files.words import shown
from imgkernels.frames import Frames
from imgkernels.image import Image
from imgkernels.values import SUPPORTED

_NEVER = r"(?!)"
# The first bytes are a number, and numbers are all there is as far as one looks.
_DIGITS = rb"[-+.\d\s,;eEnaif]"
_NUMBERS = rb"(?=\s*[-+]?\.?\d)(?:" + _DIGITS + rb"{64}|" + _DIGITS + rb"{1,63}\Z)"
_AVIF = rb"....ftyp(?:avif|avis|mif1....(?:mif1|miaf)*avif)"
# No mark begins a TGA: the fields of its head must fit together, its type with its palette.
_TGA = (
    rb".(?:\x01[\x01\x09].{4}[\x0f\x10\x18\x20]|\0[\x02\x03\x0a\x0b].{4}.|\x01[\x02\x03\x0a\x0b].{4}[\x0f\x10\x18\x20])"
    rb".{8}[\x01\x08\x0f\x10\x18\x20][\0-\x3f]"
)
_BYTES, _WORDS = ("uint8",), ("uint8", "uint16")
_GREY, _COLOUR, _ALL = (1,), (3,), (1, 2, 3, 4)


@dataclass(frozen=True)
class Format:
    """One format; a new one is a row in `FORMATS`.

    `begins` matches the first bytes of its files. `dtypes` and `channels` (1 grey, 2 grey and
    alpha, 3 RGB, 4 RGBA) are what it holds; `bare` holds any array, and no word about it.
    `write_frames` is there if it holds several pictures, which are `timed` or pages; `colours` is
    the most that one picture may have. `packings` are the words that the writers take besides, the
    first one unless told.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    begins: re.Pattern[bytes]
    decode: Callable[[bytes, Wanted], Image]
    encode: Callable[..., bytes]
    dtypes: tuple[str, ...]
    channels: tuple[int, ...]
    read_frames: Callable[[bytes, Wanted], Frames] | None = None
    write_frames: Callable[..., bytes] | None = None
    timed: bool = False
    colours: int | None = None
    icc: bool = False
    dpi: bool = False
    exif: bool = False
    volumes: bool = False
    bare: bool = False
    most_side: int = (1 << 31) - 1
    packings: tuple[str, ...] = ()


def _late(module: str, verb: str) -> Callable[..., Any]:
    """Return a function that imports its module when it is called: one format is, of twelve."""

    def call(*given: Any) -> Any:
        return getattr(_module(f"imgkernels.files.{module}"), verb)(*given)

    return call


_module = functools.cache(importlib.import_module)


def _pnm(name: str, begins: str, dtypes: tuple[str, ...], channels: tuple[int, ...]) -> Format:
    pattern, write = re.compile(begins.encode()), _late("pnm_encode", name)
    read = _late("pnm", "decode")
    return Format(name, name.upper(), (f".{name}",), pattern, read, write, dtypes, channels)


def _both(module: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return _late(module, "decode"), _late(module, "encode")


def _several(reader: str, writer: str | None = None) -> dict[str, Any]:
    writing = {"write_frames": _late(writer, "encode_frames")} if writer else {}
    return {"read_frames": _late(reader, "frames"), **writing}


# The largest sides are those of libjpeg, and of GIF, WebP and TGA by their formats.
FORMATS = (
    Format("png", "PNG", (".png", ".apng"), re.compile(rb"\x89PNG\r\n\x1a\n"), *_both("png"),
           _WORDS, _ALL, **_several("png", "png"), timed=True, icc=True, dpi=True, exif=True,
           packings=("fast", "small", "none")),
    Format("jpeg", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), re.compile(rb"\xff\xd8\xff"),
           *_both("jpeg"), _BYTES, (1, 3), icc=True, dpi=True, exif=True, most_side=65_500),
    Format("tiff", "TIFF", (".tif", ".tiff"), re.compile(rb"II[*+]\0|MM\0[*+]"),
           _late("tiff", "decode"), _late("tiff_encode", "encode"), SUPPORTED, _ALL,
           **_several("tiff", "tiff_encode"), icc=True, dpi=True, exif=True, volumes=True,
           packings=("none", "deflate")),
    Format("bmp", "BMP", (".bmp", ".dib"), re.compile(rb"BM"), *_both("bmp"),
           _BYTES, (1, 3, 4), dpi=True),
    Format("gif", "GIF", (".gif",), re.compile(rb"GIF8[79]a"),
           _late("gif", "decode"), _late("gif_encode", "encode"), _BYTES, (1, 3, 4),
           **_several("gif", "gif_encode"), timed=True, colours=256, most_side=65_535),
    Format("webp", "WebP", (".webp",), re.compile(rb"RIFF....WEBP", re.DOTALL),
           *_both("webp"), _BYTES, (3, 4), **_several("webp", "webp"), timed=True, icc=True,
           exif=True, most_side=16_383),
    Format("avif", "AVIF", (".avif",), re.compile(_AVIF, re.DOTALL), *_both("avif"),
           _BYTES, (1, 3, 4), **_several("avif"), icc=True, exif=True,
           most_side=65_535),
    _pnm("pbm", r"P[14][\s#]", _BYTES, _GREY),
    _pnm("pgm", r"P[25][\s#]", _WORDS, _GREY),
    _pnm("ppm", r"P[36][\s#]", _WORDS, _COLOUR),
    _pnm("pnm", _NEVER, _WORDS, (1, 3)),
    _pnm("pam", r"P7[\s#]", _WORDS, _ALL),
    _pnm("pfm", r"P[Ff][\s#]", ("float32",), (1, 3)),
    Format("npy", "npy", (".npy",), re.compile(rb"\x93NUMPY"), *_both("npy"),
           SUPPORTED, (), volumes=True, bare=True),
    Format("npz", "npz", (".npz",), re.compile(rb"PK\x03\x04"), *_both("npz"),
           SUPPORTED, (), volumes=True, bare=True, packings=("none", "deflate")),
    Format("txt", "text", (".txt",), re.compile(_NUMBERS), _late("text", "decode"),
           _late("text", "encode_spaced"), ("float64",), _GREY),
    Format("csv", "CSV", (".csv",), re.compile(_NEVER.encode()), _late("text", "decode"),
           _late("text", "encode_commas"), ("float64",), _GREY),
    Format("tga", "TGA", (".tga", ".icb", ".vda", ".vst"), re.compile(_TGA, re.DOTALL),
           *_both("tga"), _BYTES, (1, 3, 4), most_side=65_535),
)  # fmt: skip

_BY_NAME = {each.name: each for each in FORMATS}
_BY_SUFFIX = {suffix: each for each in FORMATS for suffix in each.suffixes}
SUFFIXES = frozenset(_BY_SUFFIX)
# A folder of pictures may hold notes and tables; who wants them filtered names them.
PICTURE_SUFFIXES = SUFFIXES - {".txt", ".csv"}


def named(name: str) -> Format:
    """Return the format of this name; raise `UnknownName` with the near match or all names."""
    if name.lower() not in _BY_NAME:
        raise unknown("file format", name, _BY_NAME)
    return _BY_NAME[name.lower()]


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the name of the format that the suffix stands for.

    Raises `UnknownName` with the known suffixes.

    >>> format_of("photo.JPG")
    'jpeg'
    """
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in _BY_SUFFIX:
        what = f"suffix {suffix!r}" if suffix else "name without a suffix"
        raise UnknownName(
            f"{shown(os.fspath(path))}: no format is known for the {what}"
            f"{did_you_mean(suffix, _BY_SUFFIX) if suffix else ''};"
            f" known are {', '.join(_BY_SUFFIX)}"
        )
    return _BY_SUFFIX[suffix].name


def recognised(data: bytes) -> Format:
    """Return the format that the content shows, whatever the file is called."""
    if not data:
        raise FileProblem("is empty")
    for each in FORMATS:
        if each.begins.match(data):
            return each
    known = ", ".join(each.title for each in FORMATS)
    what = strangers.name_of(data)
    if what:
        raise FileProblem(f"is {what}, which is not read; read are {known}")
    raise FileProblem(f"is not a picture of a known kind; read are {known}")


def holders(dtype: str) -> str:
    """Name the formats that hold values of this dtype."""
    return ", ".join(each.title for each in FORMATS if dtype in each.dtypes)
