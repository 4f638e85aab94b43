"""A complaint becomes a case of allegations; a case is what its events add up to."""

import datetime
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.allegations import Given, Later, given
from survey.deployments import Count
from survey.instruments import Instrument
from survey.problems import Conflict, Forbidden, bad_answers, illegal_move
from survey.responses import Answers, Occasion, Submission, check_answers, texts_of

Move = Literal[
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
Status = Literal["new", "open", "waiting", "decided", "closed", "disputed", "merged"]
Side = Literal["reviewer", "person", "calendar"]
Channel = Literal["online", "phone", "paper", "in_person"]
Outcome = Literal[
    "service_acceptable",
    "service_not_acceptable",
    "referred_for_misconduct",
    "resolved",
    "not_able_to_determine",
    "withdrawn",
]

LIVE: tuple[Status, ...] = ("new", "open", "waiting", "decided", "disputed")
DAYS_TO_DISPUTE = 28
ANSWER, CLOSE, REVIEW = 10, 5, 10  # working days: to answer, to close once decided, to review


class Rule(msgspec.Struct, frozen=True):
    """Who may make a move, and what it makes of a case that stands at each status it can follow."""

    by: tuple[Side, ...]
    to: dict[Status, Status]


def stay(*statuses: Status) -> dict[Status, Status]:
    return {status: status for status in statuses}


WRITES = Rule(("person",), stay(*LIVE, "merged") | {"waiting": "open"})
LINKS = Rule(("reviewer",), stay(*LIVE, "closed"))

# The one table of what can happen to a case.
MOVES: dict[Move, Rule] = {
    "acknowledged": Rule(("reviewer",), {"new": "open"}),
    "assigned": Rule(("reviewer",), stay(*LIVE)),
    "asked": Rule(("reviewer",), {"open": "waiting", "waiting": "waiting"}),
    "told": Rule(("reviewer",), stay(*LIVE, "closed")),
    "answered": WRITES,
    "evidence": WRITES,
    "file_removed": Rule(("person",), stay(*LIVE, "merged")),
    "corrected": Rule(("person",), stay(*LIVE, "merged")),
    "withdrawn": Rule(("person",), dict.fromkeys((*LIVE, "merged"), "closed")),
    "linked": LINKS,
    "unlinked": LINKS,
    "merged": Rule(("reviewer",), dict.fromkeys(("new", "open", "waiting"), "merged")),
    "joined": Rule(("reviewer",), stay(*LIVE)),
    "parted": Rule(("reviewer", "calendar"), stay(*LIVE, "closed") | {"merged": "open"}),
    "outcome": Rule(("reviewer",), dict.fromkeys(("new", "open", "waiting", "decided"), "decided")),
    "closed": Rule(("reviewer",), {"decided": "closed", "disputed": "closed"}),
    "reopened": Rule(("reviewer",), {"closed": "open", "disputed": "open"}),
    "appealed": Rule(("person",), {"closed": "disputed"}),
    "nudged": Rule(("person", "calendar"), stay("new", "open", "decided", "disputed")),
    "redacted": Rule(("reviewer",), stay(*LIVE, "closed", "merged")),
    "noted": Rule(("reviewer",), stay(*LIVE, "closed", "merged")),
}

# Of which moves a mail tells: the person who left an address, and the one who works on the case.
TOLD_TO_PERSON: frozenset[Move] = frozenset(
    {"received", "acknowledged", "asked", "told", "closed", "reopened"}
)
TOLD_TO_HANDLER: frozenset[Move] = frozenset(
    {"assigned", "answered", "evidence", "corrected", "withdrawn", "appealed", "nudged"}
)


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to a case, without a word of who lodged it.

    `allegation` and `outcome` go with the move 'outcome', `to` (an account) with 'assigned',
    `case` (the number of the other one) with 'merged', 'joined' and 'parted', `deployment` and
    its `source` with 'linked' and 'unlinked', `items` with what was corrected, sent or redacted.
    """

    kind: Move
    note: str = ""
    allegation: str | None = None
    outcome: Outcome | None = None
    to: str | None = None
    case: str | None = None
    same_person: bool = False
    deployment: Count | None = None
    source: str = ""
    items: tuple[str, ...] = ()


class Happened(msgspec.Struct, frozen=True):
    """An event with the day on which it came."""

    event: Event
    day: datetime.date


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of a case add up to.

    `due` is the day by which the next step is to be done: by the person where it waits for them.
    """

    status: Status = "new"
    handler: str | None = None
    due: datetime.date | None = None
    merged_into: str | None = None
    same_person: bool = False
    disputable_until: datetime.date | None = None

    def is_overdue(self, today: datetime.date) -> bool:
        return self.status != "waiting" and self.due is not None and self.due < today


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint as accepted: its allegations, and the answers without the words."""

    area: str
    language: str
    instrument: str
    version: int
    allegations: tuple[str, ...]
    happened_on: datetime.date | None
    answers: Answers
    texts: dict[str, str]
    may_quote: bool = False
    first: Event = Event(kind="received")


def open_case(
    instrument: Instrument, submission: Submission, area: str, occasion: Occasion
) -> Case:
    """A case from a submission to the complaint form; all faults are told at once."""
    answers, faults = check_answers(instrument, submission.answers, occasion)
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
        texts=texts_of(instrument, answers),
        may_quote=submission.may_quote,
    )


class Terms(msgspec.Struct, frozen=True):
    """The day a complaint came, the working days it is given, and how to count them."""

    received: datetime.date
    given: Given
    later: Later

    def due(self, status: Status, was: Status, day: datetime.date) -> datetime.date | None:
        """By when the next step is to be done in a case that came to a status on a day."""
        decide_by = self.later(self.received, self.given.decide)
        if status == "open" and was != "new":
            from_now = ANSWER if was == "waiting" else self.given.decide
            return max(decide_by, self.later(day, from_now))
        days = {"waiting": ANSWER, "decided": CLOSE, "disputed": REVIEW}
        if status in days:
            return self.later(day, days[status])
        return decide_by if status == "open" else None


def standing(history: Sequence[Happened], allegations: Sequence[str], later: Later) -> Standing:
    """What the events so far add up to."""
    terms = Terms(history[0].day, given(allegations), later)
    stands = Standing(due=later(terms.received, terms.given.acknowledge))
    for one in history:
        stands = moved(stands, one, terms)
    return stands


def moved(stands: Standing, one: Happened, terms: Terms) -> Standing:
    """What one more event makes of a standing."""
    event, rule = one.event, MOVES.get(one.event.kind)
    if rule is None:
        return stands
    status = rule.to.get(stands.status, stands.status)
    changed: dict[str, object] = {"status": status}
    if event.kind == "assigned":
        changed["handler"] = event.to
    if event.kind == "merged":
        changed |= {"merged_into": event.case, "same_person": event.same_person}
    elif status != "merged":
        changed |= {"merged_into": None, "same_person": False}
    if status != stands.status or event.kind in ("asked", "outcome"):
        end = one.day + datetime.timedelta(days=DAYS_TO_DISPUTE)
        changed["due"] = terms.due(status, stands.status, one.day)
        changed["disputable_until"] = end if status == "closed" else None
    return msgspec.structs.replace(stands, **changed)


def possible(stands: Standing, side: Side, today: datetime.date) -> list[Move]:
    """The moves that one side can make now."""
    return [
        move
        for move, rule in MOVES.items()
        if side in rule.by and stands.status in rule.to and is_in_time(stands, move, today)
    ]


def is_in_time(stands: Standing, move: Move, today: datetime.date) -> bool:
    if move == "appealed":
        return stands.disputable_until is not None and today <= stands.disputable_until
    return move != "nudged" or stands.is_overdue(today)


def decisions(events: Sequence[Event], allegations: Sequence[str]) -> dict[str, Outcome]:
    """The outcome of each allegation that has one; the last word holds.

    What was undecided when its owner took the complaint back counts as withdrawn.
    """
    found: dict[str, Outcome] = {}
    for event in events:
        if event.kind == "withdrawn":
            found |= {one: "withdrawn" for one in allegations if one not in found}
        if event.allegation is not None and event.outcome is not None:
            found[event.allegation] = event.outcome
    return found


def check_move(
    reference: str, stands: Standing, event: Event, side: Side, today: datetime.date
) -> Event:
    """Refuse an event that cannot follow those that stand."""
    rule = MOVES.get(event.kind)
    is_whole = (event.kind == "outcome") == (event.outcome is not None)
    if rule is None or side not in rule.by or stands.status not in rule.to or not is_whole:
        raise illegal_move(reference, event.kind, stands.status)
    if not is_in_time(stands, event.kind, today):
        raise too_late(reference) if event.kind == "appealed" else not_overdue(reference)
    return event


def too_late(reference: str) -> Conflict:
    return Conflict(
        "case.too_late",
        f"The decision on case {reference} can no longer be disputed.",
        "Make a new complaint and give the number of this case in it.",
    )


def not_overdue(reference: str) -> Conflict:
    return Conflict(
        "case.not_overdue",
        f"Case {reference} is not overdue yet.",
        "The page of the case shows when an answer is due.",
    )


def assigned_to_another(reference: str) -> Forbidden:
    return Forbidden(
        "case.not_yours",
        f"Case {reference} is not assigned to you.",
        "Take the case first; this is recorded in its history.",
    )
