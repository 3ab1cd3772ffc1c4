"""Ctrl-C that always ends the command, at once, and never in the middle of an import."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

_SOON = 0.005  # seconds


def install() -> None:
    """Take Ctrl-C from Python, unless whoever started the process has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
        sys.unraisablehook = _unraisable


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`; a little later where Python itself would be left in disorder.

    Raised between the moment a lock of an import is taken and the moment Python sees to its
    release, it leaves the lock taken, and every thread that imports something waits for ever.
    """
    if frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        _again(number)
    else:
        raise KeyboardInterrupt


def _again(number: int) -> None:
    main = _thread.get_ident()  # handlers run in the main thread

    def later() -> None:
        time.sleep(_SOON)
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main, number)  # which also ends a wait for a lock
        else:
            _thread.interrupt_main(signal.Signals(number))

    _thread.start_new_thread(later, ())


def _unraisable(found: Any) -> None:
    """Raise an interruption again that came where Python drops errors, as in a destructor."""
    if found.exc_type is KeyboardInterrupt:
        _again(signal.SIGINT)  # the hook runs where the handler did
    else:
        sys.__unraisablehook__(found)


def leave_now(code: int) -> NoReturn:
    """End at once: Python's own end would take libraries down under threads that are in them."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
