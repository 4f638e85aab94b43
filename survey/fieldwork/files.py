"""Files of fieldwork: which sample points there are and who goes there, and what visits came to."""

import datetime
import re
from collections.abc import Collection
from typing import cast

import msgspec

from survey.encounters.files import DAYS
from survey.fieldwork.outcomes import DAY_PARTS, MEANINGS, OUTCOMES, DayPart, Outcome, Visit
from survey.problems import Fault
from survey.surveys.samples import MOST_DRAWN, MOST_FAULTS, MOST_SHOWN, cell_at, find_column

REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9/-]{1,20}")
POINT_HEADS = {
    "reference": ("reference", "point", "sample point"),
    "code": ("code",),
    "interviewer": ("interviewer",),
}
VISIT_HEADS = {
    "reference": POINT_HEADS["reference"],
    "day": ("day", "date"),
    "part": ("part of day", "part", "time of day"),
    "outcome": ("outcome",),
}
OUTCOME_NAMES: dict[str, Outcome] = {
    text.casefold(): name for name in OUTCOMES for text in (name, MEANINGS[name].words)
}


class PointRow(msgspec.Struct, frozen=True):
    """A sample point as a file has it, in row `number`; `interviewer` is a name, '' for nobody."""

    number: int
    reference: str
    code: str
    interviewer: str = ""


class VisitRow(msgspec.Struct, frozen=True):
    """A visit as a file has it."""

    reference: str
    visit: Visit


class FaultList:
    """What is wrong with a file, with how many faults are not listed."""

    def __init__(self, faults: Collection[Fault] = ()) -> None:
        self.all = list(faults)

    def add(self, where: int | str, sentence: str) -> None:
        self.all.append(Fault(f"Row {where}" if isinstance(where, int) else where, sentence))

    @property
    def first_faults(self) -> list[Fault]:
        return self.all[:MOST_FAULTS]

    @property
    def more(self) -> int:
        return max(len(self.all) - MOST_FAULTS, 0)


def read_points(
    table: list[list[str]], interviewers: Collection[str]
) -> tuple[list[PointRow], FaultList]:
    """The sample points in a table whose first row has the heads, and what is wrong with them."""
    faults = FaultList()
    places, lines = read_heads(table, POINT_HEADS, ("reference", "code"), faults)
    known = {one.casefold(): one for one in interviewers}
    seen: dict[str, dict[str, int]] = {"reference": {}, "code": {}}
    found = []
    for number, line in enumerate(lines, 2):
        cells = {what: cell_at(line, place) for what, place in places.items()}
        check_reference(number, cells["reference"], faults)
        if not cells["code"]:
            faults.add(number, "The code is missing")
        for what, before in seen.items():
            if cells[what] and (first := before.setdefault(cells[what], number)) != number:
                faults.add(number, f"The {what} is the same as in row {first}")
        name = cells["interviewer"]
        if name and name.casefold() not in known:
            said = f"There is no interviewer “{name[:MOST_SHOWN]}”: add them first"
            faults.add(number, said)
        found.append(
            PointRow(number, cells["reference"], cells["code"], known.get(name.casefold(), ""))
        )
    return found, faults


def read_visits(
    table: list[list[str]], references: Collection[str], today: datetime.date
) -> tuple[list[VisitRow], FaultList]:
    """The visits in a table whose first row has the heads, and what is wrong with them."""
    faults = FaultList()
    places, lines = read_heads(table, VISIT_HEADS, tuple(VISIT_HEADS), faults)
    found = []
    for number, line in enumerate(lines, 2):
        cells = {what: cell_at(line, place) for what, place in places.items()}
        reference, before = cells["reference"], len(faults.all)
        if reference not in references:
            faults.add(number, f"There is no sample point “{reference[:MOST_SHOWN]}”")
        day = read_day(number, cells["day"], today, faults)
        part = cells["part"].casefold()
        if part not in DAY_PARTS:
            faults.add(number, "Part of day: write morning, afternoon or evening")
        outcome = OUTCOME_NAMES.get(cells["outcome"].casefold())
        if outcome is None:
            shown = cells["outcome"][:MOST_SHOWN]
            faults.add(number, f"“{shown}” is not an outcome: use the words of the list")
        if day and outcome and len(faults.all) == before:
            found.append(VisitRow(reference, Visit(day, cast(DayPart, part), outcome)))
    return found, faults


def read_heads(
    table: list[list[str]],
    heads: dict[str, tuple[str, ...]],
    needed: Collection[str],
    faults: FaultList,
) -> tuple[dict[str, int], list[list[str]]]:
    """The place of each column, and the rows below the heads; none if a column is missing."""
    rows = [row for row in table if any(cell.strip() for cell in row)]
    if not rows:
        faults.add("File", "The file is empty")
        return {}, []
    head, *lines = rows
    places = {what: find_column(head, names) for what, names in heads.items()}
    for what in needed:
        if places[what] < 0:
            faults.add(1, f"There is no column “{heads[what][0]}”")
    if not 1 <= len(lines) <= MOST_DRAWN:
        faults.add("File", f"There are {len(lines):,} rows: a file can have 1 to {MOST_DRAWN:,}")
    return places, [] if faults.all else lines


def check_reference(number: int, text: str, faults: FaultList) -> None:
    if not REFERENCE.fullmatch(text):
        said = (
            "The reference needs 1 to 20 letters, digits, hyphens or slashes, with a digit among "
            "them, such as A017. Never use a name"
        )
        faults.add(number, said)


def read_day(
    number: int, text: str, today: datetime.date, faults: FaultList
) -> datetime.date | None:
    for form in DAYS:
        try:
            day = datetime.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day alone
        except ValueError:
            continue
        if day > today:
            faults.add(number, "The day is in the future")
        return day
    faults.add(number, f"“{text[:MOST_SHOWN]}” is not a day: write it as 2026-11-28 or 28/11/2026")
    return None
