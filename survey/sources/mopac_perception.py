"""MOPAC Public Attitude Survey: a share for each quarter, borough and measure, and for London.

Semicolons and decimal commas as published, or commas and quoted decimals.
"""

import datetime
import re

from survey.deployments import Import, ImportOrigin, Perception, month_end
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.problems import Fault
from survey.sources import imports

SOURCE = "MOPAC Public Attitude Survey"
KIND = "perception"
ORIGIN: ImportOrigin = "publisher"
COLUMNS = ("Date", "Survey", "Borough", "Measure", "Proportion")
LABEL = "the Public Attitude Survey"
EXPECTED = "MOPAC Public Attitude Survey (Date, Survey, Borough, Measure, Proportion, MPS)"
# The design: 100 interviews a quarter in each of 32 boroughs, over a rolling twelve months.
BASE_BOROUGH, BASE_LONDON = 400, 12_800
NOTES = (
    "Base by design: 400 interviews a borough in twelve months; the real one is not in the file.",
    "Four quarters overlap: neighbouring quarters share three quarters of their interviews.",
)


def recognises(content: bytes) -> bool:
    header = delimited.read_header(content)
    return all(delimited.comparable_heading(column) in header for column in COLUMNS)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=COLUMNS)
    whole = "mps" in table.header
    rows = delimited.parse_rows(table, lambda row: read_row(row, city, known_on, whole))
    faults = delimited.Faults(name)
    perceptions: dict[tuple[str, datetime.date, str], Perception] = {}
    for number, borough, london in rows:
        if perception_key(borough) in perceptions:
            faults.add(Fault(f"row {number}", "this borough, quarter and measure appear twice"))
        perceptions[perception_key(borough)] = borough
        # London's share is repeated in the row of each borough, so all of them have to agree.
        if london and perceptions.setdefault(perception_key(london), london) != london:
            faults.add(Fault(f"row {number}, column 'mps'", "differs from the rows before it"))
    faults.refuse()
    return imports.import_from_file(
        SOURCE,
        name,
        content,
        known_on,
        perceptions=tuple(perceptions.values()),
        notes=NOTES,
    )


def read_row(
    row: DelimitedRow, city: City, known_on: datetime.date, whole: bool
) -> tuple[int, Perception, Perception | None]:
    quarter = row.take("date", lambda text: parse_quarter_end(text, known_on))
    item = item_name(row.take("measure", cells.parse_filled))
    area = row.take("borough", cells.area_parser(city))
    borough = borough_perception(
        city, area, quarter, item, row.take("proportion", cells.parse_share)
    )
    if not whole:
        return row.number, borough, None
    force = city.force("MPS").code
    london = borough_perception(city, force, quarter, item, row.take("mps", cells.parse_share))
    return row.number, borough, london


def borough_perception(
    city: City, area: str, quarter: datetime.date, item: str, share: float
) -> Perception:
    base = BASE_LONDON if city.find(area).kind == "force" else BASE_BOROUGH
    return Perception(area=area, quarter_end=quarter, item=item, proportion=share, base=base)


def parse_quarter_end(text: str, known_on: datetime.date) -> datetime.date:
    day = cells.parse_british_day(text)
    if day.month % 3 or day != month_end(day):
        raise ValueError(f"{text!r} is not the last day of a quarter")
    return cells.check_past(day, known_on)


def item_name(measure: str) -> str:
    """A measure's name as our item name: '"Good Job" local' is good_job_local."""
    # One name from either layout of the survey, so that both give one series.
    return re.sub(r"[^a-z0-9]+", "_", measure.casefold()).strip("_")


def perception_key(found: Perception) -> tuple[str, datetime.date, str]:
    return found.area, found.quarter_end, found.item
