"""`python -m imgkernels` and the `imgkernels` command."""

import gc
import os
import sys


def main() -> None:
    """Run the command line as a process of its own, and leave it quickly."""
    # Importing makes thousands of objects that stay: looking through them for cycles each 700, as
    # Python does, and taking them down one by one at the end are a fifth of a small picture's time.
    gc.set_threshold(20_000)
    from imgkernels.shells import main

    if main.main():
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
