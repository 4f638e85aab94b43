"""The Public Attitude Survey as republished by others: one column of percentages per measure.

Some copies of this layout have 8 where "0,8" should have become 80. If a cell is a tenth of its
neighbours in the same borough, the whole file is refused.
"""

import datetime
import math
import statistics

from survey.deployments import Import, ImportOrigin, Perception, month_end
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.problems import Fault
from survey.sources import imports, mopac_perception

SOURCE = mopac_perception.SOURCE
KIND = "perception"
ORIGIN: ImportOrigin = "publisher"
PREFIX = "proportion "
COLUMNS = ("Date", "Borough")
LABEL = "the Public Attitude Survey in columns"
EXPECTED = "Public Attitude Survey in columns (Date, Borough, Proportion ..., Proportion ...)"
NEAR = 4  # quarters on each side


class PerceptionCell(Perception, frozen=True, kw_only=True):
    """A perception with its place in the file, as a percentage."""

    number: int
    column: str
    percent: float


def recognises(content: bytes) -> bool:
    header = delimited.read_header(content)
    return {"date", "borough"} <= set(header) and any(c.startswith(PREFIX) for c in header)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=COLUMNS)
    measures = [column for column in table.header if column.startswith(PREFIX)]
    rows = delimited.parse_rows(table, lambda row: read_row(row, measures, city, known_on))
    found = [cell for row in rows for cell in row]
    check_decimals(name, found)
    by_key = {mopac_perception.perception_key(cell): without_place(cell) for cell in found}
    values, notes = tuple(by_key.values()), mopac_perception.NOTES
    return imports.import_from_file(
        SOURCE, name, content, known_on, perceptions=values, notes=notes
    )


def read_row(
    row: DelimitedRow, columns: list[str], city: City, known_on: datetime.date
) -> list[PerceptionCell]:
    quarter = row.take("date", lambda text: parse_quarter_end(text, known_on))
    area = row.take("borough", cells.area_parser(city))
    return [
        PerceptionCell(
            area=area,
            quarter_end=quarter,
            item=mopac_perception.item_name(column.removeprefix(PREFIX)),
            proportion=(percent := row.take(column, parse_percentage)) / 100,
            base=mopac_perception.BASE_BOROUGH,
            number=row.number,
            column=column,
            percent=percent,
        )
        for column in columns
        if row.cells[column]
    ]


def parse_quarter_end(text: str, known_on: datetime.date) -> datetime.date:
    day = cells.parse_day(text)
    if day.month % 3:
        raise ValueError(f"{text!r} is not in the last month of a quarter")
    return cells.check_past(month_end(day), known_on)


def parse_percentage(text: str) -> float:
    number = cells.parse_decimal(text)
    if not 0 <= number <= 100:
        raise ValueError(f"{text[:40]!r} is not a percentage from 0 to 100")
    return number


def check_decimals(name: str, found: list[PerceptionCell]) -> None:
    """Raise if a cell lost a factor of ten, or if a borough and quarter occur twice."""
    faults = delimited.Faults(name)
    series: dict[tuple[str, str], list[PerceptionCell]] = {}
    for cell in sorted(found, key=lambda cell: cell.quarter_end):
        series.setdefault((cell.area, cell.item), []).append(cell)
    wrong = [fault for line in series.values() for fault in series_faults(line)]
    for _, fault in sorted(wrong, key=lambda pair: pair[0]):
        faults.add(fault)
    faults.refuse()


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


def without_place(cell: PerceptionCell) -> Perception:
    return Perception(
        area=cell.area,
        quarter_end=cell.quarter_end,
        item=cell.item,
        proportion=cell.proportion,
        base=cell.base,
    )
