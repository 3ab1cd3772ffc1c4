"""`python -m imgkernels` and the `imgkernels` command."""

import gc
import os


def main() -> None:
    """Run the command line as a process of its own, and leave it quickly."""
    # Importing makes thousands of objects that stay: looking through them for cycles each 700, as
    # Python does, and taking them down one by one at the end are a fifth of a small picture's time.
    gc.set_threshold(20_000)
    # OpenBLAS has its threads wait for work by spinning, 2^26 ticks each time unless told: a fifth
    # of a small picture's processor time, on a core that has better to do.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")
    from imgkernels.shells import interrupt, main

    interrupt.install()
    try:
        if main.main():
            interrupt.leave_now(0)
    except SystemExit as end:
        if end.code == main.INTERRUPTED:  # threads may still be in libraries
            interrupt.leave_now(main.INTERRUPTED)
        raise


if __name__ == "__main__":
    main()
