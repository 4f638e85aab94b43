"""`demo`: a synthetic London, from the first answer to a weekly edition, with every page."""

import contextlib
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api import bootstrap
from api.commands.serving import serve
from api.commands.serving.ports import LOOPBACK, base_address, open_listening_sockets
from api.commands.serving.serve import (
    PAGES,
    ChildProcess,
    data_option,
    keep_serving,
    prepare_database,
)
from api.observing.logs import check_tracing
from api.security import keyring
from api.security.keyring import Keyring
from api.settings import Settings, load_settings
from demo.door import DEMO_PEOPLE
from demo.london import (
    demo_among_answers,
    demo_among_people,
    figures_in_synthetic_city,
    unfinished_demo,
)
from demo.steps import (
    CHILD,
    MONTHS,
    WEEKS,
    WEEKS_TAUGHT,
    count_following,
    demo_months,
    demo_weeks,
    make_and_publish,
    make_following,
    queue_following,
    read_texts,
    second_reader,
    timed_step,
)
from survey.store.database import Connection

if TYPE_CHECKING:
    from demo.simulation import SimulatedCity

QUOTED_THEMES = ("fairness-between-groups", "feeling-safer", "young-people")
FOR_ANYONE = "pages-for-anyone"
WARNING = "Everything in this demonstration is made up: people, answers, complaints and figures."
SignInLinks = list[tuple[str, str, str]]


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Stop when all editions are ready.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. [default: 8000]")
@click.option("--seed", default=2007, show_default=True, help="Another seed makes another London.")
@click.option(
    "--real",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Instead of the synthetic city: the published files in this folder.",
)
@click.option(
    "--let-anyone-in",
    "anyone",
    is_flag=True,
    help="Let visitors from other machines look around as anyone too, including administrators.",
)
@data_option
def demo(
    leave: bool, port: int | None, seed: int, real: Path | None, anyone: bool, data: Path | None
) -> None:
    """Make a made-up London, code its texts, make its editions and serve the pages.

    The first start takes a minute or two; the data are saved under var/demo, so the next one is
    quick. It prints one address: there you look around as a resident, an organiser, a member of the
    working group or an administrator, by one click. Only visitors from this machine can. Some
    editions are made while you do, unless --exit is given.
    With --real, the Met's published use of force and MOPAC's Public Attitude Survey are shown
    next to each other, under var/real.
    """
    if real:
        from demo import london

        # Before the database starts, so that an empty folder is refused at once.
        london.check_folder(real)
    home = data or load_settings().data / ("real" if real else "demo")
    wanted = load_settings(data=home, port=port)
    # First, because what cannot be used must not come up after a minute of work.
    keyring.check_secrets(wanted)
    check_tracing(wanted)
    with bootstrap.leave_threads_behind(), contextlib.ExitStack() as stack:
        if not leave:
            # The port is taken before the work, so that one in use is refused at once.
            listeners = stack.enter_context(
                open_listening_sockets(wanted.host, wanted.port, serve.count_processes(wanted))
            )
        settings = stack.enter_context(bootstrap.open_settings(home, port=port))
        links = bootstrap.run_async(prepare_demo(settings, seed, real, leave=leave))
        if leave:
            click.echo("Ready. `soundings demo` without --exit serves the pages.")
        elif pages_of_demo(wanted.host, anyone) == PAGES:
            print_links(settings, links)
        if not leave:
            bootstrap.run_async(prepare_database(settings))
            bootstrap.run_async(
                keep_serving(
                    wanted, listeners, pages=pages_of_demo(wanted.host, anyone), jobs=CHILD
                )
            )


def pages_of_demo(host: str, anyone: bool) -> tuple[str, str]:
    """The name of the module that serves the pages, and the argument that it is started with.

    Sign-in by one click is offered only on one's own machine, or where it is asked for with
    `anyone`.
    """
    if anyone:
        return CHILD, FOR_ANYONE
    return (CHILD, "pages") if host in LOOPBACK else PAGES


