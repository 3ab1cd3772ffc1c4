"""Pictures to learn from: IDX, folders of classes, npz, and what is fetched."""

import gzip
import hashlib
import struct
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import imgkernels as ik
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.nn import data
from imgkernels.nn.data import fetch
from imgkernels.nn.data.resize import resized

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason="the shared folder is not here")


def idx(array, code=8):
    head = struct.pack(f">2x2B{array.ndim}I", code, array.ndim, *array.shape)
    return head + array.tobytes()


@pytest.mark.parametrize("code", [8, 9, 11, 12, 13, 14])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_of_every_dtype(tmp_path, rng, code, pack):
    dtype = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[code]
    x = rng.integers(0, 100, (3, 4, 5)).astype(dtype)
    (tmp_path / "x").write_bytes(pack(idx(x, code)))
    found = data.read_idx(tmp_path / "x")
    assert found.dtype == x.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, x)


ZEROS = np.zeros((3, 4, 5), np.uint8)
HOSTILE = {
    "empty": (b"", "is no IDX file"),
    "text": (b"hello, world", "is no IDX file"),
    "dtype": (b"\0\0\7\1\0\0\0\0", "is no IDX file"),
    "no axes": (b"\0\0\x08\0", "0 axes"),
    "many axes": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255, "255 axes"),
    "cut header": (b"\0\0\x08\3\0\0\0\1", "3 axes"),
    "short": (idx(ZEROS)[:-1], "truncated"),
    "long": (idx(ZEROS) + b"\0", "longer than it says"),
    "huge": (b"\0\0\x08\3" + b"\xff" * 12 + b"x", "its shape is"),
    "large": (b"\0\0\x08\3\0\0\xff\xff\0\0\xff\xff\0\0\0\1x", "bytes are declared"),
    "bomb": (gzip.compress(b"\0\0\x08\1\x3f\xff\xff\xff" + bytes(1 << 24)), "bytes are declared"),
    "gzip short": (gzip.compress(idx(ZEROS)[:-1]), "truncated"),
    "gzip long": (gzip.compress(idx(ZEROS) + b"\0"), "longer than it says"),
    "gzip cut": (gzip.compress(idx(ZEROS))[:-12], "cut off|truncated"),
    "gzip broken": (b"\x1f\x8b" + bytes(30), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_idx_is_one_line(tmp_path, name):
    content, why = HOSTILE[name]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FileProblem, match=why) as caught:
        data.read_idx(tmp_path / "x")
    assert str(caught.value).startswith(f"{tmp_path / 'x'}: ")
    assert "\n" not in str(caught.value)


@needs_mnist
def test_mnist_itself():
    train, test = data.load(MNIST)
    assert train.images.shape == (60_000, 28, 28, 1)
    assert len(test) == 10_000
    assert np.bincount(train.labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip


@needs_mnist
def test_the_digits_are_the_first_500_of_each_class():
    train = data.idx_folder(MNIST).train
    first = [np.flatnonzero(train.labels == c)[:500] for c in range(10)]
    due = train[np.sort(np.concatenate(first))]
    digits = data.digits()
    np.testing.assert_array_equal(digits.images, due.images)
    np.testing.assert_array_equal(digits.labels, due.labels)


def test_the_digits_are_small_and_always_there():
    assert (Path(ik.__file__).parents[1] / "samples" / "digits.npz").stat().st_size < 1_000_000
    train, test = data.load("digits")
    assert (len(train), len(test)) == (4000, 1000)
    assert np.bincount(test.labels).tolist() == [100] * 10


@pytest.mark.parametrize("names", [
    "train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte",
    "train-images.idx3-ubyte train-labels.idx1-ubyte t10k-images.idx3-ubyte t10k-labels.idx1-ubyte",
    "emnist-letters-train-images-idx3-ubyte.gz emnist-letters-train-labels-idx1-ubyte.gz "
    "emnist-letters-test-images-idx3-ubyte.gz emnist-letters-test-labels-idx1-ubyte.gz",
])  # fmt: skip
def test_idx_folders_as_people_have_them(tmp_path, rng, names):
    for name in names.split():
        x = rng.integers(0, 26, (6, 4, 4) if "images" in name else 6, np.uint8)
        pack = gzip.compress if name.endswith(".gz") else bytes
        (tmp_path / name).write_bytes(pack(idx(x)))
    train, test = data.load(tmp_path)
    assert train.images.shape == test.images.shape == (6, 4, 4, 1)
    (tmp_path / names.split()[3]).unlink()
    with pytest.raises(FileProblem, match="the test images or labels are missing"):
        data.load(tmp_path)


def test_fashion_has_its_own_words(tmp_path):
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(np.zeros((10, 4, 4), np.uint8)))
        labels = np.arange(10, dtype=np.uint8)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    assert data.load(folder).train.classes[:2] == ("T-shirt", "trouser")


