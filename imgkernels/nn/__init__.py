"""Convolutional networks on the same engine as the filters, with Keras's names and meanings."""

from imgkernels.nn import (
    callbacks as callbacks,
    losses as losses,
    optimizers as optimizers,
    schedules as schedules,
)
from imgkernels.nn.activation_layers import Activation as Activation
from imgkernels.nn.conv import Conv1D as Conv1D, Conv2D as Conv2D, Conv3D as Conv3D
from imgkernels.nn.dense import Dense as Dense
from imgkernels.nn.graph import Input as Input, Symbol as Symbol
from imgkernels.nn.layer import Layer as Layer, Memo as Memo
from imgkernels.nn.model import Model as Model
from imgkernels.nn.pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from imgkernels.nn.reshape import Flatten as Flatten
from imgkernels.nn.sequential import Sequential as Sequential
from imgkernels.nn.threads import set_threads as set_threads
