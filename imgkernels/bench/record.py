"""Records as files: written by `imgkernels bench --json`, read again, joined."""

from __future__ import annotations

import json
from pathlib import Path

from imgkernels.bench.measure import Row
from imgkernels.errors import FileProblem, InvalidValue

_NEEDED = {"rows", "limits", "cpu", "cores", "system", "python", "versions", "methods", "halide"}


def read(path: Path) -> Row:
    """Return a record; raise `FileProblem` for what is none."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):  # no JSON, or no UTF-8
        raise FileProblem(f"{path}: is no record of a bench") from None
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror}") from None
    if not isinstance(record, dict) or not record.keys() >= _NEEDED:
        raise FileProblem(f"{path}: is no record of a bench")
    return record


def joined(records: list[Row]) -> Row:
    """Return the first record with the rows of all; they must be of one machine and one choice."""
    first = records[0]
    for other in records[1:]:
        if (other["cpu"], other["halide"]) != (first["cpu"], first["halide"]):
            raise InvalidValue("bench: records of two machines, or with and without Halide")
    return {**first, "rows": [row for record in records for row in record["rows"]]}
