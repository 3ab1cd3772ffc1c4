"""Convolutional networks on the same engine as the filters, with Keras's names and meanings."""

from imgkernels.nn import (
    activations as activations,
    callbacks as callbacks,
    constraints as constraints,
    data as data,
    initializers as initializers,
    inside as inside,
    losses as losses,
    metrics as metrics,
    optimizers as optimizers,
    recipes as recipes,
    regularizers as regularizers,
    schedules as schedules,
    zoo as zoo,
)
from imgkernels.nn.activation_layers import Activation as Activation
from imgkernels.nn.averaging import MovingAverage as MovingAverage
from imgkernels.nn.checkpoint import ModelCheckpoint as ModelCheckpoint, resume as resume
from imgkernels.nn.conv import Conv1D as Conv1D, Conv2D as Conv2D, Conv3D as Conv3D
from imgkernels.nn.dense import Dense as Dense
from imgkernels.nn.depthwise import (
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv2D as SeparableConv2D,
)
from imgkernels.nn.dropout import Dropout as Dropout
from imgkernels.nn.global_pooling import (
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAveragePooling3D as GlobalAveragePooling3D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    GlobalMaxPooling3D as GlobalMaxPooling3D,
)
from imgkernels.nn.graph import Input as Input, Symbol as Symbol
from imgkernels.nn.layer import Layer as Layer, Memo as Memo
from imgkernels.nn.merge import Add as Add, Concatenate as Concatenate
from imgkernels.nn.model import Model as Model
from imgkernels.nn.normalization import (
    BatchNormalization as BatchNormalization,
    LocalResponseNormalization as LocalResponseNormalization,
)
from imgkernels.nn.pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from imgkernels.nn.receptive import receptive_fields as receptive_fields
from imgkernels.nn.reshape import (
    Flatten as Flatten,
    Rescaling as Rescaling,
    ZeroPadding1D as ZeroPadding1D,
    ZeroPadding2D as ZeroPadding2D,
    ZeroPadding3D as ZeroPadding3D,
)
from imgkernels.nn.sequential import Sequential as Sequential
from imgkernels.nn.tensorboard import TensorBoard as TensorBoard
from imgkernels.nn.threads import set_threads as set_threads
from imgkernels.nn.transpose import Conv2DTranspose as Conv2DTranspose
