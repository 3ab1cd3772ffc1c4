"""`imgkernels bench`: every claim of speed, to be checked on one's own machine."""
