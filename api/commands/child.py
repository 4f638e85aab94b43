"""The processes that `serve` starts: the pages and the worker. Not to be called by people.

python -m api.commands.child pages DESCRIPTOR    serves on a socket that is already open
python -m api.commands.child demo-pages DESCRIPTOR  the same with the demo's sign-in page
python -m api.commands.child worker
"""

import os
import signal
import socket
import sys
import threading
import time

import click

from api import bootstrap
from api.process import ending
from survey.problems import Problem

GRACE_SECONDS = 15.0
# Whether anybody may sign in as anybody: only the command `demo` starts these kinds.
DEMO_KINDS = {"demo-pages": False, "demo-pages-for-anyone": True}


def main(kind: str, *words: str) -> None:
    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()
    from api.commands import serve

    with bootstrap.open_settings() as settings:
        if kind in ("pages", *DEMO_KINDS):
            with socket.socket(fileno=int(words[0])) as listener:
                bootstrap.run_async(serve.serve_pages(settings, listener, DEMO_KINDS.get(kind)))
        elif kind == "worker":
            bootstrap.run_async(serve.run_worker(settings))
        else:
            bootstrap.run_async(serve.prepare_database(settings))
    ending.exit_at_once()


def end_with_parent() -> None:
    """End this process when its parent ends.

    Standard input is a pipe from the parent, which closes then; nobody else would end us.
    """
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy} [{refused.code}]", err=True)
        sys.exit(1)
