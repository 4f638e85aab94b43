"""The ledger of recommendations: what an inspectorate, an inquiry, a panel or the working group
recommended, what the force answered, and the status that people gave it.
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
READY_FILE = Path(__file__).with_name("ready.toml")


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One recommendation: a short title, its own words, who made it and when, to whom, by when.

    `words` is empty where nobody has read them in the source; `read_on` is the day on which
    somebody did. `address` leads to the source. `measures` are the figures of editions that speak
    to it; they are compared with the last report that ended before `since`.
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
