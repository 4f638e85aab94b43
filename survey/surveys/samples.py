"""The file of a sample: who was drawn, where, with what chance; other columns are for letters."""

import msgspec

from survey.problems import Fault
from survey.surveys.invitations import MOST_DRAWN, SampleDraw, draw_faults

CODE, LINK = "code", "link"
# The heads by which a column is recognised, in small letters.
HEADS = {
    "stratum": ("stratum", "borough"),
    "psu": ("psu", "sampling unit", "neighbourhood"),
    "probability": ("probability", "chance", "chance of being chosen"),
}
ADDRESS_HEADS = ("name", "addr", "street", "house", "flat", "town", "city", "postcode", "post code")
MOST_FAULTS = 100
MOST_SHOWN = 40  # characters of a cell


class SampleFile(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as it was read: its table, one draw a row, and what is wrong in which row.

    `left` are columns that are given back and never stored; `more` faults are not listed.
    """

    table: list[list[str]]
    people: list[SampleDraw] = []
    faults: list[Fault] = []
    more: int = 0
    left: list[str] = []


def read_sample(table: list[list[str]], strata: dict[str, str]) -> SampleFile:
    """The sample in a table whose first row has the heads; `strata` are boroughs by code."""
    rows = [row for row in table if any(cell.strip() for cell in row)]
    if not rows:
        return SampleFile(table=[], faults=[Fault("", "The file is empty")])
    head, *lines = rows
    places = {what: find_column(head, names) for what, names in HEADS.items()}
    faults = head_faults(head, places, len(lines))
    if faults:
        return SampleFile(table=rows, faults=faults)
    known = {name.casefold(): code for code, name in strata.items()} | {
        code.casefold(): code for code in strata
    }
    people = []
    for number, line in enumerate(lines, 2):
        cells = {what: cell_at(line, place) for what, place in places.items()}
        drawn = SampleDraw(
            number=1,
            stratum=known.get(cells["stratum"].casefold(), ""),
            psu=cells["psu"],
            probability=parse_chance(cells["probability"]),
        )
        people.append(drawn)
        faults += [
            Fault(f"Row {number}", row_sentence(fault, cells["stratum"]))
            for fault in draw_faults(drawn, set(strata))
        ]
    left = [one for place, one in enumerate(head) if place not in places.values() and one.strip()]
    return SampleFile(
        table=rows,
        people=people,
        faults=faults[:MOST_FAULTS],
        more=max(len(faults) - MOST_FAULTS, 0),
        left=left,
    )


def row_sentence(fault: Fault, borough: str) -> str:
    """What is wrong in a row: in a file nobody chooses a borough from a list."""
    if fault.where != "stratum":
        return fault.sentence
    if not borough:
        return "The borough is missing"
    return f"“{borough[:MOST_SHOWN]}” is not a borough: write its name or its code"


def find_column(head: list[str], names: tuple[str, ...]) -> int:
    """The place of the column with one of these heads; -1 if there is none."""
    tidy = [" ".join(cell.casefold().split()) for cell in head]
    return next((tidy.index(name) for name in names if name in tidy), -1)


def head_faults(head: list[str], places: dict[str, int], number: int) -> list[Fault]:
    wrong = [
        Fault("Row 1", f"There is no column “{HEADS[what][0]}”")
        for what, place in places.items()
        if place < 0
    ]
    if find_column(head, (CODE,)) >= 0 or find_column(head, (LINK,)) >= 0:
        said = "There is a column “code” or “link” already: was this file given codes before?"
        wrong.append(Fault("Row 1", said))
    if not 1 <= number <= MOST_DRAWN:
        said = f"There are {number:,} people in it: a file can have 1 to {MOST_DRAWN:,}"
        wrong.append(Fault("File", said))
    return wrong


def cell_at(line: list[str], place: int) -> str:
    return line[place].strip() if 0 <= place < len(line) else ""


def parse_chance(text: str) -> float:
    """The probability in a cell; -1, which is refused, if it is not a number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return -1.0


def table_with_codes(table: list[list[str]], codes: list[str], links: list[str]) -> list[list[str]]:
    """The same table with a code and a link in each row."""
    head, *lines = table
    wide = len(head)
    filled = [(line + [""] * wide)[:wide] for line in lines]
    return [
        [*head, CODE, LINK],
        *([*line, code, link] for line, code, link in zip(filled, codes, links, strict=True)),
    ]


class LetterRow(msgspec.Struct, frozen=True):
    """One person's code with the address that goes with it, which may be empty."""

    code: str
    address: list[str]


def read_letter_rows(table: list[list[str]]) -> list[LetterRow]:
    """The codes of a table, with the columns that look like a name or an address; in order."""
    rows = [row for row in table if any(cell.strip() for cell in row)]
    place = find_column(rows[0], (CODE,)) if rows else -1
    if place < 0:
        return []
    head = [cell.casefold().strip() for cell in rows[0]]
    lines = [at for at, one in enumerate(head) if one.startswith(ADDRESS_HEADS)]
    return [
        LetterRow(code, [cell for at in lines if (cell := cell_at(row, at))])
        for row in rows[1:]
        if (code := cell_at(row, place))
    ]
