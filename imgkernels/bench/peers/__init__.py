"""The peers, one file each: how it does the same job, and what it cannot."""

from imgkernels.bench.peers.kornia import KORNIA as KORNIA
from imgkernels.bench.peers.opencv import OPENCV as OPENCV
from imgkernels.bench.peers.ourselves import ONE_BY_ONE as ONE_BY_ONE
from imgkernels.bench.peers.peer import Cannot as Cannot, Job as Job, Peer as Peer
from imgkernels.bench.peers.pillow import PILLOW as PILLOW
from imgkernels.bench.peers.pyvips import PYVIPS as PYVIPS
from imgkernels.bench.peers.scipy import SCIPY as SCIPY
from imgkernels.bench.peers.skimage import SKIMAGE as SKIMAGE
from imgkernels.bench.peers.torch import TORCH as TORCH
from imgkernels.errors import unknown

LIBRARIES = (OPENCV, SCIPY, SKIMAGE, PILLOW, PYVIPS, TORCH, KORNIA)
PEERS = {peer.name: peer for peer in (*LIBRARIES, ONE_BY_ONE)}
_ALIASES = {"skimage": "scikit-image", "cv2": "opencv", "vips": "pyvips", "libvips": "pyvips"}


def peer_named(name: str) -> Peer:
    """Return the peer of this name; raise `UnknownName` with the near match."""
    known = _ALIASES.get(name.lower(), name.lower())
    if known not in PEERS:
        raise unknown("peer", name, [peer.name for peer in LIBRARIES])
    return PEERS[known]


def installed() -> dict[str, str]:
    """Return the libraries that are here, with their versions."""
    return {peer.name: peer.version or "?" for peer in LIBRARIES if peer.version is not None}
