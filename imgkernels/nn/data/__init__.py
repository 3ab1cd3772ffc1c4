"""Pictures to learn from: read, fetched, changed at random but by a seed."""

from imgkernels.nn.data.augment import ImageDataGenerator as ImageDataGenerator
from imgkernels.nn.data.dataset import Dataset as Dataset, Splits as Splits, one_hot as one_hot
from imgkernels.nn.data.digits import digits as digits
from imgkernels.nn.data.fetch import fetch_mnist as fetch_mnist
from imgkernels.nn.data.flow import Flow as Flow
from imgkernels.nn.data.folders import read_folder as read_folder, read_picture as read_picture
from imgkernels.nn.data.idx import idx_folder as idx_folder, read_idx as read_idx
from imgkernels.nn.data.loading import load as load
from imgkernels.nn.data.npz import read_npz as read_npz
