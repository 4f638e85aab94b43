"""The Public Attitude Survey as others have spread it out: one column of percentages a measure.

Copies of this shape are known in which "0,8" became 8 instead of 80. A cell that is a tenth of what
stands around it in the same borough makes the whole file refused.
"""

import datetime
import math
import statistics

from survey.deployments import Import, Origin, Perception
from survey.places import City
from survey.problems import Fault
from survey.sources import cells, delimited, imports, mopac_perception
from survey.sources.delimited import Row, Table

SOURCE = mopac_perception.SOURCE
KIND = "perception"
ORIGIN: Origin = "publisher"
PREFIX = "proportion "
COLUMNS = ("Date", "Borough")
LABEL = "the Public Attitude Survey in columns"
EXPECTED = "Public Attitude Survey in columns (Date, Borough, Proportion ..., Proportion ...)"
NEAR = 4  # quarters on each side


class Cell(Perception, frozen=True, kw_only=True):
    """A perception with the place in the file where it stood, as a percentage."""

    number: int
    column: str
    percent: float


def recognises(content: bytes) -> bool:
    header = delimited.header_of(content)
    return {"date", "borough"} <= set(header) and any(c.startswith(PREFIX) for c in header)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=COLUMNS)
    rows = delimited.parsed(table, lambda row: read_row(row, measures(table), city, known_on))
    found = [cell for row in rows for cell in row]
    refuse_spoiled(name, found)
    kept = {mopac_perception.key(cell): without_place(cell) for cell in found}
    values, notes = tuple(kept.values()), mopac_perception.NOTES
    return imports.of_file(SOURCE, name, content, known_on, perceptions=values, notes=notes)


def measures(table: Table) -> list[str]:
    return [column for column in table.header if column.startswith(PREFIX)]


def read_row(row: Row, columns: list[str], city: City, known_on: datetime.date) -> list[Cell]:
    quarter = row.take("date", lambda text: quarter_end(text, known_on))
    area = row.take("borough", cells.area(city))
    return [
        Cell(
            area=area,
            quarter_end=quarter,
            item=mopac_perception.item_of(column.removeprefix(PREFIX)),
            proportion=(percent := row.take(column, percentage)) / 100,
            base=mopac_perception.BASE_BOROUGH,
            number=row.number,
            column=column,
            percent=percent,
        )
        for column in columns
        if row.cells[column]
    ]


def quarter_end(text: str, known_on: datetime.date) -> datetime.date:
    day = cells.day(text)
    if day.month % 3:
        raise ValueError(f"{text!r} is not in the last month of a quarter")
    return cells.past(cells.month_end(day), known_on)


def percentage(text: str) -> float:
    number = cells.decimal(text)
    if not 0 <= number <= 100:
        raise ValueError(f"{text[:40]!r} is not a percentage from 0 to 100")
    return number


def refuse_spoiled(name: str, found: list[Cell]) -> None:
    """Name the cells that lost a factor of ten, and the row and borough that stand there twice."""
    faults = delimited.Faults(name)
    series: dict[tuple[str, str], list[Cell]] = {}
    for cell in sorted(found, key=lambda cell: cell.quarter_end):
        series.setdefault((cell.area, cell.item), []).append(cell)
    wrong = [fault for line in series.values() for fault in faults_of(line)]
    for _, fault in sorted(wrong, key=lambda pair: pair[0]):
        faults.add(fault)
    faults.refuse()


def faults_of(line: list[Cell]) -> list[tuple[int, Fault]]:
    wrong = []
    for at, cell in enumerate(line):
        where = f"row {cell.number}, column {cell.column!r}"
        if at and line[at - 1].quarter_end == cell.quarter_end:
            wrong.append((cell.number, Fault(where, "this borough and quarter appear twice")))
        near = [
            other.percent for other in line[max(0, at - NEAR) : at] + line[at + 1 : at + 1 + NEAR]
        ]
        if near and is_tenth(cell.percent, statistics.median(near)):
            sentence = (
                f"{cell.percent:g} next to {statistics.median(near):g}: probably "
                f"{cell.percent * 10:g}, with its decimal point lost"
            )
            wrong.append((cell.number, Fault(where, sentence)))
    return wrong


def is_tenth(value: float, near: float) -> bool:
    """Whether ten times the value lies closer (in ratio) to what is near than the value does."""
    return 0 < value < 10 and value * math.sqrt(10) < near


def without_place(cell: Cell) -> Perception:
    return Perception(
        area=cell.area,
        quarter_end=cell.quarter_end,
        item=cell.item,
        proportion=cell.proportion,
        base=cell.base,
    )
