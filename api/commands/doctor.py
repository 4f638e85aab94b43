"""`doctor`: what is configured, reachable and waiting, and what to do about what is not."""

import datetime
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import msgspec

from api import clock, mail, opening
from api.commands.findings import (
    Finding,
    configured,
    disk_space,
    doubtful_settings,
    last_backup,
    unnamed_operator,
    version,
)
from api.commands.serve import data_option
from api.settings import Settings, from_environment
from survey.problems import Problem
from survey.store.database import Connection, risks

COLOURS = {"OK": "green", "CHECK": "yellow", "FAIL": "red"}
WORKER_SILENCE = datetime.timedelta(hours=3)  # the hourly forgetting is a job too


@click.command()
@click.option("--quiet", is_flag=True, help="Print nothing; use the exit code.")
@click.option("--retry", is_flag=True, help="Let the jobs that were held run again.")
@data_option
def doctor(quiet: bool, retry: bool, data: Path | None) -> None:
    """Say what is configured, reachable, migrated and waiting, and what to do where it is not.

    Each line begins with OK, CHECK (look at it) or FAIL; with a FAIL the exit code is 1.
    """
    findings = [version()]
    try:
        settings = from_environment(data=data)
        findings += [*configured(settings), *doubtful_settings(settings)]
        findings += unnamed_operator(settings)
        findings.append(disk_space(settings))
        findings.append(last_backup(settings))
        with opening.configured(data) as with_database:
            findings += opening.run(examine(with_database, retry=retry))
    except Problem as refused:
        findings.append(Finding("FAIL", refused.sentence, refused.remedy))
    if not quiet:
        for finding in findings:
            click.echo(click.style(f"{finding.mark:6}", COLOURS[finding.mark]) + finding.what)
            if finding.remedy:
                click.echo(f"      {finding.remedy}")
    sys.exit(any(finding.mark == "FAIL" for finding in findings))


async def examine(settings: Settings, *, retry: bool) -> list[Finding]:
    """What the database tells; a check that is refused hides none of the others."""
    found: list[Finding] = []
    async with opening.opened(settings) as database, database.connection() as connection:
        if retry:
            await let_run(connection)
        for check in CHECKS:
            try:
                found += await check(connection, settings)
            except Problem as refused:
                found.append(Finding("FAIL", refused.sentence, refused.remedy))
    return found


async def server(connection: Connection, settings: Settings) -> list[Finding]:
    there = connection.get_server_version()
    if there.major < 15:
        return [Finding("FAIL", f"PostgreSQL {there.major} is too old.", "Use 15 or later.")]
    what = f"PostgreSQL {there.major}.{there.micro} answers; schema up to date"
    if risky := await risks(connection):
        told = f"This PostgreSQL may lose data that it has confirmed: {', '.join(risky)} is off."
        return [Finding("OK", what), Finding("CHECK", told, "Turn it on; `serve` refuses it.")]
    return [Finding("OK", what)]


async def contents(connection: Connection, settings: Settings) -> list[Finding]:
    from survey.store import codebooks, instruments, places

    missing = [
        what
        for what, there in (
            ("a city", await places.has_city(connection)),
            ("surveys", bool(await instruments.versions(connection))),
            ("a codebook", await codebooks.has_any(connection)),
        )
        if not there
    ]
    if missing:
        what = f"Not loaded yet: {', '.join(missing)}."
        return [Finding("CHECK", what, "Run `soundings migrate`.")]
    kind = "synthetic data" if await places.is_synthetic(connection) else "real data"
    return [Finding("OK", f"City, surveys and codebook are loaded ({kind})")]


async def accounts(connection: Connection, settings: Settings) -> list[Finding]:
    """Nothing where somebody can let the others in."""
    from survey.store import people

    everyone = await people.everyone(connection)
    if any(row["active"] and row["role"] == "administrator" for row in everyone):
        return []
    return [Finding("CHECK", "There is no administrator yet.", "Run `soundings setup`.")]


