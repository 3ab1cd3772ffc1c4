"""What can go wrong, each with the exit code the command line ends with."""

from __future__ import annotations

from collections.abc import Iterable


class ImgkernelsError(Exception):
    """Base of every error this package raises on purpose; one line, no traceback in the shell."""

    exit_code = 1


class InvalidValue(ImgkernelsError, ValueError):
    """A parameter, kernel or image breaks a rule; the message says which rule and what came."""

    exit_code = 2


class UnsupportedImage(ImgkernelsError, ValueError):
    """The image is sound, but not of a shape this filter works on."""


class UnsupportedDtype(ImgkernelsError, TypeError):
    """The array's dtype is not one of the supported ones, which the message names."""


class UnknownName(ImgkernelsError, LookupError):
    """No filter, preset, border, method or parameter has this name."""

    exit_code = 2


class FileProblem(ImgkernelsError, OSError):
    """A file could not be read or written."""


class MissingDependency(ImgkernelsError, ImportError):
    """A package is needed that is not installed; the message has the install command."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest of `known`, or nothing.

    >>> did_you_mean("sobl", ["sobel", "blur"])
    "; did you mean 'sobel'?"
    """
    import difflib  # only for those who mistype

    near = difflib.get_close_matches(name.lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown(kind: str, name: object, known: Iterable[str]) -> UnknownName:
    """Build the error for a name that nothing has: the near match, or all there are."""
    names = sorted(known)
    hint = did_you_mean(str(name), names) or f"; there are: {', '.join(names)}"
    return UnknownName(f"no {kind} {name!r:.100}{hint}")