@pytest.fixture
def classes(tmp_path, rng):
    for part, count in (("train", 3), ("test", 2)):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            for n in range(count):
                x = rng.integers(0, 256, (8, 6, 3), np.uint8)
                ik.write(tmp_path / part / name / f"{n}.png", x)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "train" / ".hidden").mkdir()
    return tmp_path


def test_a_folder_per_class(classes):
    train, test = data.load(classes)
    assert train.classes == ("cat", "dog")
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert train.images.dtype == np.uint8
    np.testing.assert_array_equal(
        train.images[4], ik.read(classes / "train" / "dog" / "1.png").pixels
    )
    assert test.images.shape == (4, 8, 6, 3)
    grey = data.load(classes, size=(4, 4), colour="grey").train
    assert grey.images.shape == (6, 4, 4, 1)
    flat = data.read_folder(classes / "train", classes=["dog"])
    assert (len(flat), flat.classes) == (3, ("dog",))


def test_folders_that_do_not_do(classes, rng):
    ik.write(classes / "test" / "dog" / "9.png", rng.integers(0, 256, (5, 5, 3), np.uint8))
    with pytest.raises(FileProblem, match=r"9\.png: is 5 x 5, others are 6 x 8; give a size"):
        data.load(classes)
    assert len(data.load(classes, size=(8, 8)).test) == 5
    for path in (classes / "test").rglob("*.png"):
        ik.write(path, rng.integers(0, 256, (5, 5, 3), np.uint8))
    with pytest.raises(FileProblem, match=r"train is 6 x 8, test is 5 x 5; give a size"):
        data.load(classes)
    (classes / "test" / "cat" / "a.png").write_text("no picture")
    with pytest.raises(FileProblem, match=r"a\.png: is not a picture"):
        data.load(classes, size=(8, 8))
    (classes / "train" / "empty").mkdir()
    with pytest.raises(FileProblem, match="there is no picture in the folder empty"):
        data.read_folder(classes / "train")
    with pytest.raises(FileProblem, match="has no folder bird"):
        data.read_folder(classes / "train", classes=["bird"])
    with pytest.raises(FileProblem, match="has no folder for a class"):
        data.load(classes / "train" / "cat")
    with pytest.raises(FileProblem, match="gone: is no folder"):
        data.load(classes / "gone")


def test_alpha_and_grey_become_what_is_asked(tmp_path):
    ik.write(tmp_path / "a.png", ik.Image.of(np.full((2, 2, 4), 128, np.uint8), alpha=True))
    rgb = data.read_picture(tmp_path / "a.png", None, "rgb")
    np.testing.assert_allclose(rgb, (128 / 255) ** 2, rtol=1e-6)
    ik.write(tmp_path / "g.png", np.full((2, 2), 255, np.uint8))
    assert data.read_picture(tmp_path / "g.png", None, "rgb").tolist() == [[[1.0] * 3] * 2] * 2
    with pytest.raises(InvalidValue, match="colour must be one of grey, rgb"):
        data.read_picture(tmp_path / "g.png", None, "red")


@pytest.mark.parametrize("size", [(4, 4), (7, 9), (28, 28), (3, 50)])
def test_resizing_is_that_of_pillow(rng, size):
    flat = np.full((14, 11, 2), 0.25, np.float32)
    np.testing.assert_allclose(resized(flat, size), 0.25, rtol=1e-6)
    plane = rng.random((14, 11)).astype(np.float32)
    due = np.asarray(PIL.Image.fromarray(plane).resize(size[::-1], PIL.Image.Resampling.BILINEAR))
    np.testing.assert_allclose(resized(plane[..., None], size)[..., 0], due, atol=1e-6)


