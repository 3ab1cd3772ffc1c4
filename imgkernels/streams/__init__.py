"""Pictures larger than memory: read, filtered and written piece by piece."""
