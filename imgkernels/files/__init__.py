"""Pictures in and out of files: nothing lost in silence, nothing half-written."""

from imgkernels.files.formats import FORMATS as FORMATS, Format as Format, format_of as format_of
from imgkernels.files.reading import read as read, read_frames as read_frames
from imgkernels.files.wanted import MAX_PIXELS as MAX_PIXELS
from imgkernels.files.writing import (
    check_compression as check_compression,
    check_frames as check_frames,
    encode as encode,
    write as write,
)
