"""The stair: imports go down, heavy packages come late, and only the doors know typer."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import imgkernels

ROOT = Path(imgkernels.__file__).parent
FLOORS = [
    {"errors", "choices", "border", "cores", "lazily", "opencv", "pipes", "small_file", "sources"},
    {
        "values",
        "taps",
        "kernel",
        "kernels",
        "kernel_text",
        "symmetry",
        "examination",
        "doubts",
        "frames",
        "image",
    },
    {"engine", "figures", "files", "places", "resources"},
    {"nn", "operations", "weights"},
    {"kept", "law"},
    {"certificate", "entry", "param", "registry"},
    {"filters"},
    {"dialect", "light", "nearest", "rule"},
    {
        "alpha",
        "analysis",
        "asked",
        "bench",
        "channels",
        "contrast",
        "difference",
        "equivalents",
        "keeping",
        "missing",
        "pipeline",
        "probes",
        "run",
        "schema",
        "spacing",
        "step",
        "streams",
        "tiles",
        "toml_file",
    },
    {"batch"},
    {"scale"},
    {"shells", "__main__"},
]
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")
DOORS = ("typer", "rich", "starlette")


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def floor(name):
    return next(level for level, rooms in enumerate(FLOORS) if name in rooms)


def imports(tree):
    """Every module that a file imports, at its top or later, as dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "imgkernels":
                yield from (f"imgkernels.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    own = floor(room(path))
    for name in imports(ast.parse(path.read_text("utf-8"))):
        head, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if head == "imgkernels" and target not in ("", "__version__"):
            assert floor(target) <= own, f"{name} lies above {path.name}"
        if head in DOORS:
            assert own == len(FLOORS) - 1, f"{head} is for the doors"


def test_a_step_up_would_be_seen():
    assert list(imports(ast.parse("def f():\n    from imgkernels.shells import app"))) == [
        "imgkernels.shells"
    ]
    assert floor("shells") > floor("engine")


@pytest.mark.parametrize(
    ("code", "late"),
    [
        ("import imgkernels", {"numpy", "cv2", "scipy", "PIL", "typer", "rich"}),
        ("import imgkernels.shells.app", {"numpy", "cv2", "scipy", "PIL", "matplotlib"}),
        ("import imgkernels as ik; ik.apply", {"cv2", "scipy", "PIL", "typer"}),
        ("import imgkernels as ik; ik.read", {"cv2", "scipy", "PIL", "typer"}),
    ],
)
def test_heavy_packages_come_late(code, late):
    """The budget of the start: what is not needed to answer is not imported."""
    assert not loaded_by(code) & late


def test_apply_blur_imports_no_scipy(tmp_path):
    import numpy as np

    imgkernels.write(tmp_path / "in.png", imgkernels.Image.of(np.zeros((9, 9), np.uint8)))
    code = (
        "import sys; from imgkernels.shells.main import main\n"
        f"sys.argv = ['imgkernels', 'apply', 'blur', {str(tmp_path / 'in.png')!r}, "
        f"{str(tmp_path / 'out.png')!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
    )
    assert not loaded_by(code) & {"scipy", "PIL", "rich", "matplotlib"}
    assert (tmp_path / "out.png").exists()


def loaded_by(code):
    ask = f"{code}\nimport sys; print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(done.stdout.split("LOADED")[1].split())
