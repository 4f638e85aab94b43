"""Waits for an event, never for a fixed time: asks again and again, for two minutes at most.

No test sleeps and no test compares times, since both depend on what else the machine does
(tests/house/test_tests.py). What must not take for ever gets an allowance of work instead.
"""

import asyncio
import contextlib
import inspect
import signal
import time

PATIENCE = 120
PAUSE = 0.05
ALLOWANCE = 60  # CPU seconds of this process, a hundred times what is needed


async def until(ask, *values):
    """Call `ask` until its result is true, and return that; `ask` may be a coroutine function."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = ask(*values)
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(PAUSE)


def until_sync(ask, *values):
    """The same as `until`, for tests without an event loop."""
    end = time.monotonic() + PATIENCE
    while not (found := ask(*values)):
        assert time.monotonic() < end, f"{ask} gave nothing in {PATIENCE} seconds"
        time.sleep(PAUSE)
    return found


def fail_overspent(*_):
    raise AssertionError(f"{ALLOWANCE} seconds of work were not enough: does it grow out of hand?")


@contextlib.contextmanager
def allowance():
    """Fail a block that does far more work than it should, in CPU seconds of this process alone."""
    before = signal.signal(signal.SIGVTALRM, fail_overspent)
    signal.setitimer(signal.ITIMER_VIRTUAL, ALLOWANCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
