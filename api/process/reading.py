"""Reads what strangers send in a thread, a few at once and each with a deadline.

The event loop serves everybody meanwhile. What may take long in one call into a library, or much
memory, is read in a child process instead (`survey/isolation.py`).
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from survey.problems import Unavailable

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

AT_ONCE = 2
DEADLINE_S = 20.0  # with the time to wait for others

limiter = anyio.CapacityLimiter(AT_ONCE)


async def read_apart(
    function: Callable[Parameters, Result],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Call the function in a thread and return its result; raises if it takes too long.

    The thread then reads on for nobody, so the function must change nothing outside itself, and
    its work must be bounded by the size of what it reads.
    """
    call = functools.partial(function, *arguments, **named)
    with anyio.move_on_after(DEADLINE_S):
        return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)
    raise slow_reading()


slow_reading = Unavailable.of(
    "reading.slow",
    "What was sent could not be read in time.",
    "Nothing was saved. Try again in a minute.",
)
