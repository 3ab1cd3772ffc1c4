"""Laws that every filter of the catalogue obeys; what is added is tested by being there."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tolerances import halves

import imgkernels as ik
from imgkernels.engine.methods import METHODS
from imgkernels.entry import Family
from imgkernels.operations import Convolve, Frame
from imgkernels.operations.operation import problem_of
from imgkernels.values import SUPPORTED

FILTERS = ik.catalogue()
NAMES = [entry.name for entry in FILTERS]
BORDERS = list(ik.Border)
DTYPES = ("uint8", "uint16", "int16", "float32", "float64")
# Flat values that floats, and every integer dtype, hold exactly.
LEVEL = {"uint8": 77, "uint16": 20001, "int16": 9001, "float32": 0.375, "float64": 0.375}
# Relative to white. Integers must be met exactly: the answer is rounded.
EXACTNESS = {"uint8": 0, "uint16": 0, "int16": 0, "float32": 1e-5, "float64": 1e-10}


def run(name, image, **options):
    needed = {k.name: k.sample for k in ik.get(name).params if k.required}
    return ik.apply(image, name, **(needed | options))


def operation_of(entry, dtype="uint8"):
    needed = {k.name: k.sample for k in entry.params if k.required}
    return entry.operation(Frame(dtype=np.dtype(dtype)), **needed)


def picture(shape, dtype, seed=7):
    values = np.random.default_rng(seed).random(shape)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    info = np.iinfo(dtype)
    return (info.min + values * (info.max - info.min)).astype(dtype)


def white(dtype):
    return 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_shape_and_dtype_are_kept_and_the_input_is_not_written(name, border, dtype):
    image = picture((11, 9, 3), dtype)
    before = image.copy()
    answer = run(name, image, border=border)
    assert answer.shape == image.shape
    assert answer.dtype == image.dtype
    assert answer.flags.c_contiguous
    assert answer.flags.writeable
    assert not np.shares_memory(answer, image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_flat_image_turns_into_what_its_family_says(name, border, dtype):
    if border is ik.Border.CONSTANT and ik.get(name).family is Family.EFFECT:
        pytest.skip("the constant lies beyond the results of the steps inside as well")
    level, top = LEVEL[dtype], white(dtype)
    image = np.full((15, 12, 3), level, dtype)
    answer = run(name, image, border=border, border_value=float(level)).astype(np.float64)
    # Mid-grey of an odd white lies between two levels, and rounds to the even one.
    grey = np.rint(top / 2) if np.dtype(dtype).kind in "iu" else top / 2
    due = {"kept": level, "black": 0.0, "mid-grey": grey}.get(
        ik.get(name).family.flat, answer.flat[0]
    )
    assert np.abs(answer - due).max() <= EXACTNESS[dtype] * top


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_layouts_give_the_same_bits(name, border, dtype):
    base = picture((12, 10, 3), dtype)
    read_only = base.copy()
    read_only.flags.writeable = False
    layouts = {
        "fortran": np.asfortranarray(base),
        "negative strides": np.ascontiguousarray(base[::-1, ::-1])[::-1, ::-1],
        "read-only": read_only,
        "big-endian": base.astype(base.dtype.newbyteorder(">")),
        "slice": np.repeat(base, 2, axis=1)[:, ::2],
    }
    due = run(name, base, border=border)
    for layout, image in layouts.items():
        np.testing.assert_array_equal(run(name, image, border=border), due, err_msg=layout)
    flat = np.broadcast_to(base[:1], base.shape)
    due = run(name, flat.copy(), border=border)
    np.testing.assert_array_equal(run(name, flat, border=border), due, err_msg="0-stride")


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", [f.name for f in FILTERS if isinstance(operation_of(f), Convolve)])
def test_every_method_that_fits_gives_the_same_answer(name, border, dtype):
    image = picture((33, 29, 3), dtype)
    operation, frame = operation_of(ik.get(name), dtype), Frame(border=border)
    # A float64 result of integers is float64 all along.
    wide = "float32" if dtype == "float32" else "float64"
    problem = problem_of(image.astype(wide), operation.kernel, frame)
    fitting = [m.name for m in METHODS if m.missing() is None and m.obstacle(problem) is None]
    assert {"spectral", "ndimage", "im2col"} <= set(fitting)
    answers = {m: run(name, image, border=border, method=m, dtype=wide) for m in fitting}
    size = np.abs(operation.kernel.taps).sum() * white(dtype)
    limit = 1e-5 if dtype == "float32" else 1e-10
    for method, answer in answers.items():
        apart = np.abs(answer - answers["im2col"]).max()
        assert apart <= limit * size, method


@pytest.mark.parametrize("name", [f.name for f in FILTERS if isinstance(operation_of(f), Convolve)])
def test_the_adjoint_of_a_linear_filter_is_the_turned_kernel(name):
    x, y = picture((17, 15), "float64", 1), picture((17, 15), "float64", 2)
    kernel = operation_of(ik.get(name), "float64").kernel
    forth = ik.correlate(x, kernel, border="constant")
    back = ik.correlate(y, kernel.flipped(), border="constant")
    assert (forth * y).sum() == pytest.approx((x * back).sum(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "canny"])  # lines end at the edge
def test_shifting_commutes_with_filtering_under_wrap(name):
    image = picture((13, 11, 1), "float64")
    shift = (5, -3)
    moved = run(name, np.roll(image, shift, (0, 1)), border="wrap")
    due = np.roll(run(name, image, border="wrap"), shift, (0, 1))
    np.testing.assert_allclose(moved, due, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(
    shape=st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from([0, 1, 2, 3, 5])),
    border=st.sampled_from(BORDERS),
    dtype=st.sampled_from(DTYPES),
)
def test_tiny_and_empty_images_work(name, shape, border, dtype):
    image = picture(shape, dtype)
    answer = run(name, image, border=border)
    assert answer.shape == shape
    assert np.isfinite(answer).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_gives_the_same_bytes(name):
    image = picture((40, 30, 3), "float32")
    assert run(name, image).tobytes() == run(name, image).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_one_thread_and_two_give_the_same_bytes(name):
    cv2 = pytest.importorskip("cv2")
    image = picture((230, 170, 3), "float32")
    threads = cv2.getNumThreads()
    answers = []
    for count in (1, 2):
        cv2.setNumThreads(count)
        answers.append(run(name, image).tobytes())
    cv2.setNumThreads(threads)
    assert answers[0] == answers[1]


def test_a_kernel_too_wide_to_lay_out_runs_and_runs_again():
    image = picture((12, 12), "float64")
    first = run("blur", image, sigma=500)
    np.testing.assert_array_equal(run("blur", image, sigma=500), first)
    assert first.std() < 1e-3 * image.std()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [n for n in NAMES if n not in {"canny", "stretch"}])
def test_what_is_not_finite_does_not_travel_beyond_the_window(name, bad):
    # canny follows lines and stretch looks for the extremes: neither is local, by what they are.
    image = picture((121, 121), "float32")
    spoiled = image.copy()
    spoiled[60, 60] = bad
    far = np.abs(np.mgrid[-60:61, -60:61]).max(axis=0) > 57
    answer = run(name, spoiled)
    np.testing.assert_allclose(answer[far], run(name, image)[far], atol=1e-6)
    assert np.isnan(answer).any() or not np.isnan(bad)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_an_image_of_nothing_but_nan_stays_nan(name, border):
    answer = run(name, np.full((9, 8, 3), np.nan, np.float32), border=border)
    assert np.isnan(answer).all()


@pytest.mark.usefixtures("no_opencv")
@pytest.mark.parametrize("name", NAMES)
def test_without_opencv_the_answer_is_the_same(name, request):
    image = picture((20, 17, 3), "uint8")
    alone = run(name, image).astype(int)
    request.getfixturevalue("monkeypatch").undo()
    ik.engine.plan_for.cache_clear()
    apart = np.abs(alone - run(name, image))
    if name == "sobel-direction":  # an angle: black and white are one step apart
        apart = np.minimum(apart, 255 - apart)
    assert apart.max() <= 1
    # Sixths and hundredths of integers often lie in the very middle of two levels.
    counted = apart[~halves(run(name, image, dtype="float64"))]
    assert np.count_nonzero(counted) <= 1e-3 * apart.size


def depends_on_depth(entry):
    """Tell whether it has a Gaussian, which is cut at 3 sigma in 8 bits, as OpenCV's are."""
    return operation_of(entry, "uint8") != operation_of(entry, "uint16")


