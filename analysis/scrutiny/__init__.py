"""The report of a scrutiny panel's meeting, before its gate; and how far the members are like the
residents of their area.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from msgspec.structs import replace

from analysis.disclosure import FEWEST_TO_COUNT
from analysis.scrutiny.detail_tables import meeting_details
from analysis.scrutiny.draw import panel_estimate, with_limits
from analysis.statistics.agreement import CodingSample, bootstrapped_figure, krippendorff_alpha
from survey.editions import scrutiny
from survey.editions.actions import Action
from survey.places import ResidentCount, populations_in_year
from survey.scrutiny import AnswerState, JointMark, MemberMark
from survey.scrutiny.schemes import COLOURS_AND_REASONS, MarkScheme

SCALE = ("green", "amber", "red")
STEP_SCALE = ("met", "not_met")
STEPS = 5  # shares of a panel are told in fifths: one of ten members must not be seen in them
AGE_SEX = re.compile(r"(female|male) (\d+)")
OF_AGE = 18
# Colours of joint marks, by record; marks of members are a record, a seat and a colour.
JointColours = Mapping[str, str]
MemberColours = Sequence[tuple[str, int, str]]


def mark_agreement(
    marks: Sequence[tuple[str, int, str]],
    stratum_of: Mapping[str, str],
    strata: Sequence[scrutiny.StratumMarks],
    scale: Sequence[str] = SCALE,
) -> scrutiny.MarkAgreement | None:
    """Krippendorff's α of the members' own marks, weighted to all records of the strata.

    `marks` gives the record, the seat of the member and the value of each mark, on a `scale` such
    as green, amber, red; "cannot tell" is not on it, and only records with two values or more
    count. The distance of two values is ((i - j)/k)², k the length of the scale less one: green and
    red are twice as far apart as their neighbours. Limits by a bootstrap within the strata. None if
    no record has two values. Source: Krippendorff (2011); Rao & Wu (1988).
    """
    seats = {seat: i for i, seat in enumerate(sorted({seat for _, seat, _ in marks}))}
    rows = {record: i for i, record in enumerate(sorted(stratum_of))}
    values = np.full((len(rows), len(seats)), -1, dtype=np.int64)
    for record, seat, value in marks:
        if value in scale:
            values[rows[record], seats[seat]] = scale.index(value)
    compared = np.flatnonzero((values >= 0).sum(axis=1) > 1)
    if not len(compared):
        return None
    weight = {stratum.name: (stratum.size or 0) / (stratum.drawn or 1) for stratum in strata}
    mine = [stratum_of[record] for record, i in rows.items() if i in compared]
    sample = CodingSample(weight=np.array([weight[name] for name in mine]), stratum=np.array(mine))
    given = values[compared]
    # The function counts values up to the last one that somebody gave.
    places = np.arange(int(given.max()) + 1)
    distance = (np.subtract.outer(places, places) / (len(scale) - 1)) ** 2
    figure = bootstrapped_figure(krippendorff_alpha(given, distance), sample)
    return scrutiny.MarkAgreement(
        records=len(compared), alpha=figure.value, low=figure.low, high=figure.high
    )


CATEGORIES: dict[str, tuple[str, ...]] = {
    "sex": ("female", "male"),
    "age": ("18-34", "35-54", "55+"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
}


class PanelShare(msgspec.Struct, frozen=True, kw_only=True):
    """A category's share of the panel, rounded to fifths, and of its area's adult residents.

    Residents by ethnicity are all ages.
    """

    dimension: str
    category: str
    panel: float
    residents: float


def panel_shares(
    described: Sequence[Mapping[str, str]], residents: Mapping[tuple[str, str], float]
) -> list[PanelShare]:
    """The shares of each dimension that ten members or more answered; others are left out."""
    shares = []
    for dimension, categories in CATEGORIES.items():
        said = [member[dimension] for member in described if member.get(dimension) in categories]
        total = sum(residents.get((dimension, category), 0.0) for category in categories)
        if len(said) < FEWEST_TO_COUNT or not total:
            continue
        shares += [
            PanelShare(
                dimension=dimension,
                category=category,
                panel=round(STEPS * said.count(category) / len(said)) / STEPS,
                residents=residents.get((dimension, category), 0.0) / total,
            )
            for category in categories
        ]
    return shares


def residents_by_category(
    counts: Iterable[ResidentCount], areas: Sequence[str], year: int
) -> dict[tuple[str, str], float]:
    """The residents of the areas (all if none is named) by dimension and category in a year."""
    residents: dict[tuple[str, str], float] = defaultdict(float)
    inside = [count for count in counts if not areas or count.area in areas]
    for population in populations_in_year(inside, year):
        if population.dimension == "ethnicity":
            residents["ethnicity", population.category] += population.persons
        elif match := AGE_SEX.match(population.category):
            sex, age = match[1], int(match[2])
            if age >= OF_AGE - 3:  # bands of five years: 15 to 19 is the first with adults
                residents["sex", sex] += population.persons
                residents["age", "18-34" if age < 35 else "35-54" if age < 55 else "55+"] += (
                    population.persons
                )
    return dict(residents)


@dataclass(frozen=True, kw_only=True)
class MeetingFacts:
    """What a report is made from.

    `blank` says which meeting it is and how records were drawn; its `strata` have no marks yet.
    `stratum_of` the stratum of each drawn record. `said` are the joint marks in full and `own` the
    members', for the details by `scheme` or `reasons`; without joint marks there are none.
    """

    blank: scrutiny.MeetingReport
    stratum_of: Mapping[str, str]
    joint: JointColours
    alone: MemberColours = ()
    answers: Sequence[AnswerState] = ()
    triggers: Sequence[AnswerState] = ()
    actions: Sequence[Action] = field(default_factory=tuple)
    scheme: MarkScheme = COLOURS_AND_REASONS
    reasons: Sequence[str] = ()
    said: Sequence[JointMark] = ()
    own: Sequence[MemberMark] = ()


def meeting_report(facts: MeetingFacts) -> scrutiny.MeetingReport:
    """The report with its marks, estimate, agreement, answers and actions."""
    blank = facts.blank
    strata = tuple(
        with_limits(stratum)
        for stratum in strata_with_marks(blank.strata, facts.stratum_of, facts.joint)
    )
    day = blank.as_of
    counted = ("size", "drawn", *scrutiny.MARK_FIELDS, "marked")
    sums = {name: sum(getattr(stratum, name) or 0 for stratum in strata) for name in counted}
    return replace(
        blank,
        strata=strata,
        marks=replace(scrutiny.StratumMarks(name=""), **sums),
        estimate=panel_estimate(strata),
        agreement=mark_agreement(facts.alone, facts.stratum_of, strata),
        members=len({seat for _, seat, _ in facts.alone}),
        answers=answer_counts(facts.answers, day),
        triggers=answer_counts(facts.triggers, day),
        actions=tuple(facts.actions),
        overdue_actions=sum(
            action.status == "open" and action.due < day for action in facts.actions
        ),
        details=details_with_agreement(facts, strata) if facts.said else msgspec.UNSET,
    )


def details_with_agreement(
    facts: MeetingFacts, strata: Sequence[scrutiny.StratumMarks]
) -> scrutiny.MeetingDetails:
    details = meeting_details(facts.scheme, facts.reasons, facts.said)
    return replace(
        details,
        steps=tuple(
            replace(step, agreement=step_agreement(facts, step.key, strata))
            for step in details.steps
        ),
    )


def step_agreement(
    facts: MeetingFacts, key: str, strata: Sequence[scrutiny.StratumMarks]
) -> scrutiny.MarkAgreement | None:
    verdicts = [(mark.record, mark.seat, mark.steps.get(key, "unsure")) for mark in facts.own]
    return mark_agreement(verdicts, facts.stratum_of, strata, STEP_SCALE)


def strata_with_marks(
    frame: Sequence[scrutiny.StratumMarks], stratum_of: Mapping[str, str], joint: JointColours
) -> Iterator[scrutiny.StratumMarks]:
    """Each stratum with its joint marks; every record of a closed meeting has one."""
    counts = Counter((stratum_of[record], colour) for record, colour in joint.items())
    for stratum in frame:
        marks = {colour: counts[stratum.name, colour] for colour in scrutiny.MARK_FIELDS}
        yield replace(stratum, **marks, marked=marks["amber"] + marks["red"])


def answer_counts(states: Iterable[AnswerState], day: datetime.date) -> scrutiny.AnswerCounts:
    standings = Counter(state.standing(day) for state in states)
    return scrutiny.AnswerCounts(
        asked=standings.total(),
        in_time=standings["in_time"],
        late=standings["late"],
        overdue=standings["overdue"],
        waiting=standings["waiting"],
    )
