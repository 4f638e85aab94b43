"""Disparities in the use of force: groups against a reference, by more than one benchmark."""

import datetime
from typing import Literal

import msgspec

from survey.editions.figures import FigureStatus

EthnicityDefinition = Literal["officer-defined", "self-defined"]
FORCE_WORDS = {"device": "use", "force": "use of force"}


def group_label(dimension: str, group: str) -> str:
    """The name of a group for use in a sentence: White, age 35-49, female."""
    if dimension.startswith("ethnicity"):
        return group.capitalize()
    return f"age {group}" if dimension == "age" else group


class EditionRateRatio(msgspec.Struct, frozen=True):
    """A ratio of two rates with its 95 % limits; None where it cannot be given."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class EditionDisparity(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of recorded use on one group against the reference, by one benchmark.

    `what` was used: 'device', or 'force' of any kind where the publisher gives no more detail;
    counted over the spans from `since` to `until`. `shown` by mid-P, `exact` for tests, `adjusted`
    as if all groups had the same ages; `unknown` the share of events whose group was not recorded,
    `tipping` the ratios if all of those belonged to the reference, or to this group.
    `per_10_000` of this group.
    """

    dimension: str
    code: EthnicityDefinition
    group: str
    reference: str
    benchmark: str
    events: int | None
    reference_events: int | None
    people: float
    per_10_000: float | None
    shown: EditionRateRatio
    exact: EditionRateRatio
    adjusted: EditionRateRatio | None
    unknown: float | None
    tipping: tuple[float | None, float | None]
    sentence: str
    what: Literal["device", "force"] = "device"
    since: datetime.date | None = None
    until: datetime.date | None = None
    status: FigureStatus = "shown"


class FiredShare(msgspec.Struct, frozen=True, kw_only=True):
    """Of those on whom a device was at least drawn, how many it was fired at (Wilson limits).

    `p` is Fisher's exact p against the reference, which has none itself; the period is counted as
    in the disparities.
    """

    dimension: str
    group: str
    drawn: int | None
    fired: int | None
    share: float | None
    low: float | None
    high: float | None
    p: float | None
    since: datetime.date | None = None
    until: datetime.date | None = None
    status: FigureStatus = "shown"
