"""What a file is that is not read: told by its first bytes, so that the refusal can name it."""

from __future__ import annotations

import re

_BEGINNINGS = {
    rb"....ftyp(hei|hev|mif1)": "a HEIF", rb"....ftyp": "an MP4 or a film of its kin",
    rb"%!PS|\xc5\xd0\xd3\xc6": "PostScript (EPS)", rb"8BP[SB]": "a Photoshop file",
    rb"%PDF": "a PDF", rb"\s*(<svg|<\?xml|<!DOCTYPE svg)": "XML or SVG",
    rb"PK(\x05\x06|\x07\x08)": "an empty or split zip archive", rb"v/1\x01": "OpenEXR",
    rb"\xff\x0a|\0\0\0\x0cJXL ": "a JPEG XL",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": "a JPEG 2000",
    rb"\0\0\x01\0[^\0]": "an icon (ICO)", rb"\0\0\x02\0[^\0]": "a cursor (CUR)",
    rb"\x01\xda[\0\x01][\x01\x02]": "an SGI picture",
    rb"\x0a[\0-\x05][\0\x01][\x01\x02\x04\x08]": "a PCX",
    rb"DDS ": "a DDS texture", rb"#\?(RADIANCE|RGBE)": "Radiance HDR", rb"SIMPLE  =": "FITS",
    rb"\x59\xa6\x6a\x95": "a Sun raster",
    rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF": "a Windows metafile",
    rb"icns": "an Apple icon", rb"farbfeld": "a farbfeld", rb"qoif": "a QOI",
    rb"gimp xcf": "a GIMP file", rb"\x89HDF": "HDF5", rb"\x5c\x01\0\0|\0\0\x01\x5c": "NIfTI",
    rb"/\* XPM": "an XPM", rb"#define ": "an XBM", rb"\0MRM|IIRO|IIU\0": "a camera's raw file",
    rb"\x1f\x8b": "gzip", rb"BZh": "bzip2", rb"\xfd7zXZ": "xz", rb"\x28\xb5\x2f\xfd": "Zstandard",
    rb"....[\x11\x12]\xaf": "a FLIC film", rb"RIFF....(AVI |WAVE)": "sound or film",
    rb"\x1aE\xdf\xa3": "a Matroska film", rb"\x80[\x02-\x05]": "a pickle", rb".{128}DICM": "DICOM",
}  # fmt: skip


def name_of(head: bytes) -> str | None:
    """Return what a file is that begins so, with its article; None if it cannot be told.

    >>> name_of(b"%!PS-Adobe-3.0 EPSF-3.0")
    'PostScript (EPS)'
    """
    for pattern, what in _BEGINNINGS.items():
        if re.match(pattern, head, re.DOTALL):
            return what
    return None
