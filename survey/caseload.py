"""What is told of complaints as cases: four measures that are never mixed, and how cases went.

A complaint is what was lodged. A case is a complaint that was not merged into another one. An
allegation is a kind complained of in a case, once, whichever of its complaints named it. A person
is who lodged a complaint, once where a merged one is known to be by the same person.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import get_args

import msgspec

from survey.complaints import Channel, Outcome
from survey.reports import Rate

MEASURES = ("complaints", "cases", "allegations", "persons")
CHANNELS = get_args(Channel)
STEPS = ("acknowledged", "decided", "closed")
UNDECIDED = "undecided"
OF_TASER = "use_of_force_taser"
OUTCOMES = (*get_args(Outcome), UNDECIDED)
# Whoever was asked, told or answered knows that the complaint was read.
HEARD = frozenset({"acknowledged", "asked", "told", "outcome", "closed"})


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case, or of a complaint that was merged into it, as far as figures need it."""

    kind: str
    at: datetime.datetime
    allegation: str | None = None
    outcome: str | None = None
    own: bool = True


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """When a case was acknowledged, decided and closed as it stands now; the outcome of each kind.

    `withdrawn` where its owner ended it.
    """

    acknowledged: datetime.datetime | None
    decided: datetime.datetime | None
    closed: datetime.datetime | None
    withdrawn: bool
    outcomes: dict[str, str]


def course(turns: Sequence[Turn], kinds: Iterable[str]) -> Course:
    """What the events of a case, in their order, add up to.

    A case is decided with its last outcome once each of its allegations has one; reopening takes
    that back, and a dispute takes back its closing. Of each kind the case's own last word holds;
    else the last word of a merged complaint; else 'withdrawn' where its owner withdrew it.
    """
    mine = [turn for turn in turns if turn.own]
    words = last_words(mine)
    theirs = last_words(turn for turn in turns if not turn.own)
    stands: dict[str, datetime.datetime | None] = dict.fromkeys(STEPS)
    withdrawn = False
    for turn in mine:
        stands |= step(turn, stands["acknowledged"])
        withdrawn = turn.kind == "withdrawn" or (withdrawn and turn.kind != "reopened")
    otherwise = "withdrawn" if withdrawn else UNDECIDED
    outcomes = {kind: word(kind, words) or word(kind, theirs) or otherwise for kind in kinds}
    if UNDECIDED in outcomes.values():
        stands["decided"] = None
    return Course(**stands, withdrawn=withdrawn, outcomes=outcomes)


def step(turn: Turn, acknowledged: datetime.datetime | None) -> dict[str, datetime.datetime | None]:
    """What one event changes of when a case was acknowledged, decided and closed."""
    changed: dict[str, datetime.datetime | None] = {}
    if turn.kind in HEARD and acknowledged is None:
        changed["acknowledged"] = turn.at
    if turn.kind in ("outcome", "withdrawn"):
        changed["decided"] = turn.at
    if turn.kind in ("closed", "withdrawn"):
        changed["closed"] = turn.at
    if turn.kind in ("reopened", "appealed"):
        changed["closed"] = None
    if turn.kind == "reopened":
        changed["decided"] = None
    return changed


def last_words(turns: Iterable[Turn]) -> dict[str | None, str]:
    return {one.allegation: one.outcome for one in turns if one.outcome is not None}


def word(kind: str, words: dict[str | None, str]) -> str | None:
    """The outcome of a kind; one that was given without a kind is that of all."""
    return words.get(kind) or words.get(None)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The four measures of one borough, or of the city, each with its rate."""

    domain: str
    complaints: Rate
    cases: Rate
    allegations: Rate
    persons: Rate


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long cases take from being received to a step, in days of 24 hours.

    `reached` have taken it, `waiting` have not yet, and `without` ended before it. `median`,
    `tenth` and `ninetieth` are Kaplan and Meier's, over all of them; `waited` is the median age of
    those that wait. None where withheld, or not known yet (`beyond`: the names of those).
    """

    step: str
    reached: int | None
    waiting: int | None
    without: int | None
    tenth: float | None
    median: float | None
    ninetieth: float | None
    waited: float | None
    beyond: tuple[str, ...] = ()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Allegations of one kind by outcome, in the order of OUTCOMES, and how many they are."""

    kind: str
    outcomes: tuple[int | None, ...]
    total: int | None


class Caseload(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of the complaints of a period; the city stands first among the measures.

    `outcomes` are the columns of `kinds` added up, `scatter` how many times as much as
    single cases each measure scatters, `erased` how many were erased later.
    """

    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    measures: tuple[Measured, ...]
    scatter: dict[str, float]
    channels: tuple[int | None, ...]
    waits: tuple[Wait, ...]
    kinds: tuple[Decided, ...]
    outcomes: tuple[int | None, ...]
    erased: int | None


class Told(Caseload, frozen=True, kw_only=True):
    """A caseload that has passed `analysis.disclosure.caseload`, which alone makes one.

    `small` figures rest on too few, `beside` were hidden so that nothing small can be worked out.
    """

    small: int
    beside: int
