"""Who is for what is asked, who is against it, and who is for it under conditions."""

import datetime
from typing import Literal

import msgspec

from survey.coding.demands import Stance
from survey.coding.double_coding import AccuracyEstimate

NoShares = Literal["", "labels", "reading", "few"]


class StanceShare(msgspec.Struct, frozen=True, kw_only=True):
    """The share of a stance among the texts that take one (0 to 1), with its 95 % interval.

    The `once` figures count each campaign once.
    """

    stance: Stance
    share: float | None
    low: float | None
    high: float | None
    once_share: float | None = None
    once_low: float | None = None
    once_high: float | None = None


class DemandStances(msgspec.Struct, frozen=True, kw_only=True):
    """The stances towards a demand in the texts of one stream, received from `since` to `until`.

    `texts` is the corrected number of those that take a stance, `voices` the same with each
    campaign counted once, `own` how many are of the campaign that the demand came from: these count
    as for it. `labels` texts chosen at random were labelled; `accuracy` is the machine's balanced
    accuracy. `missing` says why there are no shares: too few 'labels', a 'reading' below the
    minimum, or too 'few' texts.
    """

    demand: str
    sentence: str
    stream: str
    domain: str
    since: datetime.date
    until: datetime.date
    texts: int | None = None
    voices: int | None = None
    own: int | None = None
    labels: int = 0
    accuracy: AccuracyEstimate | None = None
    missing: NoShares = ""
    shares: tuple[StanceShare, ...] = ()
