"""The sample of a survey: who was drawn, where, with what chance; its file, whose other columns
are for letters. Files of encounters and of sample points are read with the same functions.
"""

import datetime
import re
from collections.abc import Collection
from typing import Literal, get_args

import msgspec

from survey.problems import Fault
from survey.words import in_local_words, local_words

MOST_DRAWN = 2_000
LetterOutcome = Literal["refused", "not_reached", "unable", "undelivered", "ineligible"]
LETTER_OUTCOMES: tuple[LetterOutcome, ...] = get_args(LetterOutcome)
PSU_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
CODE, LINK = "code", "link"
# The head by which GOV.UK Notify knows the number; other senders read any.
PHONE = "phone number"
ADDRESS_HEADS = ("name", "addr", "street", "house", "flat", "town", "city", "postcode", "post code")
MOST_FAULTS = 100
MOST_SHOWN = 40  # characters of a cell
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")


def code_link(address: str, code: str) -> str:
    """The address of a survey that fills in a code.

    The code is behind a '#': browsers do not send what follows it to any server, so the code is in
    no log.
    """
    return f"{address}#code={code}"


class SampleDraw(msgspec.Struct, frozen=True, kw_only=True):
    """Residents drawn in one sampling unit (`psu`) of a stratum, with the same probability each."""

    number: int
    stratum: str
    psu: str
    probability: float


class StratumResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the people who were invited in one stratum.

    `answered` people sent something since the day `since`: of these, `complete` answered every
    question of the index and `scored` enough for an index. `outcomes` are people without an answer,
    by reason: from letters, or from the visits of interviewers if `by_visits`, never from both.
    """

    stratum: str
    invited: int
    since: datetime.date | None = None
    answered: int = 0
    scored: int = 0
    complete: int = 0
    outcomes: dict[str, int] = {}
    by_visits: bool = False


def draw_faults(draw: SampleDraw, strata: set[str]) -> list[Fault]:
    """The faults of a draw, by field; weights depend on the probability."""
    wrong = []
    if not 1 <= draw.number <= MOST_DRAWN:
        wrong.append(Fault("number", f"How many: enter a whole number from 1 to {MOST_DRAWN:,}"))
    if draw.stratum not in strata:
        wrong.append(
            Fault("stratum", in_local_words("Choose the borough where these people were chosen"))
        )
    if not PSU_NAME.fullmatch(draw.psu):
        wanted = "Neighbourhood: use up to 40 letters, numbers, spaces and hyphens"
        wrong.append(Fault("psu", wanted))
    if not 0 < draw.probability <= 1:
        wanted = "Chance of being chosen: enter a number above 0 and up to 1"
        wrong.append(Fault("probability", wanted))
    return wrong


def letter_faults(letters: dict[LetterOutcome, int], most: int) -> list[Fault]:
    """The faults, by field, of the letters recorded for one borough; at most `most` can be
    unanswered.
    """
    wrong = [
        Fault(name, "Enter a whole number, or leave it at 0")
        for name, number in letters.items()
        if number < 0
    ]
    if not wrong and sum(letters.values()) > most:
        first = next(iter(letters))
        here = local_words().area
        said = f"At most {most:,} letters to this {here} are unanswered: these are more"
        wrong.append(Fault(first, said))
    return wrong


# The heads by which a column is recognised, in small letters.
HEADS = {
    "stratum": ("stratum", "borough"),
    "psu": ("psu", "sampling unit", "neighbourhood"),
    "probability": ("probability", "chance", "chance of being chosen"),
}


class FaultList:
    """What is wrong with a file, and how many more faults are not listed."""

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
    rows = filled_rows(table)
    if not rows:
        return SampleFile(table=[], faults=[Fault("", "The file is empty")])
    head, *lines = rows
    places = {what: find_column(head, names) for what, names in HEADS.items()}
    faults = [
        Fault("Row 1", f"There is no column “{HEADS[what][0]}”")
        for what, place in places.items()
        if place < 0
    ] + faults_of_people(head, len(lines))
    if faults:
        return SampleFile(table=rows, faults=faults)
    known = codes_by_word(strata)
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
    left = [
        heading
        for place, heading in enumerate(head)
        if place not in places.values() and heading.strip()
    ]
    return SampleFile(
        table=rows,
        people=people,
        faults=faults[:MOST_FAULTS],
        more=max(len(faults) - MOST_FAULTS, 0),
        left=left,
    )


def example_table(area: str) -> list[list[str]]:
    """A table with every column that is read, and a made-up person who was drawn."""
    known = {"stratum": area, "psu": "N01", "probability": "0.0008"}
    return [[heads[0] for heads in HEADS.values()], [known[what] for what in HEADS]]


def example_codes(address: str) -> list[list[str]]:
    """A file with codes: every column that letters, reminders and text messages read."""
    code = "MADE-UPXX-XXXX-XXXX-XXXX"
    head = [CODE, LINK, "name", "address", "postcode", PHONE]
    link = code_link(address, code)
    return [head, [code, link, "Robin Miles", "1 High Street", "SW1A 1AA", "07700 900000"]]


def filled_rows(table: list[list[str]]) -> list[list[str]]:
    return [row for row in table if any(cell.strip() for cell in row)]


def codes_by_word(areas: dict[str, str]) -> dict[str, str]:
    """The code of each area by its name and by its code, both in small letters."""
    return {word.casefold(): code for code, name in areas.items() for word in (name, code)}


def row_sentence(fault: Fault, area: str) -> str:
    """What is wrong in a row, in words for a file, where nobody chooses a borough from a list."""
    if fault.where != "stratum":
        return fault.sentence
    if not area:
        return in_local_words("The borough is missing")
    said = in_local_words("is not a borough: write its name or its code")
    return f"“{area[:MOST_SHOWN]}” {said}"


def find_column(head: list[str], names: tuple[str, ...]) -> int:
    """The place of the column with one of these heads; -1 if there is none."""
    tidy = [" ".join(cell.casefold().split()) for cell in head]
    return next((tidy.index(name) for name in names if name in tidy), -1)


def faults_of_people(head: list[str], number: int) -> list[Fault]:
    """The faults of a file of people to draw: it has codes already, or no people, or too many."""
    wrong = []
    if find_column(head, (CODE,)) >= 0 or find_column(head, (LINK,)) >= 0:
        said = "There is a column “code” or “link” already: was this file given codes before?"
        wrong.append(Fault("Row 1", said))
    if not 1 <= number <= MOST_DRAWN:
        said = f"There are {number:,} people in it: a file can have 1 to {MOST_DRAWN:,}"
        wrong.append(Fault("File", said))
    return wrong


def cell_at(line: list[str], place: int) -> str:
    return line[place].strip() if 0 <= place < len(line) else ""


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


def parse_chance(text: str) -> float:
    """The probability in a cell; -1, which is refused, if it is not a number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return -1.0


def table_with_codes(table: list[list[str]], codes: list[str], links: list[str]) -> list[list[str]]:
    """The table with a code and a link in each row."""
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
    rows = filled_rows(table)
    place = find_column(rows[0], (CODE,)) if rows else -1
    if place < 0:
        return []
    head = [cell.casefold().strip() for cell in rows[0]]
    lines = [at for at, heading in enumerate(head) if heading.startswith(ADDRESS_HEADS)]
    return [
        LetterRow(code, [cell for at in lines if (cell := cell_at(row, at))])
        for row in rows[1:]
        if (code := cell_at(row, place))
    ]
