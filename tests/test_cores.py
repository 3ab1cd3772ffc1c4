"""Work ahead: the same items in the same order, and the next one made meanwhile."""

import threading

import pytest

from imgkernels.cores import VARIABLE, ahead


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_items_come_in_order_and_errors_where_they_were(monkeypatch, threads, count):
    def items(end=None):
        yield from range(count)
        if end:
            raise end

    monkeypatch.setenv(VARIABLE, threads)
    assert list(ahead(items())) == list(range(count))
    found, before = [], threading.active_count()

    def follow():
        for each in ahead(items(OSError("damaged"))):
            found.append(each)

    with pytest.raises(OSError, match="damaged"):
        follow()
    assert found == list(range(count))
    assert threading.active_count() == before


def test_the_next_is_made_while_one_is_worked_on(monkeypatch):
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    monkeypatch.setenv(VARIABLE, "2")
    coming = ahead(items())
    assert next(coming) == 1 and made.wait(10)
    coming.close()  # nobody waits for the rest
