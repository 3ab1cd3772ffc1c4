"""Files that are small, or hostile: read up to a limit and no further, whatever they are."""

from __future__ import annotations

from pathlib import Path

from imgkernels import pipes
from imgkernels.errors import FileProblem

MOST_BYTES = 1 << 20


def small_file(path: Path, what: str) -> bytes:
    """Return a file's bytes; raise `FileProblem` where it cannot be read, or is no small one.

    Its size is not asked for: a device has none, and never ends.
    """
    try:
        file, first = pipes.opened(path)
        with file:
            data = first + file.read(MOST_BYTES + 1)
    except FileProblem as error:
        raise FileProblem(f"{path}: {error}") from None
    except ValueError:  # a null character, half a surrogate pair
        raise FileProblem(f"{str(path)!r}: no file can have this name") from None
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        raise FileProblem(f"{path}: {what} is at most {MOST_BYTES} bytes long")
    return data


def small_text(path: Path, what: str) -> str:
    """Return a file's text; raise `FileProblem` where it is none in UTF-8."""
    try:
        return small_file(path, what).decode("utf-8")
    except UnicodeDecodeError:
        raise FileProblem(f"{path}: is no text in UTF-8") from None
