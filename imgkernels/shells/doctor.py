"""`imgkernels doctor`: what this installation has, and the cure for what it lacks."""

from __future__ import annotations

import json as json_
import platform
from importlib import metadata
from typing import Any

import typer

from imgkernels import __version__, opencv
from imgkernels.shells.command import Json

_PACKAGES = ("numpy", "scipy", "pillow", "typer")
_EXTRAS = {
    "fast": "halide",
    "nn": "threadpoolctl",
    "plot": "matplotlib",
    "scale": "dask",
    "weights": "h5py",
}
_OPENCVS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def doctor(json: Json = False) -> None:
    """Check the installation: versions, OpenCV, methods, presets, samples."""
    found = examine()
    if json:
        print(json_.dumps(found, indent=2))
    else:
        _print(found)
    raise typer.Exit(1 if found["problems"] else 0)


def examine() -> dict[str, Any]:
    """Return what is installed and what is wrong, as plain values."""
    problems: list[str] = []
    opencvs = {name: version for name in _OPENCVS if (version := _version(name))}
    if len(opencvs) > 1:
        problems.append(
            f"{' and '.join(opencvs)} overwrite each other's files; remove all of them, then "
            "pip install opencv-python-headless"
        )
    if opencv.load() is None:
        cure = "pip install --force-reinstall opencv-python-headless"
        problems.append(f"OpenCV cannot be imported, so filters run slower through scipy; {cure}")
    return {
        "imgkernels": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES} | opencvs,
        "extras": {extra: _version(name) for extra, name in _EXTRAS.items()},
        "methods": _methods(),
        "costs": _costs(),
        "filters": _count_filters(),
        "presets": _folder("presets", problems),
        "samples": _folder("samples", problems),
        "problems": problems,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _methods() -> dict[str, str]:
    from imgkernels.engine.methods import METHODS

    return {method.name: method.missing() or "ready" for method in METHODS}


def _costs() -> str:
    from imgkernels.engine.calibration import current

    return current().origin


def _count_filters() -> int:
    from imgkernels import filters

    return len(filters.catalogue())


def _folder(name: str, problems: list[str]) -> list[str]:
    from imgkernels import resources
    from imgkernels.errors import FileProblem

    try:
        return sorted(p.stem for p in resources.folder(name).iterdir() if p.suffix != ".md")
    except FileProblem as error:
        problems.append(str(error))
        return []


def _extra(extra: str, version: str | None) -> str:
    cure = f'not installed (pip install "imgkernels[{extra}]")'
    return f"{extra}: {_EXTRAS[extra]} {version}" if version else f"{extra}: {cure}"


def _print(found: dict[str, Any]) -> None:
    print(f"imgkernels {found['imgkernels']}, Python {found['python']}, {found['platform']}")
    versions = [f"{name} {version or 'missing'}" for name, version in found["packages"].items()]
    print(f"packages  {', '.join(versions)}")
    print(f"extras    {', '.join(_extra(*each) for each in found['extras'].items())}")
    print(f"methods   {', '.join(f'{name} {state}' for name, state in found['methods'].items())}")
    print(f"costs     {found['costs']}")
    print(f"filters   {found['filters']}")
    print(f"presets   {', '.join(found['presets'])}")
    print(f"samples   {', '.join(found['samples'])}")
    for problem in found["problems"]:
        print(f"problem   {problem}")
    if not found["problems"]:
        print("all is well")
