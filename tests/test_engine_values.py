"""Values, dtypes and layouts: what goes in, what comes out, and nothing is written."""

import hashlib
import itertools

import numpy as np
import pytest
from engine_cases import INTEGERS, NAMES, able, noise
from reference import correlate as slow
from tolerances import RELATIVE, assert_floats, scale

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.engine.problem import EXTENTS
from imgkernels.errors import InvalidValue, UnsupportedDtype
from imgkernels.values import SUPPORTED, precise_enough, saturate


@pytest.mark.parametrize("dtype", SUPPORTED)
@pytest.mark.parametrize("shape", [(7,), (6, 7), (6, 7, 3), (4, 5, 6, 2)])
def test_dtype_and_shape_are_kept(shape, dtype):
    x = noise(shape, dtype)
    ndim = {1: 1, 2: 2, 3: 2, 4: 3}[len(shape)]
    got = ik.correlate(x, ik.kernels.box(3, ndim))
    assert (got.shape, got.dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize("result", SUPPORTED)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_another_result_type_is_given_when_asked_for(dtype, result):
    got = ik.correlate(np.array([[0, 100, 3]], dtype), [[-1, 0, 0]], dtype=result)
    assert got.dtype == result  # the row is 100 | 0 100 3
    assert got.tolist() == [[0, 0, 0] if result.startswith("uint") else [-100, 0, -100]]


@pytest.mark.parametrize(
    "dtype",
    ["bool", "complex64", "complex128", "longdouble", "O", "U3", "S2", "M8[s]", "m8[s]", "V4"],
)
def test_unsupported_dtypes_are_a_type_error_that_names_the_supported(dtype):
    x = np.zeros((3, 3), dtype)
    with pytest.raises(UnsupportedDtype, match=r"uint8, uint16.*float64; got") as caught:
        ik.correlate(x, [[1]])
    assert isinstance(caught.value, TypeError)
    with pytest.raises(TypeError, match=r"uint8, uint16.*float64; got"):
        ik.correlate(np.zeros((3, 3)), [[1]], dtype=dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", ["auto", *NAMES])
def test_a_flat_image_at_either_end_of_its_range_stays_there_under_a_blur(name, dtype):
    info = np.iinfo(dtype)
    blurs = [ik.kernels.gaussian(1.5), ik.kernels.box(3), ik.kernels.box(7), ik.kernels.disk(2.5)]
    for kernel, value in itertools.product(blurs, [info.min, info.max]):
        x = np.full((9, 12), value, dtype)
        if name != "auto" and name not in able(x, kernel):
            continue
        got = ik.correlate(x, kernel, method=name)
        # Up to 32 bits exactly; 64 bits do not fit in float64, so its rounding remains.
        limit = RELATIVE["float64"] * abs(value) if info.bits == 64 else 0
        assert max(abs(int(v) - value) for v in got.ravel()) <= limit


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_wraps(name, dtype):
    info = np.iinfo(dtype)
    x = np.full((5, 6), info.max, dtype)
    x[2:, 3:] = info.min
    for kernel in (ik.kernels.sharpen(), ik.kernels.sobel("y"), ik.kernels.box(3) * 20):
        if name not in able(x, kernel):
            continue
        got = ik.correlate(x, kernel, method=name).astype(np.float64)
        want = slow(x, kernel.taps, kernel.anchor, "reflect").clip(info.min, info.max)
        assert np.abs(got - want).max() <= 0.5 + RELATIVE["float64"] * scale(kernel.taps, x)


def locked(x):
    """The same, read-only."""
    x = x.copy()
    x.flags.writeable = False
    return x


def misaligned(x):
    """The same, at an odd address."""
    y = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


LAYOUTS = {
    "fortran": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "rows reversed": lambda x: x[::-1].copy()[::-1],
    "all reversed": lambda x: np.flip(np.flip(x).copy()),
    "every other": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, 1::2],
    "inside a larger one": lambda x: np.pad(x, 3)[tuple(slice(3, -3) for _ in x.shape)],
    "read-only": locked,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "odd address": misaligned,
    "a subclass": lambda x: x.view(np.recarray),
}


def fingerprint(x):
    return hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()


@pytest.mark.parametrize("name", ["auto", *NAMES])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_layouts_are_bit_equal_to_the_plain_copy_and_inputs_are_not_written(dtype, name):
    for shape, kernel in [((9, 11), ik.kernels.box(3)), ((7, 6, 3), ik.kernels.gaussian(1.0))]:
        plain = noise(shape, dtype)
        if name not in ["auto", *able(plain, kernel)]:
            continue
        want = ik.correlate(plain, kernel, method=name)
        for layout, laid in LAYOUTS.items():
            x = laid(plain)
            before = fingerprint(x)
            got = ik.correlate(x, kernel, method=name)
            np.testing.assert_array_equal(got, want, err_msg=layout)
            assert fingerprint(x) == before, layout
            assert type(got) is np.ndarray and got.flags.c_contiguous and got.dtype.isnative
            assert not np.shares_memory(got, x), layout


@pytest.mark.parametrize("name", NAMES)
def test_a_broadcast_image_of_stride_0_is_as_good_as_its_copy(name):
    x = np.broadcast_to(noise((1, 8), "float32"), (6, 8))
    kernel = ik.kernels.laplacian() if name == "lowrank" else ik.kernels.box(3)
    if name not in able(x, kernel):
        pytest.skip(f"{name} does not take planes")
    got = ik.correlate(x, kernel, method=name)
    np.testing.assert_array_equal(got, ik.correlate(x.copy(), kernel, method=name))


def test_a_list_is_an_image_too():
    assert ik.correlate([[1.0, 2.0, 3.0]], [[0, 1, 0]]).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("channels", ["each", "sum"])
@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3)])
def test_empty_in_is_empty_out(shape, extent, channels):
    taps = np.ones((3, 3, 3) if channels == "sum" else (3, 3))
    for border in Border:
        got = ik.correlate(np.zeros(shape), taps, border=border, extent=extent, channels=channels)
        assert got.size == 0
        if extent == "same":
            assert got.shape == (shape if channels == "each" else shape[:2])


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (4, 4, 0)])
def test_empty_in_is_empty_out_by_every_method(shape):
    for name in able(np.zeros(shape, np.uint8), ik.kernels.box(3)):
        got = ik.correlate(np.zeros(shape, np.uint8), ik.kernels.box(3), method=name)
        assert (got.shape, got.dtype) == (shape, np.uint8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float16", "float32"])
def test_a_border_value_the_image_cannot_hold_is_taken_as_it_is(dtype, name):
    x = np.array([[1, 2], [3, 4]], dtype)
    kernel = ik.Kernel(np.full((3, 3), 0.25))
    if name not in able(precise_enough(x, np.dtype("float64")), kernel):
        pytest.skip(f"{name} is missing, or does not compute this in float64")
    for value in (0.1, 300.7, -5.5, 70000.0):
        options = {"border": "constant", "border_value": value, "dtype": "float64"}
        got = ik.correlate(x, kernel, method=name, **options)
        want = slow(x, kernel.taps, kernel.anchor, "constant", value)
        assert_floats(got, want, scale(kernel.taps, x, value), "float32")


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_a_border_value_beyond_every_pixel_is_refused_or_right(dtype):
    x, kernel = np.ones((2, 2), dtype), ik.Kernel([[1e-3, 0, 0]])
    try:
        got = ik.correlate(x, kernel, border="constant", border_value=1e39)
    except InvalidValue as refusal:
        assert "border_value" in str(refusal)  # noqa: PT017 (either answer is sound)
    else:
        want = saturate(np.array([[1e36, 1e-3], [1e36, 1e-3]]), x.dtype)
        np.testing.assert_allclose(got, want, rtol=RELATIVE["float32"])
