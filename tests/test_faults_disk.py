"""Faults: a disk that is full, for new files and old ones, in every format."""

import os
import subprocess

import numpy as np
import pytest
from batch_common import pictures, tree

import imgkernels as ik
from imgkernels.batch import journal

SUFFIXES = (".png", ".jpg", ".tif", ".webp", ".bmp", ".ppm")
FULL = "the disk is full (no space left on device); nothing was changed"


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk can be mounted by root alone: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def large(tmp_path):
    """A picture that has no place there in any format."""
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    ik.write(tmp_path / "large.png", ik.Image.of(noise))
    return tmp_path / "large.png"


@pytest.mark.parametrize("old", [None, b"what was there before"], ids=["new", "overwrite"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_changes_nothing(cli, disk, large, suffix, old):
    target = disk / f"out{suffix}"
    if old is not None:
        target.write_bytes(old)
    before = tree(disk)
    code, stdout, stderr = cli("apply", "identity", large, target)
    assert (code, stdout) == (1, "")
    assert stderr == f"imgkernels: {target}: {FULL}\n"
    assert tree(disk) == before and os.listdir(disk) == list(before)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_over_itself_on_a_full_disk(cli, disk, large, suffix):
    target = disk / f"in{suffix}"
    pixels = np.random.default_rng(1).integers(0, 256, (100, 110, 3), np.uint8)
    ik.write(target, ik.Image.of(pixels))
    before = tree(disk)
    assert len(before[target.name]) > 1 << 15 or suffix in (".jpg", ".webp")
    (disk / "rest").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    code, _, stderr = cli("apply", "invert", target, target, "--overwrite")
    assert code == 1 and FULL in stderr
    (disk / "rest").unlink()
    assert tree(disk) == before


def test_a_batch_on_a_small_disk_writes_what_fits_and_names_the_rest(cli, disk, tmp_path):
    pictures(tmp_path / "src", [f"{number}.png" for number in range(5)], (60, 100, 3))
    code, _, stderr = cli("batch", tmp_path / "src", "--out", disk, "identity", "--jobs", "1")
    assert code == 1
    there = tree(disk)
    record = there.pop(journal.NAME)
    assert 0 < len(there) < 5
    assert all(data == (tmp_path / "src" / name).read_bytes() for name, data in there.items())
    *lines, last = stderr.splitlines()
    assert len(lines) >= 5 - len(there)
    assert all("disk is full" in line or "No space left" in line for line in lines)
    assert f"{len(there)} written, {5 - len(there)} failed of 5" in last
    assert record.endswith(b"\n")
    assert len(os.listdir(disk)) == len(there) + 1
    code, _, stderr = cli("batch", tmp_path / "src", "--out", disk, "identity", "--resume")
    assert code == 1 and f"{journal.NAME}: the disk is full" in stderr
    assert tree(disk) == there | {journal.NAME: record}
