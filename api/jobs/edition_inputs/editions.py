"""Makes editions: loads everything for a period, computes, saves."""

import datetime
import hashlib
import secrets
from dataclasses import replace

import msgspec

from analysis import editions as edition
from analysis.editions import compress_inputs, deserialise, round_figures, serialise
from api import clock
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.jobs.kinds import edition_period
from api.jobs.texts import codebook_versions, coding, discoveries, heads, second_readings
from api.process.long_work import run_in_thread, save_step
from survey.editions import Correction, SafeEdition
from survey.editions.refusals import unexplained_edition
from survey.sentences import long_date
from survey.store import deployments, editions
from survey.store.database import Connection
from survey.store.editions import edition_work
from survey.store.themes import quotes

SALT_BYTES = 32


async def make_weekly_edition(connection: Connection, key: str) -> None:
    await make_requested_edition(connection, "weekly", key)


async def make_monthly_edition(connection: Connection, key: str) -> None:
    await make_requested_edition(connection, "monthly", key)


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
    publication = await editions.find_published(connection, kind, start)
    if publication is None:
        correction = Correction(0, "")
    else:
        correction_number, end = publication
        if not why and end < edition_period(kind, start)[1]:
            why = f"Edition {correction_number} ended on {long_date(end)}."
        if not why:
            raise unexplained_edition(kind=kind, start=start, number=correction_number)
        correction = Correction(correction_number, why)
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


def edition_from_inputs(body: bytes) -> SafeEdition:
    """The edition made from serialised inputs.

    Every edition is computed from inputs read back, here and on other machines.
    """
    made = round_figures(edition.make_edition(deserialise(body)))
    return msgspec.structs.replace(made, inputs_sha256=hashlib.sha256(body).hexdigest())
