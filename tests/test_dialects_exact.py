"""Every dialect against its library: exact in integers, 1e-6 of white in floats.

The libraries are installed or not; what is missing is skipped, and says so. Each picture has one
of the borders in turn; `IMGKERNELS_NIGHTLY=1` takes every one with every other.
"""

import importlib

import pytest
from dialect_cases import apart, kept, some

# 16 bits may be a level of 65535 off, 1.5e-5 of white, where the library sums in float32.
MOST = {"uint8": 0.0, "uint16": 1.0, "int16": 1.0, "float32": 1e-6, "float64": 1e-6}
LIBRARIES = {
    "opencv": "cv2",
    "scipy": "scipy",
    "skimage": "skimage",
    "torch": "torch",
    "kornia": "kornia",
}  # the dialect, and the module whose absence skips it


def calls():
    for name, module in LIBRARIES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            skip = pytest.mark.skip(f"{module} is not installed: the dialect {name} goes untested")
            yield pytest.param(name, None, None, id=name, marks=skip)
            continue
        for call in importlib.import_module(f"dialect_{name}").CALLS:
            for dtype in call.dtypes:
                yield pytest.param(name, call, dtype, id=f"{name}-{call}-{dtype}")


@pytest.mark.parametrize(("name", "call", "dtype"), list(calls()))
def test_it_does_what_the_library_does(name, call, dtype):
    found = apart(name, call, dtype, some)
    print(f"{name} {call} {dtype}: {found.text(dtype)} ({found.where})")
    stored = call.stored(dtype)
    levels, share = call.within if stored == "uint8" else (0.0, 1.0)
    assert found.most <= max(MOST[stored], levels), found
    assert found.share <= max(share, float(levels == 0)), found
    due = kept()[name]["figures"][stored]["most"]
    assert found.most <= max(due, MOST["float32"] if stored[0] == "f" else 0), "the README is wrong"
