"""Complaints become cases of allegations; the state of a case follows from its events.

The coded list of allegations says how many working days each kind allows.
"""

import datetime
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from survey.cases.refusals import case_not_overdue, illegal_transition, late_dispute
from survey.deployments import DeploymentCount, quarter_after, quarter_of
from survey.surveys.instruments import Instrument
from survey.surveys.item_types.answers import Answers
from survey.surveys.refusals import bad_answers
from survey.surveys.responses import (
    AnswerContext,
    Submission,
    answer_texts,
    is_child,
    validate_answers,
)

ALLEGATIONS_FILE = Path(__file__).with_name("allegations.toml")

# Adds working days to a day, by a calendar that knows the bank holidays.
AddWorkingDays = Callable[[datetime.date, int], datetime.date]
CaseStatus = Literal["new", "open", "waiting", "decided", "closed", "disputed", "merged"]
CaseParty = Literal["reviewer", "person", "calendar"]
Channel = Literal["online", "phone", "paper", "in_person"]
ACTIVE_STATUSES: tuple[CaseStatus, ...] = ("new", "open", "waiting", "decided", "disputed")
DAYS_TO_DISPUTE = 28
# A case that was closed on the last day of a quarter can still be disputed as long.
DAYS_AFTER_QUARTER = 28
ENDS_OF_CLOSING = frozenset({"withdrawn", "reopened", "appealed"})
CaseTransition = Literal[
    "received",
    "acknowledged",
    "assigned",
    "asked",
    "told",
    "answered",
    "evidence",
    "file_removed",
    "corrected",
    "withdrawn",
    "linked",
    "unlinked",
    "merged",
    "joined",
    "parted",
    "outcome",
    "closed",
    "reopened",
    "appealed",
    "nudged",
    "redacted",
    "noted",
]
AllegationOutcome = Literal[
    "service_acceptable",
    "service_not_acceptable",
    "referred_for_misconduct",
    "resolved",
    "not_able_to_determine",
    "withdrawn",
]
DAYS_TO_ANSWER, DAYS_TO_CLOSE, DAYS_TO_REVIEW = (
    10,
    5,
    10,
)  # working days: to answer, to close once decided, to review
# Events that are mailed: to a complainant who left an address, and to the case's reviewer.
MAILED_TO_PERSON: frozenset[CaseTransition] = frozenset(
    {"received", "acknowledged", "asked", "told", "closed", "reopened"}
)
TOLD_TO_CASEWORKER: frozenset[CaseTransition] = frozenset(
    {"assigned", "answered", "evidence", "corrected", "withdrawn", "appealed", "nudged"}
)


class AllegationKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of allegation; `iopc` is the national category that it is counted under."""

    name: str
    title: str
    iopc: str
    acknowledge: int
    decide: int


class WorkingDaysAllowed(msgspec.Struct, frozen=True):
    """Working days allowed to acknowledge and to decide, from the day a complaint was received."""

    acknowledge: int
    decide: int


@cache
def allegation_kinds() -> dict[str, AllegationKind]:
    read = tomllib.loads(ALLEGATIONS_FILE.read_text(encoding="utf-8"))
    return {kind.name: kind for kind in msgspec.convert(read["kinds"], list[AllegationKind])}


def allegation_title(name: str) -> str:
    """The label of an allegation; for one that has left the list, its name made readable."""
    kind = allegation_kinds().get(name)
    return kind.title if kind else name.replace("_", " ").capitalize()


def working_days_allowed(names: Iterable[str]) -> WorkingDaysAllowed:
    """The working days allowed for a complaint with several kinds of allegation: those of the most
    urgent kind.
    """
    # An older case may name a kind that has left the list since.
    known = [allegation_kinds()[name] for name in names if name in allegation_kinds()] or [
        allegation_kinds()["other"]
    ]
    return WorkingDaysAllowed(
        min(kind.acknowledge for kind in known), min(kind.decide for kind in known)
    )


class TransitionRule(msgspec.Struct, frozen=True):
    """Who may make a transition, and the status that it leads to from each status."""

    by: tuple[CaseParty, ...]
    to: dict[CaseStatus, CaseStatus]


def same_status(*statuses: CaseStatus) -> dict[CaseStatus, CaseStatus]:
    return {status: status for status in statuses}


COMPLAINANT_WRITES = TransitionRule(
    ("person",), same_status(*ACTIVE_STATUSES, "merged") | {"waiting": "open"}
)
REVIEWER_LINKS = TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES, "closed"))

# The one table of what can happen to a case.
TRANSITIONS: dict[CaseTransition, TransitionRule] = {
    "acknowledged": TransitionRule(("reviewer",), {"new": "open"}),
    "assigned": TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES)),
    "asked": TransitionRule(("reviewer",), {"open": "waiting", "waiting": "waiting"}),
    "told": TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES, "closed")),
    "answered": COMPLAINANT_WRITES,
    "evidence": COMPLAINANT_WRITES,
    "file_removed": TransitionRule(("person",), same_status(*ACTIVE_STATUSES, "merged")),
    "corrected": TransitionRule(("person",), same_status(*ACTIVE_STATUSES, "merged")),
    "withdrawn": TransitionRule(("person",), dict.fromkeys((*ACTIVE_STATUSES, "merged"), "closed")),
    "linked": REVIEWER_LINKS,
    "unlinked": REVIEWER_LINKS,
    "merged": TransitionRule(("reviewer",), dict.fromkeys(("new", "open", "waiting"), "merged")),
    "joined": TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES)),
    "parted": TransitionRule(
        ("reviewer", "calendar"), same_status(*ACTIVE_STATUSES, "closed") | {"merged": "open"}
    ),
    "outcome": TransitionRule(
        ("reviewer",), dict.fromkeys(("new", "open", "waiting", "decided"), "decided")
    ),
    "closed": TransitionRule(("reviewer",), {"decided": "closed", "disputed": "closed"}),
    "reopened": TransitionRule(("reviewer",), {"closed": "open", "disputed": "open"}),
    "appealed": TransitionRule(("person",), {"closed": "disputed"}),
    # Not while waiting: then the case waits for the complainant, and none of us is late.
    "nudged": TransitionRule(
        ("person", "calendar"), same_status("new", "open", "decided", "disputed")
    ),
    "redacted": TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES, "closed", "merged")),
    "noted": TransitionRule(("reviewer",), same_status(*ACTIVE_STATUSES, "closed", "merged")),
}


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to a case, with nothing about the complainant.

    `allegation` and `outcome` go with the event 'outcome', `to` (an account) with 'assigned',
    `case` (the number of the other one) with 'merged', 'joined' and 'parted', `deployment` and
    its `source` with 'linked' and 'unlinked', `items` with what was corrected, sent or redacted.
    """

    kind: CaseTransition
    note: str = ""
    allegation: str | None = None
    outcome: AllegationOutcome | None = None
    to: str | None = None
    case: str | None = None
    same_person: bool = False
    deployment: DeploymentCount | None = None
    source: str = ""
    items: tuple[str, ...] = ()


class DatedCaseEvent(msgspec.Struct, frozen=True):
    """An event with the day on which it happened."""

    event: CaseEvent
    day: datetime.date


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of a case, worked out from its events.

    `due` is the deadline of the next step: ours, or while the status is 'waiting' the
    complainant's.
    """

    status: CaseStatus = "new"
    handler: str | None = None
    due: datetime.date | None = None
    merged_into: str | None = None
    same_person: bool = False
    disputable_until: datetime.date | None = None

    def is_overdue(self, today: datetime.date) -> bool:
        return self.status != "waiting" and self.due is not None and self.due < today


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint as accepted: its allegations, and its answers without the free texts."""

    area: str
    language: str
    instrument: str
    version: int
    allegations: tuple[str, ...]
    happened_on: datetime.date | None
    answers: Answers
    texts: dict[str, str]
    may_quote: bool = False
    first: CaseEvent = CaseEvent(kind="received")


def case_from_submission(
    instrument: Instrument, submission: Submission, area: str, occasion: AnswerContext
) -> Case:
    """A case from a submission of the complaint form; a refusal lists every fault at once."""
    answers, faults = validate_answers(instrument, submission.answers, occasion)
    if faults:
        raise bad_answers(tuple(faults))
    allegations = answers.get("allegations", [])
    happened = answers.get("happened_on")
    return Case(
        area=area,
        language=submission.language,
        instrument=instrument.slug,
        version=instrument.version,
        allegations=tuple(map(str, allegations)) if isinstance(allegations, list) else (),
        happened_on=datetime.date.fromisoformat(str(happened)) if happened else None,
        answers={k: v for k, v in answers.items() if k not in instrument.texts()},
        texts=answer_texts(instrument, answers),
        may_quote=submission.may_quote and not is_child(instrument, answers),
    )


class CaseTerms(msgspec.Struct, frozen=True):
    """The day a complaint was received, the working days allowed, and how to count them."""

    received: datetime.date
    given: WorkingDaysAllowed
    later: AddWorkingDays

    def deadline(
        self, status: CaseStatus, was: CaseStatus, day: datetime.date
    ) -> datetime.date | None:
        """The deadline of the next step for a case that reached `status` from `was` on a day."""
        decide_by = self.later(self.received, self.given.decide)
        if status == "open" and was != "new":
            from_now = DAYS_TO_ANSWER if was == "waiting" else self.given.decide
            # decide_by may be over when an answer comes late, and somebody still has to read it.
            return max(decide_by, self.later(day, from_now))
        days = {"waiting": DAYS_TO_ANSWER, "decided": DAYS_TO_CLOSE, "disputed": DAYS_TO_REVIEW}
        if status in days:
            return self.later(day, days[status])
        return decide_by if status == "open" else None


