"""The way to a Dask cluster, and what must be so before work is given to it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from imgkernels.batch.head import versions
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency
from imgkernels.files.words import reason, shown

_PATIENCE = 10.0  # seconds until a scheduler must answer, and have a worker
_AHEAD = 2  # calls for each thread that are under way, so that no thread waits for the next

Call = tuple[Callable[..., Any], *tuple[Any, ...]]


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler, like tcp://10.0.0.5:8786; return the client.

    Raises `FileProblem` where nobody answers, where there is no worker, and where a worker has
    another version of this package, or of one that computes, reads or writes: its answers might
    differ in the last bit.
    """
    distributed = needed("distributed")
    if "://" not in address:
        raise InvalidValue(f"scheduler: must be an address like tcp://HOST:8786; got {address!r}")
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise FileProblem(
            f"scheduler {shown(address)}: cannot be reached: {reason(error)}"
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def results(client: Any, calls: Iterable[Call]) -> Iterator[Any]:
    """Give what calls return, each as it comes; two for each thread are under way at a time.

    Dask gives the calls of a worker that is lost to others. Those that are under way when this
    ends before its time are taken back.
    """
    wait = needed("distributed").wait
    left = iter(calls)
    under_way: set[Any] = set()
    try:
        while True:
            free = _AHEAD * _threads(client) - len(under_way)  # below 0 after a worker was lost
            for call in itertools.islice(left, max(0, free)):
                under_way.add(client.submit(*call, pure=False))
            if not under_way:
                return
            with client.as_current():
                done = wait(under_way, return_when="FIRST_COMPLETED").done
            under_way -= done
            for future in done:
                yield future.result()
    finally:
        client.cancel(list(under_way))


def _threads(client: Any) -> int:
    threads: dict[str, int] = client.nthreads()
    return max(1, sum(threads.values()))


def needed(module: str) -> Any:
    """Import a module of Dask; raise `MissingDependency` with the install command."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependency(
            f'{module} is not installed, which clusters need: pip install "imgkernels[scale]"'
        ) from None


def _check_workers(client: Any, address: str) -> None:
    who = f"scheduler {shown(address)}"
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise FileProblem(f"{who}: it has no worker") from error
    try:
        told = client.run(versions)
    except Exception as error:  # whatever a worker without this package answers
        raise FileProblem(f"{who}: a worker lacks imgkernels: {reason(error)}") from error
    for worker, there in told.items():
        for name, here, found in _differences(versions(), there):
            raise FileProblem(f"{who}: worker {worker} has {name} {found}, here is {here}")


def _differences(
    here: Mapping[str, str], there: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Give each package of which there are two versions, or one, with both."""
    for name in {**here, **there}:
        one, other = here.get(name, "none"), there.get(name, "none")
        if one != other:
            yield name, one, other
