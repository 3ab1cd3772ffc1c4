"""Networks by name: those of the source documents, and the ones they tell of."""

from imgkernels.nn.zoo.building import build as build, names as names
from imgkernels.nn.zoo.inception import inception_module as inception_module
