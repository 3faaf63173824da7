"""Reading returned copies, in as many processes as pay: a large copy takes longer to read than a process to start."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from consult import engine
from consult.commands import files

WORTH_IT = 500_000  # bytes of copies from which a second process saves more than it costs
MOST_PROCESSES = 8

Task = tuple[str, bytes]  # organisation and copy
Spread = Callable[[Callable[[Task], engine.ReturnedCopy], Iterable[Task]], Iterable[engine.ReturnedCopy]]


def read_copies(
    named: Sequence[tuple[str, str]],
    draft: bytes,
    *,
    formatting: bool = False,
    typographic: bool = True,
    older: Mapping[str, bytes] | None = None,
    worth_it: int = WORTH_IT,
) -> Iterator[engine.ReturnedCopy]:
    """Yield what is in each copy, given as organisation and path, in this order.

    Copies that have `worth_it` bytes together are read in several processes. Raises Invalid, naming the file, for the
    first one that cannot be used.
    """
    read = partial(_read, draft=draft, formatting=formatting, typographic=typographic, older=older)
    tasks = [(organisation, files.read(path)) for organisation, path in named]
    much = sum(len(data) for _, data in tasks) >= worth_it
    with _spreading(len(tasks) if much else 1) as spread:
        found = iter(spread(read, tasks))
        for _, path in named:
            with files.naming(path):
                copy = next(found)
            yield copy


def _read(
    task: Task, *, draft: bytes, formatting: bool, typographic: bool, older: Mapping[str, bytes] | None
) -> engine.ReturnedCopy:
    organisation, data = task
    return engine.read_returned_copy(
        data, draft, organisation, formatting=formatting, typographic=typographic, older=older
    )


@contextmanager
def _spreading(most: int) -> Iterator[Spread]:
    """Give what maps a function to tasks in order: `map` itself, or one that spreads them over processes."""
    processes = min(os.cpu_count() or 1, most, MOST_PROCESSES)
    # Only there forked processes share what is loaded; elsewhere each would start anew. Loaded when it is needed.
    multiprocessing = import_module("multiprocessing") if processes > 1 else None
    if multiprocessing is None or "fork" not in multiprocessing.get_all_start_methods():
        yield map
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield pool.imap
