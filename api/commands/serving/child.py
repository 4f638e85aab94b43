"""The processes that `serve` starts: the pages and the worker. Not to be called by people.

python -m api.commands.serving.child pages DESCRIPTOR...  serves on sockets that are already open
python -m api.commands.serving.child worker
"""

import sys
from typing import TYPE_CHECKING

import click

from api import bootstrap
from api.commands.serving.copies import watch_parent
from api.observing import metrics
from api.observing.logs import set_up_logging, set_up_tracing
from survey.problems import Problem

if TYPE_CHECKING:
    from api.app import Door


def main(kind: str, *words: str, door: "Door | None" = None) -> None:
    """Run a child of one of three kinds until asked to stop; `door` is the demonstration's."""
    if kind == "pages":
        from api.commands.serving import pages

        # No thread before the copies are made: it would be missing in them.
        pages.run_pages([int(word) for word in words], door)
        bootstrap.exit_at_once()
    # Before everything else: a parent can die while we still load or wait for the database.
    watch_parent()
    from api.commands.serving import serve

    metrics.join_shared_table(kind)
    with bootstrap.open_settings() as settings:
        set_up_logging(settings, kind)
        set_up_tracing(settings, kind)
        if kind == "worker":
            bootstrap.run_async(serve.run_worker(settings))
        else:
            bootstrap.run_async(serve.prepare_database(settings))
    bootstrap.exit_at_once()


def run_child(*words: str, door: "Door | None" = None) -> None:
    """Run a kind of process as a program; if it refuses to run, print why and exit with code 1."""
    try:
        main(*words, door=door)
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy} [{refused.code}]", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run_child(*sys.argv[1:])
