"""Files of figures and instruments on their way in, the same by command line and by page."""

import datetime
import functools
from collections import Counter

import anyio.to_thread
import msgspec

from survey import instruments
from survey.deployments import Import
from survey.instruments import Instrument
from survey.problems import unreadable_file
from survey.sources import formats
from survey.store import deployments, people, places
from survey.store import instruments as instrument_store
from survey.store.database import Connection


async def figures(
    connection: Connection,
    kind: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    by: str | None = None,
) -> list[str]:
    """Keep a file of figures as a new version, and say what was found in it."""
    city = await places.get_city(connection)
    read = functools.partial(formats.read, city=city, known_on=known_on, kind=kind)
    found = await anyio.to_thread.run_sync(read, name, content)
    async with connection.transaction():
        await deployments.save(connection, found, by=by)
        await people.note(connection, f"{kind} imported", found.file, by=by)
    return [*told(found), *found.notes]


def told(found: Import) -> list[str]:
    """What a file held, in sentences."""
    lines = [f"Kept {found.file} ({found.source}), as known on {found.known_on}."]
    if found.counts:
        first, last = min(c.start for c in found.counts), max(c.end for c in found.counts)
        areas = len({count.area for count in found.counts})
        lines.append(f"{len(found.counts):,} figures for {areas} areas, {first} to {last}.")
        lines += totals(found)
    if found.perceptions:
        quarters = {one.quarter_end for one in found.perceptions}
        areas = len({one.area for one in found.perceptions})
        items = len({one.item for one in found.perceptions})
        lines.append(
            f"{len(found.perceptions):,} figures: {items} questions, {areas} areas, "
            f"{len(quarters)} quarters, {min(quarters)} to {max(quarters)}."
        )
    return lines


def totals(found: Import) -> list[str]:
    """What adds up in a file: each measure for itself, whole counts only."""
    summed = Counter[tuple[str, str]]()
    for count in found.counts:
        if count.group == "all" and count.tactic in NAMES:
            summed[count.measure, count.tactic] += count.count
    return [
        f"{NAMES[tactic]}: {total:,} {measure.replace('_', ' ')} over all periods and areas."
        for (measure, tactic), total in summed.items()
    ]


NUL = b"\\u0000"  # valid in JSON, but nothing that the database can hold
NAMES = {"force": "Uses of force", "ced": "Uses of a conducted energy device"}


async def survey(connection: Connection, content: bytes, *, by: str | None = None) -> str:
    """Publish an instrument that comes as JSON."""
    if NUL in content:
        raise unreadable_file("The survey", "words", "a sign that cannot be printed (NUL)")
    try:
        instrument = msgspec.json.decode(content, type=Instrument)
    except msgspec.DecodeError as wrong:
        raise unreadable_file("The survey", "an instrument as JSON", str(wrong)) from wrong
    async with connection.transaction():
        await instrument_store.insert(connection, instruments.check(instrument), by=by)
        await people.note(
            connection, "survey published", f"{instrument.slug} {instrument.version}", by=by
        )
    return f"Published {instrument.slug}, version {instrument.version} ({instrument.mode})."
