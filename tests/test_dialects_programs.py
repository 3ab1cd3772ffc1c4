"""The dialects of programs and their libraries: exact, or within a level where that is said.

What is missing is skipped, and says so. `IMGKERNELS_NIGHTLY=1` takes every picture, border and
depth; else the programs, which start anew for each picture, see fewer.
"""

import importlib
import os

import dialect_cases
import numpy as np
import pytest
from dialect_cases import apart

import imgkernels as ik

# 8 bits and 16 bits in levels, floats in shares of white.
MOST = {"uint8": 0, "uint16": 0, "int32": 0, "float32": 1e-6, "float64": 1e-6}
NAMES = ("pillow", "imagemagick", "libvips", "itk", "matlab", "gimp")
SLOW = {"imagemagick": ("noise", "impulse", "2 x 2"), "gimp": ("noise",)}
NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))


def calls():
    for name in NAMES:
        module = importlib.import_module(f"dialect_{name}")
        if module.MISSING:
            mark = pytest.mark.skip(f"{module.MISSING}: the dialect {name} goes untested")
            yield pytest.param(name, None, None, id=name, marks=mark)
            continue
        for call in module.CALLS:
            for dtype in call.dtypes:
                yield pytest.param(name, call, dtype, id=f"{name}-{call}-{dtype}")


@pytest.mark.parametrize(("name", "call", "dtype"), list(calls()))
def test_it_does_what_the_library_does(name, call, dtype, monkeypatch):
    if name in SLOW and not NIGHTLY:
        few = {title: dialect_cases.pictures(dtype)[title] for title in SLOW[name]}
        monkeypatch.setattr(dialect_cases, "pictures", lambda dtype: few)
        monkeypatch.setattr(dialect_cases, "borders", lambda name, call: (None,))
    found = apart(name, call, dtype)
    print(f"{name} {call} {dtype}: {found.text(dtype)} ({found.where})")
    levels, share = call.within if dtype[0] == "u" else (0.0, 0.0)
    assert found.most <= max(MOST[dtype], levels), found
    assert levels == 0 or found.share <= share, found


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_itk_does_the_same_on_volumes(dtype):
    sitk = pytest.importorskip("SimpleITK")
    x = dialect_cases.as_dtype(np.random.default_rng(3).random((7, 9, 8)), dtype)
    image = sitk.GetImageFromArray(x)
    asked = {
        "blur": ({"sigma": 1.5, "sigma_z": 0.8}, sitk.DiscreteGaussian(image, (2.25, 2.25, 0.64))),
        "box-blur": ({"size": 3}, sitk.Mean(image, [1] * 3)),
        "median": ({"size": 3}, sitk.Median(image, [1] * 3)),
        "minimum": ({"size": 3}, sitk.GrayscaleErode(image, [1] * 3, sitk.sitkBox)),
    }
    if dtype == "float32":
        asked["laplacian"] = ({}, sitk.Laplacian(image))
    for name, (params, due) in asked.items():
        got = ik.apply(x, name, **params, axes="zyx", like="itk")
        np.testing.assert_allclose(got, sitk.GetArrayFromImage(due), rtol=1e-6, atol=1e-6)
