"""How far fieldwork is, and its rates by AAPOR's definitions: in the words of the page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT
from analysis.statistics.sampling.response import Dispositions, contact_rates, response_rates
from api.formatting import format_share
from survey.surveys.fieldwork import MEANINGS, Letter, PointOutcome, SamplePoint

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
UNKNOWN = "–"


class ProgressRow(msgspec.Struct, frozen=True):
    """Points of an interviewer or a borough: how many, visited, interviews and some rates."""

    name: str
    points: int
    visited: int
    visits: int
    interviews: int
    contact: str
    cooperation: str
    response: str


class Progress(msgspec.Struct, frozen=True):
    """How far the fieldwork of a survey is."""

    points: int
    assigned: int
    visited: int
    visits: int
    outcomes: list[tuple[str, str, int]]
    rates: list[tuple[str, str]]
    by_interviewer: list[ProgressRow]
    by_area: list[ProgressRow]


def dispositions(points: Sequence[SamplePoint]) -> Dispositions:
    """The points by AAPOR's groups. An interview without an answer here is no interview (O)."""
    letters = Counter[Letter](MEANINGS[one.outcome].letter for one in points)
    return Dispositions(
        invited=len(points),
        complete=letters["I"],
        partial=letters["P"],
        refused=letters["R"],
        silent=letters["UH"],
        not_reached=letters["NC"],
        unable=letters["O"],
        ineligible=letters["NE"],
        recorded=any(one.visits for one in points),
    )


def rates_in_words(points: Sequence[SamplePoint]) -> dict[str, str]:
    """Each rate that the dispositions give, by its name; none of fewer than ten points."""
    if len(points) < FEWEST_TO_COUNT:
        return {}
    found = dispositions(points)
    values = response_rates(found)._asdict() | contact_rates(found)._asdict()
    return {name: format_share(value) for name, value in values.items() if value is not None}


def summarise(
    points: Sequence[SamplePoint], interviewers: Mapping[str, str], areas: Mapping[str, str]
) -> Progress:
    """The progress of all points, and by interviewer and borough, by their names."""
    counts = Counter[PointOutcome](one.outcome for one in points)
    rates = rates_in_words(points)
    return Progress(
        points=len(points),
        assigned=sum(one.interviewer is not None for one in points),
        visited=sum(bool(one.visits) for one in points),
        visits=sum(len(one.visits) for one in points),
        outcomes=[
            (meaning.words, f"{meaning.letter} {meaning.code}", counts[name])
            for name, meaning in MEANINGS.items()
            if counts[name]
        ],
        rates=[(words, rates[name]) for name, words in RATE_WORDS.items() if name in rates],
        by_interviewer=grouped_rows(
            points, lambda one: interviewers.get(one.interviewer or "", "Nobody yet")
        ),
        by_area=grouped_rows(points, lambda one: areas.get(one.stratum, one.stratum)),
    )


def grouped_rows(
    points: Sequence[SamplePoint], key: Callable[[SamplePoint], str]
) -> list[ProgressRow]:
    """A row for each group of points, by the group's name."""
    groups: dict[str, list[SamplePoint]] = {}
    for one in points:
        groups.setdefault(key(one), []).append(one)
    return [progress_row(name, groups[name]) for name in sorted(groups)]


def progress_row(name: str, points: Sequence[SamplePoint]) -> ProgressRow:
    rates = rates_in_words(points)
    return ProgressRow(
        name=name,
        points=len(points),
        visited=sum(bool(one.visits) for one in points),
        visits=sum(len(one.visits) for one in points),
        interviews=sum(one.outcome == "interview" for one in points),
        contact=rates.get("con1", UNKNOWN),
        cooperation=rates.get("coop1", UNKNOWN),
        response=rates.get("rr1", UNKNOWN),
    )