async def prepare_demo(
    settings: Settings, seed: int, real: Path | None, *, leave: bool
) -> SignInLinks:
    """Fill the database the first time; returns the sign-in links of the demo people.

    Editions that are still to be made are left to the worker, unless `leave`.
    """
    from demo.simulation.true_figures import planted_truth, save_truth
    from survey.store import editions, places

    if real is None:
        click.secho(WARNING, fg="yellow")
    async with bootstrap.connect(settings) as database, database.connection() as connection:
        await require_demo_accounts(connection)
        if real is not None:
            await import_real_files(connection, real)
        elif not await places.is_synthetic(connection):
            keys = keyring.keyring_from_settings(keyring.ensure_secrets(settings))
            reader = second_reader(settings)
            world = await build_demo(connection, seed, keys, reader=reader)
            save_truth(settings.data, planted_truth(world))
        elif await editions.find_newest_published(connection) is None:
            raise unfinished_demo()
        if leave:
            await make_following(connection)
        elif coming := await count_following(connection):
            click.echo(f"Editions that are made while you look around: {coming}")
        return await create_sign_in_links(connection)


async def require_demo_accounts(connection: Connection) -> None:
    """Raise if the database has accounts but none of the demonstration's.

    Otherwise anyone could sign in to somebody's real site by one click.
    """
    from survey.store.accounts import people

    known = {person.email for person in await people.load_all(connection)}
    invented = {email for email, _, _ in DEMO_PEOPLE}
    if known and not known & invented:
        raise demo_among_people()


def print_links(settings: Settings, links: SignInLinks) -> None:
    """Print sign-in links, for hosts that other machines can reach: there is no sign-in by one
    click.
    """
    base = settings.public_url or base_address(settings.host, settings.port)
    click.echo(
        f"Other machines may reach {settings.host}, so people sign in by a link that works once."
    )
    click.echo("With --let-anyone-in every visitor may look around as anyone.")
    for name, role, key in links:
        click.echo(f"  {name:14} {role:14} {base}/sign-in/{key}")


async def build_demo(
    connection: Connection,
    seed: int,
    keys: Keyring,
    *,
    reader: ChildProcess | None = None,
    weeks: int = WEEKS,
    months: int = MONTHS,
) -> "SimulatedCity":
    """Make the synthetic city, what its people did and its editions, of which some are only
    queued; returns its simulation.

    `reader` is a process that helps to read the texts.
    """
    from api import clock
    from demo import london
    from survey.store import places
    from survey.store.answers import counts

    if await places.has_city(connection) and await counts.find_first_received(connection):
        raise demo_among_answers()
    for account in DEMO_PEOPLE:  # some work on the complaints from the beginning
        await ensure_account(connection, *account)
    with timed_step("Inventing forty weeks of London"):
        world = await london.seed_demo(connection, seed)
    click.echo(
        f"  {len(world.sampled):,} sampled answers, {len(world.volunteers):,} open answers, "
        f"{len(world.complainants):,} complaints, {len(world.deployments):,} officer reports"
    )
    await read_texts(connection, reader)
    today = clock.today()
    mondays, months_over = demo_weeks(today, weeks), demo_months(today, months)
    async with connection.transaction():
        await simulate_staff_work(connection, world, seed, mondays[:-WEEKS_TAUGHT])
    from demo import scrutiny

    with timed_step("A scrutiny panel draws records of the use of force and marks them"):
        async with connection.transaction():
            held = await scrutiny.hold_meetings(connection, seed)
    cindy, joan = [await ensure_account(connection, *person) for person in DEMO_PEOPLE[1:3]]
    with timed_step("The force answers the panel, and its reports are published"):
        async with connection.transaction():
            await scrutiny.answer_meetings(connection, held, by=cindy, publisher=joan)
    await ask_people_met(connection, seed)
    from demo.simulation import doorstep

    amina = await ensure_account(connection, *DEMO_PEOPLE[0])
    with timed_step("Interviewers go to the sample points of a survey"):
        async with connection.transaction():
            await doorstep.carry_survey(connection, seed, keys, by=amina)
    async with connection.transaction():  # all or none
        for week in mondays[-WEEKS_TAUGHT:]:
            edition = await make_and_publish(connection, "weekly", week)
        await queue_following(connection, months_over)
    for sentence in edition.headline:
        click.echo(f"  {sentence}")
    return world


