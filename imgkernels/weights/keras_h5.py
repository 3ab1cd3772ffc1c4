"""Keras's HDF5: .weights.h5 and .keras of Keras 3, and the .h5 of Keras 2; by h5py."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from imgkernels.errors import FileProblem, MissingDependency
from imgkernels.files.archive import Archive
from imgkernels.files.words import reason
from imgkernels.values import Array
from imgkernels.weights.limits import Budget, array_dtype

MEMBER = "model.weights.h5"
SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DEEPEST = 24
_MOST_GROUPS = 20_000
# Keras 3 numbers the variables of a layer in the order in which it makes them.
_ROLES = {
    1: ("kernel",),
    2: ("kernel", "bias"),
    4: ("gamma", "beta", "moving_mean", "moving_variance"),
}
_DEPTHWISE = "depthwise"
_NO_LAYERS = ("optimizer", "optimizer_weights", "seed_generator")  # training alone needs them
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")


def read_keras(file: BinaryIO, most: int) -> dict[str, Array]:
    """Return the arrays of a .keras archive; its configuration is not looked at."""
    archive = Archive(file)
    Budget.of_packed(file.seek(0, 2), most).take(MEMBER, (archive.size(MEMBER),), "u1")
    return read(archive.read(MEMBER), most)


def read(data: bytes, most: int) -> dict[str, Array]:
    """Return the arrays of an HDF5 file by `layer/role`; links to other files are refused."""
    try:
        import h5py
    except ImportError:
        raise MissingDependency(
            'reading HDF5 takes h5py: pip install "imgkernels[weights]"'
        ) from None
    budget = Budget.of_packed(len(data), most)
    try:
        with h5py.File(BytesIO(data), "r") as file:
            found = dict(_datasets(file, h5py))
            for name, dataset in found.items():
                _admit(name, dataset, budget, h5py)
            return {_named(name, found): _array(dataset) for name, dataset in found.items()}
    except (FileProblem, MemoryError):
        raise
    except Exception as error:  # HDF5 raises anything on broken files
        raise FileProblem(f"is damaged or no true HDF5: {reason(error)}") from error


def _datasets(file: Any, h5py: Any) -> Iterator[tuple[str, Any]]:
    """Yield every dataset with its path, but for those that training alone needs."""
    queue = deque([("", file, 0)])
    for _ in range(_MOST_GROUPS):
        if not queue:
            return
        path, group, depth = queue.popleft()
        if depth > _DEEPEST:
            break
        for key in group:
            inside = f"{path}/{key}" if path else key
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise FileProblem(f"{inside:.80}: is a link, which is not followed")
            item = group[key]
            if isinstance(item, h5py.Dataset):
                yield inside, item
            elif isinstance(item, h5py.Group) and key not in _NO_LAYERS:
                queue.append((inside, item, depth + 1))
    raise FileProblem("holds too many groups, or one inside itself")


def _admit(name: str, dataset: Any, budget: Budget, h5py: Any) -> None:
    if dataset.external or dataset.is_virtual:
        raise FileProblem(f"{name}: lies in another file, which is not read")
    if dataset.dtype.kind not in "fiu" or h5py.check_string_dtype(dataset.dtype):
        raise FileProblem(f"{name}: holds {dataset.dtype}, which is no weights")
    if dataset.shape is None:
        raise FileProblem(f"{name}: holds nothing")
    budget.take(name, dataset.shape, array_dtype(dataset.dtype, name))


def _array(dataset: Any) -> Array:
    x: Array = dataset[()]
    return x.astype(x.dtype.newbyteorder("="))


def _named(path: str, found: dict[str, Any]) -> str:
    """Return `layer/role` for the path of a dataset, as Keras 2 or 3 lays it out."""
    parts = path.removeprefix("model_weights/").split("/")
    if len(parts) >= 3 and parts[-2] == "vars" and parts[-1].isdigit():
        return _third(path, parts, found)
    parts[-1] = parts[-1].removesuffix(":0")
    if len(parts) >= 3 and parts[0] == parts[1]:  # Keras 2: layer/layer/kernel:0
        parts = parts[1:]
    return "/".join(parts)


def _third(path: str, parts: list[str], found: dict[str, Any]) -> str:
    """Name a variable that Keras 3 only numbers."""
    folder = path.rpartition("/")[0]
    count = sum(1 for other in found if other.rpartition("/")[0] == folder)
    layer = parts[-3]
    roles: tuple[str, ...] = _ROLES.get(count, ())
    if layer.startswith(_DEPTHWISE):
        roles = ("depthwise_kernel", "bias")
    elif layer.startswith("separable"):
        roles = _SEPARABLE
    number = int(parts[-1])
    name = found[path].parent.attrs.get("name", layer)
    own = name if isinstance(name, str) else layer
    return f"{own}/{roles[number] if number < len(roles) else number}"
