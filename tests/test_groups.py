"""The engine's general case: weights that come at run time, groups, batches, strides, dilation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reference import correlate
from tolerances import RELATIVE

from imgkernels.border import Border
from imgkernels.engine import Problem, plan_for


@st.composite
def problems(draw):
    ndim = draw(st.integers(1, 3))
    groups, per_group, outputs = draw(st.tuples(*[st.integers(1, 3)] * 3))
    axes = [st.integers(1, 5)] * ndim
    window = draw(st.tuples(*[st.integers(1, 3)] * ndim))
    return Problem(
        (draw(st.integers(1, 2)), *draw(st.tuples(*axes)), groups * per_group),
        np.dtype(draw(st.sampled_from(["float32", "float64"]))),
        window,
        tuple(draw(st.integers(0, n - 1)) for n in window),
        outputs=groups * outputs,
        groups=groups,
        border=draw(st.sampled_from(list(Border))),
        border_value=2.0,
        extent=draw(st.sampled_from(["same", "valid", "full"])),
        stride=draw(st.tuples(*[st.integers(1, 2)] * ndim)),
        dilation=draw(st.tuples(*[st.integers(1, 2)] * ndim)),
    )


def one_by_one(problem, x, weights):
    """Every output plane as the sum over its group's channels, each by the slow truth."""
    inputs, outputs = problem.channels // problem.groups, problem.outputs // problem.groups
    planes = np.zeros(problem.out_shape)
    for n in range(problem.shape[0]):
        for out in range(problem.outputs):
            group = out // outputs
            for c in range(inputs):
                planes[n, ..., out] += correlate(
                    x[n, ..., group * inputs + c], weights[..., c, out],
                    border=problem.border.value, value=problem.border_value,
                    anchor=problem.anchor, extent=problem.extent, stride=problem.stride,
                    dilation=problem.dilation,
                )  # fmt: skip
    return planes


@settings(max_examples=80)
@given(problem=problems(), seed=st.integers(0, 99))
def test_groups_sum_their_own_channels(problem, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(problem.shape).astype(problem.dtype)
    inputs = problem.channels // problem.groups
    weights = rng.standard_normal((*problem.window, inputs, problem.outputs)).astype(problem.dtype)
    plan = plan_for(problem)
    due = one_by_one(problem, x, weights)
    answer = plan.run(x, weights)
    assert plan.method == "im2col"
    assert answer.shape == problem.out_shape
    assert answer.dtype == problem.dtype
    size = np.abs(weights).sum() * max(np.abs(x).max(initial=0), 2)
    assert np.abs(answer - due).max(initial=0) <= RELATIVE[problem.dtype.name] * size


@pytest.mark.parametrize("method", ["direct", "separable", "box", "running", "spectral", "ndimage"])
def test_methods_for_one_kernel_refuse_weights_in_words(method):
    problem = Problem((1, 4, 4, 2), np.dtype("float32"), (3, 3), (1, 1), 2, 1,
                      stride=(1, 1), dilation=(1, 1))  # fmt: skip
    with pytest.raises(ValueError, match="one kernel for every channel"):
        plan_for(problem, method)
