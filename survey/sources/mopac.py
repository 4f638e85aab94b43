"""MOPAC Public Attitude Survey: shares of respondents by quarter, borough and measure.

Published with a row for each measure (semicolons and decimal commas, or commas and quoted
decimals), and republished by others with a column of percentages for each measure.
"""

import datetime
import math
import re
import statistics

from survey import sources
from survey.deployments import Import, Perception, month_end
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.problems import Fault
from survey.sources import Format, has_columns

SOURCE = "MOPAC Public Attitude Survey"
ROW_COLUMNS = ("Date", "Survey", "Borough", "Measure", "Proportion")
WHOLE = "MPS"  # the share of all London, in each row
# The design: 100 interviews a quarter in each of 32 boroughs, over a rolling twelve months.
BASE_BOROUGH, BASE_LONDON = 400, 12_800
NOTES = (
    "Base by design: 400 interviews a borough in twelve months; the real one is not in the file.",
    "Four quarters overlap: neighbouring quarters share three quarters of their interviews.",
)


def read_rows(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=ROW_COLUMNS)
    whole = WHOLE.casefold() in table.header
    rows = delimited.parse_rows(table, lambda row: read_share(row, city, known_on, whole))
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
    return sources.import_from_file(
        SOURCE,
        name,
        content,
        known_on,
        perceptions=tuple(perceptions.values()),
        notes=NOTES,
    )


def example_shares(area: str, today: datetime.date) -> list[list[str]]:
    """A table with every column that is read, and a made-up share of the last whole quarter."""
    first = datetime.date(today.year, today.month - (today.month - 1) % 3, 1)
    end = f"{first - datetime.timedelta(days=1):%d/%m/%Y}"
    return [[*ROW_COLUMNS, WHOLE], [end, "PAS", area, "Good job local", "0.55", "0.52"]]


MOPAC_ROWS = Format(
    kind="perception",
    origin="publisher",
    label="the Public Attitude Survey",
    expected="MOPAC Public Attitude Survey (Date, Survey, Borough, Measure, Proportion, MPS)",
    recognises=has_columns(*ROW_COLUMNS),
    read=read_rows,
)


def read_share(
    row: DelimitedRow, city: City, known_on: datetime.date, whole: bool
) -> tuple[int, Perception, Perception | None]:
    quarter = row.take("date", lambda text: parse_last_day(text, known_on))
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


def parse_last_day(text: str, known_on: datetime.date) -> datetime.date:
    day = cells.parse_british_day(text)
    if day.month % 3 or day != month_end(day):
        raise ValueError(f"{text!r} is not the last day of a quarter")
    return cells.check_past(day, known_on)


def item_name(measure: str) -> str:
    """A measure's name as our item name: '"Good Job" local' is good_job_local."""
    # One name from either layout of the survey, so that both give one series.
    return re.sub(r"[^a-z0-9]+", "_", measure.casefold()).strip("_")


def perception_key(perception: Perception) -> tuple[str, datetime.date, str]:
    return perception.area, perception.quarter_end, perception.item


PREFIX = "proportion "
WIDE_COLUMNS = ("Date", "Borough")
NEAR = 4  # quarters on each side


class PerceptionCell(Perception, frozen=True, kw_only=True):
    """A perception as a percentage, with the row and column of the file where it is."""

    number: int
    column: str
    percent: float


def has_share_columns(content: bytes) -> bool:
    header = delimited.read_header(content)
    return {"date", "borough"} <= set(header) and any(c.startswith(PREFIX) for c in header)


def read_columns(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=WIDE_COLUMNS)
    measures = [column for column in table.header if column.startswith(PREFIX)]
    rows = delimited.parse_rows(table, lambda row: read_percentages(row, measures, city, known_on))
    percentages = [cell for row in rows for cell in row]
    faults = delimited.Faults(name)
    series: dict[tuple[str, str], list[PerceptionCell]] = {}
    for cell in sorted(percentages, key=lambda cell: cell.quarter_end):
        series.setdefault((cell.area, cell.item), []).append(cell)
    wrong = [fault for line in series.values() for fault in series_faults(line)]
    for _, fault in sorted(wrong, key=lambda pair: pair[0]):
        faults.add(fault)
    faults.refuse()
    by_key = {
        perception_key(cell): Perception(
            area=cell.area,
            quarter_end=cell.quarter_end,
            item=cell.item,
            proportion=cell.proportion,
            base=cell.base,
        )
        for cell in percentages
    }
    values = tuple(by_key.values())
    return sources.import_from_file(
        SOURCE, name, content, known_on, perceptions=values, notes=NOTES
    )


MOPAC_COLUMNS = Format(
    kind="perception",
    origin="publisher",
    label="the Public Attitude Survey in columns",
    expected="Public Attitude Survey in columns (Date, Borough, Proportion ..., Proportion ...)",
    recognises=has_share_columns,
    read=read_columns,
)


def read_percentages(
    row: DelimitedRow, columns: list[str], city: City, known_on: datetime.date
) -> list[PerceptionCell]:
    quarter = row.take("date", lambda text: parse_last_month(text, known_on))
    area = row.take("borough", cells.area_parser(city))
    return [
        PerceptionCell(
            area=area,
            quarter_end=quarter,
            item=item_name(column.removeprefix(PREFIX)),
            proportion=(percent := row.take(column, parse_percentage)) / 100,
            base=BASE_BOROUGH,
            number=row.number,
            column=column,
            percent=percent,
        )
        for column in columns
        if row.cells[column]
    ]


def parse_last_month(text: str, known_on: datetime.date) -> datetime.date:
    day = cells.parse_day(text)
    if day.month % 3:
        raise ValueError(f"{text!r} is not in the last month of a quarter")
    return cells.check_past(month_end(day), known_on)


def parse_percentage(text: str) -> float:
    number = cells.parse_decimal(text)
    if not 0 <= number <= 100:
        raise ValueError(f"{text[:40]!r} is not a percentage from 0 to 100")
    return number


def series_faults(line: list[PerceptionCell]) -> list[tuple[int, Fault]]:
    wrong = []
    for at, cell in enumerate(line):
        where = f"row {cell.number}, column {cell.column!r}"
        if at and line[at - 1].quarter_end == cell.quarter_end:
            wrong.append((cell.number, Fault(where, "this borough and quarter appear twice")))
        near = [
            other.percent for other in line[max(0, at - NEAR) : at] + line[at + 1 : at + 1 + NEAR]
        ]
        # The median, as one of the neighbours may have lost its decimal point too.
        if near and is_tenth(cell.percent, statistics.median(near)):
            sentence = (
                f"{cell.percent:g} next to {statistics.median(near):g}: probably "
                f"{cell.percent * 10:g}, with its decimal point lost"
            )
            wrong.append((cell.number, Fault(where, sentence)))
    return wrong


def is_tenth(value: float, near: float) -> bool:
    """True if ten times the value is closer (as a ratio) to `near` than the value itself."""
    # A tenth of a percentage is below 10; the root of 10 is halfway between 1 and 10 as ratios go.
    return 0 < value < 10 and value * math.sqrt(10) < near
