"""Runs a function that reads an untrusted file in a process of its own, with limits.

A parser in C or Rust can end its whole process: by an abort, by taking all memory, by never
returning. Here that process is a small child. It has limited memory and time, none of our
settings or secrets in its environment, and it cannot write a file unless it is given a size.

    sheets = run_isolated(parse_workbook, content)

The function must be importable by its name from the package `survey`. It may return what
pickles from plain values, dates and the classes of `survey`. A Problem that it raises is raised
here again; everything else that goes wrong becomes an IsolationError, whose text says what
happened and can be shown to whoever sent the file. Starting a child takes about 0.1 seconds
plus its imports, so this is for imports, not for answers. It blocks: call it in a thread.
"""

import contextlib
import enum
import importlib
import io
import logging
import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from survey.files.refusals import busy_import
from survey.problems import Problem

ROOT = Path(__file__).parents[2]
MEMORY_BYTES = 1_000_000_000
LIMIT_S = 30.0
MOST_CHILDREN = 2  # so that files that come at once take two gigabytes at most
PATIENCE_S = 60.0
CHILD = "from survey.files.isolation import answer_parent; answer_parent()"

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

log = logging.getLogger("soundings")
children = threading.BoundedSemaphore(MOST_CHILDREN)


class IsolationError(ValueError):
    """The child gave no result. `reason` is 'memory', 'time', 'died' or 'failed'."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def run_isolated(
    function: Callable[Parameters, Result],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Run `function(*arguments, **named)` in a child with usual limits; return its result."""
    return run_limited(function, arguments, named)


def run_limited(
    function: Callable[..., Result],
    arguments: tuple[object, ...],
    named: dict[str, object],
    *,
    memory: int = MEMORY_BYTES,
    seconds: float = LIMIT_S,
    file_size: int = 0,
) -> Result:
    """Run a function in a child with these limits: bytes of memory, seconds (clock and CPU).

    `file_size` is for libraries that write a temporary file of their own.
    """
    if not children.acquire(timeout=PATIENCE_S):
        raise busy_import()
    try:
        call = function.__module__, function.__qualname__, arguments, named
        outcome, value = read_outcome(
            run_child(pickle.dumps(call), memory, seconds, file_size), memory
        )
    finally:
        children.release()
    if outcome == "returned":
        result: Result = value
        return result
    if outcome == "refused":
        raise value
    if outcome == "memory":
        raise IsolationError("memory", f"it needs more than {memory // 1_000_000:,} MB of memory")
    log.warning("%s failed in a child process: %s", function.__qualname__, value[0])
    raise IsolationError("failed", value[1])


def run_child(call: bytes, memory: int, seconds: float, file_size: int) -> tuple[int, bytes]:
    """Run a child on a pickled call; return its exit status and what it wrote."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "SOUNDINGS_CHILD_LIMITS": f"{memory} {math.ceil(seconds)} {file_size}",
    }
    with subprocess.Popen(  # noqa: S603 - our own words, no shell
        [sys.executable, "-P", "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
    ) as child:
        try:
            written, _ = child.communicate(call, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise out_of_time(seconds) from None
        finally:
            # The end of `with` waits for the child, however long that would go on.
            child.kill()
    if child.returncode == -signal.SIGXCPU:  # seconds of work and by the clock end together
        raise out_of_time(seconds)
    return child.returncode, written


def read_outcome(ended: tuple[int, bytes], memory: int) -> tuple[str, Any]:
    status, written = ended
    if status == 0:
        # Bytes that no child of ours wrote may fail in any way: all of them mean that it died.
        with contextlib.suppress(Exception):
            outcome, value = PlainUnpickler(io.BytesIO(written)).load()
            return str(outcome), value
    log.warning("a child process that read a file ended with status %d", status)
    raise IsolationError(
        "died",
        "the program that opens such files stopped, or used too much memory (more than "
        f"{memory // 1_000_000:,} MB) or time",
    )


def out_of_time(seconds: float) -> IsolationError:
    return IsolationError("time", f"it takes longer than {seconds:g} seconds")


PLAIN_NAMES = {
    *(("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")),
    ("decimal", "Decimal"),
    ("msgspec._utils", "rebuild"),
}


class PlainUnpickler(pickle.Unpickler):
    """Unpickles values and our own plain classes from a child, and nothing that can be called."""

    def find_class(self, module: str, name: str) -> Any:
        plain = (module, name) in PLAIN_NAMES
        # A child that a file took over must not choose what we import: importing runs code. A name
        # may be a path with dots, by which every class that is loaded could be reached.
        if plain or (module.startswith("survey.") and "." not in name):
            named = super().find_class(module, name)
            if plain or is_plain_class(named):
                return named
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


def is_plain_class(target: object) -> bool:
    return isinstance(target, type) and issubclass(
        target, msgspec.Struct | tuple | enum.Enum | Problem
    )


def answer_parent() -> None:
    """Runs in the child: read one call from stdin, run it within the limits, write its outcome."""
    memory, seconds, file_size = map(int, os.environ["SOUNDINGS_CHILD_LIMITS"].split())
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    call = sys.stdin.buffer.read()
    limit_process(memory, seconds, file_size)
    try:
        pickled = pickle.dumps(run_call(call))
    except MemoryError:
        pickled = pickle.dumps(("memory", None))
    output.write(pickled)
    output.flush()
    os._exit(0)  # nothing that a broken library left behind is tidied up


def limit_process(memory: int, seconds: int, file_size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # SIGXCPU comes first, by which the parent knows why; a second later the kernel kills.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be a copy of the file
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))


def run_call(call: bytes) -> tuple[str, Any]:
    module, name, arguments, named = pickle.loads(call)  # noqa: S301 - from our own parent
    try:
        function: Any = importlib.import_module(module)
        for part in name.split("."):
            function = getattr(function, part)
        return "returned", function(*arguments, **named)
    except MemoryError:
        return "memory", None
    except Problem as refused:
        return "refused", refused
    except Exception as failed:  # whatever a library raises, the file is to blame for us
        return "failed", (type(failed).__name__, str(failed)[:200])
