"""Arguments made wrong by a seed: filters, parameters, images, texts, presets, command lines."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import imgkernels as ik
from imgkernels import dialect, filters
from imgkernels.border import Border
from imgkernels.errors import ImgkernelsError
from imgkernels.kernel_text import parse_kernel
from imgkernels.shells import flags, main
from imgkernels.values import SUPPORTED

Rng = np.random.Generator

NUMBERS = (0, -0.0, 1, -1, 0.5, 2, 3, 4, 7, 1e-300, 1e300, 1e9, -1e9, 2**31, 2**63, 10**400, 1e-9,
           float("nan"), float("inf"), float("-inf"), 255, 65536, True)  # fmt: skip
TEXTS = (
    "", " ", "\0", "\n", "\x1b[2J", "\u202e", "é", "\ud800", "x" * 5000, "nan", "inf", "-1",
    "1e999", "1,2", "1 2; 3 4", "[[1]]", "[", "]]", "=", ":", "|", ",", "%s%n", "../../etc/passwd",
    "true", "reflect", "scipy:reflect", "opencv:", ":wrap", "null", "0x10", "1_000", "٣", "--", "-",
)  # fmt: skip
THINGS: tuple[Any, ...] = (None, [], {}, (), b"x", object, [1, 2], {"a": 1}, np.float64(2), 1j)
SIDES = (0, 1, 2, 3, 3, 3, 4, 4, 5, 5, 5, 8, 11)
DTYPES = (*SUPPORTED, "bool", "complex64", "object", "U3", "M8[s]", "i4,f4", ">u2", ">f4")


@functools.cache
def names() -> tuple[str, ...]:
    return tuple(entry.name for entry in filters.catalogue())


def pick(rng: Rng, choices: Any) -> Any:
    return choices[int(rng.integers(0, len(choices)))]


def text(rng: Rng) -> str:
    """Return a text of hostile pieces and plain words."""
    words = (*TEXTS, *names()[:40], "size=3", "sigma=2", "amount=1", "gaussian", "kernel=0 1 0")
    return pick(rng, ("", "|", ":", ",", " ", "=")).join(
        str(pick(rng, words)) for _ in range(int(rng.integers(1, 5)))
    )


def value(rng: Rng) -> Any:
    """Return any value at all."""
    kind = rng.random()
    if kind < 0.45:
        return pick(rng, NUMBERS)
    return text(rng) if kind < 0.8 else pick(rng, THINGS)


def image(rng: Rng) -> Any:
    """Return an array of any dtype, shape and layout, mostly one that can be filtered."""
    if rng.random() < 0.05:
        return value(rng)
    ndim = int(rng.choice([0, 1, 2, 2, 2, 3, 3, 4, 5]))
    shape = tuple(int(n) for n in rng.choice(SIDES, ndim))
    dtype = np.dtype(pick(rng, DTYPES if rng.random() < 0.3 else ("uint8", "float32", "uint16")))
    raw = rng.integers(0, 256, shape)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = raw.astype(dtype)
    except (TypeError, ValueError):
        return raw
    if x.dtype.kind == "f" and x.size and rng.random() < 0.3:
        x.flat[0] = pick(rng, (np.nan, np.inf, -np.inf))
    turns: tuple[Callable[[Any], Any], ...] = (
        lambda a: a, lambda a: a[..., ::-1] if a.ndim else a, np.asfortranarray, lambda a: a.T,
        lambda a: np.broadcast_to(a, (2, *a.shape)) if a.ndim < 4 else a, lambda a: a.tolist(),
    )  # fmt: skip
    return pick(rng, turns)(x)


def params(rng: Rng, name: str) -> dict[str, Any]:
    """Return settings of a filter: fitting ones, any values, and names that nothing has."""
    given: dict[str, Any] = {}
    for knob in filters.get(name).params:
        chance = rng.random()
        if knob.required or chance < 0.4:
            fits = knob.sample if rng.random() < 0.4 else pick(rng, knob.choices or (1, 2, 3, 5))
            given[knob.name] = fits if rng.random() < 0.6 else value(rng)
    if rng.random() < 0.05:
        given[text(rng)[:20] or "x"] = value(rng)
    return given


def options(rng: Rng) -> dict[str, Any]:
    """Return options of `apply`."""
    fitting: dict[str, Callable[[], Any]] = {
        "border": lambda: pick(rng, list(Border)),
        "border_value": lambda: pick(rng, NUMBERS),
        "range": lambda: pick(rng, ("clip", "abs", "offset", "stretch")),
        "channels": lambda: pick(rng, ("each", "luma", "linear", "sum")),
        "nan": lambda: pick(rng, ("propagate", "ignore", "keep")),
        "mask": lambda: image(rng),
        "spacing": lambda: pick(rng, (1.0, (1, 2), "1,2", 0, -1)),
        "method": lambda: pick(rng, ("auto", "direct", "fft", "opencv", "separable")),
        "dtype": lambda: pick(rng, DTYPES),
        "axes": lambda: pick(rng, ("yx", "yxc", "zyx", "zyxc", "x", "xc", "cyx")),
        "like": lambda: pick(rng, dialect.NAMES),
    }
    return {
        key: make() if rng.random() < 0.7 else value(rng)
        for key, make in fitting.items()
        if rng.random() < 0.15
    }


def try_filter(rng: Rng) -> None:
    name = pick(rng, names()) if rng.random() < 0.95 else text(rng)
    given = params(rng, name) if name in names() else {}
    ik.apply(image(rng), name, **{**options(rng), **given})


def try_pipeline(rng: Rng) -> None:
    if rng.random() < 0.5:
        ik.Pipeline.parse(text(rng))
    else:
        steps = [(pick(rng, names()), {}) for _ in range(int(rng.integers(0, 5)))]
        settings = [(name, params(rng, name)) for name, _ in steps]
        ik.Pipeline.of(*settings)(image(rng), **options(rng))


def try_preset(rng: Rng) -> None:
    like, name = pick(rng, dialect.NAMES), pick(rng, names())
    parts = (*PRESET, f'filter = "{name}"', f'like = "{like}"', text(rng))
    lines = [pick(rng, parts) for _ in range(int(rng.integers(0, 8)))]
    ik.Pipeline.from_toml("\n".join(lines))


def try_kernel(rng: Rng) -> None:
    if rng.random() < 0.4:
        parse_kernel(text(rng))
        return
    shape = tuple(int(n) for n in rng.integers(0, 5, int(rng.integers(0, 5))))
    taps = rng.normal(size=shape)
    if taps.size and rng.random() < 0.2:
        taps.flat[0] = pick(rng, (np.nan, np.inf, 1e308))
    kernel = ik.Kernel(taps) if rng.random() < 0.5 else taps
    given = {
        "border": pick(rng, list(Border)), "extent": pick(rng, ("same", "valid", "full", "x")),
        "stride": pick(rng, (1, 2, 0, -1, (1, 2), "a")), "dilation": pick(rng, (1, 2, 0, 10**9)),
        "channels": pick(rng, ("each", "sum")), "method": pick(rng, ("auto", "direct", "fft")),
    }  # fmt: skip
    chosen = {key: each for key, each in given.items() if rng.random() < 0.4}
    pick(rng, (ik.correlate, ik.convolve))(image(rng), kernel, **chosen)


@functools.cache
def picture() -> str:
    path = Path(tempfile.mkdtemp()) / "in.png"
    ik.write(path, np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    return str(path)


def try_words(rng: Rng) -> None:
    """Run the command line in this process; it must end with a code of ours, without a trace."""
    source = picture() if rng.random() < 0.9 else text(rng)
    target = str(Path(picture()).parent / f"out{pick(rng, ('.png', '.tif', '.jpg', '.xyz', ''))}")
    command = pick(
        rng,
        ("apply", "apply", "apply", "pipe", "pipe", "show", "list", "sigma", "trace", text(rng)),
    )
    words: list[str] = [command]
    if command == "apply":
        words += [pick(rng, names()) if rng.random() < 0.9 else text(rng), source, target]
    elif command == "pipe":
        words += [source, target, *(text(rng) for _ in range(int(rng.integers(0, 3))))]
    elif command in ("show", "sigma", "trace"):
        words += [source if command == "trace" else text(rng)]
    known = [flag.words[0] for flag in flags.JOB] + ["--sigma", "--size", "--amount", "--at"]
    for _ in range(int(rng.integers(0, 4))):
        words.append(pick(rng, known) if rng.random() < 0.9 else f"--{text(rng)[:30]}")
        if rng.random() < 0.8:
            given = pick(rng, (str(pick(rng, NUMBERS)), text(rng), "wrap", "clip", "3", "0,0"))
            words[-1:] = [f"{words[-1]}={given}"] if rng.random() < 0.5 else [words[-1], given]
    code, said = run(words)
    if code not in (0, 1, 2, None) or "Traceback" in said or "\x1b[2J" in said:
        raise AssertionError(f"ended with {code!r}: {said[-200:]!r} for {words!r:.300}")


def run(words: list[str]) -> tuple[Any, str]:
    before, out, err = sys.argv, io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    sys.argv = ["imgkernels", *words]
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main.main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = before
    return code, err.getvalue()


COMMANDS = ("apply", "apply", "apply", "pipe", "pipe", "show", "list", "sigma", "trace")
PRESET = (
    "[[steps]]", "[[steps]]", "sigma = 2", "size = 3", "x = nan", 'border = "wrap"',
    "range = 1e999", "steps = []", "[steps]", 'name = "\\u0000"', 'kernel = "0 1 0"', "[" * 400,
    "a." * 300 + "b = 1",
)  # fmt: skip
KINDS: tuple[Callable[[Rng], None], ...] = (
    try_filter, try_filter, try_filter, try_pipeline, try_preset, try_kernel, try_kernel, try_words,
)  # fmt: skip


def try_arguments(case: int) -> None:
    """Try one case; an error of ours is an answer."""
    rng = np.random.default_rng(case)
    with warnings.catch_warnings(), contextlib.suppress(ImgkernelsError):
        warnings.simplefilter("ignore")
        KINDS[case % len(KINDS)](rng)
