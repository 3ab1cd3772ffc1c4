"""Hostile weight files: each is refused in one line; nothing is run, nothing much is taken."""

import functools
import io
import pickle
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from imgkernels import weights
from imgkernels.errors import FileProblem

MOST_MEMORY = 50 << 20  # reliability figure of row 37


def npy(shape, descr="<f4", data=b""):
    head = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def packed(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def twice():
    return packed([("a.npy", npy((0,))), ("b.npy", npy((0,)))]).replace(b"b.npy", b"a.npy")


def one(dtype, shape, begin, end, name="a"):
    """The header of one array in safetensors."""
    return f'{{"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}}}'


@functools.cache
def bomb():
    """Half a megabyte that declares, truly, 512 MiB of zeros."""
    out = io.BytesIO()
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("a.npy", "w", force_zip64=True) as member:
        member.write(npy((1 << 27,)))
        for _ in range(512):
            member.write(bytes(1 << 20))
    return out.getvalue()


def tensors(header, data=b""):
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text)) + text + data


class Canary:
    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


def torch_file(program, data=bytes(16)):
    return packed([("w/data.pkl", program), ("w/data/0", data), ("w/version", b"3\n")], 0)


def rebuild(shape=(2, 2), strides=(2, 1), offset=0, key="0", kind="FloatStorage"):
    """The program of one tensor, as PyTorch writes it."""

    def tuple_(numbers):
        return b"(" + b"".join(b"J" + struct.pack("<i", n) for n in numbers) + b"t"

    word = b"X" + struct.pack("<I", len(key)) + key.encode()
    storage = b"(X\7\0\0\0storagectorch\n" + kind.encode() + b"\n" + word + b"X\3\0\0\0cpuK\4tQ"
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"J" + struct.pack("<i", offset)
    return b"\x80\2" + call + tuple_(shape) + tuple_(strides) + b"\x89}tR."


