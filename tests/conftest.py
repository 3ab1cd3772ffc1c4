"""Fixtures that several test files share."""

import numpy as np
import pytest
from hypothesis import settings

from imgkernels import opencv
from imgkernels.engine.planner import plan_for

settings.register_profile("laws", derandomize=True, deadline=None)
settings.load_profile("laws")


@pytest.fixture
def rng():
    return np.random.default_rng(20261122)


@pytest.fixture
def no_opencv(monkeypatch):
    """A machine whose OpenCV cannot be imported; plans made before are forgotten."""
    monkeypatch.setattr(opencv, "load", lambda: None)
    plan_for.cache_clear()
    yield
    plan_for.cache_clear()
