"""Large JPEGs: encoded in strips on all cores, the same pixels for every reader."""

import dataclasses
import io
import shutil
import subprocess

import numpy as np
import PIL.Image
import pytest

import imgkernels as ik
from imgkernels import files
from imgkernels.cores import VARIABLE
from imgkernels.files import jpeg, jpeg_strips
from imgkernels.image import Metadata

cv2 = pytest.importorskip("cv2")
SHAPES = [(64, 40, 3), (65, 40, 3), (71, 33, 3), (200, 17), (1000, 8), (16, 9000)]


def picture(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return ik.apply(noise, "blur", sigma=1.5)


def by_opencv(data):
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return found[..., ::-1] if found.ndim == 3 else found


def by_pillow(data):
    return np.asarray(PIL.Image.open(io.BytesIO(data)))


@pytest.fixture
def short(monkeypatch):
    """Strips of one row of blocks."""
    monkeypatch.setattr(jpeg_strips, "_STRIP", 1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_strips_show_what_one_piece_does(short, shape, monkeypatch):
    x = picture(shape)
    whole = jpeg._encoded(cv2, x)
    found = {}
    for threads in ("1", "2"):
        monkeypatch.setenv(VARIABLE, threads)
        found[threads], _ = files.encode(ik.Image.of(x), "jpeg")
    data = found["1"]
    assert data == found["2"]
    assert b"\xff\xdd\0\4" in data and b"\xff\xdd\0\4" not in whole
    for reader in (by_opencv, by_pillow):
        np.testing.assert_array_equal(reader(data), reader(whole))
    np.testing.assert_array_equal(ik.read(data).pixels, by_pillow(whole))


def test_other_programs_read_them(short, tmp_path):
    programs = [name for name in ("convert", "vips") if shutil.which(name)]
    if not programs:
        pytest.skip("neither convert nor vips is installed")
    x, path = picture((203, 77, 3)), tmp_path / "in.jpg"
    ik.write(path, dataclasses.replace(ik.Image.of(x), metadata=Metadata(dpi=(300, 300))))
    due = by_pillow(jpeg._encoded(cv2, x))
    for name in programs:
        words = [name, "copy"] if name == "vips" else [name]
        target = tmp_path / f"{name}.png"
        done = subprocess.run([*words, path, target], capture_output=True, text=True, check=True)
        assert not done.stderr
        assert np.abs(ik.read(target).pixels.astype(int) - due).max() <= 1
    assert ik.read(path).metadata.dpi == (300, 300)


def test_small_pictures_are_one_piece_and_strips_hold_whole_blocks():
    assert jpeg_strips.rows_of((512, 512, 3)) == 512
    for shape in [(4000, 6000, 3), (4000, 6000), (65_500, 65_500, 3), (65_500, 40)]:
        rows = jpeg_strips.rows_of(shape)
        assert rows % jpeg_strips.BLOCK == 0 or rows == shape[0]
        assert rows == shape[0] or -(-shape[1] // 8) * (rows // 8) <= 65_535


def test_strips_of_other_tables_are_not_joined():
    x = picture((16, 16, 3))
    one = jpeg._encoded(cv2, x[:8])
    other = cv2.imencode(".jpg", x[8:], [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes()
    assert jpeg_strips.joined([one, one], 8, 16) is not None
    assert jpeg_strips.joined([one, other], 8, 16) is None
