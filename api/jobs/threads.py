"""Runs long computations in threads that a stopping worker does not wait for."""

import functools
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from api.process.loading import load_statistics

Result = TypeVar("Result")


async def run_in_thread(
    function: Callable[..., Result],
    *arguments: object,
    limiter: anyio.CapacityLimiter | None = None,
) -> Result:
    """Call the function in a thread and return its result.

    When cancelled, the job ends at once and is rolled back; the thread computes on for nobody, so
    the function must change nothing outside itself.
    """
    call = functools.partial(compute, function, *arguments)
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)


def compute(function: Callable[..., Result], *arguments: object) -> Result:
    """Call the function once scipy is loaded: in the middle of it, it would load without a lock."""
    load_statistics()
    return function(*arguments)
