"""Names and reasons as one printable line, whatever a file name or a library puts into them."""

from __future__ import annotations

_LONGEST = 200


def shown(name: str) -> str:
    r"""Return `name` with what a terminal would act on (escapes, newlines, marks) spelled out.

    >>> shown("a\x1b[2J.png")
    'a\\x1b[2J.png'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in name
    )


def reason(error: BaseException) -> str:
    """Return what an error says as one line of at most 200 characters; never nothing."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = shown(" ".join(text.split()))
    return line[:_LONGEST] if line else type(error).__name__
