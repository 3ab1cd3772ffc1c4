"""How the records of scripts are kept; where and with what they were measured is the package's."""

import json
from pathlib import Path

from imgkernels.bench.machine import clean_environment, provenance
from imgkernels.files.atomic import replace_file

__all__ = ["RESULTS", "clean_environment", "keep", "provenance"]
RESULTS = Path(__file__).parent / "results"


def keep(name, record):
    """Write a record to results/NAME.json, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=1) + "\n"
    replace_file(RESULTS / f"{name}.json", text.encode())
