"""The processes that `serve` starts: the pages and the worker. Not to be called by people.

python -m api.commands.serving.child pages DESCRIPTOR    serves on a socket that is already open
python -m api.commands.serving.child worker
"""

import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from api import bootstrap
from api.observing import metrics
from api.observing.logs import set_up_logging
from api.process import ending
from survey.problems import Problem

if TYPE_CHECKING:
    from api.app import Door

GRACE_SECONDS = 15.0


def main(kind: str, *words: str, door: "Door | None" = None) -> None:
    """Run one of the three kinds, until asked to stop; `door` is the demonstration's."""
    # Before everything else: a parent can die while we still load or wait for the database.
    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()
    from api.commands.serving import serve

    metrics.join_shared_table(kind)
    with bootstrap.open_settings() as settings:
        set_up_logging(settings, kind)
        if kind == "pages":
            with socket.socket(fileno=int(words[0])) as listener:
                bootstrap.run_async(serve.serve_pages(settings, listener, door))
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


def run_child(*words: str, door: "Door | None" = None) -> None:
    """Run it as a program: a refusal is printed, and ends it with 1."""
    try:
        main(*words, door=door)
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy} [{refused.code}]", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run_child(*sys.argv[1:])
