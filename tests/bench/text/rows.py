"""One line of the table that `python -m tests.bench.text` prints."""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple


class Row(NamedTuple):
    what: str
    target: str
    found: str
    yardsticks: str
    passed: bool


def alone(work, *given):
    """What `work` returns in a process of its own, whose memory holds nothing of other parts."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def peak():
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
