"""How much of a busy machine this process gets."""

import contextlib
import os
from pathlib import Path

NICENESS = 5  # a third of the time of a process with the usual niceness that wants the same core
SESSION = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Let the pages and PostgreSQL go first where the cores do not suffice for all.

    Linux divides the cores among sessions first, where it is set to, and niceness counts within
    one only. The session is lowered too, if it is this process's own.
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without this division
            SESSION.write_text(str(NICENESS))
