"""Files of figures and instruments on their way in, the same by command line and by page."""

import datetime
import functools
from collections import Counter

import anyio.to_thread
import msgspec

from api import survey_rights
from api.people import Person
from survey import instruments
from survey.deployments import UNDER_18, Count, Import
from survey.formats import expressions
from survey.instruments import Instrument
from survey.places import City
from survey.plurals import with_noun
from survey.problems import Problem, bad_instrument, published_instrument, unreadable_file
from survey.ready import ready
from survey.sources import formats, mapped
from survey.sources.mapped import Mapping
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
    mapping: Mapping | None = None,
) -> list[str]:
    """Keep a file of figures as a new version, and say what was found in it and what it changes.

    A `mapping` says how to read a file that is in none of the known formats.
    """
    city = await places.get_city(connection)
    city = msgspec.structs.replace(city, boundaries=await places.boundaries(connection))
    if mapping:
        read = functools.partial(mapped.read, by=mapping, city=city, known_on=known_on)
    else:
        read = functools.partial(formats.read, city=city, known_on=known_on, kind=kind)
    found = await anyio.to_thread.run_sync(read, name, content)
    async with connection.transaction():
        number = await deployments.save(connection, found, by=by)
        await people.note(connection, f"{kind} imported", found.file, by=by)
        restated = await differences(connection, number, city)
        without = await deployments.editions_without(connection, number)
    late = f"Editions that were made since {known_on} without these figures: {without:,}."
    missing = names_without_figures(found, city)
    return [*told(found), *missing, *found.notes, *restated, *([late] if without else [])]


def names_without_figures(found: Import, city: City) -> list[str]:
    """Boroughs of which a file by borough has no figure, for staff alone: no edition names them."""
    seen = {one.area for one in found.counts}
    names = [area.name for area in city.boroughs() if area.code not in seen]
    if not names or len(names) == len(city.boroughs()):
        return []
    return [f"Without any figure in this file: {', '.join(names)}."]


async def differences(connection: Connection, number: int, city: City) -> list[str]:
    """The figures that an import tells otherwise than the files before it, one a line."""
    names = {area.code: area.name for area in city.areas}
    lines = [
        f"{names[one.area]}, {one.start} to {one.end}, {one.measure}, {one.tactic}, {one.group}: "
        f"was {shown(one.was)}, is {shown(one.now)}"
        for one in await deployments.restated(connection, number)
    ]
    lines += [
        f"{names[one['area']]}, {one['quarter_end']}, {one['item']}: "
        f"was {one['was']:g}, is {one['now']:g}"
        for one in await deployments.restated_perceptions(connection, number)
    ]
    if not lines:
        return []
    more = f"and {len(lines) - MOST_LINES:,} more; `soundings figures --changed-since` lists all."
    return [
        f"Figures that differ from what was known before: {len(lines):,}.",
        *lines[:MOST_LINES],
        *([more] if len(lines) > MOST_LINES else []),
    ]


def shown(count: int | None) -> str:
    return "not given" if count is None else f"{count:,}"


def told(found: Import) -> list[str]:
    """What a file held, in sentences."""
    day = long_day(found.known_on)
    lines = [f"Saved {found.file} ({found.source}), taken as published on {day}."]
    if found.counts:
        first, last = min(c.start for c in found.counts), max(c.end for c in found.counts)
        areas = with_noun(len({count.area for count in found.counts}), "area")
        figures = with_noun(len(found.counts), "figure")
        lines.append(f"{figures} for {areas}, {long_day(first)} to {long_day(last)}.")
        lines += totals(found)
    if found.perceptions:
        quarters = {one.quarter_end for one in found.perceptions}
        parts = (
            with_noun(len({one.item for one in found.perceptions}), "question"),
            with_noun(len({one.area for one in found.perceptions}), "area"),
            with_noun(len(quarters), "quarter"),
        )
        days = f"{long_day(min(quarters))} to {long_day(max(quarters))}"
        figures = with_noun(len(found.perceptions), "figure")
        lines.append(f"{figures}: {', '.join(parts)}, {days}.")
    return lines


