"""Signals that ask a program to end, so that what it started ends with it."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

ASKED = (signal.SIGHUP, signal.SIGTERM)  # a terminal that is closed; `kill` or an init system
SIGNALS = (*ASKED, signal.SIGINT)


@contextlib.contextmanager
def ends_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP leave through every `finally`, as Ctrl-C does; else they end us at once.

    A signal that is ignored, as SIGHUP is under nohup, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in SIGNALS}
    for number in ASKED:
        if before[number] is signal.SIG_DFL:
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(number: int, _: FrameType | None) -> None:
    for asked in ASKED:  # once is enough: again would break off what the first time has begun
        signal.signal(asked, signal.SIG_IGN)
    raise SystemExit(128 + number)


def ignore_signals() -> None:
    """From here on it does not take long, and being cut short would leave things behind."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def leave_threads() -> NoReturn:
    """End now: a thread that still computes for a job that was given up would hold us for long."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
