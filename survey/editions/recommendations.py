"""The ledger of recommendations: what an inspectorate, an inquiry, a panel or the working group
recommended, what the force answered, the status that people gave it; and how editions say whether
our figures moved since.
"""

import datetime
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

RecommendationStatus = Literal[
    "open", "accepted", "partly", "rejected", "done", "unseen", "withdrawn"
]
# A row entered by mistake is withdrawn: no page or edition shows it, but staff still see it.
LedgerMeasure = Literal["index", "deployments", "complaints"]
MEASURES = get_args(LedgerMeasure)
READY_FILE = Path(__file__).with_name("ready_recommendations.toml")


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One recommendation: a short title, its own words, who made it and when, to whom, by when.

    `words` is empty where nobody has read them in the source; `read_on` is the day on which
    somebody did. `address` leads to the source. `measures` are the figures of editions that speak
    to it; they are compared with the last report that ended before `since`. A trial was approved on
    what `is_condition`.
    """

    title: str
    words: str
    read_on: datetime.date | None
    source: str
    address: str
    made_on: datetime.date
    addressee: str
    due: datetime.date | None
    since: datetime.date
    measures: tuple[LedgerMeasure, ...] = ()
    is_condition: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A status as people decided it, why, and in which role they did."""

    status: RecommendationStatus
    reason: str
    decided_by: str


class ForceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a recommendation, as it was given on a day; it is never overwritten."""

    said_on: datetime.date
    said_by: str
    words: str
    address: str


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recommendation as it was at a moment: its status since `decided_on`, and all its answers,
    the newest first.
    """

    id: int
    recommendation: Recommendation
    decision: Decision
    decided_on: datetime.date
    answers: tuple[ForceAnswer, ...] = ()


class ReadyRecommendation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recommendation that comes with the product: its key, title and source. Its words do not
    come with it: whoever reads them in the source enters them.
    """

    key: str
    title: str
    source: str
    address: str
    made_on: datetime.date
    addressee: str
    due: datetime.date | None = None

    def as_recommendation(self) -> Recommendation:
        return Recommendation(
            title=self.title,
            words="",
            read_on=None,
            source=self.source,
            address=self.address,
            made_on=self.made_on,
            addressee=self.addressee,
            due=self.due,
            since=self.made_on,
        )


@cache
def ready_recommendations() -> tuple[ReadyRecommendation, ...]:
    """The recommendations that come with the product, in the order of their file."""
    rows = tomllib.loads(READY_FILE.read_text(encoding="utf-8"))["recommendation"]
    return tuple(msgspec.convert(row, ReadyRecommendation) for row in rows)


MovementVerdict = Literal["rose", "fell", "unclear", "method", "missing", "early", "none_before"]


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as an edition prints it, and as the last monthly report before `since` printed it,
    which ended on the day `before`.

    `change` has an interval of `level`, which allows for all figures that the ledger compares.
    `least` is the smallest change that would show in four trials of five. `verdict` is 'rose' or
    'fell' where the interval excludes 0, else 'unclear'. There is no comparison where the method
    changed in between ('method'), one of the two is not published ('missing'), the edition ends
    before `since` ('early'), or there was no report before ('none_before'). Rates are per year.
    """

    measure: LedgerMeasure
    verdict: MovementVerdict
    before: datetime.date | None = None
    was: float | None = None
    now: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    least: float | None = None
    level: float = 0.95


class EditionRecommendation(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger as an edition prints it, with the newest answer and its figures.

    `checked` says whether somebody read its words in the source.
    """

    id: int
    title: str
    source: str
    checked: bool
    made_on: datetime.date
    addressee: str
    due: datetime.date | None
    since: datetime.date
    status: RecommendationStatus
    decided_on: datetime.date
    reason: str
    decided_by: str
    answers: int
    answered_on: datetime.date | None
    measures: tuple[LedgerMeasure, ...]
    movements: tuple[Movement, ...] = ()
    is_condition: bool = False


class LifeMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What the monthly report of these days printed of the whole city: the perception index with
    its 95 % interval, and rates per 10,000 residents a year. None where it printed no figure.
    """

    start: datetime.date
    end: datetime.date
    index: float | None = None
    low: float | None = None
    high: float | None = None
    deployments: float | None = None
    complaints: float | None = None


class LifeRatio(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of use on one group against the reference group, in the first monthly report of a
    trial that printed it (`was`) and in the newest (`now`), each with its 95 % limits and days.
    """

    dimension: str
    group: str
    reference: str
    was: tuple[float, float, float]
    was_days: tuple[datetime.date, datetime.date]
    now: tuple[float, float, float]
    now_days: tuple[datetime.date, datetime.date]


class TrialOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A trial over its whole life, from what its monthly reports printed and nothing else.

    `before` is the end of the last report before the trial. `moved` has each figure before the
    trial and in the newest report, `persons` the uses on people who may need special care by kind,
    as that report printed them.
    """

    before: datetime.date | None
    months: tuple[LifeMonth, ...]
    moved: tuple[Movement, ...]
    ratios: tuple[LifeRatio, ...] = ()
    persons: tuple[tuple[str, int], ...] = ()
    persons_days: tuple[datetime.date, datetime.date] | None = None


def as_printed(row: LedgerRow) -> EditionRecommendation:
    """A row as an edition prints it, before any figure is compared."""
    what, decision = row.recommendation, row.decision
    return EditionRecommendation(
        id=row.id,
        title=what.title,
        source=what.source,
        checked=bool(what.words),
        made_on=what.made_on,
        addressee=what.addressee,
        due=what.due,
        since=what.since,
        status=decision.status,
        decided_on=row.decided_on,
        reason=decision.reason,
        decided_by=decision.decided_by,
        answers=len(row.answers),
        answered_on=max((answer.said_on for answer in row.answers), default=None),
        measures=what.measures,
        is_condition=what.is_condition,
    )
