"""Zip archives that are not trusted: judged from their directory, unpacked within their word."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from imgkernels.errors import FileProblem

_END, _LOCATOR, _END64 = b"PK\5\6", b"PK\6\7", b"PK\6\6"
_LONGEST_TAIL = 22 + 65_535
MOST_MEMBERS = 4096
_MAX_DIRECTORY = 400 * MOST_MEMBERS  # bytes
_ENCRYPTED = 0x1


class Archive:
    """The members of a zip file, by name; each is read whole, and never longer than declared."""

    def __init__(self, file: BinaryIO) -> None:
        _check_directory(file)
        try:
            self._zip = ZipFile(file)
        except (BadZipFile, ValueError, NotImplementedError) as error:
            raise FileProblem(f"is no sound zip archive: {error}") from error
        members = [info for info in self._zip.infolist() if not info.is_dir()]
        self.members = {info.filename: info for info in members}
        if len(self.members) < len(members):
            raise FileProblem("holds two members of one name")
        for info in members:
            _check_member(info)
        _check_overlap(members)

    def size(self, name: str) -> int:
        """Return the declared size of a member."""
        return self.members[name].file_size

    def head(self, name: str, most: int) -> bytes:
        """Return the first bytes of a member."""
        with self._zip.open(self.members[name]) as member:
            return member.read(most)

    def read(self, name: str) -> bytes:
        """Return a member; raise `FileProblem` where it is not what the directory says."""
        info = self.members[name]
        try:
            with self._zip.open(info) as member:
                data = member.read(info.file_size + 1)
        except Exception as error:  # zlib and zipfile raise many kinds
            raise FileProblem(f"{name}: is damaged: {error}") from error
        if len(data) != info.file_size:
            raise FileProblem(f"{name}: is not as long as the archive says")
        return data


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory that is too long before zipfile builds an object for each entry."""
    length = file.seek(0, 2)
    start = max(0, length - _LONGEST_TAIL)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise FileProblem(
            "is a truncated zip archive: its directory is missing, without which nothing is read"
        )
    (size,) = struct.unpack_from("<I", tail, end + 12)
    if end >= 76 and tail[end - 20 : end - 16] == _LOCATOR and tail[end - 76 :][:4] == _END64:
        (size,) = struct.unpack_from("<Q", tail, end - 76 + 40)
    if size > _MAX_DIRECTORY:
        raise FileProblem(f"is an archive of more than {MOST_MEMBERS:,} members, or long names")
    file.seek(0)


def _check_member(info: ZipInfo) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or "\0" in info.filename:
        raise FileProblem(f"holds a member of the name {info.filename!r:.80}")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise FileProblem(f"{info.filename}: is packed in a way that is not read")
    if info.flag_bits & _ENCRYPTED:
        raise FileProblem(f"{info.filename}: is encrypted")
    if info.compress_type == ZIP_STORED and info.file_size != info.compress_size:
        raise FileProblem(f"{info.filename}: is stored, but of two sizes")


def _check_overlap(members: list[ZipInfo]) -> None:
    """Refuse members that share their bytes: the way of the small bomb that unpacks to much."""
    placed = sorted(members, key=lambda info: info.header_offset)
    for one, next_ in pairwise(placed):
        if one.header_offset + one.compress_size > next_.header_offset:
            raise FileProblem(f"{next_.filename}: overlaps {one.filename}")
