"""NumPy's .npz: judged from its directory and its headers before memory is taken for an array."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from imgkernels.errors import FileProblem
from imgkernels.files import npy
from imgkernels.files.archive import Archive
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image

MEMBER = "image.npy"
_MOST_HEAD = 12_000  # bytes; numpy itself takes 10,000 characters of a header
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date of a zip: the same picture gives the same bytes
_NAMED = 8  # members that a message names


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read the array of an archive of one; of several the one that `frame` counts."""
    archive = Archive(BytesIO(data))
    names = sorted(name for name in archive.members if name.endswith(".npy"))
    if len(names) < len(archive.members) or not names:
        raise FileProblem("is no npz: it holds something other than .npy arrays")
    one = len(names) == 1
    name = names[0 if one else _chosen(names, wanted)]
    inner = wanted if one else replace(wanted, frame=None)
    npy.admit(archive.head(name, _MOST_HEAD), inner, archive.size(name))
    found = npy.decode(archive.read(name), inner)
    return replace(found, metadata=replace(found.metadata, format="npz"))


def encode(image: Image, compress: str = "none") -> bytes:
    """Return an archive of one array, the same bytes each time; `compress` none or deflate."""
    out = BytesIO()
    member = ZipInfo(MEMBER, _EPOCH)
    member.compress_type = ZIP_DEFLATED if compress == "deflate" else ZIP_STORED
    member.create_system = 3  # as on Unix, wherever it is written
    with ZipFile(out, "w") as archive:
        archive.writestr(member, npy.encode(image))
    return out.getvalue()


def _chosen(names: list[str], wanted: Wanted) -> int:
    told = ", ".join(name.removesuffix(".npy") for name in names[:_NAMED])
    more = ", ..." if len(names) > _NAMED else ""
    return wanted.one_of(len(names), f"arrays ({told}{more})", or_volume=False)
