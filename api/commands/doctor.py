"""`doctor`: what is configured, reachable and waiting, and what to do about what is not."""

import sys
from pathlib import Path
from typing import Literal, NamedTuple

import click
import msgspec

from api import mail, opening
from api.commands.serve import data_option
from api.settings import Settings
from survey.problems import Problem
from survey.store.database import Connection

Mark = Literal["good", "look", "bad"]
COLOURS = {"good": "green", "look": "yellow", "bad": "red"}


class Finding(NamedTuple):
    mark: Mark
    what: str
    remedy: str = ""


@click.command()
@click.option("--quiet", is_flag=True, help="Print nothing; the exit code tells.")
@click.option("--retry", is_flag=True, help="Let the jobs that were held run again.")
@data_option
def doctor(quiet: bool, retry: bool, data: Path | None) -> None:
    """Say what is configured, reachable, migrated and waiting, and what to do where it is not."""
    findings: list[Finding] = []
    try:
        with opening.configured(data) as settings:
            findings += configured(settings)
            findings += opening.run(examine(settings, retry=retry))
    except Problem as refused:
        findings.append(Finding("bad", refused.sentence, refused.remedy))
    if not quiet:
        for finding in findings:
            click.echo(click.style(f"{finding.mark:5}", COLOURS[finding.mark]) + finding.what)
            if finding.remedy:
                click.echo(f"       {finding.remedy}")
    sys.exit(any(finding.mark == "bad" for finding in findings))


def configured(settings: Settings) -> list[Finding]:
    """Every setting with its value; secrets only as set or not."""
    lines = []
    for name, value in msgspec.structs.asdict(settings).items():
        made = name in ("secret", "contact_keys")
        shown = ("set" if value else "made at the first start") if made else str(value)
        if name in ("smtp_password", "notify_key"):
            shown = "set" if value else ""
        if name == "database_url":
            shown = without_password(shown)
        lines.append(Finding("good", f"SOUNDINGS_{name.upper()} = {shown or '(empty)'}"))
    return lines


def without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.split(':')[0]}@{tail}" if at else url


async def examine(settings: Settings, *, retry: bool) -> list[Finding]:
    async with opening.opened(settings) as database, database.connection() as connection:
        if retry:
            await let_run(connection)
        return [
            await server(connection),
            await contents(connection),
            *await queue(connection),
            await last_edition(connection),
            *await mails_waiting(connection, settings),
            *await case_mails_waiting(connection, settings),
            *await contacts_closed(connection, settings),
        ]


async def server(connection: Connection) -> Finding:
    version = connection.get_server_version()
    if version.major < 15:
        return Finding("bad", f"PostgreSQL {version.major} is too old.", "Use 15 or later.")
    return Finding("good", f"PostgreSQL {version.major}.{version.micro} answers; schema up to date")


async def contents(connection: Connection) -> Finding:
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
        return Finding("look", f"Not loaded yet: {', '.join(missing)}.", "Run `soundings migrate`.")
    kind = "synthetic data" if await places.is_synthetic(connection) else "real data"
    return Finding("good", f"City, surveys and codebook are loaded ({kind})")


async def queue(connection: Connection) -> list[Finding]:
    from survey.store import codes, jobs

    waiting = sum(
        row["jobs"] for row in await jobs.standing(connection) if row["status"] != "failed"
    )
    findings = [
        Finding("good", f"{waiting} jobs and {await codes.waiting(connection)} texts wait"),
    ]
    for row in await jobs.failures(connection):
        trace = msgspec.json.decode(row["traceback"]) if row["traceback"] else {}
        findings.append(
            Finding(
                "look",
                f"Held: {row['kind']} {row['key']} failed {row['attempts'] + 1} times "
                f"({trace.get('exception_type', 'unknown')})",
                "Mend the cause, then run `soundings doctor --retry`.",
            )
        )
    return findings


async def last_edition(connection: Connection) -> Finding:
    from survey.store import reports

    rows = await reports.page(connection, None, 1, drafts=True)
    if not rows:
        return Finding("look", "There is no edition yet.", "Run `soundings report weekly`.")
    row = rows[0]
    standing = "published" if row["published_at"] else "a draft"
    return Finding(
        "good", f"Last edition: {row['kind']}, {row['start_on']} to {row['end_on']}, {standing}"
    )


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
    remedy = "Give the key that is missing in SOUNDINGS_CONTACT_KEYS, or bring back `contact-keys`."
    what = f"No key that is here opens {closed:,} of {len(seals):,} addresses of who complained."
    return [Finding("look", what, remedy)]


def mails_told(what: str, found: dict[str, int], *, sends: bool) -> list[Finding]:
    if not found:
        return []
    names = {"waiting": "wait", "sent": "were sent", "refused": "were refused",
             "unknown": "are not known to have arrived"}  # fmt: skip
    told = ", ".join(f"{found[name]} {words}" for name, words in names.items() if name in found)
    if found.get("waiting") and not sends:
        remedy = "No mail server is set: set SOUNDINGS_SMTP_HOST and SOUNDINGS_SMTP_SENDER."
        return [Finding("look", f"{what}: {told}", remedy)]
    return [Finding("good", f"{what}: {told}")]


async def let_run(connection: Connection) -> None:
    from survey.store import jobs

    click.echo(f"{await jobs.release(connection)} held jobs may run again.")
