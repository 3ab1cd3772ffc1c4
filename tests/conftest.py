"""Fixtures that several test files share."""

import contextlib
import os
import sys

import numpy as np
import pytest
from hypothesis import settings

from imgkernels import opencv
from imgkernels.engine.planner import plan_for
from imgkernels.pipeline import warm_recipe
from imgkernels.shells import main

with contextlib.suppress(ImportError):
    import h5py  # noqa: F401 (before libvips, which may bring another HDF5 into the process)

# No tests: benches, and what asks libraries that need not be here.
collect_ignore_glob = ["bench/*", "dialect_*.py", "measure_*.py", "peers_*.py"]

os.environ["IMGKERNELS_CALIBRATION"] = "off"  # plans of tests are those of the shipped costs

settings.register_profile("laws", derandomize=True, deadline=None)
settings.load_profile("laws")


@pytest.fixture
def rng():
    return np.random.default_rng(20261122)


@pytest.fixture
def no_opencv(monkeypatch):
    """A machine whose OpenCV cannot be imported; plans made before are forgotten."""
    monkeypatch.setattr(opencv, "load", lambda: None)
    forget_plans()
    yield
    forget_plans()


def forget_plans():
    plan_for.cache_clear()
    warm_recipe.cache_clear()


@pytest.fixture
def cli(monkeypatch, capfd):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["imgkernels", *map(str, words)])
        code = 0
        try:
            main.main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return run
