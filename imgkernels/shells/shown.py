"""A certificate as a terminal shows it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from imgkernels.certificate import Certificate
from imgkernels.doubts import doubts
from imgkernels.entry import Filter
from imgkernels.examination import Examination
from imgkernels.shells import libraries
from imgkernels.shells.picture import matrix, picture
from imgkernels.symmetry import in_words

_COLUMNS = 96


def text(entry: Filter, certificate: Certificate, own: bool) -> str:
    """Return the certificate of an entry; for a kernel of the user's own with warnings."""
    blocks = [_entry(entry), _citation(certificate)]
    total = len(certificate.kernels)
    for number, kernel in enumerate(certificate.kernels, start=1):
        blocks.append(kernel_text(kernel, f"kernel {number} of {total}" if total > 1 else "kernel"))
        blocks.append("\n".join(_listed("warning", doubts(kernel))) if own else "")
    if not total:
        blocks.append("no kernel: it picks or maps values instead of summing them")
    blocks += [_laws(certificate), "\n".join(_listed("elsewhere", certificate.others))]
    blocks.append("\n".join(_wrapped(c, f"like {n}: ") for n, c in libraries.calls(entry).items()))
    return "\n\n".join(filter(None, blocks))


def _entry(entry: Filter) -> str:
    lines = [_wrapped(entry.summary, f"{entry.name} ({entry.family.word}): ", 2)]
    if entry.details:
        lines += ["", *map(_wrapped, entry.details.split("\n\n")), ""]
    if entry.aliases:
        lines.append(f"also called {', '.join(entry.aliases)}")
    if entry.range is not None:
        shown = entry.range.value
        lines.append(f"negative values in unsigned images: {shown} (--range says otherwise)")
    if not entry.takes_spacing:
        lines.append("made for pixels of size 1: takes no --spacing")
    for knob in entry.params:
        default = "required" if knob.required else f"default {knob.text(knob.default)}"
        word = f"  --{knob.name.replace('_', '-'):<12} "
        lines.append(_wrapped(f"{knob.param.help}; {knob.rule}; {default}", word))
    return "\n".join(lines)


def _citation(certificate: Certificate) -> str:
    lines = []
    for source in certificate.sources:
        lines.append(_wrapped(str(source), "source:  "))
        lines += [f"         {source.link}"] if source.link else []
    if certificate.unsourced:
        lines.append(_wrapped(f"none. {certificate.unsourced}", "source:  "))
    lines.append(_wrapped(certificate.formula, "formula: "))
    return "\n".join(lines)


def kernel_text(found: Examination, title: str) -> str:
    """Return a kernel as numbers, as a picture, and what is exact about it."""
    kernel = found.kernel
    size = " x ".join(map(str, kernel.shape))
    rank = "separable" if found.rank == 1 else f"not separable (rank {found.rank})"
    rows = matrix(kernel).splitlines()
    lines = [
        _wrapped(
            f"{size}, sum {_number(found.sum)}, derivative order {_order(found)}, "
            f"gain {_number(found.gain)}, anchor {kernel.anchor}, {rank}",
            f"{title}: ",
            2,
        ),
        *(_wrapped(line[9:], line[:9]) if len(line) > _COLUMNS else line for line in rows),
        picture(kernel),
    ]
    width = max(map(len, dict(_properties(found))))
    for name, value in _properties(found):
        lines.append(_wrapped(value, f"  {name:<{width}}  "))
    return "\n".join(lines)


def _properties(found: Examination) -> Iterator[tuple[str, str]]:
    ndim = found.kernel.ndim
    yield "symmetric", in_words(found.symmetric, ndim)
    yield "antisymmetric", in_words(found.antisymmetric, ndim)
    moments = (f"{_powers(powers)} {_number(m)}" for powers, m in found.moments.items())
    yield "moments to 4", ", ".join(moments) or "none"
    if not math.isnan(found.direction):
        yield "steepest", f"{found.direction:.4g} degrees counter-clockwise from x"
    if found.sigma is not None:
        yield "like sigma", " x ".join(f"{s:.4g}" for s in found.sigma) + " px"
    yield "noise", f"times {_number(found.norm)} (the norm)"
    yield "8-bit range", f"{_number(255 * found.low)} to {_number(255 * found.high)}"


def _laws(certificate: Certificate) -> str:
    lines = ["laws, checked now:"]
    for verdict in certificate.verdicts:
        mark = "  holds   " if verdict.holds else "  BROKEN  "
        found = "" if verdict.holds else f": {verdict.broken}"
        lines.append(_wrapped(verdict.law + found, mark))
    return "\n".join(lines)


def _listed(title: str, lines: tuple[str, ...]) -> Iterator[str]:
    return (_wrapped(line, f"{title}: ") for line in lines)


def _wrapped(body: str, head: str = "", indent: int | None = None) -> str:
    """Return a text in lines that fit, under its head or indented by so many columns."""
    margin = " " * (len(head) if indent is None else indent)
    return textwrap.fill(body, _COLUMNS, initial_indent=head, subsequent_indent=margin)


def _order(found: Examination) -> str:
    return str(found.order) if found.order < 5 else "5 or more"


def _powers(powers: tuple[int, ...]) -> str:
    """Write (2, 1) as y2x, and (0, 0) as 1."""
    names = zip("zyx"[-len(powers) :], powers, strict=True)
    return "".join(name if n == 1 else f"{name}{n}" for name, n in names if n) or "1"


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"
