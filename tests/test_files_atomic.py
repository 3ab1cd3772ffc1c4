"""Files: a file is replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from picture_files import IMAGE, picture

from imgkernels.errors import FileProblem
from imgkernels.files import atomic, read, write

GOOD = b"what was there before"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "out.png"
    path.write_bytes(GOOD)
    atomic._swept.clear()
    yield path
    assert [each.name for each in tmp_path.iterdir()] == ["out.png"]  # nothing else was left


def test_write_replaces(target: Path) -> None:
    assert write(target, IMAGE) == ()
    np.testing.assert_array_equal(read(target).pixels, IMAGE.pixels)


def test_no_space(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def full(file: int, data: bytes) -> int:
        if os.fstat(file).st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[:100])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(
        FileProblem, match=r"out\.png: the disk is full \(no space left on device\)"
    ):
        write(target, IMAGE)
    assert target.read_bytes() == GOOD


def test_a_real_limit_on_the_size_of_files(target: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(FileProblem, match=r"out\.png: cannot be written: File too large"):
            write(target, picture("uint8", 3, (100, 100)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == GOOD


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "fstat"])
@pytest.mark.parametrize("fault", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_fault_at_any_step(
    step: str, fault: BaseException, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(os, step, fail)
    expected = FileProblem if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write(target, IMAGE)
    monkeypatch.undo()
    assert target.read_bytes() == GOOD


def test_a_short_file_is_noticed(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda file, data: len(data))  # says so, and does not
    with pytest.raises(FileProblem, match="not as long as what was written"):
        write(target, IMAGE)
    assert target.read_bytes() == GOOD


def test_encoding_fails_before_the_file_is_touched(target: Path) -> None:
    with pytest.raises(FileProblem, match="PNG holds uint8 and uint16"):
        write(target, picture("float64", 1))
    assert target.read_bytes() == GOOD


def test_mode_is_kept_and_links_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(GOOD)
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, IMAGE)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    np.testing.assert_array_equal(read(real).pixels, IMAGE.pixels)
    old = os.umask(0o027)
    try:
        write(tmp_path / "new.png", IMAGE)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o640


def test_targets_that_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileProblem, match="is a folder"):
        write(tmp_path, IMAGE, format="png")
    with pytest.raises(FileProblem, match="its folder does not exist"):
        write(tmp_path / "none" / "out.png", IMAGE)
    with pytest.raises(FileProblem, match="no file can have this name"):
        write("a\0.png", IMAGE)
    with pytest.raises(FileProblem, match="File name too long"):
        write(tmp_path / f"{'n' * 300}.png", IMAGE)
    longest = tmp_path / f"{'n' * 251}.png"
    write(longest, IMAGE)
    assert longest.exists()
    before = os.stat("/dev/null")
    write("/dev/null", IMAGE, format="png")
    assert os.stat("/dev/null").st_ino == before.st_ino  # written to, not replaced
    with pytest.raises(FileProblem, match="disk is full"):
        write("/dev/full", IMAGE, format="png")
    longest.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # as it is for all but root
    with pytest.raises(FileProblem, match="is read-only"):
        write(longest, IMAGE)


def test_what_a_killed_process_left_is_swept(target: Path) -> None:
    dead = target.with_name(".out.png.imgkernels-1-0.tmp")
    busy = target.with_name(".out.png.imgkernels-1-1.tmp")
    other = target.with_name(".out.png.imgkernels.tmp")
    for path in (dead, busy, other):
        path.write_bytes(b"half")
    with busy.open("rb") as held_open:
        import fcntl

        fcntl.flock(held_open, fcntl.LOCK_EX)
        write(target, IMAGE)
    assert not dead.exists()
    assert busy.exists()  # another process is writing it
    assert other.exists()  # not ours
    busy.unlink()
    other.unlink()


def test_what_is_being_written_can_be_abandoned(target: Path) -> None:
    ours = target.with_name(f".out.png.imgkernels-{os.getpid()}-7.tmp")
    other = target.with_name(f".out.png.imgkernels-{os.getpid()}0-7.tmp")
    for path in (ours, other):
        path.write_bytes(b"half")
    atomic.abandon(target.parent)
    assert not ours.exists()
    assert other.exists()  # of another process
    other.unlink()


def test_links_are_replaced_where_they_are_not_to_be_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(GOOD)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    atomic.replace_file(tmp_path / "link", b"new", follow=False)
    assert (tmp_path / "elsewhere").read_bytes() == GOOD
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("lasting", [False, True])
def test_only_what_can_be_lost_is_waited_for(
    target: Path, lasting: bool, old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not old:
        target.unlink()
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    atomic.replace_file(target, b"new", lasting=lasting)
    assert bool(synced) == (lasting or old)
    monkeypatch.undo()
    atomic.settle(target.parent)  # does not fail


WRITER = """
import sys
import numpy as np
from imgkernels.files import write
from imgkernels.image import Image
images = [Image.of(np.full((600, 600, 3), value, np.uint8)) for value in (7, 9)]
for i in range(10**9):
    write(sys.argv[1], images[i % 2])
    if not i:
        print("ready", flush=True)
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    write(target, IMAGE)
    for number in range(4):
        command = [sys.executable, "-c", WRITER, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.02 + 0.013 * number)
            process.send_signal(signal.SIGKILL)
        assert np.unique(read(target).pixels).tolist() in ([7], [9])
    atomic._swept.clear()
    write(target, IMAGE)
    assert [each.name for each in tmp_path.iterdir()] == ["out.png"]
