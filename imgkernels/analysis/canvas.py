"""A drawing as a value: boxes, texts and lines; written as SVG or painted as PNG."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape

Anchor = Literal["start", "middle", "end"]
_SCALE = 2  # pixels of the PNG for one unit, so that small text stays sharp
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


@dataclass(frozen=True)
class Box:
    """A rectangle; `dashed` draws its outline broken."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "#c8c8c8"
    dashed: bool = False


@dataclass(frozen=True)
class Text:
    """A line of text, centred on its y."""

    x: float
    y: float
    text: str
    size: float = 12
    fill: str = "#222222"
    anchor: Anchor = "start"


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    stroke: str = "#222222"
    width: float = 1.5


Shape = Box | Text | Line


@dataclass
class Drawing:
    """Shapes on white; grows to hold what is added."""

    shapes: list[Shape] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def add(self, shapes: Iterable[Shape]) -> None:
        """Add shapes, and make room for them."""
        for shape in shapes:
            self.shapes.append(shape)
            right, bottom = _corner(shape)
            self.width, self.height = max(self.width, right), max(self.height, bottom)


def svg(drawing: Drawing, margin: float = 16) -> str:
    """Return the drawing as an SVG document; it needs no other file and no network."""
    width, height = drawing.width + 2 * margin, drawing.height + 2 * margin
    body = "\n".join(_element(shape) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-family="DejaVu Sans, Arial, sans-serif">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<g transform="translate({margin:g} {margin:g})">\n{body}\n</g>\n</svg>\n'
    )


def png(drawing: Drawing, margin: float = 16) -> bytes:
    """Return the drawing as a PNG file, painted with Pillow."""
    from PIL import Image, ImageDraw, ImageFont

    size = (round((drawing.width + 2 * margin) * _SCALE), round((drawing.height + 2 * margin) * 2))
    image = Image.new("RGB", size, "#ffffff")
    pen = ImageDraw.Draw(image)

    def at(x: float, y: float) -> tuple[float, float]:
        return (x + margin) * _SCALE, (y + margin) * _SCALE

    for shape in drawing.shapes:
        match shape:
            case Box(x, y, width, height, fill, stroke, dashed):
                edge = 3 if dashed else 1
                pen.rectangle((*at(x, y), *at(x + width, y + height)), fill, stroke, edge)
            case Text(x, y, text, letters, fill, anchor):
                font = ImageFont.load_default(letters * _SCALE)
                pen.text(at(x, y), text, fill, font, _ANCHORS[anchor])
            case Line(points, stroke, width):
                pen.line([at(*p) for p in points], stroke, round(width * _SCALE), "curve")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _corner(shape: Shape) -> tuple[float, float]:
    match shape:
        case Box(x, y, width, height):
            return x + width, y + height
        case Text(x, y, text, size, _, anchor):
            right = {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor]
            return x + right * 0.6 * size * len(text), y + size
        case Line(points):
            return max(p[0] for p in points), max(p[1] for p in points)


def _element(shape: Shape) -> str:
    match shape:
        case Box(x, y, width, height, fill, stroke, dashed):
            broken = ' stroke-width="1.6" stroke-dasharray="4 2"' if dashed else ""
            return (
                f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                f'fill="{fill}" stroke="{stroke}"{broken}/>'
            )
        case Text(x, y, text, size, fill, anchor):
            return (
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}" '
                f'text-anchor="{anchor}" dominant-baseline="central">{escape(text)}</text>'
            )
        case Line(points, stroke, width):
            path = " ".join(f"{x:g},{y:g}" for x, y in points)
            pen = f'fill="none" stroke="{stroke}" stroke-width="{width:g}"'
            return f'<polyline points="{path}" {pen}/>'