@pytest.mark.parametrize("name", [f.name for f in FILTERS if not depends_on_depth(f)])
def test_eight_and_sixteen_bits_show_the_same_picture(name):
    small = picture((30, 30, 3), "uint8")
    eight = run(name, small, dtype="float64", range="clip")
    sixteen = run(name, small.astype(np.uint16) * 257, dtype="float64", range="clip")
    np.testing.assert_allclose(sixteen / 257, eight, atol=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_volume_works_or_is_refused_in_words(name):
    volume = picture((5, 6, 7), "float32")
    entry = ik.get(name)
    needed = {"kernel": np.ones((3, 3, 3))} if name == "custom" else {}
    if 3 in entry.ndims:
        assert run(name, volume, axes="zyx", **needed).shape == volume.shape
    else:
        with pytest.raises(ValueError, match=f"^{name}: works on .* axes; got 3"):
            run(name, volume, axes="zyx")


@pytest.mark.parametrize("entry", [f for f in FILTERS if f.family is Family.SMOOTH])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_blur_sums_to_one_with_every_coefficient_below_one(entry, dtype):  # S4-3
    operation = entry.operation(Frame(dtype=np.dtype(dtype)))
    assert isinstance(operation, Convolve)
    assert operation.kernel.sum == pytest.approx(1, abs=1e-12)
    assert operation.kernel.taps.min() >= 0
    assert operation.kernel.taps.max() < 1


@pytest.mark.parametrize("entry", [f for f in FILTERS if f.family is Family.SHARPEN])
def test_a_sharpener_has_a_middle_above_one_paid_for_by_its_neighbours(entry):  # S4-4
    (kernel,) = entry.kernels()
    middle = kernel.taps[kernel.anchor]
    assert middle > 1
    assert kernel.taps.sum() - middle == pytest.approx(1 - middle, abs=1e-12)


@pytest.mark.parametrize("entry", [f for f in FILTERS if f.family is Family.RELIEF])
def test_a_relief_sums_to_zero_and_shows_what_is_not_flat(entry):  # S4-5
    (kernel,) = entry.kernels()
    assert kernel.sum == 0
    image = np.full((9, 9), 100, np.uint8)
    image[4, 4] = 140
    assert len(np.unique(run(entry.name, image))) > 1


def test_watercolor_is_the_middle_of_25_then_the_sharpen_kernel():  # S4-6
    image = picture((20, 20), "uint8")
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, mode="reflect"), (5, 5))
    middle = np.sort(windows.reshape(20, 20, 25), axis=-1)[..., 12].astype(float)
    around = np.pad(middle, 1, mode="reflect")
    cross = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    np.testing.assert_array_equal(run("watercolor", image), (5 * middle - cross).clip(0, 255))


