"""Surveys that interviewers carry: what came of a visit and of a sample point, and files of both.

The outcomes have the disposition codes of AAPOR for in-person household surveys in its Standard
Definitions. The text of the 10th edition (2023) was not at hand, so they were compared with what
others print of earlier ones, and all agree: the sources are in
tests/survey/surveys/test_fieldwork.py.
"""

import datetime
import re
from collections.abc import Collection, Sequence
from typing import Literal, cast, get_args

import msgspec

from survey.problems import Conflict, NotFound
from survey.surveys import samples

Outcome = Literal[
    "interview", "partial", "refused", "broke_off", "unable", "language", "not_a_home", "vacant",
    "nobody_eligible", "away", "nobody_home", "no_access",
]  # fmt: skip
# What a point is where no visit says it: nobody went; an interview was made and no answer came;
# it was sent back.
PointOutcome = Outcome | Literal["not_visited", "awaited", "sent_back"]
# AAPOR's groups: interview, partial, refusal and break-off, non-contact, other, unknown
# eligibility, not eligible.
Letter = Literal["I", "P", "R", "NC", "O", "UH", "NE"]
DayPart = Literal["morning", "afternoon", "evening"]
SendBackReason = Literal["wrong_address", "wrong_person", "unfinished", "not_confirmed", "mistake"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
DAY_PARTS: tuple[DayPart, ...] = get_args(DayPart)
MOST_VISITS = 20
REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9/-]{1,20}")


class OutcomeMeaning(msgspec.Struct, frozen=True):
    """An outcome in words, AAPOR's code and group for it, and its rank. Where a point had several
    visits, the last one of the highest rank decides what the point is.
    """

    words: str
    code: str
    letter: Letter
    rank: int = 0


MEANINGS: dict[PointOutcome, OutcomeMeaning] = {
    "interview": OutcomeMeaning("Interview", "1.1", "I", 3),
    "partial": OutcomeMeaning("Part of an interview, enough to use", "1.2", "P", 3),
    "refused": OutcomeMeaning("Refused", "2.11", "R", 2),
    "broke_off": OutcomeMeaning("Broke off: too little to use", "2.12", "R", 2),
    "unable": OutcomeMeaning("Not able to answer", "2.32", "O", 2),
    "language": OutcomeMeaning("No common language", "2.33", "O", 2),
    "not_a_home": OutcomeMeaning("Not a home", "4.50", "NE", 2),
    "vacant": OutcomeMeaning("Empty: nobody lives there", "4.60", "NE", 2),
    "nobody_eligible": OutcomeMeaning("Nobody there who can be asked", "4.70", "NE", 2),
    "away": OutcomeMeaning("The person was out: come again", "2.25", "NC", 1),
    "nobody_home": OutcomeMeaning("Nobody home", "2.24", "NC", 1),
    "no_access": OutcomeMeaning("Not found, or no safe way in", "3.17 or 3.18", "UH"),
    "not_visited": OutcomeMeaning("Not visited yet", "3.11", "UH"),
    "awaited": OutcomeMeaning("Interview made, no answer received", "2.36", "O"),
    "sent_back": OutcomeMeaning("Sent back, not done again yet", "2.36", "O"),
}
REASON_WORDS: dict[SendBackReason, str] = {
    "wrong_address": "It was done at another address",
    "wrong_person": "Another person was asked than the one chosen",
    "unfinished": "Too many questions were left out",
    "not_confirmed": "The household says that nobody asked them",
    "mistake": "The interviewer reported a mistake",
}


class Visit(msgspec.Struct, frozen=True):
    """One visit to a sample point; there is at most one in each part of a day."""

    day: datetime.date
    part: DayPart
    outcome: Outcome


class SamplePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A sample point with its visits in order. `has_answer` is true once its code was used.

    `interviewer` is a group of collectors, by id; `sent_back` the reason, until another interview
    comes.
    """

    id: str
    reference: str
    stratum: str
    psu: str
    interviewer: str | None = None
    has_answer: bool = False
    may_be_sent_back: bool = False
    sent_back: SendBackReason | None = None
    visits: tuple[Visit, ...] = ()

    @property
    def outcome(self) -> PointOutcome:
        """The outcome of the point so far."""
        last = decisive_outcome(self.visits)
        if self.has_answer:
            return "partial" if last == "partial" else "interview"
        if self.sent_back:
            return "sent_back"
        return "awaited" if last in ("interview", "partial") else last


def decisive_outcome(visits: Sequence[Visit]) -> PointOutcome:
    """The last outcome of the highest rank: a refusal holds even if nobody was home later."""
    in_order = sorted(visits, key=lambda visit: (visit.day, DAY_PARTS.index(visit.part)))
    outcome: PointOutcome = "not_visited"
    for next_visit in in_order:
        if outcome == "not_visited" or MEANINGS[next_visit.outcome].rank >= MEANINGS[outcome].rank:
            outcome = next_visit.outcome
    return outcome


# AAPOR's rates.
RATE_WORDS = {
    "rr1": "RR1: interviews, of all points that may be homes",
    "rr2": "RR2: interviews and parts of them, of the same",
    "rr3": "RR3: interviews, of an estimate of the homes",
    "rr4": "RR4: interviews and parts of them, of the same",
    "rr5": "RR5: interviews, of the points known to be homes",
    "rr6": "RR6: interviews and parts of them, of the same",
    "coop1": "COOP1: interviews, of those reached",
    "coop2": "COOP2: interviews and parts of them, of those reached",
    "coop3": "COOP3: interviews, of those reached and able to answer",
    "coop4": "COOP4: interviews and parts of them, of the same",
    "ref1": "REF1: refused, of all points that may be homes",
    "ref2": "REF2: refused, of an estimate of the homes",
    "ref3": "REF3: refused, of the points known to be homes",
    "con1": "CON1: reached, of all points that may be homes",
    "con2": "CON2: reached, of an estimate of the homes",
    "con3": "CON3: reached, of the points known to be homes",
    "eligible": "e: share of the points not known that are taken to be homes",
}
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


def read_points(
    table: list[list[str]], interviewers: Collection[str]
) -> tuple[list[PointRow], samples.FaultList]:
    """The sample points in a table whose first row has the heads, and what is wrong with them."""
    faults = samples.FaultList()
    places, lines = read_heads(table, POINT_HEADS, ("reference", "code"), faults)
    known = {interviewer.casefold(): interviewer for interviewer in interviewers}
    seen: dict[str, dict[str, int]] = {"reference": {}, "code": {}}
    points = []
    for number, line in enumerate(lines, 2):
        cells = {what: samples.cell_at(line, place) for what, place in places.items()}
        if not REFERENCE.fullmatch(cells["reference"]):
            said = (
                "The reference needs 1 to 20 letters, digits, hyphens or slashes, with a digit "
                "among them, such as A017. Never use a name"
            )
            faults.add(number, said)
        if not cells["code"]:
            faults.add(number, "The code is missing")
        for what, before in seen.items():
            if cells[what] and (first := before.setdefault(cells[what], number)) != number:
                faults.add(number, f"The {what} is the same as in row {first}")
        name = cells["interviewer"]
        if name and name.casefold() not in known:
            said = f"There is no interviewer “{name[: samples.MOST_SHOWN]}”: add them first"
            faults.add(number, said)
        points.append(
            PointRow(number, cells["reference"], cells["code"], known.get(name.casefold(), ""))
        )
    return points, faults


def read_visits(
    table: list[list[str]], references: Collection[str], today: datetime.date
) -> tuple[list[VisitRow], samples.FaultList]:
    """The visits in a table whose first row has the heads, and what is wrong with them."""
    faults = samples.FaultList()
    places, lines = read_heads(table, VISIT_HEADS, tuple(VISIT_HEADS), faults)
    visits = []
    for number, line in enumerate(lines, 2):
        cells = {what: samples.cell_at(line, place) for what, place in places.items()}
        reference, before = cells["reference"], len(faults.all)
        if reference not in references:
            faults.add(number, f"There is no sample point “{reference[: samples.MOST_SHOWN]}”")
        day = samples.read_day(number, cells["day"], today, faults)
        part = cells["part"].casefold()
        if part not in DAY_PARTS:
            faults.add(number, "Part of day: write morning, afternoon or evening")
        outcome = OUTCOME_NAMES.get(cells["outcome"].casefold())
        if outcome is None:
            shown = cells["outcome"][: samples.MOST_SHOWN]
            faults.add(number, f"“{shown}” is not an outcome: use the words of the list")
        if day and outcome and len(faults.all) == before:
            visits.append(VisitRow(reference, Visit(day, cast(DayPart, part), outcome)))
    return visits, faults


def example_points() -> list[list[str]]:
    """A table with every column of a file of points, and a made-up point without an interviewer."""
    known = {"reference": "A017", "code": "the code in your file of codes", "interviewer": ""}
    return [[heads[0] for heads in POINT_HEADS.values()], [known[what] for what in POINT_HEADS]]


def example_visits(reference: str, today: datetime.date) -> list[list[str]]:
    """A table with every column of a file of visits, and a visit with each outcome, a day each."""
    known = {"reference": reference, "part": DAY_PARTS[0]}
    rows = [
        known
        | {"day": str(today - datetime.timedelta(days=before)), "outcome": MEANINGS[name].words}
        for before, name in enumerate(OUTCOMES)
    ]
    head = [heads[0] for heads in VISIT_HEADS.values()]
    return [head, *([row[what] for what in VISIT_HEADS] for row in rows)]


def read_heads(
    table: list[list[str]],
    heads: dict[str, tuple[str, ...]],
    needed: Collection[str],
    faults: samples.FaultList,
) -> tuple[dict[str, int], list[list[str]]]:
    """The place of each column, and the rows below the heads; no rows if the table has a fault."""
    rows = samples.filled_rows(table)
    if not rows:
        faults.add("File", "The file is empty")
        return {}, []
    head, *lines = rows
    places = {what: samples.find_column(head, names) for what, names in heads.items()}
    for what in needed:
        if places[what] < 0:
            faults.add(1, f"There is no column “{heads[what][0]}”")
    if not 1 <= len(lines) <= samples.MOST_DRAWN:
        faults.add(
            "File", f"There are {len(lines):,} rows: a file can have 1 to {samples.MOST_DRAWN:,}"
        )
    return places, [] if faults.all else lines


unneeded_fieldwork = Conflict.of(
    "fieldwork.unneeded",
    "Only surveys of people who were chosen at random have sample points.",
    "Make a survey of that kind: it is chosen when a survey is begun.",
)
unknown_point = NotFound.of(
    "fieldwork.unknown_point",
    "There is no such sample point here, or it is another interviewer's now.",
    "Go back to the list and choose it there.",
)
unknown_interviewer = NotFound.of(
    "fieldwork.unknown_interviewer",
    "This address is not in use any more, or was never right.",
    "Ask the organiser of the survey for a new one.",
)
too_many_visits = Conflict.of(
    "fieldwork.too_many_visits",
    f"This sample point has {MOST_VISITS} visits already.",
    "Correct one of them: choose its day and part of the day again.",
)
nothing_to_send_back = Conflict.of(
    "fieldwork.nothing_to_send_back",
    "No interview of this sample point can be sent back.",
    "Only an answer that came after the point was added can be, and only once.",
)
changed_points = Conflict.of(
    "fieldwork.changed",
    "Somebody has just changed these sample points, perhaps you in another window.",
    "Nothing was saved. Choose the file again.",
)
