"""Imports files of figures and surveys, in the same way for the command line and the pages."""

import datetime
import functools
from collections import Counter

import anyio.to_thread
import msgspec

from api.locales import format_day
from api.operations import survey_rights
from api.security.people import Person
from survey.deployments import UNDER_18, DeploymentCount, Import
from survey.files.refusals import unreadable_file
from survey.formats.expressions import logic as expressions
from survey.places import City
from survey.problems import Problem
from survey.sentences import with_noun
from survey.sources import formats
from survey.sources.mappings import ColumnMapping, reading
from survey.store import deployments, places
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.surveys import instruments as instrument_store
from survey.store.surveys import sharing
from survey.surveys import instruments as instruments
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.versions import faults_of_mapping, version_mapping
from survey.surveys.ready import load_ready_instruments
from survey.surveys.refusals import bad_instrument, published_instrument
from survey.surveys.sharing import SHOWN_FIELDS

SURVEY_COMMAND = "soundings import survey"
MOST_LINES = 40
LONG_PERIOD = 200  # days: a period of its own, such as a financial year
NUL = b"\\u0000"  # valid in JSON, but nothing that the database can hold
TACTIC_NAMES = {
    "force": "Uses of force",
    "ced": "Uses of a conducted energy device",
    "stop_search": "Stops and searches",
}


async def import_figures(
    connection: Connection,
    kind: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    by: str | None = None,
    mapping: ColumnMapping | None = None,
) -> list[str]:
    """Save a file of figures as a new import; returns sentences on what it holds and what it
    changes.

    `mapping` says how to read a file that is in none of the known formats.
    """
    city = await places.get_city(connection)
    city = msgspec.structs.replace(city, boundaries=await places.load_boundaries(connection))
    if mapping:
        read = functools.partial(reading.read_mapped, by=mapping, city=city, known_on=known_on)
    else:
        read = functools.partial(formats.read_import, city=city, known_on=known_on, kind=kind)
    # In a thread, so that other requests are answered while a large file is read.
    new_import = await anyio.to_thread.run_sync(read, name, content)
    return await save_import(connection, kind, new_import, city, by=by)


async def save_import(
    connection: Connection, kind: str, new_import: Import, city: City, *, by: str | None
) -> list[str]:
    """Save what was read in a file; returns sentences on what it holds and what it changes."""
    async with connection.transaction():
        number = await deployments.save(connection, new_import, by=by)
        await people.append_audit(connection, f"{kind} imported", new_import.file, by=by)
        restated = await difference_lines(connection, number, city)
        without = await deployments.count_editions_without(connection, number)
    late = (
        f"Editions that were made since {new_import.known_on} without these figures: {without:,}."
    )
    missing = missing_area_notes(new_import, city)
    return [
        *import_summary(new_import),
        *missing,
        *new_import.notes,
        *restated,
        *([late] if without else []),
    ]


def missing_area_notes(new_import: Import, city: City) -> list[str]:
    """A sentence naming the boroughs without any figure in this file; for staff only.

    Empty if the file has figures for all boroughs or for none.
    """
    seen = {count.area for count in new_import.counts}
    names = [area.name for area in city.local_areas() if area.code not in seen]
    if not names or len(names) == len(city.local_areas()):
        return []
    return [f"Without any figure in this file: {', '.join(names)}."]


async def difference_lines(connection: Connection, number: int, city: City) -> list[str]:
    """The figures that differ from those of earlier imports, one a line."""
    names = {area.code: area.name for area in city.areas}
    lines = [
        f"{names[count.area]}, {count.start} to {count.end}, {count.measure}, {count.tactic}, "
        f"{count.group}: was {count_in_words(count.was)}, is {count_in_words(count.now)}"
        for count in await deployments.load_restated_counts(connection, number)
    ]
    lines += [
        f"{names[perception.area]}, {perception.quarter_end}, {perception.item}: "
        f"was {perception.was:g}, is {perception.now:g}"
        for perception in await deployments.load_restated_perceptions(connection, number)
    ]
    if not lines:
        return []
    more = f"and {len(lines) - MOST_LINES:,} more; `soundings figures --changed-since` lists all."
    return [
        f"Figures that differ from what was known before: {len(lines):,}.",
        *lines[:MOST_LINES],
        *([more] if len(lines) > MOST_LINES else []),
    ]


def count_in_words(count: int | None) -> str:
    return "not given" if count is None else f"{count:,}"


def import_summary(new_import: Import) -> list[str]:
    """What a file holds, in sentences."""
    day = format_day(new_import.known_on)
    lines = [f"Saved {new_import.file} ({new_import.source}), taken as published on {day}."]
    if new_import.counts:
        first, last = min(c.start for c in new_import.counts), max(c.end for c in new_import.counts)
        areas = with_noun(len({count.area for count in new_import.counts}), "area")
        figures = with_noun(len(new_import.counts), "figure")
        lines.append(f"{figures} for {areas}, {format_day(first)} to {format_day(last)}.")
        lines += total_lines(new_import)
    if new_import.perceptions:
        quarters = {perception.quarter_end for perception in new_import.perceptions}
        parts = (
            with_noun(len({perception.item for perception in new_import.perceptions}), "question"),
            with_noun(len({perception.area for perception in new_import.perceptions}), "area"),
            with_noun(len(quarters), "quarter"),
        )
        days = f"{format_day(min(quarters))} to {format_day(max(quarters))}"
        figures = with_noun(len(new_import.perceptions), "figure")
        lines.append(f"{figures}: {', '.join(parts)}, {days}.")
    return lines


