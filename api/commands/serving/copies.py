"""Copies of one process: what it has loaded they share, and a new one starts at once."""

import asyncio
import contextlib
import logging
import mmap
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from types import FrameType
from typing import NoReturn

import click

from api.bootstrap import SIGNALS
from survey.problems import Problem

SIZE = 8
BEAT_S = 1.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a copy is taken to run well
GRACE = 18.0  # seconds that copies get to end in once we are left alone
LOOK_S = 5.0  # how often we look whether every copy still moves
MOST_STILL = 6  # looks that find no movement: half a minute, as long as visitors wait
PARENT = 0  # the descriptor of the pipe that closes when our parent ends
log = logging.getLogger("soundings")


class Heart:
    """Memory that a process shares with one copy of it; 0 until the copy has begun to work."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, SIZE)

    def beat(self) -> None:
        self.memory[:] = (self.count() + 1).to_bytes(SIZE)

    def stop(self) -> None:
        self.memory[:] = bytes(SIZE)

    def count(self) -> int:
        return int.from_bytes(self.memory[:])


@contextlib.asynccontextmanager
async def keep_beating(heart: Heart) -> AsyncIterator[None]:
    """Beat each second for as long as the event loop turns."""

    async def go_on() -> None:
        while True:
            heart.beat()
            await asyncio.sleep(BEAT_S)

    beating = asyncio.create_task(go_on())
    try:
        yield
    finally:
        beating.cancel()


Work = Callable[[Heart], None]


class Copy:
    """One piece of work, and the copy of this process that does it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.heart = Heart()
        self.seen, self.still = 0, 0  # the count of the last look, and how many found the same
        self.pid = 0
        self.began = 0.0
        self.due = 0.0  # when to start it, if it does not run
        self.pause = FIRST_PAUSE

    def start(self, pipe: tuple[int, int]) -> None:
        self.began = time.monotonic()
        self.heart.stop()
        self.seen, self.still = 0, 0
        self.pid = start_copy(partial(self.work, self.heart), pipe)

    def has_stopped_moving(self) -> bool:
        """Look at the heart once; True if it has beaten, but not since several looks.

        Looks are counted and not seconds: a machine that slept has not looked either.
        """
        count = self.heart.count()
        self.still = self.still + 1 if count == self.seen else 0
        self.seen = count
        return bool(self.pid and count) and self.still >= MOST_STILL

    def plan_restart(self) -> float:
        """Plan when to restart the copy; returns the pause until then."""
        now = time.monotonic()
        if now - self.began > STEADY:
            self.pause = FIRST_PAUSE
        pause, self.pid, self.due = self.pause, 0, now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
        return pause


def keep_copies_running(works: Sequence[Work], sockets: Sequence[socket.socket] = ()) -> None:
    """Do each piece of work in a copy of this process, again whenever one ends, until a signal
    asks us to stop or our parent is gone; returns when all have ended.

    The sockets on which they serve are closed before: another start may listen at the same port.
    """
    copies = [Copy(work) for work in works]
    pipe = os.pipe()  # closes when we end, by which the copies know
    with hear_signals() as signals, selectors.DefaultSelector() as waiting:
        waiting.register(signals, selectors.EVENT_READ)
        waiting.register(PARENT, selectors.EVENT_READ)
        stopping, look = 0.0, time.monotonic() + LOOK_S
        while not stopping or any(copy.pid for copy in copies):
            if not stopping:
                for copy in copies:
                    if not copy.pid and time.monotonic() >= copy.due:
                        copy.start(pipe)
                look = kill_still(copies, look)
            ready = {key.fd for key, _ in waiting.select(seconds_until_due(copies, stopping))}
            asked = signals.fileno() in ready and any(
                number in SIGNALS for number in signals.recv(1024)
            )
            if PARENT in ready and not os.read(PARENT, 1024):
                waiting.unregister(PARENT)
                asked = True
                stopping = stopping or time.monotonic()
            if asked:
                stopping = stopping or time.monotonic()
                for listener in sockets:
                    listener.close()
                send_to_all(copies, signal.SIGTERM)
            collect_ended(copies, quiet=bool(stopping))
            if stopping and time.monotonic() > stopping + GRACE:
                send_to_all(copies, signal.SIGKILL)


def seconds_until_due(copies: Sequence[Copy], stopping: float) -> float:
    """Seconds until the next thing to do, if nothing happens."""
    now = time.monotonic()
    if stopping:
        return max(0.0, stopping + GRACE - now)
    return min((max(0.0, copy.due - now) for copy in copies if not copy.pid), default=LOOK_S)


def kill_still(copies: Sequence[Copy], due: float) -> float:
    """Kill the copies whose event loop stands still, so that they are restarted; returns when to
    look next.
    """
    now = time.monotonic()
    if now < due:
        return due
    for copy in copies:
        if copy.has_stopped_moving():
            log.error("A process of the pages has stood still for %g seconds.", LOOK_S * MOST_STILL)
            copy.still = 0
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy.pid, signal.SIGKILL)
    return now + LOOK_S


def collect_ended(copies: Sequence[Copy], *, quiet: bool) -> None:
    """Take note of the copies that have ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        for copy in copies:
            if copy.pid == pid:
                pause = copy.plan_restart()
                if not quiet:
                    code = os.waitstatus_to_exitcode(status)
                    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
                    words = "A process of the pages ended (%s); starting again in %g seconds."
                    log.error(words, ended, pause)


def send_to_all(copies: Sequence[Copy], number: signal.Signals) -> None:
    for copy in copies:
        if copy.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy.pid, number)


@contextlib.contextmanager
def hear_signals() -> Iterator[socket.socket]:
    """A socket that can be read whenever a child has ended or a signal asks us to stop."""
    reading, writing = socket.socketpair()
    heard = (*SIGNALS, signal.SIGCHLD)
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = {number: signal.getsignal(number) for number in heard}
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        for number in heard:
            # Under nohup SIGHUP is ignored, and has to stay so.
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, take_note)
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(-1)
            for number in heard:
                signal.signal(number, before[number] or signal.SIG_DFL)


def take_note(_: int, __: FrameType | None) -> None:
    """A handler that does nothing: the number of the signal is in the socket."""


def start_copy(work: Callable[[], None], pipe: tuple[int, int]) -> int:
    """Fork; the copy does the work and ends. Returns its process id."""
    # A signal that came before the copy has its own handlers would be lost in ours.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        if pid := os.fork():
            return pid
        become_copy(pipe)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    end_with_status_of(work)


def become_copy(pipe: tuple[int, int]) -> None:
    """Give up what belongs to the process that we are a copy of, and end when it ends."""
    signal.set_wakeup_fd(-1)
    for number in (*SIGNALS, signal.SIGCHLD):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reading, writing = pipe
    os.close(writing)
    os.dup2(reading, PARENT)
    os.close(reading)
    watch_parent()


def end_with_status_of(work: Callable[[], None]) -> NoReturn:
    """Do the work and end this process, whatever the work does."""
    status = 0
    try:
        work()
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy} [{refused.code}]", err=True)
        status = 1
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException as failure:
        # As the program wants it said: without its words, which may quote what somebody sent.
        sys.excepthook(type(failure), failure, failure.__traceback__)
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not sys.exit: what stands above us on the stack belongs to the other process.
        os._exit(status)


def watch_parent() -> None:
    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()


def end_with_parent() -> None:
    """End this process when its parent ends.

    Standard input is a pipe from the parent, which closes then; nobody else would end us.
    """
    while os.read(PARENT, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
