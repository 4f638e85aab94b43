"""Runs child processes: restarts those that end, and ends all of them with itself."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Coroutine, Sequence
from typing import Any

import click
import msgspec

from api.process.ending import SIGNALS

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a child is taken to run well
GRACE = 20.0


class ChildProcess(msgspec.Struct, frozen=True):
    """A child process: its name for people, its command line and the file descriptors it
    inherits.
    """

    name: str
    words: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    environment: dict[str, str] = {}


async def keep_running(children: Sequence[ChildProcess]) -> None:
    """Run all children until a signal asks us to stop; a second signal kills them."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def asked() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, asked)
    async with asyncio.TaskGroup() as keepers:
        for child in children:
            keepers.create_task(keep_child_running(child, stop, hurry))


async def keep_child_running(
    child: ChildProcess, stop: asyncio.Event, hurry: asyncio.Event
) -> None:
    """Run one child and restart it each time it ends, with growing pauses if it ends early."""
    clock = asyncio.get_running_loop().time
    pause = FIRST_PAUSE
    while not stop.is_set():
        began = clock()
        ended = await run_once(child, stop, hurry)
        if stop.is_set():
            return
        if clock() - began > STEADY:
            pause = FIRST_PAUSE
        click.echo(
            f"{child.name} ended ({exit_in_words(ended)}); starting again in {pause:g} seconds.",
            err=True,
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def run_once(
    child: ChildProcess, stop: asyncio.Event | None = None, hurry: asyncio.Event | None = None
) -> int:
    """Start a child and wait until it ends.

    When told to stop, ask it to end, and kill it if it does not. Its standard input is a pipe that
    we never write to: when it closes, we are gone.
    """
    stop, hurry = stop or asyncio.Event(), hurry or asyncio.Event()
    process = await asyncio.create_subprocess_exec(
        *child.words,
        stdin=subprocess.PIPE,
        pass_fds=child.descriptors,
        env=os.environ | child.environment,
        start_new_session=True,  # Ctrl-C in the terminal is for us, who tell the children
    )
    ended = asyncio.create_task(process.wait())
    try:
        await wait_for_first(ended, stop.wait())
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await wait_for_first(ended, hurry.wait(), most=GRACE)
    finally:
        if not ended.done():
            click.echo(f"{child.name} did not end and had to be killed.", err=True)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it has started
    return await ended


async def wait_for_first(
    ended: "asyncio.Task[Any]", other: Coroutine[object, object, object], most: float | None = None
) -> None:
    """Wait until either is done, or for at most this many seconds."""
    waiting = asyncio.ensure_future(other)
    await asyncio.wait({ended, waiting}, timeout=most, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def exit_in_words(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit code {status}"
