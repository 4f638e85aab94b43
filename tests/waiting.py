"""Waits for an event and never for a time: asks again and again, and gives up after two minutes.

No test sleeps and no test compares times, since both depend on what else the machine does
(tests/house/test_tests.py). What may not take for ever gets an allowance of work instead.
"""

import asyncio
import contextlib
import inspect
import signal
import time

PATIENCE = 120
PAUSE = 0.05
ALLOWANCE = 20  # seconds of this process's own work, a hundred times what is needed


async def until(ask, *values):
    """What `ask` gives, as soon as that is something; it may be a coroutine or not."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = ask(*values)
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(PAUSE)


def until_now(ask, *values):
    """The same without an event loop."""
    end = time.monotonic() + PATIENCE
    while not (found := ask(*values)):
        assert time.monotonic() < end, f"{ask} gave nothing in {PATIENCE} seconds"
        time.sleep(PAUSE)
    return found


def spent(*_):
    raise AssertionError(f"{ALLOWANCE} seconds of work were not enough: does it grow out of hand?")


@contextlib.contextmanager
def allowance():
    """Stops what needs far more work than it should: counted are seconds of this process alone."""
    before = signal.signal(signal.SIGVTALRM, spent)
    signal.setitimer(signal.ITIMER_VIRTUAL, ALLOWANCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
