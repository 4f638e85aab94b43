"""Files in no known format: held while somebody says what their columns mean, then imported."""

import datetime
import functools
from collections.abc import Mapping

import anyio.to_thread
import msgspec

from api.operations import imports
from survey.files import grids
from survey.files.grids import Grid
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sentences import with_noun
from survey.sources import formats, home_office
from survey.sources.mappings import ColumnMapping, Encoding, reading, words
from survey.sources.mappings.totals import (
    Difference,
    Kind,
    TableReading,
    part_differences,
    row_differences,
    stated_differences,
)
from survey.store import places
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.editions import mappings
from survey.store.editions.mappings import HeldTable, SavedMapping


def encoding_of(content: bytes) -> Encoding:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def is_to_be_mapped(content: bytes) -> bool:
    """Whether no format reads such a file, or only one that reads some workbooks of its kind."""
    form = formats.find_format(content)
    if form is not None:
        return form is home_office.HOME_OFFICE
    other = formats.find_other_kind(content)
    return other is None or other[1] == "workbook"


async def hold_table(
    connection: Connection, account: str, name: str, content: bytes, known_on: datetime.date
) -> HeldTable:
    """Keep a file for the page on its columns; if a saved mapping fits them, with that one."""
    sheets = await open_sheets(name, content)
    saved = await mappings.load_saved(connection)
    city = await places.get_city(connection)
    fitting = await anyio.to_thread.run_sync(find_fitting, saved, sheets, encoding_of(content))
    mapping, follows = None, None
    if fitting is not None:
        follows, mapping = fitting[0].id, fitting[1]
        grid = grids.find_grid(name, sheets, mapping.sheet)
        mapping = words.with_guessed_words(mapping, grid, city)
    async with connection.transaction():
        ident = await mappings.hold(
            connection, account, name, content, known_on, mapping=mapping, follows=follows
        )
        await people.append_audit(connection, "table held", name, by=account)
    return await mappings.get_held(connection, account, ident)


async def find_next_step(connection: Connection, held: HeldTable) -> str:
    """The page on which something has to be said about a held file: its columns, where these or
    the days are not known yet; its words; or else the check.
    """
    if not held.is_matched or held.mapping.needs_days:
        return "columns"
    city = await places.get_city(connection)
    grid = await anyio.to_thread.run_sync(reading.open_grid, held.file, held.content, held.mapping)
    columns = words.TableWords(held.mapping, grid, city).columns()
    return "words" if any(column.open_words for column in columns) else "check"


def find_fitting(
    saved: list[SavedMapping], sheets: list[Grid], encoding: Encoding
) -> tuple[SavedMapping, ColumnMapping] | None:
    """The saved mapping that explains most columns of a file, as it reads that file."""
    fitting = [
        (each, fit)
        for each in saved
        if (fit := words.fit_mapping(each.mapping, sheets, encoding)) is not None
    ]
    return max(fitting, key=lambda pair: len(pair[1].headings), default=None)


async def open_sheets(name: str, content: bytes) -> list[Grid]:
    """The sheets of a file; in a thread, so that other requests are answered meanwhile."""
    return await anyio.to_thread.run_sync(grids.read_grids, name, content, "")


async def read_held(held: HeldTable, city: City) -> TableReading:
    """What the mapping of a held file reads in it; raises if it cannot be read so."""

    def read() -> TableReading:
        grid = reading.open_grid(held.file, held.content, held.mapping)
        return reading.read_grid(
            held.file, grid, by=held.mapping, city=city, known_on=held.known_on
        )

    if not held.is_matched:
        raise unreadable_file(held.file, "a table whose columns were matched", "none yet")
    return await anyio.to_thread.run_sync(read)


def all_differences(figures: TableReading, stated: Mapping[Kind, int]) -> list[Difference]:
    """Every total that is not what was read: typed, in the table's rows, or of its parts."""
    return [
        *stated_differences(figures, stated),
        *row_differences(figures),
        *part_differences(figures.counts),
    ]


def check_notes(
    figures: TableReading, stated: Mapping[Kind, int], differences: list[Difference], why: str
) -> tuple[str, ...]:
    """What is kept of the check with an import: which totals agreed, and why others did not."""
    typed = with_noun(len(stated), "total")
    rows = with_noun(len(figures.totals), "total")
    return (
        *([f"Checked against {typed} of its publisher."] if stated else []),
        *([f"Checked against {rows} in its rows."] if figures.totals else []),
        *(f"{d.what}: stated {d.stated:,}, read {d.read:,}." for d in differences[:20]),
        *([f"Why it was imported all the same: {why}"] if differences else []),
    )


async def import_held(
    connection: Connection, held: HeldTable, account: str, notes: tuple[str, ...], save_as: str
) -> list[str]:
    """Import a held file by its mapping, which is kept under a name if one is given; the file is
    held no more.
    """
    city = await places.get_city(connection)
    read = functools.partial(
        reading.read_mapped, by=held.mapping, city=city, known_on=held.known_on
    )
    new_import = await anyio.to_thread.run_sync(read, held.file, held.content)
    new_import = msgspec.structs.replace(new_import, notes=(*new_import.notes, *notes))
    async with connection.transaction():
        lines = await imports.save_import(connection, "deployments", new_import, city, by=account)
        if save_as:
            await save_mapping(connection, held, account, save_as)
        await mappings.delete_held(connection, held.id)
    return lines


async def save_mapping(connection: Connection, held: HeldTable, account: str, name: str) -> None:
    """Keep the mapping of a file under a name; the one that it began with is replaced."""
    kept = words.for_next_file(held.mapping)
    if held.follows is not None and name == held.saved_as:
        await mappings.replace_saved(connection, held.follows, name, kept, account)
    else:
        await mappings.insert_saved(connection, name, kept, account)
    await people.append_audit(connection, "mapping saved", name, by=account)


def with_rows_of(held: HeldTable, mapping: ColumnMapping) -> ColumnMapping:
    """The mapping, with the words that were decided before its columns were changed."""
    before = held.mapping
    return msgspec.structs.replace(
        mapping,
        areas=before.areas,
        totals=before.totals,
        words=before.words,
        numbers=before.numbers,
        other_areas=before.other_areas,
        licence=before.licence,
        attribution=before.attribution,
    )
