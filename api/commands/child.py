"""What `serve` starts as children: the pages, and the worker. Not for people to call.

python -m api.commands.child pages DESCRIPTOR    serves on a socket that listens already
python -m api.commands.child demo-pages DESCRIPTOR  the same with the door of the demonstration
python -m api.commands.child worker
"""

import os
import signal
import socket
import sys
import threading
import time

import click

from api import ending, opening
from survey.problems import Problem

LAST_WORDS = 15.0
# Whether anybody may sign in as anybody: only the command `demo` starts these kinds.
DOORS = {"demo-pages": False, "demo-pages-for-anyone": True}


def main(kind: str, *words: str) -> None:
    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()
    from api.commands import serve

    with opening.configured() as settings:
        if kind in ("pages", *DOORS):
            with socket.socket(fileno=int(words[0])) as listener:
                opening.run(serve.serve_pages(settings, listener, DOORS.get(kind)))
        elif kind == "worker":
            opening.run(serve.work(settings))
        else:
            opening.run(serve.prepare(settings))
    ending.leave_threads()


def end_with_parent() -> None:
    """Standard input is a pipe from the parent: when it closes, nobody would end us any more."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_WORDS)
    os._exit(1)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy} [{refused.code}]", err=True)
        sys.exit(1)