def test_npz_of_keras_and_ours(tmp_path, rng):
    x, y = rng.integers(0, 256, (6, 4, 4), np.uint8), np.arange(6) % 3
    np.savez(tmp_path / "k.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    train, test = data.load(tmp_path / "k.npz")
    assert train.images.shape == (6, 4, 4, 1)
    assert test.classes == train.classes == ("0", "1", "2")
    np.savez(tmp_path / "o.npz", images=x[..., None], labels=np.eye(3)[y])
    assert data.read_npz(tmp_path / "o.npz").labels.tolist() == y.tolist()
    for bad, why in (
        ({"a": x}, "pictures are read from x_train"),
        ({"images": x, "labels": y[:3]}, "do not fit"),
        ({"images": x, "labels": y - 1}, "whole numbers"),
        ({"images": x, "labels": y + 0.5}, "whole numbers"),
    ):
        np.savez(tmp_path / "b.npz", **bad)
        with pytest.raises(FileProblem, match=why):
            data.load(tmp_path / "b.npz")


def test_a_dataset_as_a_network_wants_it(rng):
    """S1-4: (n, 28, 28, 1), float32 / 255, one-hot."""
    digits = data.digits()[:100]
    x = digits.x()
    assert (x.dtype, x.shape) == (np.float32, (100, 28, 28, 1))
    np.testing.assert_array_equal(x, digits.images / np.float32(255))
    assert digits.x(channels_first=True).shape == (100, 1, 28, 28)
    assert (digits.y().argmax(axis=1) == digits.labels).all()
    with pytest.raises(InvalidValue, match="labels must be 0 to 1"):
        data.Dataset(digits.images, digits.labels, ("0", "1"))


def test_a_split_is_of_every_class_and_the_same_for_a_seed():
    digits = data.digits()
    one, other = digits.split(0.1, seed=3), digits.split(0.1, seed=3)
    assert np.bincount(one.test.labels).tolist() == [50] * 10
    np.testing.assert_array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.test.images, digits.split(0.1, seed=4).test.images)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Four small files behind a server on the loopback, and their checksums in place."""
    folder = tmp_path / "source"
    folder.mkdir()
    sums = {}
    for name in fetch.MNIST:
        content = name.encode() * 10
        sums[name] = hashlib.md5(content).hexdigest()
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    monkeypatch.setattr(fetch, "MNIST", sums)
    handler = partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_fetching_holds_files_to_their_checksum(tmp_path, source):
    folder, mirror = source
    first = next(iter(fetch.MNIST))
    target, told = tmp_path / "mnist", []
    data.fetch_mnist(target, [mirror], told.append)
    assert len(told) == 4
    assert (target / f"{first}.gz").read_bytes() == (folder / f"{first}.gz").read_bytes()
    data.fetch_mnist(target, ["http://127.0.0.1:9/"], told.append)
    assert len(told) == 4  # what is there and right is not fetched again
    (target / f"{first}.gz").write_bytes(b"cut off")
    data.fetch_mnist(target, [mirror], told.append)
    assert told[4:] == [f"fetching {first}.gz"]


def test_a_wrong_file_is_refused_and_the_next_mirror_asked(tmp_path, source):
    _, mirror = source
    first = next(iter(fetch.MNIST))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / f"{first}.gz").write_bytes(gzip.compress(b"another"))
    bad = (tmp_path / "bad").as_uri() + "/"
    data.fetch_mnist(tmp_path / "a", [bad, mirror])
    with pytest.raises(
        FileProblem, match=r"another checksum.*put the four gzipped files"
    ) as caught:
        data.fetch_mnist(tmp_path / "b", [bad])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "b").exists()


def test_without_a_network_it_says_what_to_do(tmp_path):
    with pytest.raises(
        FileProblem, match=r"could not be fetched from http://127\.0\.0\.1:9/ .*by hand"
    ):
        data.fetch_mnist(tmp_path / "m", ["http://127.0.0.1:9/"])


@needs_mnist
def test_the_checksums_are_those_of_the_original_release(tmp_path):
    name = "t10k-labels-idx1-ubyte"
    assert fetch.checksum_of((MNIST / f"{name}.gz").read_bytes()) == fetch.MNIST[name]
    assert fetch.checksum_of(b"") == fetch.checksum_of(gzip.compress(b"x")[:-1]) == ""
