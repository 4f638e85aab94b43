"""`serve`, `worker` and `migrate`: the product as it runs for its users."""

import asyncio
import contextlib
import socket
import sys
from pathlib import Path

import click

from api import ending, keys, listening, mail, memory, opening, scanning
from api.commands import supervisor
from api.commands.supervisor import Child
from api.ending import SIGNALS
from api.settings import ROOT, Settings, from_environment, unknown_variables

NOBODY_YET = (
    "There are no accounts yet, so no one can sign in. In another terminal, `./soundings setup` "
    "adds the first administrator and asks who runs this."
)
LAST_JOB = 2.0  # seconds for the job that runs when the worker is told to stop

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Where the embedded database and the keys are stored. [default: var/]",
)


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. [default: 8000]")
@click.option("--worker/--no-worker", default=True, help="Run the jobs together with the pages.")
@data_option
def serve(host: str | None, port: int | None, worker: bool, data: Path | None) -> None:
    """Serve the pages and the API, and start again what dies."""
    memory.refuse_core_dumps()
    wanted = from_environment(data=data, host=host, port=port)
    with listening.listening_socket(wanted.host, wanted.port) as listener:
        keys.refuse_unusable(wanted)
        say_what_starts(wanted)
        with opening.configured(data, host=host, port=port) as settings:
            opening.run(prepare_apart(settings, wanted))
            opening.run(say_who_can_sign_in(settings))
            opening.run(keep_serving(wanted, listener, worker=worker))


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
        click.echo(f"First start: creating a database in {folder}; this takes some seconds ...")


async def say_who_can_sign_in(settings: Settings) -> None:
    """How to add the first administrator, where nobody has an account."""
    from survey.store import people

    async with opening.opened(settings) as database, database.connection() as connection:
        if not any(row["active"] for row in await people.everyone(connection)):
            click.secho(NOBODY_YET, fg="yellow")


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run the jobs: coding of texts, editions, mails, the hourly forgetting."""
    memory.refuse_core_dumps()
    keys.refuse_unusable(from_environment(data=data))
    with opening.configured(data) as settings:
        opening.run(refuse_unsafe(settings))
        opening.run(prepare(settings))
        click.echo("Waiting for jobs; stop with Ctrl-C.")
        opening.run(work(settings))
    ending.leave_threads()


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


async def prepare_apart(settings: Settings, wanted: Settings) -> None:
    """What is missing the first time is loaded by a child: it takes memory that we would keep."""
    from survey.store import codebooks

    await refuse_unsafe(settings)
    async with opening.opened(settings) as database, database.connection() as connection:
        first_time = not await codebooks.has_any(connection)
    if not first_time:
        await prepare(settings)
    elif await supervisor.run_once(child_process("The preparation", wanted, "prepare")):
        sys.exit(1)  # it has said why


async def refuse_unsafe(settings: Settings) -> None:
    """Nobody's answer is acknowledged by a server that may lose it, unless for tests."""
    from survey.store.database import check_durable

    if settings.allow_unsafe_database:
        return
    async with opening.opened(settings) as database, database.connection() as connection:
        await check_durable(connection)


def child_process(name: str, wanted: Settings, kind: str, *descriptors: int) -> Child:
    environment = {
        "PYTHONPATH": str(ROOT),
        "SOUNDINGS_DATA": str(wanted.data.absolute()),
        "SOUNDINGS_HOST": wanted.host,
        "SOUNDINGS_PORT": str(wanted.port),
    }
    words = (sys.executable, "-P", "-m", "api.commands.child", kind, *map(str, descriptors))
    return Child(name, words, descriptors, environment)


async def keep_serving(
    wanted: Settings, listener: socket.socket, *, worker: bool = True, pages: str = "pages"
) -> None:
    """The pages, and beside them the worker, each in a process of its own, until told to stop.

    The socket is ours: while the pages are started again, whoever connects waits.
    """
    children = [child_process("The pages", wanted, pages, listener.fileno())]
    if worker:
        children.append(child_process("The worker", wanted, "worker"))
    await supervisor.keep_running(children)


async def serve_pages(
    settings: Settings, listener: socket.socket, door_for_anyone: bool | None = None
) -> None:
    """The server, until told to stop; with the door of the demonstration unless that is None.

    scipy is loaded here, before a page needs it: two threads that load it at once may each find
    half of it.
    """
    import scipy.optimize
    import scipy.sparse
    import scipy.stats  # noqa: F401
    import uvicorn

    from api import app
    from api.connections import PatientProtocol, allow_open_files
    from api.keys import with_secrets
    from api.pages.demo_door import DemoDoor

    door = None if door_for_anyone is None else DemoDoor(any_host=door_for_anyone)
    allow_open_files()
    memory.fill_what_is_freed()
    server = uvicorn.Server(
        uvicorn.Config(
            memory.Cleaner(app.build(with_secrets(settings), door=door)),
            access_log=False,
            log_level="warning",
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
            http=PatientProtocol,
            ws="none",
        )
    )
    address = listening.base_address(settings.host, settings.port)
    click.echo(f"Soundings listens at {address}" if door is None else f"Open {address}/demo")
    await server.serve(sockets=[listener])


async def work(settings: Settings) -> None:
    """The jobs, until told to stop."""
    from api.jobs import worker as jobs
    from api.keys import with_secrets

    settings = with_secrets(settings)
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opening.opened(settings) as database:
        running = asyncio.create_task(
            jobs.run(database, stop, mail.post_of(settings), scanning.scanner_of(settings))
        )
        await supervisor.first_of(running, stop.wait())
        await asyncio.wait({running}, timeout=LAST_JOB)
        running.cancel()  # a job that takes longer is rolled back, and runs again
        with contextlib.suppress(asyncio.CancelledError):
            await running
