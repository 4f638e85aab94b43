"""The edition job: read everything for a period, compute, keep."""

import datetime
import hashlib
import secrets
from dataclasses import replace

import msgspec

from analysis import edition, frozen
from api import clock
from api.jobs import calendar, campaigns, coding, recoding
from api.jobs.gathering import gather
from api.jobs.threads import run_in_thread
from survey.editions import Safe
from survey.store import inputs, jobs, quotes, reports
from survey.store.database import Connection

SALT_BYTES = 32


async def weekly(connection: Connection, key: str) -> None:
    await make_as_asked(connection, "weekly", key)


async def monthly(connection: Connection, key: str) -> None:
    await make_as_asked(connection, "monthly", key)


async def make_as_asked(connection: Connection, kind: str, key: str) -> None:
    """The calendar asks by the first day: nothing to do where a person was quicker. A person asks
    for another one, whatever stands."""
    day, _, anew = key.partition(" ")
    start = datetime.date.fromisoformat(day)
    if anew or not await reports.stands(connection, kind, *period(kind, start)):
        await make(connection, kind, start)


async def make(
    connection: Connection, kind: str, start: datetime.date, *, as_of: datetime.date | None = None
) -> tuple[Safe, str]:
    """A new edition of a period with its hash, as a draft; everything that waits is coded first,
    under one version of the codebook, and campaigns are looked for.

    `as_of` takes published figures as they were known on an earlier day than today.
    """
    await jobs.tell(connection, f"{kind} {start} reading")
    await recoding.recode_all(connection)
    await coding.code_all(connection)
    await campaigns.find(connection, period(kind, start)[1])
    await reports.wait_for_counts(connection)
    number = await reports.next_number(connection, kind, start)
    known = as_of or clock.today()
    material = await gather(connection, kind, period(kind, start), number=number, as_of=known)
    body = frozen.frozen(replace(material, salt=secrets.token_hex(SALT_BYTES)))
    await jobs.tell(connection, f"{kind} {start} computing")
    made = await run_in_thread(made_of, body)
    await jobs.tell(connection, f"{kind} {start} keeping")
    sha256 = await reports.save(connection, made)
    await inputs.save(connection, made, material.first, frozen.packed(body))
    await quotes.used(connection, [one.id for one in made.quotes], kind, start, number)
    return made, sha256


def made_of(body: bytes) -> Safe:
    """The edition of frozen inputs: what is read back is what is computed, here and elsewhere."""
    made = frozen.settled(edition.make(frozen.thawed(body)))
    return msgspec.structs.replace(made, inputs_sha256=hashlib.sha256(body).hexdigest())


def period(kind: str, start: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day; a period that still runs ends with today."""
    whole = start + datetime.timedelta(days=6) if kind == "weekly" else calendar.month_end(start)
    return start, min(whole, clock.today())
