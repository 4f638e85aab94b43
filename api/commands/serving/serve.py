"""`serve`, `worker` and `migrate`: run the product for its users, each part in a process."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from api import bootstrap
from api.bootstrap import SIGNALS, lower_priority
from api.commands.serving.ports import BALANCED, open_listening_sockets, open_metrics_socket
from api.observing import metrics
from api.observing.logs import check_tracing, log_failure, set_up_logging, set_up_tracing
from api.observing.metrics import NumberTable, open_shared_memory
from api.process.installation import check_archive
from api.security import keyring, memory
from api.settings import ROOT, Settings, load_settings, refuse_unknown_variables

if TYPE_CHECKING:
    from survey.store.connections.condition import Role
    from survey.store.database import Database

log = logging.getLogger("soundings")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a child is taken to run well
GRACE = 20.0
NOBODY_YET = (
    "There are no accounts yet, so no one can sign in. In another terminal, `./soundings setup` "
    "adds the first administrator and asks who runs this."
)
CHILD = "api.commands.serving.child"
PAGES = (CHILD, "pages")
MOST_BY_ITSELF = 8  # each may open eight connections to PostgreSQL, which takes a hundred
START_PATIENCE_S = 60.0  # for a database that starts together with us
LAST_JOB = 2.0  # seconds for the job that runs when the worker is told to stop
LAST_WORD = 8  # seconds after which it ends, whatever holds it up: what it had begun runs again
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Where the embedded database and the keys are stored. [default: var/]",
)


class ChildProcess(msgspec.Struct, frozen=True):
    """A child process: its name for people, its command line, the file descriptors it inherits,
    and how many copies of it do its work.
    """

    name: str
    words: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    environment: dict[str, str] = {}
    copies: int = 1


async def keep_running(children: Sequence[ChildProcess]) -> None:
    """Run all children until a signal asks us to stop; a second signal kills them."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def request_stop() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        # Under nohup SIGHUP is ignored, and has to stay so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, request_stop)
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
        # A child that ran well for a while and died is started again without the long pause.
        if clock() - began > STEADY:
            pause = FIRST_PAUSE
        why = f"signal {-ended}" if ended < 0 else f"exit code {ended}"
        log.error("%s ended (%s); starting again in %g seconds.", child.name, why, pause)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def run_once(
    child: ChildProcess, stop: asyncio.Event | None = None, hurry: asyncio.Event | None = None
) -> int:
    """Start a child and wait until it ends.

    When told to stop, ask the child to end, else kill it. Its standard input is a pipe that we
    never write to: when it closes, we are gone.
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
            log.error("%s did not end and had to be killed.", child.name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it has started
    status = await ended
    await wait_until_group_is_gone(process.pid)
    return status


async def wait_until_group_is_gone(group: int) -> None:
    """Wait until the kernel has removed what a child started: until then it holds the database and
    its memory. Only briefly: a dead process may wait for ever to be collected.
    """
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        await asyncio.sleep(0.1)


async def wait_for_first(
    ended: "asyncio.Task[object]",
    other: Coroutine[object, object, object],
    most: float | None = None,
) -> None:
    """Wait until `ended` or `other` is done, or for at most `most` seconds."""
    waiting = asyncio.ensure_future(other)
    await asyncio.wait({ended, waiting}, timeout=most, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. [default: 8000]")
@click.option(
    "--processes",
    "--workers",
    "processes",
    type=click.IntRange(min=1),
    help="How many processes serve the pages. [default: one for each core, at most 8]",
)
@click.option("--worker/--no-worker", default=True, help="Run the jobs together with the pages.")
@data_option
def serve(
    host: str | None, port: int | None, processes: int | None, worker: bool, data: Path | None
) -> None:
    """Serve the pages and the API, and restart whatever dies."""
    memory.disable_core_dumps()
    refuse_unknown_variables()
    wanted = load_settings(data=data, host=host, port=port, processes=processes)
    set_up_logging(wanted, "serve")
    check_tracing(wanted)
    check_archive(wanted.archive)
    address = (wanted.host, wanted.port)
    # The ports first: of two starts, the second ends before it has touched the database.
    with (
        open_listening_sockets(*address, count_processes(wanted), at_once=worker) as listeners,
        open_metrics_socket(wanted) as metrics_listener,
    ):
        keyring.check_secrets(wanted)
        print_start(wanted)
        with bootstrap.open_settings(data, host=host, port=port) as settings:
            bootstrap.run_async(wait_for_database(settings))
            bootstrap.run_async(prepare_in_child(settings, wanted))
            bootstrap.run_async(print_first_account_hint(settings))
            bootstrap.run_async(
                keep_serving(wanted, listeners, worker=worker, metrics_listener=metrics_listener)
            )


def count_processes(settings: Settings) -> int:
    """How many processes serve the pages: as set, else one for each core that we may use."""
    return settings.processes or min(len(os.sched_getaffinity(0)), MOST_BY_ITSELF)


def print_start(settings: Settings) -> None:
    """Print one line before anything that takes seconds, so that nobody thinks it hangs."""
    folder = settings.data / "postgres"
    if settings.database_url:
        click.echo("Connecting to the database ...")
    elif folder.exists():
        click.echo(f"Starting the database in {folder} ...")
    else:
        click.echo(f"First start: creating a database in {folder}; this takes some seconds ...")


async def print_first_account_hint(settings: Settings) -> None:
    """Print how to add the first administrator, if nobody has an account."""
    from survey.store.accounts import people

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        if not any(person.active for person in await people.load_all(connection)):
            click.secho(NOBODY_YET, fg="yellow")


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run the jobs: coding of texts, editions, emails, the hourly deletion of old data."""
    memory.disable_core_dumps()
    refuse_unknown_variables()
    wanted = load_settings(data=data)
    keyring.check_secrets(wanted)
    set_up_logging(wanted, "worker")
    set_up_tracing(wanted, "worker")
    check_archive(wanted.archive)
    metrics.join_shared_table("worker")
    with open_metrics_socket(wanted) as listener, bootstrap.open_settings(data) as settings:
        bootstrap.run_async(wait_for_database(settings))
        bootstrap.run_async(require_durable_database(settings))
        bootstrap.run_async(prepare_database(settings))
        click.echo("Waiting for jobs; stop with Ctrl-C.")
        bootstrap.run_async(run_worker(settings, listener))
    bootstrap.exit_at_once()


