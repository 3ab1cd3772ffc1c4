"""Memory that comes and goes is taken from the system once."""

import subprocess
import sys

import pytest

COME_AND_GO = """
import resource, sys
from imgkernels.shells import memory
if sys.argv[1] == "kept":
    memory.keep(1 << 23, 1 << 26)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range(50):
    strips = [b"x" * (1 << 20) for _ in range(4)]
    del strips
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is of glibc")
def test_what_is_freed_is_kept():
    found = {
        how: int(subprocess.check_output([sys.executable, "-c", COME_AND_GO, how]))
        for how in ("kept", "plain")
    }
    if found["plain"] < 5_000:
        pytest.skip(f"this C library keeps memory by itself: {found['plain']} faults")
    assert found["kept"] < found["plain"] / 5
