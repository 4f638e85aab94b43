"""Figures on complaints: four measures that are never mixed, how cases progressed, what came.

A complaint is what somebody submitted. A case is a complaint that was not merged into another
one. An allegation is a kind that is alleged in a case, counted once, whichever of its
complaints named it. A person is a complainant, counted once where a merged complaint is known
to be by the same person.

What people whose case was closed say about how it was handled is a stream of its own. Only sums
over the cases closed in a quarter are stored, without a case and without a time, and nobody sees
them until the quarter is final.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

import survey.cases
from survey.cases import AllegationOutcome, Channel, quarter_end
from survey.editions.figures import Rate
from survey.surveys.item_types import Grid
from survey.surveys.item_types.answers import DECLINED
from survey.surveys.item_types.tables import AGREEMENT_LABELS

MEASURES = ("complaints", "cases", "allegations", "persons")
CHANNELS = get_args(Channel)
STEPS = ("acknowledged", "decided", "closed")
UNDECIDED = "undecided"
OF_TASER = "use_of_force_taser"
OUTCOMES = (*get_args(AllegationOutcome), UNDECIDED)
# Any of these shows the complainant that the complaint was read.
ACKNOWLEDGING_EVENTS = frozenset({"acknowledged", "asked", "told", "outcome", "closed"})

HANDLING_FILE = Path(survey.cases.__file__).with_name("handling.json")
HANDLING_QUESTIONS = msgspec.convert(
    {
        "type": "grid",
        "name": "handling",
        "labels": AGREEMENT_LABELS,
        "may_decline": True,
        **msgspec.json.decode(HANDLING_FILE.read_bytes()),
    },
    Grid,
)
POINTS = tuple(HANDLING_QUESTIONS.answer_labels())
# A quarter has few closed cases, so an edition shows the five points in three groups.
HandlingGroup = Literal["agree", "neither", "disagree"]
HANDLING_GROUPS: dict[HandlingGroup, tuple[str, ...]] = {
    "agree": POINTS[3:],
    "neither": POINTS[2:3],
    "disagree": POINTS[:2],
}
# Sums over fewer people are deleted when the quarter is final: no edition could show them.
FEWEST_KEPT = 10


class CaseloadEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case, or of a complaint merged into it, with what the figures need of it."""

    kind: str
    at: datetime.datetime
    allegation: str | None = None
    outcome: str | None = None
    own: bool = True


class CaseProgress(msgspec.Struct, frozen=True, kw_only=True):
    """When a case was acknowledged, decided and closed, and the outcome of each kind of allegation.

    A step that was not reached, or was taken back, is None. `withdrawn` is True if the complainant
    ended the case.
    """

    acknowledged: datetime.datetime | None
    decided: datetime.datetime | None
    closed: datetime.datetime | None
    withdrawn: bool
    outcomes: dict[str, str]


def case_progress(turns: Sequence[CaseloadEvent], kinds: Iterable[str]) -> CaseProgress:
    """The progress of a case, worked out from its events in order.

    A case is decided at its last outcome, once each of its allegations has an outcome; reopening
    takes the decision back, and a dispute takes the closing back. For each kind of allegation the
    case's own last outcome counts; without one, the last outcome of a merged complaint; without
    that, 'withdrawn' if the complainant withdrew.
    """
    mine = [turn for turn in turns if turn.own]
    words = last_outcomes(mine)
    theirs = last_outcomes(turn for turn in turns if not turn.own)
    steps: dict[str, datetime.datetime | None] = dict.fromkeys(STEPS)
    withdrawn = False
    for turn in mine:
        steps |= progress_changes(turn, steps["acknowledged"])
        withdrawn = turn.kind == "withdrawn" or (withdrawn and turn.kind != "reopened")
    otherwise = "withdrawn" if withdrawn else UNDECIDED
    outcomes = {
        kind: outcome_of_kind(kind, words) or outcome_of_kind(kind, theirs) or otherwise
        for kind in kinds
    }
    if UNDECIDED in outcomes.values():
        steps["decided"] = None
    return CaseProgress(**steps, withdrawn=withdrawn, outcomes=outcomes)


def progress_changes(
    turn: CaseloadEvent, acknowledged: datetime.datetime | None
) -> dict[str, datetime.datetime | None]:
    """The dates of a case's steps that one event sets or clears."""
    changed: dict[str, datetime.datetime | None] = {}
    # The first reply counts: a later one does not change when the complaint was seen to be read.
    if turn.kind in ACKNOWLEDGING_EVENTS and acknowledged is None:
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


