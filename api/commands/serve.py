"""`serve`, `worker` and `migrate`: the product as it runs for its users."""

import asyncio
import contextlib
import importlib
import signal
import socket
from pathlib import Path
from typing import Any

import click

from api import listening, mail, opening, scanning
from api.settings import Settings, from_environment, unknown_variables
from survey.store.database import Database

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Where the embedded database and the keys live. [default: var/]",
)


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. [default: 8000]")
@click.option("--worker/--no-worker", default=True, help="Run the jobs in this process too.")
@data_option
def serve(host: str | None, port: int | None, worker: bool, data: Path | None) -> None:
    """Serve the pages and the API."""
    wanted = from_environment(data=data, host=host, port=port)
    with listening.listening_socket(wanted.host, wanted.port) as listener:
        say_what_starts(wanted)
        with opening.configured(data, host=host, port=port) as settings:
            opening.run(serving(settings, listener, worker=worker))


def say_what_starts(settings: Settings) -> None:
    """One line before what may take seconds, so that nobody thinks it hangs."""
    for name, nearest in unknown_variables().items():
        meant = f"; did you mean {nearest}?" if nearest else ""
        click.secho(f"{name} is not a setting and is ignored{meant}", fg="yellow", err=True)
    folder = settings.data / "postgres"
    if settings.database_url:
        click.echo("Connecting to the database ...")
    elif folder.exists():
        click.echo(f"Starting the database in {folder} ...")
    else:
        click.echo(f"First start: making a database in {folder}; this takes some seconds ...")


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run the jobs: coding of texts, editions, mails, the hourly forgetting."""
    with opening.configured(data) as settings:
        opening.run(working(settings))


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's schema up to date and load what every installation needs."""
    with opening.configured(data) as settings:
        opening.run(prepare(settings))
    click.echo("The database is up to date.")


async def prepare(settings: Settings) -> None:
    from api import seeding

    async with opening.opened(settings) as database, database.connection() as connection:
        await seeding.foundations(connection)


async def serving(settings: Settings, listener: socket.socket, *, worker: bool = True) -> None:
    """The server, and beside it the worker, until told to stop."""
    import uvicorn

    from api import app
    from api.keys import with_secrets

    settings = with_secrets(settings)
    await prepare(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app.build(settings),
            access_log=False,
            log_level="warning",
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
        )
    )
    stop = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        if worker:
            database = await stack.enter_async_context(opening.opened(settings))
            task = asyncio.create_task(work_beside(server, database, settings, stop))
            stack.push_async_callback(finish, task, stop)
        address = listening.base_address(settings.host, settings.port)
        click.echo(f"Soundings listens at {address}")
        await server.serve(sockets=[listener])


async def work_beside(
    server: Any, database: Database, settings: Settings, stop: asyncio.Event
) -> None:
    """The worker, loaded in a thread once the first page can be served: it takes seconds."""
    while not server.started and not stop.is_set():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.05)
    jobs = await asyncio.to_thread(importlib.import_module, "api.jobs.worker")
    await jobs.run(database, stop, mail.post_of(settings), scanning.scanner_of(settings))


async def finish(task: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    stop.set()
    await task


async def working(settings: Settings) -> None:
    from api.jobs import worker as jobs
    from api.keys import with_secrets

    settings = with_secrets(settings)
    await prepare(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opening.opened(settings) as database:
        click.echo("Waiting for jobs; stop with Ctrl-C.")
        await jobs.run(database, stop, mail.post_of(settings), scanning.scanner_of(settings))
