"""Notices where the event loop does not turn while this process works for a second."""

import asyncio
import contextlib
import gc
import signal
import traceback

WORK_S = 1.0  # of a core: what a visitor waits for at least, and much longer on a busy machine
BETWEEN_S = 0.02


class TurnWatch:
    """A deadline for each turn of the loop, in seconds of work, so that a busy machine is none.

    `stuck` has the place where the process was when a deadline had passed.
    """

    def __init__(self):
        self.stuck = []
        self.again = None

    def note(self, _, frame):
        self.stuck.append("".join(traceback.format_stack(frame, limit=6)))

    def turn(self):
        signal.setitimer(signal.ITIMER_PROF, WORK_S)
        self.again = asyncio.get_running_loop().call_later(BETWEEN_S, self.turn)


@contextlib.contextmanager
def watch_turns():
    """Yields the places where the loop stood still for too much work, up to the end of the block.

    It has to run in the event loop. What the tests before have left is not looked through by the
    garbage collector meanwhile: with a gigabyte of it that alone can take a second.
    """
    gc.freeze()
    watch = TurnWatch()
    before = signal.signal(signal.SIGPROF, watch.note)
    watch.turn()
    try:
        yield watch.stuck
    finally:
        watch.again.cancel()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        gc.unfreeze()
