"""Files: odd and broken files of others through the command line, a process and 1 GiB for each.

`IMGKERNELS_NIGHTLY=1` takes every file of the corpus; a run of the tests a few of each kind.
"""

from __future__ import annotations

import functools
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tifffile
from witnesses import IMAGES, entries, readings, same

from imgkernels.files import write

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
STEP = 1 if NIGHTLY else 24
MEMORY = 1 << 30  # bytes of address space
MORE_SECONDS, MORE_MEMORY = 1.0, 64.0  # over a run that has nothing to do; MiB
NO_FORMAT_OF_OURS = (".ico", ".sgi")

# What the process itself took: what the parent has in memory does not count.
DRIVER = """
import resource, sys
from imgkernels.shells.main import main
report = sys.argv.pop(1)
try:
    main()
finally:
    status = open("/proc/self/status").read()
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open(report, "w") as file:
        print(status.split("VmHWM:")[1].split()[0], used.ru_utime + used.ru_stime, file=file)
"""


class Ended(NamedTuple):
    """How one process ended: `megabytes` at most, `seconds` of the processor."""

    code: int
    err: str
    megabytes: float
    seconds: float


def run(folder: Path, *words: object) -> Ended:
    report = folder / "report"
    command = [sys.executable, "-c", DRIVER, str(report), *map(str, words)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    kibibytes, seconds = report.read_text().split()
    report.unlink()
    assert done.stdout == ""
    return Ended(done.returncode, done.stderr, int(kibibytes) / 1024, float(seconds))


@functools.cache
def idle(folder: Path) -> Ended:
    write(folder / "idle.png", np.zeros((2, 2), np.uint8))
    runs = [run(folder, "apply", "identity", folder / "idle.png", folder / "o.tif") for _ in "ab"]
    assert [each.code for each in runs] == [0, 0]
    return Ended(0, "", *(min(each[i] for each in runs) for i in (2, 3)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def nothing_to_do(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return idle(tmp_path_factory.mktemp("idle"))


def sample(kind: str) -> list[Any]:
    found = entries(kind)
    if not found:
        skip = pytest.mark.skip(reason=f"there is no {IMAGES}")
        return [pytest.param(None, marks=skip)]
    return [pytest.param(entry, id=entry["file"]) for entry in found[::STEP]]


@pytest.mark.parametrize("entry", sample("broken"))
def test_a_broken_file_is_one_line(
    entry: dict[str, Any], nothing_to_do: Ended, tmp_path: Path
) -> None:
    path = IMAGES / entry["file"]
    ended = run(tmp_path, "apply", "identity", path, tmp_path / "out.tif")
    assert "Traceback" not in ended.err
    assert ended.seconds <= nothing_to_do.seconds + MORE_SECONDS
    if ended.code == 0:  # somebody can read it, and so can we
        assert not entry["expect"].startswith("reject")
        assert tifffile.imread(tmp_path / "out.tif").size
        return
    assert ended.code == 1
    assert ended.err.startswith(f"imgkernels: {path}: ")
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert ended.megabytes <= nothing_to_do.megabytes + MORE_MEMORY


@pytest.mark.parametrize("entry", sample("valid"))
def test_a_sound_file_comes_through_as_it_is(entry: dict[str, Any], tmp_path: Path) -> None:
    path, target = IMAGES / entry["file"], tmp_path / "out.tif"
    ended = run(tmp_path, "apply", "identity", path, target)
    if path.suffix in NO_FORMAT_OF_OURS:
        assert ended.code == 1
        assert "which is not read; read are PNG" in ended.err
        return
    assert ended.code == 0, ended.err
    assert all(line.startswith("imgkernels: note: ") for line in ended.err.splitlines())
    with tifffile.TiffFile(target) as opened:
        frames = [page.asarray() for page in opened.pages]
        tags = {tag.code: tag.value for tag in opened.pages[0].tags}
    channels = frames[0].shape[2] if frames[0].ndim == 3 else 1
    agreed = [
        name
        for name, others in readings(path, channels)
        if len(others) == len(frames) and all(map(same, others, frames))
    ]
    assert agreed
    check_metadata(entry, tags, ended.err)


def check_metadata(entry: dict[str, Any], tags: dict[int, Any], notes: str) -> None:
    """The profile byte for byte and the resolution within 0.5 %, or a word on why not."""
    import PIL.Image

    told = entry["pillow"]
    if told.get("icc_bytes"):
        with PIL.Image.open(IMAGES / entry["file"]) as opened:
            profile = opened.info.get("icc_profile")
        assert tags.get(34675) == profile or "profile" in notes
    if told.get("dpi") and "mpo" not in entry["file"]:
        said = sorted(float(d) for d in told["dpi"])
        if said == [1, 1] or not all(0 < d <= 65_535 for d in said):
            return  # 1 is what Pillow says of a TIFF that says nothing
        found = sorted(top / bottom for top, bottom in (tags[282], tags[283]))
        np.testing.assert_allclose(found, said, rtol=0.005)