def case_state(
    history: Sequence[DatedCaseEvent], allegations: Sequence[str], later: AddWorkingDays
) -> CaseState:
    """The state of a case after all its events."""
    terms = CaseTerms(history[0].day, working_days_allowed(allegations), later)
    state = CaseState(due=later(terms.received, terms.given.acknowledge))
    for dated_event in history:
        state = next_state(state, dated_event, terms)
    return state


def next_state(state: CaseState, dated_event: DatedCaseEvent, terms: CaseTerms) -> CaseState:
    """The state after one more event."""
    event, rule = dated_event.event, TRANSITIONS.get(dated_event.event.kind)
    # No rule for "received": a case begins with it.
    if rule is None:
        return state
    # What is stored is never refused: a move that the table no longer allows changes no status.
    status = rule.to.get(state.status, state.status)
    changed: dict[str, object] = {"status": status}
    if event.kind == "assigned":
        changed["handler"] = event.to
    if event.kind == "merged":
        changed |= {"merged_into": event.case, "same_person": event.same_person}
    # Whatever leaves that status is a case of its own again.
    elif status != "merged":
        changed |= {"merged_into": None, "same_person": False}
    # A second question or outcome begins its time again, though the status stays.
    if status != state.status or event.kind in ("asked", "outcome"):
        end = dated_event.day + datetime.timedelta(days=DAYS_TO_DISPUTE)
        changed["due"] = terms.deadline(status, state.status, dated_event.day)
        changed["disputable_until"] = end if status == "closed" else None
    return replace(state, **changed)


def allowed_transitions(
    state: CaseState, side: CaseParty, today: datetime.date
) -> list[CaseTransition]:
    """The transitions that one party can make now."""
    return [
        move
        for move, rule in TRANSITIONS.items()
        if side in rule.by and state.status in rule.to and is_in_time(state, move, today)
    ]


def is_in_time(state: CaseState, move: CaseTransition, today: datetime.date) -> bool:
    if move == "appealed":
        return state.disputable_until is not None and today <= state.disputable_until
    return move != "nudged" or state.is_overdue(today)


def allegation_outcomes(
    events: Sequence[CaseEvent], allegations: Sequence[str]
) -> dict[str, AllegationOutcome]:
    """The outcome of each allegation that has one; the last outcome counts.

    Allegations that were undecided when the complainant withdrew have the outcome 'withdrawn'.
    """
    outcomes: dict[str, AllegationOutcome] = {}
    for event in events:
        if event.kind == "withdrawn":
            outcomes |= {
                allegation: "withdrawn" for allegation in allegations if allegation not in outcomes
            }
        if event.allegation is not None and event.outcome is not None:
            outcomes[event.allegation] = event.outcome
    return outcomes


def check_transition(
    reference: str, state: CaseState, event: CaseEvent, side: CaseParty, today: datetime.date
) -> CaseEvent:
    """Return the event; raise if it is not allowed in this state, for this party or on this day."""
    rule = TRANSITIONS.get(event.kind)
    # Without its outcome the event would decide a case and leave the allegation undecided.
    is_whole = (event.kind == "outcome") == (event.outcome is not None)
    if rule is None or side not in rule.by or state.status not in rule.to or not is_whole:
        raise illegal_transition(reference=reference, kind=event.kind, status=state.status)
    if not is_in_time(state, event.kind, today):
        raise late_dispute(reference) if event.kind == "appealed" else case_not_overdue(reference)
    return event


def quarter_end(quarter: datetime.date) -> datetime.date:
    """The last day of the quarter that begins on this day."""
    return quarter_after(quarter) - datetime.timedelta(days=1)


def last_day_to_answer(quarter: datetime.date) -> datetime.date:
    """The last day on which somebody whose case was closed in this quarter may answer."""
    return quarter_end(quarter) + datetime.timedelta(days=DAYS_AFTER_QUARTER)


def closed_quarter(history: Sequence[DatedCaseEvent]) -> datetime.date | None:
    """The quarter in which the working group closed a case; None unless it is closed now."""
    closed = None
    for dated in history:
        if dated.event.kind == "closed":
            closed = quarter_of(dated.day)
        elif dated.event.kind in ENDS_OF_CLOSING:
            closed = None
    return closed