def totals(found: Import) -> list[str]:
    """What adds up in a file, each measure for itself and year by year; of it, on the young."""
    summed, aged, young = (Counter[tuple[str, str, str]]() for _ in range(3))
    for count in sorted(found.counts, key=lambda count: (count.start, count.end)):
        key = count.measure, count.tactic, year_of(count)
        summed[key] += count.count if count.group == "all" and count.tactic in NAMES else 0
        aged[key] += count.count if count.group.startswith("age:") else 0
        young[key] += count.count if count.group in UNDER_18 else 0
    lines: dict[tuple[str, str], list[str]] = {}
    for (measure, tactic, year), total in summed.items():
        if tactic in NAMES:
            part = f"{total:,} in {year}"
            if aged[measure, tactic, year] == total:
                part += f" ({young[measure, tactic, year]:,} of them under 18)"
            lines.setdefault((measure, tactic), []).append(part)
    return [
        f"{NAMES[tactic]}, {measure.replace('_', ' ')}: {', '.join(parts)}."
        for (measure, tactic), parts in lines.items()
    ]


def year_of(count: Count) -> str:
    """The year that a count belongs to: never is one added to a year that overlaps it."""
    year = datetime.date(count.start.year, 1, 1), datetime.date(count.start.year, 12, 31)
    if (count.start, count.end) == year or (count.end - count.start).days < LONG:
        return str(count.start.year)
    return f"{count.start:%b %Y} to {count.end:%b %Y}"


def long_day(day: datetime.date) -> str:
    return f"{day:%-d %B %Y}"


async def publish(
    connection: Connection, instrument: Instrument, *, by: Person | None = None
) -> None:
    """Publish a version, if it may be published, can be answered and follows from those before."""
    instruments.check(instrument)
    await survey_rights.claim(connection, by, instrument)
    faults = await anyio.to_thread.run_sync(expressions.check, instrument)
    before = await instrument_store.chain(connection, instrument.slug)
    if before and instrument.version <= before[-1].version:
        raise published_instrument(instrument.slug, before[-1].version)
    if before:
        if instrument.follows is None:
            follows = instruments.follows(before[-1], instrument)
            instrument = msgspec.structs.replace(instrument, follows=follows)
        faults += instruments.faults_of_map(before, instrument)
    if faults:
        raise bad_instrument(tuple(faults))
    await insert(connection, instrument, by)


async def insert(connection: Connection, instrument: Instrument, by: Person | None) -> None:
    account = by.id if by else None
    await instrument_store.insert(connection, instrument, by=account)
    subject = f"{instrument.slug} {instrument.version}"
    await people.note(connection, "survey published", subject, by=account)


async def restore(connection: Connection, slug: str, *, by: Person | None = None) -> None:
    """Publish a survey of the house as it was supplied, as the next version, and open it again.

    Whatever was published between stays in the chain: nothing is ever taken back.
    """
    await survey_rights.check(connection, by, "restore", slug)
    supplied = next(one for one in ready() if one.slug == slug)
    chain = await instrument_store.chain(connection, slug)
    now = msgspec.structs.replace(supplied, version=chain[-1].version + 1, follows=None)
    if not same_form(chain[-1], now):
        follows = instruments.follows(chain[-1], now)
        await insert(connection, msgspec.structs.replace(now, follows=follows), by)
    await instrument_store.close(connection, slug, closed=False)
    await people.note(connection, "survey restored", slug, by=by.id if by else None)


def same_form(one: Instrument, other: Instrument) -> bool:
    """Whether two versions ask the same, whatever their numbers."""
    alike = msgspec.structs.replace(other, version=one.version, follows=one.follows)
    return one == alike


SURVEY = "soundings import survey"
MOST_LINES = 40
LONG = 200  # days: a period of its own, such as a financial year
NUL = b"\\u0000"  # valid in JSON, but nothing that the database can hold
NAMES = {
    "force": "Uses of force",
    "ced": "Uses of a conducted energy device",
    "stop_search": "Stops and searches",
}


def another_than_survey(name: str, content: bytes) -> Problem | None:
    """What a file is that was said to be a survey and is none, such as a table of figures."""
    refused = formats.refused_kind(name, content)
    return None if refused and SURVEY in refused.sentence else refused


async def survey(connection: Connection, content: bytes, *, by: Person | None = None) -> Instrument:
    """Publish an instrument that comes as JSON, and return it.

    How it follows from the version before may be left out where no question was renamed.
    """
    if NUL in content:
        raise unreadable_file("The survey", "words", "a character that cannot be printed (NUL)")
    try:
        instrument = msgspec.json.decode(content, type=Instrument)
    except RecursionError:
        raise unreadable_file("The survey", "an instrument", "what is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        if refused := another_than_survey("The file", content):
            raise refused from wrong
        raise unreadable_file("The survey", "an instrument as JSON", str(wrong)) from wrong
    async with connection.transaction():
        await publish(connection, instrument, by=by)
    return instrument
