"""Arguments made wrong by a seed: each gives an answer, or an error of ours in one line.

`IMGKERNELS_NIGHTLY=1` tries 200,000 of them, a run of the tests a few.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz_pool import NIGHTLY, findings

import imgkernels as ik
from imgkernels.errors import ImgkernelsError, InvalidValue

CASES = 200_000 if NIGHTLY else 1_600
X = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_no_argument_does_more_than_be_refused(tmp_path: Path) -> None:
    assert findings("arguments", 0, CASES, tmp_path) == []


# What was found, and is kept.
@pytest.mark.parametrize(("options", "why"), [
    ({"sigma": 10**400}, "blur: sigma must be a number"),
    ({"border_value": 10**400}, "border_value must be a finite number"),
    ({"spacing": 10**400}, "spacing must be a number > 0"),
    ({"spacing": (1, 10**400)}, "spacing must be a number > 0"),
    ({"method": 3}, "no method 3; there are: "),
    ({"method": []}, "no method []; there are: "),
    ({"border": 1.5}, "no border '1.5'"),
    ({"dtype": True}, "dtype: dtype must be one of uint8"),
    ({"dtype": "gabor 0x10"}, "dtype: dtype must be one of uint8"),
    ({"dtype": "i4,f4"}, "dtype: dtype must be one of uint8"),
    ({"dtype": 3}, "dtype: dtype must be one of uint8"),
])  # fmt: skip
def test_no_option_breaks_it(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ImgkernelsError) as caught:
        ik.apply(X, "blur", **options)
    assert why in str(caught.value)


def test_a_dilation_beyond_memory_is_refused() -> None:
    with pytest.raises(InvalidValue, match="dilation must be a whole number from 1 to 1,000"):
        ik.correlate(X, np.ones((3, 3)), dilation=10**9)


def test_a_large_kernel_on_a_small_volume_is_not_slid_over_its_border() -> None:
    started = time.process_time()
    ik.apply(np.zeros((5, 3, 2, 5), np.float32), "unsharp", sigma=3)
    assert time.process_time() - started < 1.5


def test_a_name_that_no_file_can_have_is_refused(cli: Any, tmp_path: Path) -> None:
    ik.write(tmp_path / "out.png", X)
    for name in ("a\0.png", "\ud800.png"):
        code, _, err = cli("apply", "blur", name, tmp_path / "out.png")
        assert code == 1
        assert "no file can have this name" in err


def test_the_sum_of_no_channels_is_0() -> None:
    found = ik.apply(np.zeros((3, 4, 0), np.uint8), "blur", channels="sum")
    np.testing.assert_array_equal(found, np.zeros((3, 4), np.uint8))


def test_naming_the_rank_of_a_large_kernel_does_not_take_longer_than_the_filter() -> None:
    started = time.process_time()
    ik.apply(X, "sharpen-imagemagick", sigma=255)
    assert time.process_time() - started < 5
