"""Files: files that nobody here made."""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import Array, as_pillow, refused

from imgkernels.errors import FileProblem
from imgkernels.files import read

IMAGES = Path(__file__).parents[2] / "shared" / "corpora" / "images"


def corpus(kind: str) -> list[Any]:
    manifest = IMAGES / "manifest.json"
    if not manifest.exists():
        reason = f"there is no {manifest}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    entries = json.loads(manifest.read_text())
    return [pytest.param(e, id=e["file"]) for e in entries if e["kind"] == kind]


UNREAD = (".sgi", ".ico")


@pytest.mark.parametrize("entry", corpus("valid"))
def test_valid_files(entry: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    path = IMAGES / entry["file"]
    if path.suffix in UNREAD:
        assert refused(path).startswith(f"{path}: is ")
        return
    uncounted = path.name == "multipage_rgb.tif"  # Pillow cannot, so the manifest does not say
    several = uncounted or ("multi-frame" in entry["features"] and path.suffix != ".mpo")
    if several:
        assert "--frame N" in refused(path)
    image = read(path, frame=0 if several else None)
    assert capfd.readouterr() == ("", "")
    told = entry["pillow"]
    if "16bit" in entry["features"] or told.get("mode", "").startswith("I;16"):
        assert image.pixels.dtype == np.uint16
    if "float" in entry["features"]:
        assert image.pixels.dtype.kind == "f"
    if "signed" in entry["features"]:
        assert image.pixels.dtype.kind == "i"
    if (told.get("icc_bytes") or 0) and "cmyk" not in entry["features"]:
        assert image.metadata.icc is not None
        assert len(image.metadata.icc) == told["icc_bytes"]
    if image.pixels.dtype == np.uint8 and told.get("load") == "ok":
        np.testing.assert_array_equal(image.pixels, by_pillow(path))


def by_pillow(path: Path) -> Array:
    import PIL.Image
    import PIL.ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with PIL.Image.open(path) as opened:
            opened.load()
            turned = PIL.ImageOps.exif_transpose(opened)
            mode = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB"}.get(turned.mode, turned.mode)
            if mode in ("P", "L", "RGB") and "transparency" in turned.info:
                mode = "LA" if mode == "L" else "RGBA"
            return np.asarray(turned.convert("RGB" if mode == "P" else mode))


@pytest.mark.parametrize("entry", corpus("broken"))
def test_broken_files(entry: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    path = IMAGES / entry["file"]
    start = time.perf_counter()
    try:
        read(path)
    except FileProblem as error:
        line = str(error)
        assert line.startswith(f"{path}: ")
        assert line.isprintable()
        assert len(line) < len(str(path)) + 300
    else:
        assert not entry["expect"].startswith("reject")
    assert time.perf_counter() - start < 1
    assert capfd.readouterr() == ("", "")


def find(folder: str, pattern: str) -> list[Path]:
    return sorted((IMAGES / "valid" / folder).glob(pattern))


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
@pytest.mark.parametrize(("folder", "first", "pattern", "decibels"), [
    ("exif-orientation", "Landscape_1.jpg", "Landscape_*.jpg", 28),
    ("pillow", "hopper_orientation_2.jpg", "hopper_orientation_*.jpg", 28),
    ("pillow", "hopper_orientation_2.jpg", "hopper_orientation_*.webp", 28),
    ("pillow", "g4_orientation_1.tif", "g4_orientation_*.tif", 26),  # one bit; Pillow's are 26.8
])  # fmt: skip
def test_orientations_show_one_picture(
    folder: str, first: str, pattern: str, decibels: float
) -> None:
    expected = read(IMAGES / "valid" / folder / first).pixels.astype(float)
    found = find(folder, pattern)
    assert found
    for path in found:
        x = read(path).pixels
        assert x.shape == expected.shape
        error = np.mean((x - expected) ** 2)
        assert error == 0 or 10 * np.log10(255**2 / error) >= decibels


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_16_bit_png_agrees_with_the_high_bytes_of_pillow() -> None:
    """Pillow keeps the high byte of 16-bit colour: a reader that is not OpenCV."""
    found = [path for path in find("pngsuite", "*2c16.png") if not path.name.startswith("t")]
    assert len(found) >= 3
    for path in found:
        np.testing.assert_array_equal(read(path).pixels >> 8, as_pillow(path.read_bytes()))


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_the_same_ramp_in_each_encoding_of_tiff() -> None:
    """image-tiff's seq files: the hash that ends the name stands for the pixels."""
    ramps: dict[str, list[Array]] = {}
    for path in find("image-tiff", "seq-1c-*.tiff"):
        with contextlib.suppress(FileProblem):  # the one of several pages
            ramps.setdefault(path.stem[-8:], []).append(read(path).pixels)
    assert max(map(len, ramps.values())) >= 3
    for same in ramps.values():
        for x in same[1:]:
            np.testing.assert_array_equal(x, same[0])
