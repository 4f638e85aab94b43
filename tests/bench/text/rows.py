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


def run_alone(work, *given):
    """The result of `work` in a process of its own, whose memory holds nothing of other parts."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def peak_memory():
    """The peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
