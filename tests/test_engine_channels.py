"""Sums over channels: one kernel that covers space and colour."""

import numpy as np
import pytest
from engine_cases import images, noise, seeds, steady, steps
from hypothesis import given, strategies as st
from tolerances import assert_floats, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.problem import EXTENTS
from imgkernels.errors import UnsupportedImage


def test_channels_sum_is_the_classic_conv3d():
    image, taps = noise((6, 7, 3)), noise((3, 3, 3), seed=1)
    want = np.zeros((4, 5))
    for i, j in np.ndindex(want.shape):
        for a, b, c in np.ndindex(taps.shape):
            want[i, j] += image[i + a, j + b, c] * taps[a, b, c]
    got = ik.correlate(image, taps, channels="sum", extent="valid")
    assert_floats(got, want, scale(taps, image))


@given(data=st.data())
@steady
def test_channels_sum_is_the_sum_of_every_channel_by_itself(data):
    ndim = data.draw(st.integers(1, 3))
    x = data.draw(images(ndim, channels=(1, 2, 3, 5)))
    taps = noise(
        (*[data.draw(st.integers(1, 3)) for _ in range(ndim)], x.shape[-1]), seed=data.draw(seeds)
    )
    options = {
        "border": data.draw(st.sampled_from(Border)),
        "extent": data.draw(st.sampled_from(EXTENTS)),
        "stride": data.draw(steps(ndim, 2)),
        "dilation": data.draw(steps(ndim, 2)),
    }
    got = ik.correlate(x, taps, channels="sum", **options)
    want = sum(ik.correlate(x[..., c], taps[..., c], **options) for c in range(x.shape[-1]))
    assert_floats(got, want, scale(taps, x))
    turned = np.flip(taps, tuple(range(ndim)))
    if all(n % 2 for n in taps.shape[:-1]):
        assert_floats(ik.convolve(x, turned, channels="sum", **options), want, scale(taps, x))


def test_channels_sum_rounds_and_keeps_the_dtype():
    x = np.full((3, 3, 3), 255, np.uint8)
    got = ik.correlate(x, np.full((1, 1, 3), 0.5), channels="sum")
    assert got.dtype == np.uint8 and (got == 255).all()
    assert (
        ik.correlate(x, np.full((1, 1, 3), 0.5), channels="sum", dtype="float32") == 382.5
    ).all()


def test_channels_sum_wants_a_kernel_that_covers_the_channels():
    x = np.zeros((4, 4, 3))
    for taps in (np.ones((3, 3)), np.ones((3, 3, 2)), np.ones((3, 3, 3, 3))):
        with pytest.raises(UnsupportedImage, match="channels='sum'"):
            ik.correlate(x, taps, channels="sum")