def last_outcomes(turns: Iterable[CaseloadEvent]) -> dict[str | None, str]:
    return {turn.allegation: turn.outcome for turn in turns if turn.outcome is not None}


def outcome_of_kind(kind: str, words: dict[str | None, str]) -> str | None:
    """The outcome of a kind of allegation; an outcome given without a kind counts for all kinds."""
    return words.get(kind) or words.get(None)


class CaseloadMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """The four measures of one borough, or of the city, each with its rate."""

    domain: str
    complaints: Rate
    cases: Rate
    allegations: Rate
    persons: Rate


class CaseloadWait(msgspec.Struct, frozen=True, kw_only=True):
    """How long cases take from receipt to a step, in days of 24 hours.

    `reached` cases have taken the step, `waiting` have not yet, and `without` ended before it.
    `median`, `tenth` and `ninetieth` are Kaplan-Meier estimates over all of them; `waited` is the
    median age of the waiting cases. A figure is None if it is withheld or not known yet; `beyond`
    names those not known yet.
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


class OutcomeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Number of allegations of one kind by outcome, in the order of OUTCOMES, and in total."""

    kind: str
    outcomes: tuple[int | None, ...]
    total: int | None


class Caseload(msgspec.Struct, frozen=True, kw_only=True):
    """The figures on complaints of a period; the city comes first among the measures.

    `outcomes` are the columns of `kinds` added up; `scatter` is how many times as much each measure
    varies as independent events would; `erased` is how many complaints were erased later.
    """

    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    measures: tuple[CaseloadMeasures, ...]
    scatter: dict[str, float]
    channels: tuple[int | None, ...]
    waits: tuple[CaseloadWait, ...]
    kinds: tuple[OutcomeCounts, ...]
    outcomes: tuple[int | None, ...]
    erased: int | None


class SafeCaseload(Caseload, frozen=True, kw_only=True):
    """A caseload that has passed `analysis.caseload.gated_caseload`, which alone makes one.

    `small` is the number of figures withheld because they rest on too few; `beside` the number
    withheld only so that no small figure can be worked out.
    """

    small: int
    beside: int


class ReceivedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers and complaints were received, by stream; they are never added up.

    `open_voices` and `complaint_voices` are the same counts with each campaign counted once.
    """

    domain: str
    sampled: int | None
    open: int | None
    complaints: int | None
    open_voices: int | None = None
    complaint_voices: int | None = None


class AllegationComplaints(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints with one kind of allegation, and the median of the last 13 weeks."""

    allegation: str
    rate: Rate
    median: float | None


class ComplaintRatio(msgspec.Struct, frozen=True, kw_only=True):
    """The rate ratio of complaints for one more deployment per `per` residents, by two models.

    `varies_more_than_chance` is true if the dispersion is so large that plain Poisson errors are
    refused; `areas` and `left_out` (areas without any complaint) are None in what is published.
    """

    ratio: float | None
    low: float | None
    high: float | None
    clustered_low: float | None
    clustered_high: float | None
    areas: int | None
    left_out: int | None
    dispersion: float | None
    sentence: str
    per: int = 10_000
    varies_more_than_chance: bool = True


class HandlingQuarter(msgspec.Struct, frozen=True, kw_only=True):
    """A final quarter: how many cases were closed in it, how many of their owners opened the case
    afterwards, how many answered, and their answers to each question.

    `quarter` is its first day.
    """

    quarter: datetime.date
    closed: int
    returned: int
    answered: int
    answers: dict[str, dict[str, int]] = {}

    @property
    def last(self) -> datetime.date:
        return quarter_end(self.quarter)

    def groups(self, question: str) -> dict[HandlingGroup, int]:
        """How many gave an answer of each group."""
        given = self.answers.get(question, {})
        return {
            name: sum(given.get(answer, 0) for answer in of) for name, of in HANDLING_GROUPS.items()
        }


def complete_answers(typed: Mapping[str, str]) -> dict[str, str]:
    """An answer to each question; whoever chose no point did not say."""
    return {
        name: given if (given := typed.get(name, "")) in POINTS else DECLINED
        for name in HANDLING_QUESTIONS.answer_names()
    }
