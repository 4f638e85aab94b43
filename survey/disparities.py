"""On whom force was used: groups against a reference, by more than one benchmark."""

import datetime
from typing import Literal

import msgspec

from survey.reports import Status

WhoSays = Literal["officer-defined", "self-defined"]
USED = {"device": "use", "force": "use of force"}


def called(dimension: str, group: str) -> str:
    """A group as it stands in a sentence: White, age 35-49, female."""
    if dimension.startswith("ethnicity"):
        return group.capitalize()
    return f"age {group}" if dimension == "age" else group


class Ratio(msgspec.Struct, frozen=True):
    """A ratio of two rates with its 95 % limits; None where it cannot be given."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class Disparity(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of recorded use on one group against the reference, by one benchmark.

    `what` was used: 'device', or 'force' of any kind where the publisher tells no more; counted
    over the spans from `since` to `until`. `shown` by mid-P, `exact` for tests, `adjusted` as if
    all groups had the same ages; `unknown` the share of events whose group was not recorded,
    `tipping` the ratios if all of those belonged to the reference, or to this group.
    `per_10_000` of this group.
    """

    dimension: str
    code: WhoSays
    group: str
    reference: str
    benchmark: str
    events: int | None
    reference_events: int | None
    people: float
    per_10_000: float | None
    shown: Ratio
    exact: Ratio
    adjusted: Ratio | None
    unknown: float | None
    tipping: tuple[float | None, float | None]
    sentence: str
    what: Literal["device", "force"] = "device"
    since: datetime.date | None = None
    until: datetime.date | None = None
    status: Status = "shown"


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """Of those on whom a device was drawn or more, how many it was fired at (Wilson limits).

    `p` Fisher's exact p against the reference, which has none itself; counted as in `Disparity`.
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
    status: Status = "shown"


class Persons(msgspec.Struct, frozen=True, kw_only=True):
    """How many uses were on people who may need special care, in the period and before.

    `kind` is 'under_18', 'over_64', 'mental', 'physical' or 'any_disability';
    `typical` the mean of as long a time as the window over the year before it.
    """

    kind: str
    period: int | None
    since: datetime.date
    window: int | None
    typical: float | None
