"""How the command line starts and ends."""

from __future__ import annotations

import os
import sys

from imgkernels.errors import ImgkernelsError
from imgkernels.shells.speech import complain

INTERRUPTED = 130  # the exit code of whom Ctrl-C ended: 128 and the number of the signal
_STDERR = 2


def main() -> bool:
    """Run the command line; every error of ours ends in one line and its exit code.

    Returns whether all is done, with nothing left that waits for the end of the process.
    """
    _hold_places()
    words = sys.argv[1:]
    debug = "--debug" in words[:1]
    try:
        return _run(words[debug:])
    except ImgkernelsError as error:
        if debug:
            raise
        complain(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader has had enough, as with `| head`
        _forget_stdout()
        sys.exit(1)
    except OSError as error:
        if debug:
            raise
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
        _forget_stdout()
        sys.exit(1)
    except MemoryError:
        if debug:
            raise
        complain("this needs more memory than there is; try a smaller image or window")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted; nothing was written")
        sys.exit(INTERRUPTED)


def _hold_places() -> None:
    """Put nothing in the places of standard streams that are closed.

    A picture that is being written would take them else, and what libraries print would go into
    it. Nobody reads what is said then, but what was asked for is done.
    """
    place = 0
    while place <= _STDERR:
        place = os.open(os.devnull, os.O_RDWR)
    os.close(place)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end


def _run(words: list[str]) -> bool:
    try:
        if _quickly(words):
            return True
        from imgkernels.shells import app

        app.run()
        return False
    finally:
        if sys.stdout is not None:  # a full disk behind it shows here, not after the end
            sys.stdout.flush()


def _forget_stdout() -> None:
    """Send what stdout could not take nowhere, so that Python does not try again at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _quickly(words: list[str]) -> bool:
    """Do the main job without importing typer, where the words are plain."""
    match words[:1]:
        case ["apply"]:
            from imgkernels.shells.apply import quick_apply

            return quick_apply(words[1:])
        case ["pipe"]:
            from imgkernels.shells.pipe import quick_pipe

            return quick_pipe(words[1:])
        case ["batch"]:
            from imgkernels.shells.batch import quick_batch

            return quick_batch(words[1:])
    return False
