"""PyTorch's .pt and .pth: a zip of raw storages and a pickle program that describes tensors."""

from __future__ import annotations

from typing import BinaryIO

from imgkernels.errors import FileProblem
from imgkernels.files.archive import Archive
from imgkernels.values import Array
from imgkernels.weights.limits import Budget
from imgkernels.weights.torch_pickle import Machine
from imgkernels.weights.torch_tensor import flattened

PROGRAM = "/data.pkl"
_MOST_PROGRAM = 16 << 20  # bytes


def read(file: BinaryIO, most: int) -> dict[str, Array]:
    """Return the tensors of a state_dict, or of dicts of them, by name."""
    archive = Archive(file)
    program = next(name for name in archive.members if name.endswith(PROGRAM))
    if archive.size(program) > _MOST_PROGRAM:
        raise FileProblem(f"{program}: is longer than {_MOST_PROGRAM:,} bytes")
    tensors = flattened(Machine(archive.read(program)).run())
    folder = program.removesuffix(PROGRAM)
    order = _order(archive, folder)
    budget = Budget.of_packed(file.seek(0, 2), most)
    storages = Budget.of_packed(file.seek(0, 2), most)
    found, data = {}, {}
    for name, tensor in tensors.items():
        member = f"{folder}/data/{tensor.storage.key}"
        if member not in archive.members:
            raise FileProblem(f"{name}: its storage {member} is missing")
        if member not in data:
            storages.take(member, (archive.size(member),), "u1")
            data[member] = archive.read(member)
        found[name] = tensor.array(data[member], order, name, budget)
    return found


def _order(archive: Archive, folder: str) -> str:
    name = f"{folder}/byteorder"
    return ">" if name in archive.members and archive.head(name, 3) == b"big" else "<"
