"""Pictures in and out of files: nothing lost in silence, nothing half-written."""

from imgkernels.files.formats import FORMATS as FORMATS, Format as Format, format_of as format_of
from imgkernels.files.reading import decode as decode, read as read
from imgkernels.files.wanted import MAX_PIXELS as MAX_PIXELS
from imgkernels.files.writing import encode as encode, write as write
