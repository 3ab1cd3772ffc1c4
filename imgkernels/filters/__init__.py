"""The rooms of the catalogue: one module per family; importing this one fills the register."""

import importlib
import pkgutil

from imgkernels.registry import (
    Filter as Filter,
    catalogue as catalogue,
    get as get,
    is_entry as is_entry,
    is_opened as is_opened,
)

for _room in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_room.name}")
