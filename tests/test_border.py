"""Laws of the borders: one index map, told twice, and seconded by the libraries it speaks of."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reference import sample, seen

from imgkernels import opencv
from imgkernels.border import FOREIGN, Border, pad
from imgkernels.errors import UnknownName

steady = settings(derandomize=True, deadline=None, max_examples=60, database=None)
CV2 = opencv.load()


@pytest.mark.parametrize("border", Border)
@given(size=st.integers(1, 6), before=st.integers(0, 20), after=st.integers(0, 20))
@steady
def test_indices_say_what_walking_back_into_the_row_says(border, size, before, after):
    got = border.indices(size, before, after)
    walked = [seen(border, i, size) for i in range(-before, size + after)]
    assert got.tolist() == [-1 if i is None else i for i in walked]


@pytest.mark.parametrize("border", Border)
def test_the_drawing_shows_the_indices(border):
    row = ["k" if i < 0 else "abcd"[i] for i in border.indices(4, 3, 3)]
    drawn = [*row[:3], "|", *row[3:7], "|", *row[7:]]
    assert border.drawing == " ".join(drawn)


@pytest.mark.parametrize("border", Border)
def test_a_constant_border_alone_takes_an_empty_row(border):
    if border is Border.CONSTANT:
        assert border.indices(0, 2, 1).tolist() == [-1, -1, -1]
    assert border.indices(0, 0, 0).size == 0


@st.composite
def padded(draw):
    """An array of 1 to 3 axes, and widths for some of its leading axes."""
    shape = tuple(draw(st.integers(1, 5)) for _ in range(draw(st.integers(1, 3))))
    given_axes = draw(st.integers(1, len(shape)))
    widths = [(draw(st.integers(0, 9)), draw(st.integers(0, 9))) for _ in range(given_axes)]
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape), widths


@pytest.mark.parametrize("border", Border)
@given(case=padded())
@steady
def test_pad_says_what_walking_back_says_on_every_axis(border, case):
    x, widths = case
    before = x.copy()
    got = pad(x, widths, border, 7)
    whole = [*widths, *[(0, 0)] * (x.ndim - len(widths))]
    corner = [b for b, _ in whole]
    assert got.dtype == x.dtype
    assert got.shape == tuple(n + b + a for n, (b, a) in zip(x.shape, whole, strict=True))
    for at in np.ndindex(got.shape):
        place = [i - c for i, c in zip(at, corner, strict=True)]
        assert got[at] == sample(x, place, border, 7)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("word", FOREIGN["numpy"])
@given(case=padded())
@steady
def test_numpy_pad_is_of_the_same_opinion(word, case):
    x, widths = case
    whole = [*widths, *[(0, 0)] * (x.ndim - len(widths))]
    want = np.pad(x, whole, word)
    np.testing.assert_array_equal(pad(x, widths, Border.parse(f"numpy:{word}")), want)


@pytest.mark.parametrize("word", FOREIGN["scipy"])
def test_scipy_is_of_the_same_opinion(word):
    from scipy import ndimage

    x = np.array([3, 1, 4, 2])
    for reach in range(1, 12):
        row = np.zeros(2 * reach + 1)
        row[0] = 1  # the sample `reach` to the left
        want = ndimage.correlate1d(x, row, mode=word, cval=9)
        got = pad(x, [(reach, 0)], Border.parse(f"scipy:{word}"), 9)[: x.size]
        np.testing.assert_array_equal(got, want)


@pytest.mark.skipif(CV2 is None, reason="OpenCV cannot be imported")
@pytest.mark.parametrize("word", FOREIGN["opencv"])
def test_opencv_is_of_the_same_opinion(word):
    flag = getattr(CV2, f"BORDER_{word.upper()}")
    x = np.arange(12, dtype=np.uint8).reshape(3, 4)
    want = CV2.copyMakeBorder(x, 1, 2, 3, 2, flag, value=9)
    got = pad(x, [(1, 2), (3, 2)], Border.parse(f"opencv:BORDER_{word.upper()}"), 9)
    np.testing.assert_array_equal(got, want)


def test_pad_leaves_later_axes_and_takes_none_at_all():
    x = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(pad(x, [], Border.WRAP), x)
    assert pad(x, [(1, 1)], Border.WRAP).tolist() == [[3, 4, 5], [0, 1, 2], [3, 4, 5], [0, 1, 2]]
    assert pad(np.zeros((2, 0)), [(1, 1)], Border.REFLECT).shape == (4, 0)
    assert pad(np.zeros(0), [(2, 1)], Border.CONSTANT, 5).tolist() == [5, 5, 5]


@pytest.mark.parametrize("border", Border)
def test_a_border_is_read_from_its_word_in_any_case(border):
    assert Border.parse(border) is border
    assert Border.parse(border.value) is border
    assert Border.parse(border.value.upper()) is border


@pytest.mark.parametrize("library", FOREIGN)
def test_foreign_words_are_read_with_the_library_named(library):
    assert {Border.parse(f"{library}:{word}") for word in FOREIGN[library]} <= set(Border)
    for word, border in FOREIGN[library].items():
        assert Border.parse(f"{library.upper()}:{word.upper()}") is border


# The table of the design, part 3.1: the row decides, not the word.
@pytest.mark.parametrize(
    ("word", "border"),
    [
        ("scipy:reflect", Border.SYMMETRIC), ("numpy:reflect", Border.REFLECT),
        ("scipy:mirror", Border.REFLECT), ("opencv:REFLECT_101", Border.REFLECT),
        ("opencv:REFLECT", Border.SYMMETRIC), ("opencv:BORDER_DEFAULT", Border.REFLECT),
        ("scipy:nearest", Border.REPLICATE), ("numpy:edge", Border.REPLICATE),
        ("torch:circular", Border.WRAP), ("torch:zeros", Border.CONSTANT),
        ("imagemagick:Mirror", Border.SYMMETRIC), ("imagemagick:Tile", Border.WRAP),
        ("skimage:reflect", Border.SYMMETRIC), ("reflect", Border.REFLECT),
    ],
)  # fmt: skip
def test_foreign_words_mean_what_their_libraries_draw(word, border):
    assert Border.parse(word) is border


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("reflct", "no border 'reflct'; did you mean 'reflect'"),
        ("", "no border ''; there are: constant, reflect, replicate, symmetric, wrap"),
        (None, "no border 'None'"),
        (4, "no border '4'"),
        ("scipy:edge", "no scipy border 'edge'; there are: constant"),
        ("scypi:reflect", "no border vocabulary 'scypi'; did you mean 'scipy'"),
        ("numpy:", "no numpy border ''"),
        (":wrap", "no border vocabulary ''"),
    ],
)
def test_unknown_words_are_an_error_with_the_near_match(word, message):
    with pytest.raises(UnknownName, match=message) as caught:
        Border.parse(word)
    assert isinstance(caught.value, LookupError)
