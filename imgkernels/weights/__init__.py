"""Weight files: arrays by name, read without running what a file says or believing its sizes."""

from imgkernels.weights.layers import LayerWeights as LayerWeights, Order as Order
from imgkernels.weights.reading import Weights as Weights, read as read
from imgkernels.weights.writing import write as write