async def import_real_files(connection: Connection, folder: Path) -> None:
    """Import the published files of a folder, and make the edition of the last month that has both
    deployments and perception.

    If the database has editions already, it only prints that the folder is not read.
    """
    from api.operations import foundations
    from demo import london
    from survey.store import editions as reports
    from survey.store import places

    await foundations.load_foundations(connection)
    if await places.is_synthetic(connection):
        raise figures_in_synthetic_city()
    if await reports.load_page(connection, None, 1):
        click.secho(
            f"The figures of an earlier start are shown; {folder} is not read. To read it, give "
            "--data with a new folder.",
            fg="yellow",
        )
        return
    async with connection.transaction():  # both or none: a start that was killed begins again
        with timed_step("Reading the published files"):
            lines, month = await london.import_folder(connection, folder)
        for line in lines:
            click.echo(f"  {line}")
        edition = await make_and_publish(connection, "monthly", month)
    for sentence in edition.headline:
        click.echo(f"  {sentence}")


async def simulate_staff_work(
    connection: Connection, world: "SimulatedCity", seed: int, earlier: list[datetime.date]
) -> None:
    """Add the demo people, and the work they did before the demonstration starts, with the weekly
    editions made before the codebook was taught.
    """
    from api import clock
    from api.jobs import kinds
    from api.jobs.texts import discoveries, heads
    from demo import staff_work

    truth = staff_work.intended_labels(world)
    cindy, joan = [await ensure_account(connection, *person) for person in DEMO_PEOPLE[1:3]]
    newer = kinds.last_quarter(clock.today())
    older = kinds.last_quarter(newer)
    with timed_step("Two people code a sample of it without seeing the machine's codes"):
        await staff_work.double_code(connection, truth, (cindy, joan), older, number=seed)
    for week in earlier:
        await make_and_publish(connection, "weekly", week)
    with timed_step("What the machine misread becomes examples; the texts are read again"):
        await staff_work.teach_codebook(connection, by=joan)
    with timed_step("Two people code a sample of the next quarter"):
        await staff_work.double_code(connection, truth, (cindy, joan), newer, number=seed)
    with timed_step("The machine learns tone from their labels; the texts are read again"):
        await heads.use_newest_head(connection, by=joan)
    await staff_work.code_campaigns(connection, truth, by=cindy, approved_by=joan)
    with timed_step("Somebody opens the campaign's demand and labels who is for and against it"):
        await staff_work.open_demand(
            connection,
            staff_work.intended_stances(world),
            number=seed,
            by=cindy,
            reported_by=joan,
        )
    with timed_step("The machine looks for themes that the codebook lacks"):
        # Of the last week, which later editions cover, so that a proposal waits in them.
        newest = kinds.last_week(clock.today())
        await discoveries.propose_themes(connection, str(newest))
    await staff_work.fill_ledger(connection, by=cindy)
    for theme in QUOTED_THEMES:
        await staff_work.choose_quote(
            connection, theme, kinds.this_week(clock.today()), by=cindy, approved_by=joan
        )


async def ask_people_met(connection: Connection, seed: int) -> None:
    from demo.simulation import encounters

    amina = await ensure_account(connection, *DEMO_PEOPLE[0])
    with timed_step("People the police met are asked in two waves"):
        async with connection.transaction():
            await encounters.ask_people(connection, seed, by=amina)


async def ensure_account(connection: Connection, email: str, name: str, role: str) -> str:
    from survey.store.accounts import people as people_store

    account = await people_store.by_email(connection, email)
    return account.id if account else await people_store.insert(connection, email, name, role, None)


async def create_sign_in_links(connection: Connection) -> list[tuple[str, str, str]]:
    """The name, role and a new sign-in key of each demo person; missing accounts are added."""
    from api.security import people

    return [
        (
            name,
            role,
            await people.create_sign_in_link(
                connection, await ensure_account(connection, email, name, role)
            ),
        )
        for email, name, role in DEMO_PEOPLE
    ]
