"""Files made wrong by a seed: each is read, or refused in one line.

`IMGKERNELS_NIGHTLY=1` tries 50,000 of them, a run of the tests a few.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fuzz_pool import NIGHTLY, findings
from fuzzing import file_cases, finding, try_file
from picture_files import refused
from test_weights_hostile import npy, packed
from witnesses import IMAGES

CASES = 50_000 if NIGHTLY else 1_200


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_no_file_does_more_than_be_refused(tmp_path: Path) -> None:
    assert findings("files", 0, CASES, tmp_path) == []


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
def test_a_case_is_the_same_each_time() -> None:
    assert list(file_cases(7, 5)) == list(file_cases(7, 5))


def test_what_is_no_error_of_ours_is_found() -> None:
    assert finding(lambda: None) is None
    assert finding(no_error_of_ours) == "KeyError: 'x'"
    assert "no line for people" in str(finding(refused_in_two_lines))


def no_error_of_ours() -> None:
    raise KeyError("x")


def refused_in_two_lines() -> None:
    from imgkernels.errors import FileProblem

    raise FileProblem("one\ntwo")


# What was found, and is kept.


def test_a_cut_gif_is_limited_before_it_is_filled() -> None:
    """A picture of 114,783 x 69,633 in 2,562 bytes, whose pixels were made up to be refused."""
    import tracemalloc

    head = b"GIF89a\x0b\0\x09\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\xff\0\1"
    tracemalloc.start()
    try:
        assert "65535 x 65535" in refused(head, allow_truncated=True)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_name_of_a_member_is_printed_escaped() -> None:
    data = packed([("a\n\x1b[2J.npy", npy((1,), data=bytes(9)))])
    assert "a\\n\\x1b[2J" in refused(data) or "declares" in refused(data)


@pytest.mark.skipif(not IMAGES.exists(), reason=f"there is no {IMAGES}")
@pytest.mark.parametrize("case", [3863, 24523, 5223, 6123, 32607, 33943, 34983])
def test_a_finding_stays_mended(case: int) -> None:
    ((number, data),) = file_cases(case, 1)
    assert finding(lambda: try_file(number, data)) is None


def test_a_gif_that_is_cut_within_a_block_is_filled_from_there() -> None:
    """The codes that are missing must begin where the others end, to the byte."""
    import io

    import PIL.Image

    from imgkernels.files import read

    x = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    out = io.BytesIO()
    PIL.Image.fromarray(x).save(out, "GIF", optimize=False)
    data = out.getvalue()
    for end in range(len(data) - 500, len(data) - 100):
        found = read(data[:end], allow_truncated=True).pixels
        np.testing.assert_array_equal(found[:15], x[:15])
