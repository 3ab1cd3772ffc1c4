"""More than one machine: the tiles of pictures and the files of batches on a Dask cluster."""

from imgkernels.scale.arrays import apply as apply
from imgkernels.scale.cluster import connected as connected
from imgkernels.scale.files import Runner as Runner
from imgkernels.scale.hands import Hands as Hands
