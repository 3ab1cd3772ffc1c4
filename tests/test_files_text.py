"""Matrices of numbers as text: read as people write them, written so that they are read again."""

import numpy as np
import pytest
from picture_files import refused

import imgkernels as ik
from imgkernels.files import encode, read


@pytest.mark.parametrize("text", [
    "1 2.5 -3\n4e2 5 6\n", "1,2.5,-3\r\n4e2, 5 ,6", "  1;2.5;-3;\n\n4E+2\t5\t6\n\n",
    "1 2.5 -3\n400. 5 .6e1",
])  # fmt: skip
def test_rows_as_people_write_them(text):
    found = read(text.encode())
    assert (found.axes, found.pixels.dtype) == ("yx", np.float64)
    assert found.pixels.tolist() == [[1, 2.5, -3], [400, 5, 6]]


@pytest.mark.parametrize("form", ["txt", "csv"])
def test_what_is_written_is_read_exactly(rng, form):
    x = rng.normal(size=(5, 40)) * 10.0 ** rng.integers(-300, 300, (5, 40))
    data, notes = encode(ik.Image.of(x), form)
    assert notes == ()
    np.testing.assert_array_equal(read(data).pixels, x)
    assert (b"," in data) == (form == "csv")
    np.testing.assert_array_equal(
        np.loadtxt(data.decode().splitlines(), delimiter={"csv": ","}.get(form)), x
    )


@pytest.mark.parametrize(("data", "why"), [
    (b"1 2\n3\n", "row 2 has 1 numbers, the first 2"),
    (b"1 2\n3 4e\n", "damaged or no true text"),
    (b"1 2\n" * 40 + b"a b\n", "damaged or no true text"),
    (b"1 2\n" * 40 + b"\xff\n", "damaged or no true text"),
    (b"12 apples", "not a picture"),
    (b"  \n", "not a picture"),
])  # fmt: skip
def test_what_is_no_matrix_is_refused(data, why):
    assert why in refused(data)


def test_its_size_is_checked_before_it_is_taken():
    assert "the limit is 100" in refused(b"1 " * 200, max_pixels=100)


def test_colours_and_volumes_have_no_place_in_it(tmp_path):
    for image, why in (
        (np.zeros((2, 2, 3)), "holds grey only"),
        (ik.Image.of(np.zeros((2, 2, 2)), "zyx"), "holds no volumes"),
    ):
        with pytest.raises(ik.ImgkernelsError, match=why):
            ik.write(tmp_path / "x.txt", image)