@click.command()
@click.option("--anyway", is_flag=True, help="Also while a service runs, which then fails.")
@data_option
def migrate(data: Path | None, anyway: bool) -> None:
    """Bring the database's schema up to date and load what every installation needs."""
    # With Compose it runs before all others, and nobody would see why those do not start.
    refuse_unknown_variables()
    keyring.check_secrets(load_settings(data=data))
    bootstrap.run_with_settings(prepare_database, data, "upgrade" if anyway else "command")
    click.echo("The database is up to date.")


async def prepare_database(settings: Settings, role: "Role" = "command") -> None:
    from api.operations import foundations

    async with (
        bootstrap.connect(settings, role=role) as database,
        database.connection() as connection,
    ):
        await foundations.load_foundations(connection)


async def prepare_in_child(settings: Settings, wanted: Settings) -> None:
    """Load what every installation needs; the first time in a child process, to save our memory."""
    from survey.store.themes import codebooks

    await require_durable_database(settings)
    async with bootstrap.connect(settings) as database, database.connection() as connection:
        first_time = not await codebooks.has_any(connection)
    if not first_time:
        await prepare_database(settings)
    elif await run_once(child_process("The preparation", wanted, CHILD, "prepare")):
        sys.exit(1)  # it has said why


async def wait_for_database(settings: Settings) -> None:
    """Wait for a server that is not up yet, as after a start of the whole machine."""
    from survey.store.connections.condition import wait_until_reachable

    say = partial(click.echo, "Waiting for the database: it does not answer yet ...")
    await wait_until_reachable(settings.database_url, START_PATIENCE_S, say)


async def require_durable_database(settings: Settings) -> None:
    """Raise if the database server may lose answers that it acknowledged, unless tests allow
    that.
    """
    from survey.store.database import check_durable

    if settings.allow_unsafe_database:
        return
    async with bootstrap.connect(settings) as database, database.connection() as connection:
        await check_durable(connection)


def child_process(
    name: str, wanted: Settings, module: str, kind: str, *descriptors: int
) -> ChildProcess:
    environment = {
        "PYTHONPATH": str(ROOT),
        "SOUNDINGS_DATA": str(wanted.data.absolute()),
        "SOUNDINGS_HOST": wanted.host,
        "SOUNDINGS_PORT": str(wanted.port),
        # Threads for matrices are of no use to pages, and a process with threads is not copied.
        "OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1"),
    }
    # With -P no module is taken from the folder in which the command was typed.
    words = (sys.executable, "-P", "-m", module, kind, *map(str, descriptors))
    return ChildProcess(name, words, descriptors, environment)


