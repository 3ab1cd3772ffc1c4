"""`python -m imgkernels.shells.docs`: write the README's catalogue and the gallery's pictures.

The text between `<!-- catalogue -->` and `<!-- /catalogue -->` comes from the register, and so
do the presets; the tables of dialects and of speed come from what was measured. A test compares
them. The pictures are made from `samples/`, the plot of speed from the bench's results.
"""

from __future__ import annotations

import re
from pathlib import Path

import imgkernels as ik
from imgkernels import files, filters, kernels, resources
from imgkernels.entry import Family
from imgkernels.pipeline import Pipeline, preset_names
from imgkernels.shells import agreement, speed

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "tests" / "bench" / "results"
SPEED = ROOT / ".gallery" / "speed.png"
COMMAND = "python -m imgkernels.shells.docs"

# What the gallery shows: a sample, and the pipeline that runs on it.
GALLERY = {
    "coffee": ("coffee", "identity"),
    "coffee-halo": ("coffee", "preset:halo"),
    "coffee-watercolor": ("coffee", "preset:watercolor"),
    "coffee-comic": ("coffee", "preset:comic"),
    "coffee-neon": ("coffee", "preset:neon"),
    "coffee-blueprint": ("coffee", "preset:blueprint"),
    "chelsea": ("chelsea", "identity"),
    "chelsea-sketch": ("chelsea", "preset:sketch"),
    "chelsea-charcoal": ("chelsea", "preset:charcoal"),
    "chelsea-relief": ("chelsea", "preset:relief"),
    "chelsea-sobel": ("chelsea", "grey | sobel"),
    "chelsea-blur": ("chelsea", "blur:sigma=5"),
}


def catalogue_text() -> str:
    """Return the catalogue as Markdown: a table for each family."""
    blocks = []
    for family in Family:
        members = [f for f in filters.catalogue() if f.family is family]
        rows = [f"| `{f.name}` | {f.summary} | {_params(f)} |" for f in members]
        head = f"**{family.word}**: {family.summary}\n\n| filter | what it does | parameters |"
        blocks.append("\n".join([head, "|---|---|---|", *rows]))
    return "\n\n".join(blocks)


def presets_text() -> str:
    """Return the presets as a Markdown table."""
    presets = [Pipeline.load(name) for name in preset_names()]
    rows = [f"| `{p.name}` | {p.summary} | `{_escaped(p)}` |" for p in presets]
    return "\n".join(["| preset | what it makes | steps |", "|---|---|---|", *rows])


def readme_text(text: str) -> str:
    """Return the README with its generated parts written anew."""
    bodies = {
        "catalogue": catalogue_text(),
        "presets": presets_text(),
        "dialects": agreement.table(ROOT / "tests" / "dialect_figures.json"),
        "speed": speed.text(RESULTS),
    }
    for name, body in bodies.items():
        mark = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = mark.sub(lambda m, body=body: f"{m[1]}{body}\n{m[2]}", text)  # type: ignore[misc]
    return text


def write_gallery(folder: Path) -> None:
    """Run the gallery's pipelines on the samples and write small JPEGs."""
    folder.mkdir(exist_ok=True)
    for name, (sample, what) in GALLERY.items():
        image = files.read(resources.folder("samples") / f"{sample}.png")
        preset = what.removeprefix("preset:")
        pipeline = Pipeline.load(preset) if preset != what else Pipeline.parse(what)
        answer = pipeline(image)
        half = ik.correlate(answer.pixels, kernels.box(2), stride=2)
        files.write(folder / f"{name}.jpg", ik.Image.of(half))


def _params(entry: filters.Filter) -> str:
    return ", ".join(
        f"`{k.name}`" + ("" if k.default is None else f" {k.text(k.default)}") for k in entry.params
    )


def _escaped(pipeline: Pipeline) -> str:
    return str(pipeline).replace("|", r"\|")


def main() -> None:
    """Write the README and the gallery of this checkout."""
    readme = ROOT / "README.md"
    readme.write_text(readme_text(readme.read_text("utf-8")), "utf-8")
    write_gallery(ROOT / ".gallery")
    SPEED.write_bytes(speed.picture(RESULTS))


if __name__ == "__main__":
    main()
