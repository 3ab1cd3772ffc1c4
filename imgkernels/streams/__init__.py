"""Pictures larger than memory: read, filtered and written part by part."""

from imgkernels.streams.opened import Opened as Opened
from imgkernels.streams.place import Place as Place
from imgkernels.streams.raw import Raw as Raw
from imgkernels.streams.verb import apply as apply, check as check, tiles_for as tiles_for
