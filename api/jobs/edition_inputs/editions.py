"""Makes editions: loads everything for a period, computes, saves."""

import datetime
import hashlib
import secrets
from dataclasses import replace
from typing import NamedTuple

import msgspec

from analysis import editions as edition
from analysis.editions import compress_inputs, deserialise, gate, round_figures, serialise
from analysis.editions.chapters.outcome import OutcomeInputs, printed_of_city
from api import clock
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.jobs.kinds import edition_period
from api.jobs.texts import codebook_versions, coding, discoveries, heads, second_readings
from api.process.installation import code_version
from api.process.long_work import run_in_thread, save_step
from survey.editions import Correction, SafeEdition
from survey.editions.recommendations import LedgerRow
from survey.editions.refusals import no_conditions, no_months, unexplained_edition
from survey.sentences import long_date
from survey.store import deployments, editions, places
from survey.store.database import Connection
from survey.store.editions import edition_work, recommendations
from survey.store.themes import quotes

SALT_BYTES = 32


async def make_weekly_edition(connection: Connection, key: str) -> None:
    await make_requested_edition(connection, "weekly", key)


async def make_monthly_edition(connection: Connection, key: str) -> None:
    await make_requested_edition(connection, "monthly", key)


async def make_outcome_report(connection: Connection, key: str) -> None:
    """Make the outcome report; after two words its key has the reason of whoever asked for it."""
    await make_outcome(connection, why=" ".join(key.split()[2:]))


async def make_requested_edition(connection: Connection, kind: str, key: str) -> None:
    """Make the edition that a job's key asks for.

    A key from the calendar is a first day: if that period has an edition, nothing is made. A key
    from a person always makes an edition, and may end with the person's reason.
    """
    day, _, again = key.partition(" ")
    start = datetime.date.fromisoformat(day)
    if again or not await editions.has_complete_edition(
        connection, kind, *edition_period(kind, start)
    ):
        await make_edition(connection, kind, start, why=again.partition(" ")[2])


async def make_edition(
    connection: Connection,
    kind: str,
    start: datetime.date,
    *,
    as_of: datetime.date | None = None,
    why: str = "",
) -> tuple[SafeEdition, str]:
    """Make and save a new edition of a period as a draft; returns it and its hash.

    Before that, every waiting text is coded under one version of the codebook, campaigns are looked
    for, and stances read. With `as_of`, published figures are as known on that earlier day. `why`
    is the reason for a new edition where the period has a published one.
    """
    correction = await find_correction(connection, kind, *edition_period(kind, start), why)
    await save_step(f"{kind} {start}", "reading")
    # In this order: the first three send texts on to be coded.
    await second_readings.queue_outdated(connection)
    await codebook_versions.recode_all(connection)
    await second_readings.reread_all(connection)
    await coding.code_all(connection)
    await discoveries.save_campaigns(connection, edition_period(kind, start)[1])
    await heads.read_all(connection)
    # One at a time from here: the gate has to know every count that others publish.
    await editions.wait_for_count_lock(connection)
    number = await editions.reserve_number(connection, kind, start)
    known = as_of or clock.today()
    # Asked first: a file that comes meanwhile is said to be a revision rather than never.
    last_import = await deployments.find_last_import(connection)
    # Again, because a person may have changed how tone is read while the rest was read.
    await second_readings.reread_all(connection)
    period = edition_period(kind, start)
    material = await load_edition_inputs(connection, kind, period, number=number, as_of=known)
    # The hash of the inputs is public: without a salt, small counts could be guessed against it.
    material = replace(material, correction=correction, salt=secrets.token_hex(SALT_BYTES))
    body = serialise(material)
    await save_step(f"{kind} {start}", "computing")
    made = await run_in_thread(edition_from_inputs, body)
    await save_step(f"{kind} {start}", "saving")
    sha256 = await editions.save(connection, made)
    packed = compress_inputs(body)
    await edition_work.save_inputs(
        connection, made, packed, first=material.first, last_import=last_import
    )
    await quotes.insert_uses(connection, [quote.id for quote in made.quotes], kind, start, number)
    return made, sha256


async def find_correction(
    connection: Connection, kind: str, start: datetime.date, end: datetime.date, why: str
) -> Correction:
    """Which published edition a new one corrects, and why; refused where nobody says why."""
    publication = await editions.find_published(connection, kind, start)
    if publication is None:
        return Correction(0, "")
    number, ended = publication
    if not why and ended < end:
        why = f"Edition {number} ended on {long_date(ended)}."
    if not why:
        raise unexplained_edition(kind=kind, start=start, number=number)
    return Correction(number, why)


class Trial(NamedTuple):
    """A trial: its first day, the conditions on which it was approved, and the monthly reports that
    are published, the oldest first.
    """

    start: datetime.date
    conditions: list[LedgerRow]
    reports: list[SafeEdition]


async def load_trial(connection: Connection, as_of: datetime.date) -> Trial:
    """The trial whose conditions are in the ledger, as it was known on a day.

    It begins on the first day from which one of its conditions could change anything.
    """
    until = clock.midnight(as_of + datetime.timedelta(days=1))
    rows = await recommendations.load_rows(connection, until)
    conditions = [
        msgspec.convert(row, LedgerRow, from_attributes=True)
        for row in rows
        if row.recommendation.is_condition and row.decision.status != "withdrawn"
    ]
    if not conditions:
        raise no_conditions()
    start = min(row.recommendation.since for row in conditions)
    months = [gate.as_served(edition) for edition in await editions.load_months(connection, until)]
    if not months or months[-1].end < start:
        raise no_months(day=start)
    return Trial(start, conditions, months)


async def make_outcome(
    connection: Connection, *, as_of: datetime.date | None = None, why: str = ""
) -> tuple[SafeEdition, str]:
    """Make and save the outcome report of the trial as a draft; returns it and its hash.

    It ends with the newest monthly report that was published by the day `as_of`.
    """
    known = as_of or clock.today()
    start, conditions, months = await load_trial(connection, known)
    correction = await find_correction(connection, "outcome", start, months[-1].end, why)
    await editions.wait_for_count_lock(connection)
    inputs = OutcomeInputs(
        start=start,
        number=await editions.reserve_number(connection, "outcome", start),
        data_as_of=known,
        conditions=conditions,
        reports=[*map(printed_of_city, months)],
        code_version=code_version(),
        planted=await places.load_ground_truth(connection),
        salt=secrets.token_hex(SALT_BYTES),
        correction=correction,
        words=(await places.get_city(connection)).words,
    )
    body = serialise(inputs)
    made = await run_in_thread(edition_from_inputs, body)
    sha256 = await editions.save(connection, made)
    last_import = await deployments.find_last_import(connection)
    await edition_work.save_inputs(
        connection, made, compress_inputs(body), first=made.start, last_import=last_import
    )
    return made, sha256


def edition_from_inputs(body: bytes) -> SafeEdition:
    """The edition made from serialised inputs.

    Every edition is computed from inputs read back, here and on other machines.
    """
    if edition.is_outcome(body):
        made = edition.make_outcome(edition.deserialise_outcome(body))
    else:
        made = edition.make_edition(deserialise(body))
    made = round_figures(made)
    return msgspec.structs.replace(made, inputs_sha256=hashlib.sha256(body).hexdigest())
