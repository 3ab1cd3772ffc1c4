"""Pictures larger than memory: read, filtered and written part by part."""

from imgkernels.streams.place import Place as Place
from imgkernels.streams.verb import apply as apply
