"""One sigma for all: the conversions, what each library makes of it, and the command."""

import json
import math

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage, ImageFilter
from scipy import ndimage

import imgkernels as ik
from imgkernels import dialect
from imgkernels.equivalents import SIZES, Equivalent, spellings, to_sigma
from imgkernels.errors import InvalidValue, UnknownName


def of(library, value=2.0, spelling="sigma", **options) -> Equivalent:
    return next(e for e in ik.sigma(value, spelling, **options) if e.library == library)


def impulse_row(blurred):
    """The answer to an impulse, summed over columns, as weights."""
    row = np.asarray(blurred, float).sum(axis=0)
    return row / row.sum()


def spread(row):
    x = np.arange(row.size)
    return math.sqrt(row @ (x - row @ x) ** 2)


@pytest.mark.parametrize(
    ("spelling", "value", "px"),
    [
        ("fwhm", 2.3548200450309493, 1.0),
        ("variance", 9.0, 3.0),
        ("itk-variance", 9.0, 3.0),
        ("pillow-radius", 3.0, 3.0),
        ("canvas-shadowblur", 8.0, 4.0),
        ("cv2-ksize", 7, 1.4),
        ("box-size", 5, math.sqrt(2)),
        ("binomial-size", 5, 1.0),
    ],
)
def test_a_spelling_means_a_sigma(spelling, value, px):
    assert to_sigma(value, spelling) == pytest.approx(px, rel=1e-12)


@pytest.mark.parametrize("spelling", [s for s in spellings() if s not in SIZES])
def test_more_is_wider_in_every_spelling(spelling):
    assert 0.1 < to_sigma(1.5, spelling) < to_sigma(2.0, spelling) < to_sigma(30.0, spelling)


@pytest.mark.parametrize("size", [3, 5, 9])
def test_box_and_binomial_sizes_have_the_variance_of_their_kernels(size):
    for word, kernel in (("box-size", ik.kernels.box), ("binomial-size", ik.kernels.binomial)):
        assert to_sigma(size, word) ** 2 == pytest.approx(kernel(size, ndim=1).moment(2))


def test_every_dialect_with_a_blur_says_how_it_is_asked():
    for table in dialect.dialects():
        if "blur" in table.rules and "sigma" in table.rules["blur"].takes:
            assert table.bell is not None, table.name
            assert "{value}" in table.bell.call


def test_what_opencv_really_does_is_measured_right():
    image = np.zeros((65, 65), np.float32)
    image[32, 32] = 1.0
    row = impulse_row(cv2.GaussianBlur(image, (0, 0), 2.7))
    found = of("opencv", 2.7, dtype="float32")
    assert found.sigma == pytest.approx(spread(row), abs=1e-5)
    assert found.width == np.count_nonzero(row)


def test_what_scipy_really_does_is_measured_right():
    image = np.zeros((65, 65))
    image[32, 32] = 1.0
    row = impulse_row(ndimage.gaussian_filter(image, 2.7))
    step = np.repeat([0.0, 1.0], 40)
    exact = [0.5 * (1 + math.erf((i - 39.5) / 2.7 / math.sqrt(2))) for i in range(80)]
    found = of("scipy", 2.7, dtype="float64")
    assert found.sigma == pytest.approx(spread(row), rel=1e-9)
    assert found.step == pytest.approx(np.abs(ndimage.gaussian_filter1d(step, 2.7) - exact).max())


@pytest.mark.parametrize("px", [0.7, 2.0, 5.5])
def test_what_pillow_really_does_is_within_the_rounding_of_8_bits(px):
    step = np.repeat(np.uint8([0, 255]), 40)[np.newaxis].repeat(3, axis=0)
    blurred = np.asarray(PilImage.fromarray(step).filter(ImageFilter.GaussianBlur(px)))[1] / 255
    exact = [0.5 * (1 + math.erf((i - 39.5) / px / math.sqrt(2))) for i in range(80)]
    off = np.abs(blurred - exact).max()
    assert abs(of("pillow", px).step - off) < 2 / 255


def test_pillow_means_sigma_exactly_and_libvips_does_less():
    assert of("pillow").sigma == pytest.approx(2.0, abs=1e-6)
    assert of("libvips").sigma < 1.7 and of("libvips").width == 7


def test_no_blur_is_said_to_be_none():
    assert (of("libvips", 0.5).width, of("libvips", 0.5).sigma) == (1, 0.0)


def test_what_overflows_in_a_library_is_said():
    assert "overflows above a variance of 700" in of("itk", 40.0).why_not


def test_what_cuts_a_gaussian_at_3_sigma_or_later_keeps_its_width():
    early = {"libvips", "matlab"}  # at 1.8 and at 2 sigma
    for found in ik.sigma(20.0):
        if found.library != "itk":  # at 32 taps
            kept = found.sigma == pytest.approx(20.0, rel=0.02) and found.step < 0.01
            assert kept == (found.library not in early), found


def test_a_library_that_lacks_the_depth_says_so():
    found = of("pillow", dtype="float32")
    assert found.width is None and found.why_not == "takes uint8"


def test_the_command_and_python_say_the_same(cli):
    code, out, err = cli("sigma", "4", "--from", "itk-variance", "--json")
    said = json.loads(out)
    assert (code, err, said["sigma"]) == (0, "", 2.0)
    due = ik.sigma(4, "itk-variance")
    assert [row["call"] for row in said["libraries"]] == [e.call for e in due]
    assert [row["sigma"] for row in said["libraries"]] == [e.sigma for e in due]


def test_the_table_has_a_line_for_each_library(cli):
    code, out, _ = cli("sigma", "2")
    assert code == 0
    for table in dialect.dialects():
        if table.bell is not None:
            assert f"{table.name} {table.version}" in out


def test_every_spelling_is_listed(cli):
    code, out, _ = cli("sigma", "--from", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(spellings())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sigma", "two"), "sigma: must be a number; got 'two'"),
        (("sigma", "0"), "sigma: sigma must be a number > 0; got 0.0"),
        (("sigma", "nan"), "must be a number > 0; got nan"),
        (("sigma", "9999"), "must be from 0.1 to 500 px; got sigma 9999, which is 9999 px"),
        (("sigma", "4", "--from", "cv2-ksize"), "cv2-ksize must be an odd number"),
        (("sigma", "4", "--from", "pilow-radius"), "did you mean 'pillow-radius'"),
        (("sigma", "2", "--dtype", "uint9"), "no dtype 'uint9'; did you mean"),
    ],
)
def test_mistakes_are_one_line(cli, words, said):
    code, out, err = cli(*words)
    assert code == 2 and out == "" and err.count("\n") == 1
    assert said in err


def test_python_raises_for_mistakes():
    with pytest.raises(UnknownName):
        ik.sigma(2, "furlongs")
    with pytest.raises(InvalidValue):
        ik.sigma(-1)
    with pytest.raises(InvalidValue):
        to_sigma(5.5, "box-size")
