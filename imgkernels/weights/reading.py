"""Reading a weight file of any kind: recognised by content, refused in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

from imgkernels import pipes
from imgkernels.errors import FileProblem, MissingDependency, unknown
from imgkernels.files.archive import Archive
from imgkernels.files.words import reason, shown
from imgkernels.values import Array
from imgkernels.weights import keras_h5, metadata, npz, onnx, safetensors, torch_zip
from imgkernels.weights.layers import LayerWeights, Order, by_layer
from imgkernels.weights.limits import MAX_BYTES

FORMATS = "npz, safetensors, Keras .weights.h5 and .keras, ONNX, PyTorch .pt and .pth"
_SORTED = ("safetensors", "HDF5", "Keras archive")
_HEAD = 16
_LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # its magic number, pickled
_PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

Reader = Callable[[BinaryIO, int], dict[str, Array]]


@dataclass(frozen=True, eq=False)
class Weights(Mapping[str, Array]):
    """The arrays of a file by the names they have there; `layers` puts them together.

    `order` says where kernels have their filters, None where each name says it; `metadata` are
    texts of whoever wrote the file.
    """

    tensors: Mapping[str, Array]
    format: str
    order: Order | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def layers(self) -> dict[str, LayerWeights]:
        """The layers, in the order of the file."""
        return by_layer(self.tensors, self.order)

    @cached_property
    def in_order(self) -> tuple[LayerWeights, ...]:
        """The layers as the network has them, as far as the file tells.

        Formats that sort names as texts put conv_10 before conv_2; numbers count as numbers here.
        """
        names = list(self.layers)
        if self.format in _SORTED:
            names.sort(key=_natural)
        return tuple(self.layers[name] for name in names)

    def layer(self, name: str) -> LayerWeights:
        """Return one layer; raise `UnknownName` with the near match or all there are."""
        if name not in self.layers:
            raise unknown("layer", name, self.layers)
        return self.layers[name]

    def __getitem__(self, name: str) -> Array:
        return self.tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)


def read(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Weights:
    """Read the arrays of a file: npz, safetensors, Keras's HDF5, ONNX or PyTorch's tensors.

    Nothing in the file is run or unpickled. Sizes are checked before memory is taken: at most
    `max_bytes` of arrays, 16 times a packed file, 4,096 arrays.
    Raises `FileProblem`, one line that begins with the name; `MissingDependency` for HDF5
    without h5py.
    """
    name = shown(os.fspath(path))
    try:
        file, first = pipes.opened(path)
        with file:
            if first:
                raise FileProblem("is a pipe; weights are read from files alone")
            return _read(file, max_bytes)
    except FileProblem as error:
        raise FileProblem(f"{name}: {shown(str(error))}") from error.__cause__
    except MissingDependency as error:
        raise MissingDependency(f"{name}: {error}") from error
    except ValueError as error:  # a null character, half a surrogate pair
        raise FileProblem(f"{name}: no file can have this name") from error
    except MemoryError as error:
        raise FileProblem(f"{name}: there is not enough memory for it") from error
    except OSError as error:
        raise FileProblem(f"{name}: {reason(error)}") from error


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort numbers in a name as numbers: conv_2 before conv_10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read(file: BinaryIO, most: int) -> Weights:
    size, head = file.seek(0, 2), b""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    kind, reader, order = _kind(head, file)
    if size > most + (64 << 20):
        raise FileProblem(f"is {size:,} bytes long, {most:,} are allowed")
    file.seek(0)
    try:
        found = reader(file, most)
        words = found.pop(metadata.NAME, None)
        return Weights(found, kind, order, {} if words is None else metadata.unpacked(words))
    except (FileProblem, MissingDependency, MemoryError):
        raise
    except Exception as error:  # parsers of broken files raise anything
        raise FileProblem(f"is damaged or no true {kind}: {reason(error)}") from error


def _kind(head: bytes, file: BinaryIO) -> tuple[str, Reader, Order | None]:
    """Return the format that the content shows, its reader, and the layout it stands for."""
    if head[:4] == b"PK\3\4":
        return _packed(Archive(file))
    if head[:8] == keras_h5.SIGNATURE:
        return "HDF5", _whole(keras_h5.read), "filters last"
    if safetensors.looks_like(head):
        return "safetensors", _whole(safetensors.read), None
    if head.startswith(_LEGACY_TORCH[:8]):
        raise FileProblem("is PyTorch's format of before 1.6; load and save it once more")
    if head.startswith(_PICKLE):
        raise FileProblem(f"is a pickle, which is a program and is not run; read are {FORMATS}")
    if onnx.looks_like(head):
        return "ONNX", _whole(onnx.read), "filters first"
    raise FileProblem(f"is {'not a weight file' if head else 'empty'}; read are {FORMATS}")


def _packed(archive: Archive) -> tuple[str, Reader, Order | None]:
    if keras_h5.MEMBER in archive.members:
        return "Keras archive", keras_h5.read_keras, "filters last"
    if any(name.endswith(torch_zip.PROGRAM) for name in archive.members):
        return "PyTorch file", torch_zip.read, "filters first"
    return "npz", npz.read, None


def _whole(read: Callable[[bytes, int], dict[str, Array]]) -> Reader:
    return lambda file, most: read(file.read(), most)