async def worker(connection: Connection, settings: Settings) -> list[Finding]:
    from survey.store import jobs

    last = await jobs.last_finished(connection)
    remedy = "Run `soundings worker`, or `soundings serve` without --no-worker."
    if last is None:
        return [Finding("CHECK", "No worker has finished a job yet.", remedy)]
    what = f"The worker last finished a job on {last.astimezone(clock.LONDON):%-d %b %Y, %H:%M}"
    if clock.now() - last > WORKER_SILENCE:
        return [Finding("CHECK", f"{what}; it should do so every hour.", remedy)]
    return [Finding("OK", what)]


async def queue(connection: Connection, settings: Settings) -> list[Finding]:
    from survey.store import codes, jobs

    waiting = sum(
        row["jobs"] for row in await jobs.standing(connection) if row["status"] != "failed"
    )
    findings = [
        Finding("OK", f"Waiting: jobs {waiting:,}, texts {await codes.waiting(connection):,}"),
    ]
    for row in await jobs.failures(connection):
        trace = msgspec.json.decode(row["traceback"]) if row["traceback"] else {}
        findings.append(
            Finding(
                "CHECK",
                f"Held: {row['kind']} {row['key']} failed {row['attempts'] + 1} times "
                f"({trace.get('exception_type', 'unknown')})",
                "Fix the cause, then run `soundings doctor --retry`.",
            )
        )
    return findings


async def last_edition(connection: Connection, settings: Settings) -> list[Finding]:
    from survey.store import reports

    found = await reports.page(connection, None, 1, drafts=True)
    if not found:
        what = "There are no editions yet."
        return [Finding("CHECK", what, "Run `soundings report weekly`.")]
    last = found[0]
    standing = "published" if last.published_at else "a draft"
    days = f"{last.start:%-d %b} to {last.end:%-d %b %Y}"
    return [Finding("OK", f"Last edition: {last.kind}, {days}, {standing}")]


async def mails_waiting(connection: Connection, settings: Settings) -> list[Finding]:
    """Nothing where nobody subscribed in the last month."""
    from survey.store import mails

    sends = mail.server_of(settings) is not None
    return mails_told("Mails", await mails.standing(connection), sends=sends)


async def case_mails_waiting(connection: Connection, settings: Settings) -> list[Finding]:
    """Nothing where no case asked for a mail in the last 90 days."""
    from survey.store import case_mails

    sends = mail.case_sender_of(settings) is not None
    return mails_told("Mails on cases", await case_mails.standing(connection), sends=sends)


async def contacts_closed(connection: Connection, settings: Settings) -> list[Finding]:
    """Nothing where the keys that are here open every address of who complained."""
    from api.keys import standing_keyring
    from survey.store import case_owners

    keyring = standing_keyring(settings)
    seals = await case_owners.seals(connection)
    closed = sum(not keyring.opens(sealed) for sealed in seals)
    if not closed:
        return []
    remedy = (
        "Copy the file `contact-keys` from where the data came from, or give the missing key in "
        "SOUNDINGS_CONTACT_KEYS."
    )
    one = "address" if len(seals) == 1 else "addresses"
    what = f"{closed:,} of {len(seals):,} {one} cannot be decrypted: contact key missing."
    return [Finding("FAIL", what, remedy)]


def mails_told(what: str, found: dict[str, int], *, sends: bool) -> list[Finding]:
    if not found:
        return []
    names = {"waiting": "waiting", "sent": "sent", "refused": "refused",
             "unknown": "not known to have arrived"}  # fmt: skip
    told = ", ".join(f"{words} {found[name]:,}" for name, words in names.items() if name in found)
    if found.get("waiting") and not sends:
        remedy = "No mail server is set: set SOUNDINGS_SMTP_HOST and SOUNDINGS_SMTP_SENDER."
        return [Finding("CHECK", f"{what}: {told}", remedy)]
    return [Finding("OK", f"{what}: {told}")]


async def let_run(connection: Connection) -> None:
    from survey.store import jobs

    click.echo(f"{await jobs.release(connection)} held jobs can run again.")


CHECKS: tuple[Callable[[Connection, Settings], Awaitable[list[Finding]]], ...] = (
    server,
    contents,
    accounts,
    worker,
    queue,
    last_edition,
    mails_waiting,
    case_mails_waiting,
    contacts_closed,
)
