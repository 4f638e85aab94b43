"""Makes charts and files in a child process, so that the process that asks stays small.

The child is started by the first call, does one after the other and ends when nobody has asked for
a while, or when we end. It knows none of our settings and secrets. A call blocks: make it in a
thread.
"""

import atexit
import contextlib
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TypeVar, cast

import msgspec

from api.settings import ROOT
from survey.problems import Unavailable

LONGEST_S = 120.0  # on a busy machine the first PDF of a month takes twelve

Made = TypeVar("Made", str, bytes)


class ToolError(RuntimeError):
    """A library could not make a file of what it was given."""


class Workshop:
    """A child process that makes files, while there is one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.line: Connection | None = None

    def ask(self, call: bytes) -> bytes:
        """The child's answer to a call; a child that has ended meanwhile is replaced once."""
        with self.lock:
            if answer := self.ask_once(call):
                return answer
            self.end()
            if answer := self.ask_once(call):
                return answer
            self.end()
        raise stopped_workshop()

    def ask_once(self, call: bytes) -> bytes:
        """The answer, or nothing if the child ends before or takes too long."""
        with contextlib.suppress(OSError, EOFError):
            line = self.line or self.start()
            line.send_bytes(call)
            if line.poll(LONGEST_S):
                return line.recv_bytes()
            self.end()
            raise stopped_workshop()
        return b""

    def start(self) -> Connection:
        self.line, theirs = Pipe()
        kept = {name: one for name, one in os.environ.items() if not name.startswith("SOUNDINGS_")}
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own words, no shell
                [sys.executable, "-P", "-m", "api.process.file_tools", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=kept | {"PYTHONPATH": str(ROOT)},
            )
        # What is made may be a letter with a code: no crash writes it to the disk.
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        # One that ends by itself is collected at once.
        threading.Thread(target=self.process.wait, name="workshop", daemon=True).start()
        atexit.register(self.end)
        return self.line

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.line is not None:
            self.line.close()
        self.process = self.line = None


WORKSHOP = Workshop()


def make(tool: Callable[..., Made], *given: object) -> Made:
    """What a tool of `file_tools` makes of `given`, in the child."""
    call = msgspec.msgpack.encode((tool.__name__, given))
    fine, made = msgspec.msgpack.decode(WORKSHOP.ask(call))
    if not fine:
        raise ToolError(made)
    return cast(Made, made)


stopped_workshop = Unavailable.of(
    "workshop.stopped",
    "This file could not be made just now: the program that makes it stopped.",
    "Try again in a minute. If this does not change, contact whoever runs this service: the "
    "machine may have too little memory.",
)