def varint(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx_file(tensor):
    return b"\x08\x07" + field(7, field(5, tensor))


DIMS_HUGE = b"\x08" + varint(1 << 40) + b"\x10\x01"
DEEP = "[" * 200_000

CASES = {
    "empty": (b"", "is empty"),
    "text": (b"these are no weights", "not a weight file"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(40), "not a weight file"),
    "pickle": (pickle.dumps(Canary()), "a program and is not run"),
    "pickle 2": (pickle.dumps(Canary(), 2), "a program and is not run"),
    "npz bomb": (bomb(), "bytes are declared"),
    "npz 64 GiB": (packed([("a.npy", npy((1 << 34,)))]), "bytes are declared"),
    "npz lying": (packed([("a.npy", npy((9,), data=bytes(8)))]), "header declares"),
    "npz negative": (packed([("a.npy", npy((-1,), data=bytes(8)))]), "shape"),
    "npz objects": (packed([("a.npy", npy((1,), "|O", pickle.dumps(Canary())))]), "must be one of"),
    "npz records": (packed([("a.npy", npy((1,), [("a", "<f4")], bytes(4)))]), "must be one of"),
    "npz texts": (packed([("a.npy", npy((1,), "<U1", bytes(4)))]), "must be one of"),
    "npz twice": (twice(), "two members of one name"),
    "npz climbs": (packed([("../a.npy", npy((0,)))]), "a member of the name"),
    "npz absolute": (packed([("/etc/a.npy", npy((0,)))]), "a member of the name"),
    "npz stranger": (packed([("a.txt", b"x")]), "holds .npy members alone"),
    "npz header": (packed([("a.npy", b"\x93NUMPY\x01\x00\xff\xff{")]), "no sound .npy"),
    "npz no npy": (packed([("a.npy", b"x")]), "no sound .npy"),
    "npz bzip2": (packed([("a.npy", npy((0,)))], zipfile.ZIP_BZIP2), "packed in a way"),
    "npz 16 axes": (packed([("a.npy", npy((1,) * 16, data=bytes(4)))]), "no shape of weights"),
    "npz cut": (packed([("a.npy", npy((2,), data=bytes(8)))])[:-30], "directory is missing"),
    "npz long name": (packed([("a" * 400 + ".npy", npy((0,)))]), "300 characters"),
    "safetensors length": (struct.pack("<Q", 1 << 60) + b"{}", "header is said to be"),
    "safetensors cut": (tensors(one("F32", "[4]", 0, 16), bytes(8)),
                        "truncated or damaged: 16 bytes are described, 8"),
    "safetensors more": (tensors("{}", bytes(8)), "0 bytes are described, 8"),
    "safetensors huge": (tensors(one("F32", "[1099511627776]", 0, 16),
                                 bytes(16)), "bytes are declared"),
    "safetensors overlap": (tensors('{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},'
                                    '"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}',
                                    bytes(12)),
                            "does not fit"),
    "safetensors hole": (tensors(one("U8", "[4]", 4, 8), bytes(8)),
                         "does not fit"),
    "safetensors size": (tensors(one("F32", "[3]", 0, 8), bytes(8)),
                         "does not fit"),
    "safetensors twice": (tensors('{"a":{},"a":{}}'), "a name comes twice"),
    "safetensors deep": (tensors('{"a":' + DEEP), "no JSON"),
    "safetensors NaN": (tensors('{"a":NaN}'), "NaN is no number"),
    "safetensors true": (tensors(one("U8", "[true]", 0, 1), b"x"),
                         "no sound dtype"),
    "safetensors minus": (tensors(one("U8", "[-1]", 0, 0)),
                          "no sound dtype"),
    "safetensors float": (tensors(one("U8", "[1.0]", 0, 1), b"x"),
                          "no sound dtype"),
    "safetensors dtype": (tensors(one("F8", "[1]", 0, 1), b"x"),
                          "no sound dtype"),
    "safetensors list": (tensors('{"a":[]}'), "no sound dtype"),
    "safetensors utf-8": (tensors(b'{"\xff":1}'), "no JSON"),
    "safetensors words": (tensors('{"__metadata__":{"a":1}}'), "holds more than texts"),
    "safetensors word": (tensors('{"__metadata__":3}'), "damaged"),
    "npz words": (packed([("__metadata__.npy", npy((2,), "|u1", b"{]"))]), "no JSON"),
    "npz floats": (packed([("__metadata__.npy", npy((1,), "<f4", bytes(4)))]), "no JSON"),
    "torch runs": (torch_file(pickle.dumps(Canary(), 2)), "holds _pytest.outcomes.fail|holds "),
    "torch system": (torch_file(b"cos\nsystem\n(X\x04\0\0\0echotR."), "holds os.system"),
    "torch eval": (torch_file(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R."),
                   "holds builtins.eval"),
    "torch object": (torch_file(b"cos\nX\n)\x81."), "holds os.X, which is no tensor"),
    "torch inst": (torch_file(b"(X\x04\0\0\0echoios\nsystem\n."), "pickle instruction b'i'"),
    "torch string": (torch_file(b"S'a'\n."), "pickle instruction b'S'"),
    "torch ext": (torch_file(b"\x82\x01."), "pickle instruction"),
    "torch cut": (torch_file(rebuild()[:-9]), "cut off"),
    "torch empty": (torch_file(b"."), "runs out of values"),
    "torch text": (torch_file(b"X\xff\xff\xff\xff."), "cut off"),
    "torch memo": (torch_file(b"h\x05."), "never kept"),
    "torch beyond": (torch_file(rebuild((4, 2))), "beyond its storage"),
    "torch offset": (torch_file(rebuild(offset=1)), "beyond its storage"),
    "torch expanded": (torch_file(rebuild((30_000, 30_000), (0, 0))), "bytes are declared"),
    "torch repeated": (torch_file(rebuild((2000, 2000), (0, 0))), "beyond its storage"),
    "torch minus": (torch_file(rebuild((2, 2), (-2, 1))), "without sizes and strides"),
    "torch axes": (torch_file(rebuild((2, 2), (1,))), "other sizes than strides"),
    "torch key": (torch_file(rebuild(key="../../9")), "is missing"),
    "torch kind": (torch_file(rebuild(kind="Nothing")), "unknown kind"),
    "torch cycle": (torch_file(b"]q\0h\0a."), "one inside itself"),
    "torch laughs": (torch_file(b"]" + b"q\0](h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0e" * 30 + b"."),
                     "holds more than 20,000 values"),
    "torch long": (torch_file(b"\x8a\xff" + b"\xff" * 255 + b"."), "more than 64 bits"),
    "torch legacy": (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "before 1.6"),
    "onnx huge": (onnx_file(DIMS_HUGE), "bytes are declared"),
    "onnx short": (onnx_file(b"\x08\x09\x10\x01" + field(9, bytes(8))),
                   "2 values for the shape (9,)"),
    "onnx odd": (onnx_file(b"\x08\x02\x10\x01" + field(9, bytes(7))), "values are missing"),
    "onnx outside": (onnx_file(b"\x08\x01\x10\x01" + field(13, field(1, b"location"))),
                     "lies in another file"),
    "onnx strings": (onnx_file(b"\x08\x01\x10\x08"), "data type 8"),
    "onnx cut": (onnx_file(bytes(100))[:-20], "longer than the file"),
    "onnx number": (b"\x08\x07\x38\x05", "a number where a message"),
    "onnx wire": (b"\x08\x07\x0b", "wire type 3"),
    "onnx varint": (b"\x08\x07" + b"\xff" * 11, "more than 64 bits"),
    "onnx name": (onnx_file(b"\x08\x00\x10\x01" + field(8, b"\xff")), "no UTF-8"),
    "hdf5 cut": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused_in_one_line(tmp_path, name):
    data, why = CASES[name]
    path = tmp_path / "w.bin"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(FileProblem) as caught:
            weights.read(path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert any(each in line for each in why.split("|")), line
    assert len(line) < len(str(path)) + 400


def test_the_torch_cases_are_near_what_is_read(tmp_path):
    """So that the cases above fail for their own reason."""
    (tmp_path / "w.pt").write_bytes(torch_file(rebuild(), np.arange(4, dtype="<f4").tobytes()))
    assert weights.read(tmp_path / "w.pt")[""].tolist() == [[0, 1], [2, 3]]


def test_a_hundred_thousand_members(tmp_path):
    path = tmp_path / "w.npz"
    numbers = (20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *numbers)
    directory = (entry + b"a") * 100_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 34_464, 34_464, len(directory), 4, 0)
    path.write_bytes(b"PK\3\4" + directory + end)
    with pytest.raises(FileProblem, match="more than 4,096 members"):
        weights.read(path)


def test_members_that_overlap(tmp_path):
    """Two entries of a directory that share one body."""
    data = bytearray(
        packed([("a.npy", npy((4,), data=bytes(16))), ("b.npy", npy((4,), data=bytes(16)))])
    )
    second = data.rfind(b"PK\1\2")
    data[second + 42 : second + 46] = bytes(4)
    (tmp_path / "w.npz").write_bytes(data)
    with pytest.raises(FileProblem, match=r"overlaps|no sound"):
        weights.read(tmp_path / "w.npz")


def test_a_member_longer_than_it_says(tmp_path):
    """The directory and the npy header say 16 bytes, the stream unpacks to a megabyte."""
    true, said = npy((4,), data=bytes(1 << 20)), npy((4,), data=bytes(16))
    data = bytearray(packed([("a.npy", true)]))
    for mark, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        place = data.rfind(mark) + at
        data[place : place + 4] = struct.pack("<L", len(said))
    (tmp_path / "w.npz").write_bytes(data)
    with pytest.raises(FileProblem, match=r"damaged|not as long"):
        weights.read(tmp_path / "w.npz")


def test_hdf5_that_points_elsewhere(tmp_path):
    h5py = pytest.importorskip("h5py")
    path, other = tmp_path / "w.h5", tmp_path / "secret.h5"
    with h5py.File(other, "w") as file:
        file["a"] = np.ones(3)
    cases = {
        "is a link": lambda f: f.__setitem__("a", h5py.ExternalLink(str(other), "a")),
        "is a link, ": lambda f: f.__setitem__("a", h5py.SoftLink("/a")),
        "another file": lambda f: f.create_dataset("a", (3,), "f4", external=[(str(other), 0, 12)]),
        "bytes are declared": lambda f: f.create_dataset("a", (1 << 40,), "f4", chunks=(1024,)),
        "no weights": lambda f: f.__setitem__("a", "text"),
        "inside itself": lambda f: f.create_group("g").__setitem__("g", f["g"]),
    }
    for why, fill in cases.items():
        with h5py.File(path, "w") as file:
            fill(file)
        with pytest.raises(FileProblem, match=why):
            weights.read(path)


def test_mutations_are_arrays_or_one_line(tmp_path, rng):
    """Sound files with a few bytes changed: read, or refused; no other error, no huge memory."""
    torch_pt = torch_file(rebuild())
    sound = [
        packed([("a.npy", npy((4,), data=bytes(16)))]),
        tensors(one("F32", "[4]", 0, 16), bytes(16)),
        torch_pt,
        onnx_file(b"\x08\x04\x10\x01" + field(8, b"name") + field(9, bytes(16))),
    ]
    path = tmp_path / "w.bin"
    lines = []
    for round_ in range(400):
        data = bytearray(sound[round_ % 4])
        for _ in range(int(rng.integers(1, 5))):
            data[rng.integers(len(data))] = rng.integers(256)
        if round_ % 3 == 0:
            data = data[: rng.integers(len(data))]
        path.write_bytes(data)
        try:
            weights.read(path)
        except FileProblem as error:
            lines.append(str(error))
    assert len(lines) > 150
    assert not any("\n" in line for line in lines)


def test_the_bomb_is_one():
    assert len(bomb()) < 1 << 20
    assert len(zlib.compress(bytes(1 << 20))) < 1100
