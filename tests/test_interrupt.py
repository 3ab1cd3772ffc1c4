"""Ctrl-C on the command line: not within an import, and never lost."""

import signal
import sys
import time

import pytest

from imgkernels.shells import interrupt

LATER = 0.2  # seconds, in which what was put off has come


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    interrupt.install()
    yield
    signal.signal(signal.SIGINT, before)


def frame_of(name):
    """Return a frame of a function whose code lies in a file of that name."""
    code = compile("import sys\ndef f(): return sys._getframe()\nframe = f()", name, "exec")
    space = {}
    exec(code, space)
    return space["frame"]


def test_an_ordinary_moment_is_interrupted():
    with pytest.raises(KeyboardInterrupt):
        interrupt.interrupt(signal.SIGINT, frame_of("imgkernels/run.py"))


def test_an_import_is_finished_first():
    interrupt.interrupt(signal.SIGINT, frame_of("<frozen importlib._bootstrap>"))  # nothing yet
    with pytest.raises(KeyboardInterrupt):
        time.sleep(LATER)


def test_an_interruption_that_python_drops_comes_again():
    class Thing:
        def __del__(self):
            raise KeyboardInterrupt

    Thing()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(LATER)


def test_other_errors_that_python_drops_are_told_as_ever(capsys):
    class Thing:
        def __del__(self):
            raise ValueError("something else")

    Thing()
    time.sleep(2 * interrupt._SOON)
    assert "something else" in capsys.readouterr().err


def test_who_has_it_ignored_is_left_in_peace():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt.install()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
