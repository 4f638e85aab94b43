"""The report of a scrutiny panel's meeting, before its gate."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from analysis.scrutiny.agreement import mark_agreement
from analysis.scrutiny.estimates import panel_estimate, with_limits
from survey.editions.actions import Action
from survey.editions.chapters.scrutiny import (
    MARK_FIELDS,
    AnswerCounts,
    MeetingReport,
    StratumMarks,
)
from survey.scrutiny.answers import AnswerState

# Colours of joint marks, by record; marks of members are a record, a seat and a colour.
JointColours = Mapping[str, str]
MemberColours = Sequence[tuple[str, int, str]]


@dataclass(frozen=True, kw_only=True)
class MeetingFacts:
    """What a report is made from.

    `blank` says which meeting it is and how records were drawn; its `strata` have no marks yet.
    `stratum_of` the stratum of each drawn record.
    """

    blank: MeetingReport
    stratum_of: Mapping[str, str]
    joint: JointColours
    alone: MemberColours = ()
    answers: Sequence[AnswerState] = ()
    triggers: Sequence[AnswerState] = ()
    actions: Sequence[Action] = field(default_factory=tuple)


def meeting_report(facts: MeetingFacts) -> MeetingReport:
    """The report with its marks, estimate, agreement, answers and actions."""
    blank = facts.blank
    strata = tuple(
        with_limits(one) for one in strata_with_marks(blank.strata, facts.stratum_of, facts.joint)
    )
    day = blank.as_of
    return msgspec.structs.replace(
        blank,
        strata=strata,
        marks=all_marks(strata),
        estimate=panel_estimate(strata),
        agreement=mark_agreement(facts.alone, facts.stratum_of, strata),
        members=len({seat for _, seat, _ in facts.alone}),
        answers=answer_counts(facts.answers, day),
        triggers=answer_counts(facts.triggers, day),
        actions=tuple(facts.actions),
        overdue_actions=sum(one.status == "open" and one.due < day for one in facts.actions),
    )


def strata_with_marks(
    frame: Sequence[StratumMarks], stratum_of: Mapping[str, str], joint: JointColours
) -> Iterator[StratumMarks]:
    """Each stratum with its joint marks; every record of a closed meeting has one."""
    found = Counter((stratum_of[record], colour) for record, colour in joint.items())
    for one in frame:
        marks = {colour: found[one.name, colour] for colour in MARK_FIELDS}
        yield msgspec.structs.replace(one, **marks, marked=marks["amber"] + marks["red"])


def all_marks(strata: Sequence[StratumMarks]) -> StratumMarks:
    """The marks of all strata together; without a share, because strata have different weights."""
    counted = ("size", "drawn", *MARK_FIELDS, "marked")
    sums = {name: sum(getattr(one, name) or 0 for one in strata) for name in counted}
    return msgspec.structs.replace(StratumMarks(name=""), **sums)


def answer_counts(states: Iterable[AnswerState], day: datetime.date) -> AnswerCounts:
    found = Counter(one.standing(day) for one in states)
    return AnswerCounts(
        asked=found.total(),
        in_time=found["in_time"],
        late=found["late"],
        overdue=found["overdue"],
        waiting=found["waiting"],
    )
