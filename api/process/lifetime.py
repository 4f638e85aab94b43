"""How a process shares a busy machine, and how it ends with its children."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

NICENESS = 5  # a third of the time of a process with the usual niceness that wants the same core
SESSION = Path("/proc/self/autogroup")
END_REQUESTS = (
    signal.SIGHUP,
    signal.SIGTERM,
)  # a terminal that is closed; `kill` or an init system
SIGNALLED = 128  # to which the number of the signal is added: a program's status
SIGNALS = (*END_REQUESTS, signal.SIGINT)


def lower_priority() -> None:
    """Let the pages and PostgreSQL go first where the cores do not suffice for all.

    Linux divides the cores among sessions first, where it is set to, and niceness counts within
    one only. The session is lowered too, if it is this process's own.
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without this division
            SESSION.write_text(str(NICENESS))


@contextlib.contextmanager
def exit_in_order() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the program as Ctrl-C does, through every `finally`.

    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """
    # Python lets only the main thread set handlers; elsewhere it raises.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # getsignal gives None for a handler that is not Python's, and None cannot be set again.
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in SIGNALS}
    for number in END_REQUESTS:
        if before[number] is signal.SIG_DFL:
            signal.signal(number, raise_exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_exit(number: int, _: FrameType | None) -> None:
    for (
        asked
    ) in END_REQUESTS:  # once is enough: again would break off what the first time has begun
        signal.signal(asked, signal.SIG_IGN)
    raise SystemExit(SIGNALLED + number)


def ignore_signals() -> None:
    """Ignore further signals: what follows is short, and must not be interrupted."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def leave_threads_behind() -> Iterator[None]:
    """End at once when a signal has ended the block: a thread would go on computing."""
    try:
        yield
    except SystemExit as asked:
        if isinstance(asked.code, int) and asked.code > SIGNALLED:
            exit_at_once(asked.code)
        raise


def exit_at_once(status: int = 0) -> NoReturn:
    """End the process now, without waiting for threads.

    A thread may still be computing for a job that was abandoned.
    """
    # os._exit ends without flushing, and the last lines of a log would be lost.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
