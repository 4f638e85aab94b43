"""A complaint becomes a case of allegations; a case is what its events add up to."""

import datetime
from typing import Literal

import msgspec

from survey.instruments import Instrument
from survey.problems import bad_answers, illegal_move
from survey.responses import Answers, Occasion, Submission, check_answers, texts_of

Move = Literal["received", "acknowledged", "outcome", "closed", "reopened"]
Status = Literal["new", "open", "decided", "closed"]
Outcome = Literal[
    "service_acceptable",
    "service_not_acceptable",
    "referred_for_misconduct",
    "not_able_to_determine",
    "withdrawn",
]

# What each move makes of a case, and which states it can follow.
MOVES: dict[Move, tuple[frozenset[Status], Status]] = {
    "acknowledged": (frozenset({"new"}), "open"),
    "outcome": (frozenset({"new", "open", "decided"}), "decided"),
    "closed": (frozenset({"decided"}), "closed"),
    "reopened": (frozenset({"closed"}), "open"),
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a case; `allegation` and `outcome` go with the move 'outcome'."""

    kind: Move
    note: str = ""
    allegation: str | None = None
    outcome: Outcome | None = None


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


def status(events: list[Event]) -> Status:
    """What the events so far add up to."""
    standing: Status = "new"
    for event in events:
        if event.kind in MOVES:
            standing = MOVES[event.kind][1]
    return standing


def possible(events: list[Event]) -> list[Move]:
    """The moves that can follow those that stand."""
    standing = status(events)
    return [move for move, (allowed, _) in MOVES.items() if standing in allowed]


def decisions(events: list[Event]) -> dict[str, Outcome]:
    """The outcome of each allegation that has one; the last word holds."""
    return {
        event.allegation: event.outcome
        for event in events
        if event.allegation is not None and event.outcome is not None
    }


def check_move(reference: str, events: list[Event], event: Event) -> Event:
    """Refuse an event that cannot follow those that stand."""
    standing = status(events)
    allowed, _ = MOVES.get(event.kind, (frozenset(), standing))
    wants_outcome = event.kind == "outcome"
    if standing not in allowed or wants_outcome != (event.outcome is not None):
        raise illegal_move(reference, event.kind, standing)
    return event