@pytest.mark.parametrize("sigma", [0.5, 0.8, 1, 1.5, 2, 3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_blur_equals_opencv(sigma, dtype):
    cv2 = pytest.importorskip("cv2")
    image = picture((64, 80, 3), dtype)
    due = cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float64)
    apart = np.abs(run("blur", image, sigma=sigma).astype(np.float64) - due).max()
    assert apart <= {"uint8": 1, "float32": 1e-5, "float64": 1e-10}[dtype]


@pytest.mark.parametrize("sigma", [0.5, 2, 10, 30])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_blur_of_integers_is_opencvs_in_floats_rounded(sigma, dtype):
    # OpenCV's own integers go through kernels of 8 or 16 bits, and drift by levels at large sigmas.
    cv2 = pytest.importorskip("cv2")
    image = picture((64, 80, 3), dtype)
    ksize = round(sigma * (3 if dtype == "uint8" else 4) * 2 + 1) | 1
    due = np.rint(cv2.GaussianBlur(image.astype(np.float64), (ksize, ksize), sigma))
    apart = np.abs(run("blur", image, sigma=sigma) - due)
    assert apart.max() <= 1
    assert (apart > 0).mean() <= (1e-3 if dtype == "uint8" else 1e-2)


@pytest.mark.parametrize(("ksize", "ksize_y"), [(5, None), (3, 7), (9, 9), (11, 5)])
def test_blur_takes_sigma_from_ksize_as_opencv_does(ksize, ksize_y):
    cv2 = pytest.importorskip("cv2")
    image = picture((40, 40), "float64")
    due = cv2.GaussianBlur(image, (ksize, ksize_y or ksize), 0)
    answer = run("blur", image, ksize=ksize, ksize_y=ksize_y)
    np.testing.assert_allclose(answer, due, atol=1e-12)


def test_a_missing_sigma_y_is_that_of_x():
    image = picture((40, 40), "float64")
    np.testing.assert_array_equal(
        run("blur", image, sigma=3), run("blur", image, sigma=3, sigma_y=0)
    )
    assert np.abs(run("blur", image, sigma=3) - run("blur", image, sigma=3, sigma_y=1)).max() > 0.01


@pytest.mark.parametrize(
    ("shown", "due"),
    [
        ("clip", [0, 0, 0, 0, 200, 200, 0]),
        ("abs", [0, 200, 200, 0, 200, 200, 0]),
        ("offset", [128, 0, 0, 128, 255, 255, 128]),
        ("stretch", [128, 0, 0, 128, 255, 255, 128]),
    ],
)
def test_nothing_wraps_whatever_the_range(shown, due):
    image = np.array([[200, 200, 0, 0, 0, 200, 200]], np.uint8)
    answer = run("custom", image, kernel=[[-1, 0, 1]], border="replicate", range=shown)
    # -200 and 200 beside each other; half of 255 rounds to the even 128
    np.testing.assert_array_equal(answer[0], due)


def test_signed_results_are_kept_where_the_dtype_has_room():
    image = np.array([[200, 200, 0, 0]], np.uint8)
    answer = run("custom", image, kernel=[[-1, 0, 1]], dtype="int16", border="replicate")
    assert answer.dtype == np.int16
    assert answer.tolist() == [[0, -200, -200, 0]]


@pytest.mark.parametrize(
    "dtype",
    ["bool", "complex64", "complex128", "object", "datetime64[s]", "timedelta64[s]", "U1", "S1",
     "V2", "longdouble"],
)  # fmt: skip
@pytest.mark.parametrize("name", NAMES)
def test_unsupported_dtypes_are_named_with_the_supported(name, dtype):
    with pytest.raises(TypeError, match=r"must be one of uint8, .*float64; got"):
        run(name, np.zeros((4, 4), dtype))


@pytest.mark.parametrize("dtype", SUPPORTED)
@pytest.mark.parametrize("name", NAMES)
def test_every_supported_dtype_works_at_its_extremes(name, dtype):
    info = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    low, high = (0, 1) if info.dtype.kind == "f" else (info.min, info.max)
    image = np.full((7, 7), low, dtype)
    image[2:5, 2:5] = high
    answer = run(name, image)
    assert answer.dtype == image.dtype
    assert np.isfinite(answer).all()
