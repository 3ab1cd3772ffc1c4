"""One number per channel: the mean or the largest value over all of space."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imgkernels.nn.layer import Memo, Shape, need_axes
from imgkernels.nn.weighted import Formatted
from imgkernels.values import Floats


class GlobalPooling(Formatted):
    """What global pooling layers share; `keepdims` leaves axes of size 1."""

    ndim: ClassVar[int]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **common: Any
    ) -> None:
        super().__init__(data_format=data_format, **common)
        self.keepdims = bool(keepdims)

    def output_shape(self, shape: Shape) -> Shape:
        need_axes(self.label, shape, self.ndim + 1)
        channels = self.last(shape)[-1]
        return self.as_asked((*(1,) * self.ndim, channels)) if self.keepdims else (channels,)

    def _shaped(self, y: Floats, x: Floats) -> Floats:
        return y.reshape(len(y), *self.output_shape(x.shape[1:]))


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def forward(self, x: Floats, memo: Memo) -> Floats:
        rows = self.inward(x).reshape(len(x), -1, self.last(x.shape[1:])[-1])
        memo.kept["shape"] = (len(x), *self.last(x.shape[1:]))
        return self._shaped(rows.mean(axis=1), x)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        shape = memo.kept["shape"]
        share = grad.reshape(len(grad), *(1,) * self.ndim, shape[-1]) / np.prod(shape[1:-1])
        return self.outward(np.ascontiguousarray(np.broadcast_to(share, shape), grad.dtype))


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel; its gradient goes to the first that is the largest."""

    def forward(self, x: Floats, memo: Memo) -> Floats:
        rows = self.inward(x).reshape(len(x), -1, self.last(x.shape[1:])[-1])
        memo.kept["shape"] = (len(x), *self.last(x.shape[1:]))
        memo.kept["at"] = rows.argmax(axis=1)[:, np.newaxis]
        return self._shaped(rows.max(axis=1), x)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        shape = memo.kept["shape"]
        rows = np.zeros((shape[0], int(np.prod(shape[1:-1])), shape[-1]), grad.dtype)
        values = grad.reshape(shape[0], 1, shape[-1])
        np.put_along_axis(rows, memo.kept["at"], values, axis=1)
        return self.outward(rows.reshape(shape))


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel of signals."""

    ndim = 1


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of images."""

    ndim = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of volumes."""

    ndim = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest value of each channel of signals."""

    ndim = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest value of each channel of images."""

    ndim = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest value of each channel of volumes."""

    ndim = 3