def total_lines(new_import: Import) -> list[str]:
    """The totals of a file by measure and year, in sentences; with the number under 18 where
    known.
    """
    summed, aged, young = (Counter[tuple[str, str, str]]() for _ in range(3))
    for count in sorted(new_import.counts, key=lambda count: (count.start, count.end)):
        key = count.measure, count.tactic, period_in_words(count)
        summed[key] += count.count if count.group == "all" and count.tactic in TACTIC_NAMES else 0
        aged[key] += count.count if count.group.startswith("age:") else 0
        young[key] += count.count if count.group in UNDER_18 else 0
    lines: dict[tuple[str, str], list[str]] = {}
    for (measure, tactic, year), total in summed.items():
        if tactic in TACTIC_NAMES:
            part = f"{total:,} in {year}"
            # Where some ages are missing, the number under 18 would be too low.
            if aged[measure, tactic, year] == total:
                part += f" ({young[measure, tactic, year]:,} of them under 18)"
            lines.setdefault((measure, tactic), []).append(part)
    return [
        f"{TACTIC_NAMES[tactic]}, {measure.replace('_', ' ')}: {', '.join(parts)}."
        for (measure, tactic), parts in lines.items()
    ]


def period_in_words(count: DeploymentCount) -> str:
    """The year or months whose counts are added up together: the count's calendar year, or its own
    months if its period is long and is not a calendar year.
    """
    year = datetime.date(count.start.year, 1, 1), datetime.date(count.start.year, 12, 31)
    if (count.start, count.end) == year or (count.end - count.start).days < LONG_PERIOD:
        return str(count.start.year)
    return f"{count.start:%b %Y} to {count.end:%b %Y}"


async def publish_instrument(
    connection: Connection, instrument: Instrument, *, by: Person | None = None
) -> None:
    """Publish a version of a survey.

    Raises unless the person may publish it, it can be answered, and it follows from the versions
    before it.
    """
    instruments.check_instrument(instrument)
    # Claimed first: the survey is locked from here, so no other version comes in between.
    await survey_rights.claim_slug(connection, by, instrument)
    # In a thread: expressions are tried out, and one that is refused may have cost a moment.
    faults = await anyio.to_thread.run_sync(expressions.faults_of_expressions, instrument)
    before = await instrument_store.load_history(connection, instrument.slug)
    if before and instrument.version <= before[-1].version:
        raise published_instrument(instrument.slug, before[-1].version)
    if before:
        if instrument.follows is None:
            follows = version_mapping(before[-1], instrument)
            instrument = msgspec.structs.replace(instrument, follows=follows)
        faults += faults_of_mapping(before, instrument)
    if faults:
        raise bad_instrument(tuple(faults))
    await insert_instrument(connection, instrument, by)
    if before:
        changed = [field for field in SHOWN_FIELDS if differs(field, before[-1], instrument)]
        await sharing.drop_shown(connection, instrument.slug, changed)


def differs(field: str, instrument: Instrument, other: Instrument) -> bool:
    return bool(getattr(instrument, field) != getattr(other, field))


async def insert_instrument(
    connection: Connection, instrument: Instrument, by: Person | None
) -> None:
    account = by.id if by else None
    await instrument_store.insert(connection, instrument, by=account)
    subject = f"{instrument.slug} {instrument.version}"
    await people.append_audit(connection, "survey published", subject, by=account)


async def restore_built_in(connection: Connection, slug: str, *, by: Person | None = None) -> None:
    """Publish a built-in survey as it was supplied, as the next version, and reopen it.

    Versions published in between stay: nothing is ever deleted.
    """
    await survey_rights.require_right(connection, by, "restore", slug)
    supplied = next(
        instrument for instrument in load_ready_instruments() if instrument.slug == slug
    )
    chain = await instrument_store.load_history(connection, slug)
    # A new number, because answers are bound to the version that they were given to.
    now = msgspec.structs.replace(supplied, version=chain[-1].version + 1, follows=None)
    if not is_same_form(chain[-1], now):
        follows = version_mapping(chain[-1], now)
        await insert_instrument(connection, msgspec.structs.replace(now, follows=follows), by)
    await sharing.drop_shown(connection, slug, SHOWN_FIELDS)
    await instrument_store.set_closed(connection, slug, closed=False)
    await people.append_audit(connection, "survey restored", slug, by=by.id if by else None)


def is_same_form(instrument: Instrument, other: Instrument) -> bool:
    """Whether two versions are equal except for their numbers and their version mappings."""
    alike = msgspec.structs.replace(other, version=instrument.version, follows=instrument.follows)
    return instrument == alike


def find_other_kind(name: str, content: bytes) -> Problem | None:
    """The problem to raise if a file given as a survey is something else, such as a table of
    figures.
    """
    refused = formats.other_kind_problem(name, content)
    return None if refused and SURVEY_COMMAND in refused.sentence else refused


async def import_survey(
    connection: Connection, content: bytes, *, by: Person | None = None
) -> Instrument:
    """Publish a survey that is given as JSON, and return it.

    The file need not say how it follows from the previous version, unless a question was renamed.
    """
    if NUL in content:
        raise unreadable_file("The survey", "words", "a character that cannot be printed (NUL)")
    try:
        instrument = msgspec.json.decode(content, type=Instrument)
    # msgspec reads groups within groups by recursion, and thousands of them are a small file.
    except RecursionError:
        raise unreadable_file("The survey", "an instrument", "what is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        if refused := find_other_kind("The file", content):
            raise refused from wrong
        raise unreadable_file("The survey", "an instrument as JSON", str(wrong)) from wrong
    async with connection.transaction():
        await publish_instrument(connection, instrument, by=by)
    return instrument
