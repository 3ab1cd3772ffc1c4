"""The ways of computing a problem, one file each; the last one does everything."""

from imgkernels.engine.methods.box import Box
from imgkernels.engine.methods.centred import Centred
from imgkernels.engine.methods.cosines import Cosines
from imgkernels.engine.methods.direct import Direct
from imgkernels.engine.methods.halide import Halide
from imgkernels.engine.methods.halide_rows import HalideRows
from imgkernels.engine.methods.im2col import Im2col
from imgkernels.engine.methods.lowrank import LowRank
from imgkernels.engine.methods.method import (
    Compiling as Compiling,
    Finishing as Finishing,
    Method as Method,
)
from imgkernels.engine.methods.ndimage import Ndimage
from imgkernels.engine.methods.running import Running
from imgkernels.engine.methods.separable import Separable
from imgkernels.engine.methods.sparse import Sparse
from imgkernels.engine.methods.spectral import Spectral
from imgkernels.engine.methods.stack import Stack
from imgkernels.errors import unknown

METHODS: tuple[Method, ...] = (
    Direct(), Separable(), Box(), LowRank(), Centred(), Stack(), Sparse(), Running(), Spectral(),
    Halide(), HalideRows(), Cosines(), Ndimage(), Im2col(),
)  # fmt: skip

_BY_NAME = {method.name: method for method in METHODS}
_BY_NAME["fft"] = _BY_NAME["spectral"]


def method_named(name: str) -> Method:
    """Return the method of this name; raise `UnknownName` with the near match."""
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown("method", name, ["auto", *_BY_NAME])
    return _BY_NAME[name]
