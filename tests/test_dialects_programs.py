"""The dialects of programs and their libraries: exact, or within a level where that is said.

What is missing is skipped, and says so. `IMGKERNELS_NIGHTLY=1` takes every picture with every
border; else each picture has one, and the programs, which start anew for each, see fewer.
"""

import importlib

import pytest
from dialect_cases import apart, kept, some

# 8 bits and 16 bits in levels, floats in shares of white.
MOST = {"uint8": 0, "uint16": 0, "int32": 0, "float32": 1e-6, "float64": 1e-6}
NAMES = ("pillow", "imagemagick", "libvips", "itk", "matlab", "gimp")


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
def test_it_does_what_the_library_does(name, call, dtype):
    found = apart(name, call, dtype, some)
    print(f"{name} {call} {dtype}: {found.text(dtype)} ({found.where})")
    levels, share = call.within if dtype[0] == "u" else (0.0, 0.0)
    assert found.most <= max(MOST[dtype], levels), found
    assert levels == 0 or found.share <= share, found
    due = kept()[name]["figures"][call.stored(dtype)]["most"]
    assert found.most <= max(due, MOST["float32"] if dtype[0] == "f" else 0), "the README is wrong"
