"""The demonstration on real files: published perception next to deployments of the same time."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api import clock
from api.operations import imports
from survey.deployments import Import
from survey.editions.figures import SeriesMark
from survey.files import delimited
from survey.places import City
from survey.problems import Conflict, Invalid, Problem
from survey.sources import formats
from survey.sources.met import MET_MONTHS
from survey.sources.mopac import MOPAC_COLUMNS, MOPAC_ROWS
from survey.sources.searches import SEARCHES_CSV
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import edition_work

# What readers of these years ask about first; the working group changes them at /work/events.
EVENTS = (
    SeriesMark(
        datetime.date(2020, 3, 23),
        "First lockdown",
        "The first stay-at-home order of the Covid-19 pandemic was announced.",
    ),
    SeriesMark(
        datetime.date(2023, 3, 21),
        "Casey review",
        "Baroness Casey's review of standards and culture in the Met was published.",
    ),
)
WANTED_FORMATS = (MET_MONTHS, SEARCHES_CSV, MOPAC_ROWS, MOPAC_COLUMNS)
REMEDY = (
    "Give the folder with the Met's use of force by borough and month (London Datastore) and "
    "MOPAC's Public Attitude Survey by borough; they may lie in folders below it."
)


demo_among_people = Conflict.of(
    "demo.real_data",
    "People have accounts in this database; the demonstration would let anyone in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
demo_among_answers = Conflict.of(
    "demo.real_data",
    "This database holds real answers; the demonstration would mix invented ones in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
figures_in_synthetic_city = Conflict.of(
    "demo.synthetic",
    "This database holds the synthetic city; real figures would be mixed with it.",
    "Leave out --data, or point it at another folder.",
)
no_figures = Invalid.of("demo.no_figures", "{sentence}", REMEDY)


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file that is in one of the formats, and what it holds."""

    file: Path
    kind: str
    found: Import


def check_folder(folder: Path) -> None:
    """Raise unless the folder has a file in one of the wanted formats."""
    for file in folder.rglob("*.csv"):
        with file.open("rb") as opened:
            # A format is recognised by its first line, so no large file is read twice.
            start = opened.read(delimited.LONGEST_LINE)
        if any(form.recognises(start) for form in WANTED_FORMATS):
            return
    raise no_figures(f"{folder} has none of the published files.")


async def import_folder(connection: Connection, folder: Path) -> tuple[list[str], datetime.date]:
    """Import the files of a folder; returns sentences on what they hold, and the month to report.

    That month is the one in which the last quarter of perception with deployments ends.
    Errors: `demo.no_figures` if deployments or perception are missing.
    """
    city = await places.get_city(connection)
    lines: list[str] = []
    chosen = [*chosen_files(list(readable_files(folder, city, lines)))]
    # A month of stops and searches alone has no deployments to report.
    sentences = {
        one.end
        for read in chosen
        if read.kind == "deployments"
        for one in (count for count in read.found.counts if count.tactic != "stop_search")
    }
    ends = {perception.quarter_end for read in chosen for perception in read.found.perceptions}
    if not sentences & ends:
        raise no_figures(f"{folder} has no deployments and perception figures for the same period.")
    for read in chosen:
        content = read.file.read_bytes()
        known = read.found.known_on
        lines += await imports.import_figures(connection, read.kind, read.file.name, content, known)
    for event in EVENTS:
        await edition_work.save_marked_event(connection, None, event)
    return lines, max(sentences & ends).replace(day=1)


def readable_files(folder: Path, city: City, lines: list[str]) -> Iterator[PublishedFile]:
    """The files in one of the wanted formats; why a file was left out is appended to `lines`."""
    today = clock.today()
    # Folders are listed in another order on other machines.
    for file in sorted(folder.rglob("*.csv")):
        content = file.read_bytes()
        form = next((one for one in WANTED_FORMATS if one.recognises(content)), None)
        if form is None:
            continue
        try:
            found = formats.read_import(
                file.name, content, city=city, known_on=today, kind=form.kind
            )
            yield PublishedFile(file=file, kind=form.kind, found=found)
        except Problem as refused:
            lines.append(f"Left out {file.name}: {refused.sentence} {refused.remedy}")


def chosen_files(files: Sequence[PublishedFile]) -> Iterator[PublishedFile]:
    """All deployments, and the perception file that holds most: other ones would only repeat it."""
    yield from (read for read in files if read.kind == "deployments")
    perception = [read for read in files if read.kind == "perception"]
    if perception:
        yield max(perception, key=lambda read: len(read.found.perceptions))
