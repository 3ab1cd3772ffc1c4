"""Laws of pixel values: what is computed in what, and how answers become pixels."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from imgkernels.errors import UnsupportedDtype
from imgkernels.values import (
    SUPPORTED,
    checked_array,
    compute_dtype,
    room_for,
    saturate,
    supported_dtype,
    white_of,
)

steady = settings(derandomize=True, deadline=None, max_examples=60, database=None)
INTEGERS = [name for name in SUPPORTED if "int" in name]
FLOATS = [name for name in SUPPORTED if "float" in name]


def test_integers_of_8_to_64_bits_and_floats_of_16_to_64_are_supported():
    whole = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    assert set(SUPPORTED) == whole | {"float16", "float32", "float64"}


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_supported_dtype_is_given_back_in_native_order(name):
    for order in "<>=":
        found = supported_dtype(np.dtype(name).newbyteorder(order))
        assert found == np.dtype(name) and found.isnative
    assert supported_dtype(np.dtype(name).type) == name


@pytest.mark.parametrize("name", ["bool", "complex64", "object", "U1", "longdouble", "M8[D]", "V1"])
def test_an_unsupported_dtype_is_an_error_that_names_all_the_supported(name):
    with pytest.raises(UnsupportedDtype) as caught:
        supported_dtype(name, "thing")
    message = str(caught.value)
    assert message.startswith("thing: dtype must be one of ")
    assert all(word in message for word in SUPPORTED) and "; got " in message


@pytest.mark.parametrize("name", SUPPORTED)
def test_integers_are_computed_in_the_smallest_float_that_holds_them(name):
    dtype = np.dtype(name)
    bits = {"float16": 11, "float32": 24, "float64": 53}.get(name) or np.iinfo(dtype).bits
    assert compute_dtype(dtype) == (np.float32 if bits <= 24 else np.float64)


@pytest.mark.parametrize("name", SUPPORTED)
def test_white_is_the_largest_integer_and_1_for_floats(name):
    assert white_of(np.dtype(name)) == (1 if "float" in name else float(np.iinfo(name).max))


def test_a_sound_array_is_not_copied_and_any_other_is_made_sound():
    sound = np.arange(6, dtype=np.uint16).reshape(2, 3)
    assert np.shares_memory(checked_array(sound), sound)
    for odd in (sound.T, sound[:, ::-1], sound.astype(">u2"), np.broadcast_to(sound[:1], (4, 3))):
        got = checked_array(odd)
        assert got.flags.c_contiguous and got.dtype == np.uint16 and got.dtype.isnative
        np.testing.assert_array_equal(got, odd)
    assert checked_array(np.float32(5)).shape == ()
    assert checked_array([[1, 2]]).dtype == np.int64


@pytest.mark.parametrize("name", SUPPORTED)
@pytest.mark.parametrize("value", [0.0, 7.0, -1.0, 0.5, 300.0, 1e6, 1e30])
def test_there_is_room_for_a_value_exactly_or_in_the_compute_dtype(name, value):
    x = np.zeros((2, 2), name)
    roomy = room_for(x, value)
    assert roomy.dtype in (x.dtype, compute_dtype(x.dtype), np.dtype(np.float64))
    held = float(np.full(1, value, roomy.dtype)[0])
    assert held == (float(np.float32(value)) if roomy.dtype == np.float32 else value)


def rounded(value, info):
    """What saturate should say, in Python's own integers: its round is half to even."""
    if math.isnan(value):
        return 0
    if math.isinf(value):
        return info.max if value > 0 else info.min
    return min(max(round(value), info.min), info.max)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("computed", ["float32", "float64"])
@given(
    values=st.lists(st.floats(width=32) | st.integers(-600, 600).map(lambda n: n / 2), max_size=9)
)
@example(values=[0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255.5, math.nan, math.inf, -math.inf])
@example(values=[2.0**31, 2.0**32, 2.0**63, 2.0**64, -(2.0**31), -(2.0**63), -(2.0**64)])
@example(values=[127.49999, 32767.5, 65535.5, 2.0**31 - 128, 2.0**63 - 2.0**39, 3e38])
@steady
def test_floats_are_rounded_half_to_even_and_clamped(name, computed, values):
    x = np.array(values, computed)
    got = saturate(x, np.dtype(name))
    assert got.dtype == name
    assert got.tolist() == [rounded(float(v), np.iinfo(name)) for v in x]


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("source", INTEGERS)
def test_integers_are_clamped_to_other_integers(source, name):
    info, target = np.iinfo(source), np.iinfo(name)
    x = np.array([info.min, info.min + 1, 0, 1, 100, info.max - 1, info.max], source)
    before = x.copy()
    want = [min(max(int(v), target.min), target.max) for v in x]
    assert saturate(x, np.dtype(name)).tolist() == want
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", FLOATS)
def test_floats_stay_floats_and_beyond_the_largest_is_infinity(name):
    x = np.array([0.25, -1e30, np.nan, 1e300])
    got = saturate(x, np.dtype(name))
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(got, x.astype(name))
    assert got.dtype == name


def test_rounding_writes_nothing_and_does_not_mind_size_or_layout():
    x = np.linspace(-10, 300, 3 * 70000).reshape(3, -1)[:, ::-1]
    before = x.copy()
    got = saturate(x, np.dtype(np.uint8))
    np.testing.assert_array_equal(got, np.rint(x).clip(0, 255))
    np.testing.assert_array_equal(x, before)
    assert saturate(np.zeros((0, 3)), np.dtype(np.uint8)).shape == (0, 3)
    assert saturate(np.array(254.6), np.dtype(np.uint8)).shape == ()
