"""Pictures from whatever a path holds: a folder of IDX files, of classes, or an npz."""

from __future__ import annotations

import os
from pathlib import Path

from imgkernels.errors import FileProblem
from imgkernels.files.words import reason, shown
from imgkernels.nn.data.dataset import Dataset, Splits
from imgkernels.nn.data.digits import digits
from imgkernels.nn.data.folders import Colour, read_splits
from imgkernels.nn.data.idx import idx_files, idx_folder
from imgkernels.nn.data.npz import read_npz

DIGITS = "digits"
TEST_SHARE = 0.2


def load(
    source: str | os.PathLike[str], size: tuple[int, int] | None = None, colour: Colour = "rgb"
) -> Splits:
    """Return what to learn from and what to test on.

    `source` is "digits" (the sample that travels with the package), a folder of IDX files, a
    folder with a folder per class (perhaps below train and test), or an npz. Where nothing says
    what the test is, a fifth of each class is kept for it, always the same.
    `size` (height, width) and `colour` are for folders of classes. Raises `FileProblem`.
    """
    found = _found(source, size, colour)
    return found if isinstance(found, Splits) else found.split(TEST_SHARE)


def _found(
    source: str | os.PathLike[str], size: tuple[int, int] | None, colour: Colour
) -> Dataset | Splits:
    path, who = Path(source), shown(os.fspath(source))
    if os.fspath(source) == DIGITS and not path.exists():
        return digits()
    try:
        if path.is_dir():
            return idx_folder(path) if idx_files(path) else read_splits(path, size, colour)
    except OSError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(f"{who}: {reason(error)}") from error
    if path.suffix.lower() == ".npz":
        return read_npz(path)
    raise FileProblem(
        f"{who}: is no folder of IDX files or classes and no .npz; "
        f"the sample that is always there is called {DIGITS}"
    )