async def keep_serving(
    wanted: Settings,
    listeners: Sequence[socket.socket],
    *,
    worker: bool = True,
    pages: tuple[str, str] = PAGES,
    jobs: str = CHILD,
    metrics_listener: socket.socket | None = None,
) -> None:
    """Run the pages and the worker until asked to stop: one process that forks a copy for each
    socket, and one for the worker.

    `pages` are the module that runs the pages and its first argument, `jobs` is the module that
    runs the worker: the demonstration has its own. The sockets are ours: while the pages restart,
    new connections wait.
    """
    descriptors = [listener.fileno() for listener in listeners]
    making = child_process("The pages", wanted, *pages, *descriptors)
    environment = making.environment if worker else making.environment | {BALANCED: "true"}
    children = [msgspec.structs.replace(making, copies=len(descriptors), environment=environment)]
    if worker:
        children.append(child_process("The worker", wanted, jobs, "worker"))
    if metrics_listener is None:
        await keep_running(children)
        return
    children, tables = count_in_shared_memory(children)
    async with metrics.open_endpoint(metrics_listener, wanted.metrics_token, tables):
        await keep_running(children)


def count_in_shared_memory(
    children: Sequence[ChildProcess],
) -> tuple[list[ChildProcess], list[NumberTable]]:
    """The children, each with shared memory for the counters of its copies, and that memory.

    So counters go on when a child is restarted, and together they are those of one service.
    """
    memories = [[open_shared_memory(child.name) for _ in range(child.copies)] for child in children]
    counting = [
        msgspec.structs.replace(
            child,
            descriptors=(*child.descriptors, *own),
            environment=child.environment | {metrics.DESCRIPTORS: " ".join(map(str, own))},
        )
        for child, own in zip(children, memories, strict=True)
    ]
    return counting, [NumberTable(counter_memory) for own in memories for counter_memory in own]


async def run_worker(settings: Settings, metrics_listener: socket.socket | None = None) -> None:
    """Run the jobs until asked to stop; the command `worker` also shows its own metrics."""
    lower_priority()
    settings = keyring.ensure_secrets(settings)
    try:
        with stop_when_asked() as stop:
            async with (
                metrics.open_endpoint(metrics_listener, settings.metrics_token, [metrics.table]),
                bootstrap.connect(settings, role="service") as database,
            ):
                running = asyncio.create_task(run_jobs_and_drafts(settings, database, stop))
                await wait_for_first(running, stop.wait())
                await asyncio.wait({running}, timeout=LAST_JOB)
                running.cancel()  # a job that takes longer is rolled back, and runs again
                with contextlib.suppress(asyncio.CancelledError):
                    await running
    except MemoryError as failure:
        log_failure("out of memory, the worker ends, to be started again:", failure)
        signal.alarm(LAST_WORD)  # whatever holds it up
        sys.exit(1)


@contextlib.contextmanager
def stop_when_asked() -> Iterator[asyncio.Event]:
    """Yield an event that a signal to stop sets; if the block has not ended some seconds later,
    the kernel ends this process.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def request_stop(*_: object) -> None:
        if not stop.is_set():
            signal.alarm(LAST_WORD)
        loop.call_soon_threadsafe(stop.set)

    # Not by the loop: it sees no signal while a library is being loaded, which on a busy machine
    # takes longer than a stopping worker is waited for.
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, request_stop)
    try:
        yield stop
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


async def run_jobs_and_drafts(
    settings: Settings, database: "Database", stop: asyncio.Event
) -> None:
    """Run jobs and, apart from them, drafts, transcripts and metrics, until stopped."""
    from api import notifications
    from api.jobs import attachments
    from api.jobs import worker as jobs
    from api.jobs.attachments import transcribe_until_stopped
    from api.jobs.texts.drafts import draft_until_stopped
    from api.observing import health
    from api.operations import other_places, webhooks
    from api.operations.language_model import language_model_from_settings

    webhooks.choose_sender(settings)
    other_places.choose_places(settings)
    await asyncio.gather(
        jobs.run_until_stopped(
            database,
            stop,
            notifications.mail_senders_from_settings(settings),
            attachments.scanner_from_settings(settings),
        ),
        draft_until_stopped(database, stop, language_model_from_settings(settings)),
        transcribe_until_stopped(database, stop, settings),
        health.measure_until_stopped(database, stop, settings.data),
    )
