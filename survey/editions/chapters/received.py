"""What was received: answers, complaints, those of one kind, and those after deployments."""

import msgspec

from survey.editions.figures import Rate


class ReceivedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers and complaints were received, by stream; never added up.

    The voices are the same with each campaign counted once.
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

    `varies_more_than_chance` if the dispersion is so large that plain Poisson errors are refused;
    `areas` and `left_out` (those without any complaint) are None in what is published.
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
