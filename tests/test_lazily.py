"""Names that are imported when first used, and rooms that are opened when they are asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from imgkernels import filters, kernels, operations

PACKAGES = (kernels, operations)


def promised(package):
    """What the package tells type checkers: each name, and the module it comes from."""
    tree = ast.parse(Path(package.__file__).read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [node for node in found if node.module.startswith(f"{package.__name__}.")]
    return {alias.asname: node.module for node in own for alias in node.names}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_names_are_what_type_checkers_are_told(package):
    words = promised(package)
    code = f"import {package.__name__} as p; print(*(n for n in dir(p) if n[0] != '_'))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(words) == set(there.stdout.split()) - {"TYPE_CHECKING", "annotations", "lazily"}
    for name, module in words.items():
        assert getattr(package, name) is getattr(sys.modules[module], name)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_no_module_hides_a_name(package):
    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")}
    assert not modules & set(promised(package))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gausian'"):
        kernels.gausian  # noqa: B018


def test_every_filter_is_found_in_a_room_that_speaks_of_it():
    for entry in filters.catalogue():
        room = filters._rooms()[entry.maker.__module__.rpartition(".")[2]]
        for word in (entry.name, *entry.aliases):
            assert f"def {word.replace('-', '_')}(" in room or f'"{word}"' in room


def opened(code):
    code = f"import sys; from imgkernels import filters; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split() if name.startswith("imgkernels.filters.")}


def test_one_filter_opens_one_room():
    rooms = opened("filters.get('Gaussian_Blur')")
    assert rooms == {"imgkernels.filters.smooth", "imgkernels.filters.knobs"}


def test_what_is_not_found_opens_all_rooms():
    every = {f"imgkernels.filters.{room}" for room in filters._rooms()}
    assert opened("filters.catalogue()") == every
    assert opened("filters.is_entry('nothing')") == every
