"""Loops compiled on this machine while the program runs, by Halide (the extra `fast`)."""
