"""Reports: estimates, rates and editions as the working group reads them."""

import datetime
from collections.abc import Iterable
from typing import Literal

import msgspec

from survey.instruments import Mode

Status = Literal["shown", "flagged", "withheld"]
Standing = Literal["below", "within", "above", "withheld"]
Verdict = Literal["associated", "none_larger", "inconclusive"]


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An indicator: what it is, why it is kept, how it is made, and who answers for it."""

    title: str
    why: str
    numerator: str
    denominator: str
    method: str
    limits: str
    source: str
    author: str
    checker: str
    next_review: datetime.date


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A weighted estimate for one domain; figures are None where disclosure control withheld them.

    `n` respondents, `effective_n` after weighting, 95 % interval `low` to `high`,
    `method` says how the interval was made, `stream` whose answers they are.
    """

    domain: str
    stream: Mode
    n: int | None
    effective_n: float | None
    value: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    method: str
    status: Status = "shown"


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Events per 10,000 residents with an exact (below 10) or Byar 95 % interval."""

    domain: str
    events: int | None
    population: float
    per_10_000: float | None
    low: float | None
    high: float | None
    method: str
    status: Status = "shown"


class ThemeShare(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of one stream speak of a theme, and their net sentiment (-100 to 100).

    `texts` is the machine's count. `share` is put right by `labels` texts that people coded where
    `corrected`, and else the machine's own; `machine_share` is that in both cases.
    `new` where the theme was not in the codebook of the edition before, `meaning` its description.
    `voices`, `voice_share` and `voice_net_sentiment` are the machine's, each campaign counted once;
    they are None for people drawn by chance, each of whom is one voice.
    """

    theme: str
    name: str
    stream: str
    domain: str
    texts: int | None
    share: float | None
    net_sentiment: float | None
    low: float | None
    high: float | None
    status: Status = "shown"
    machine_share: float | None = None
    corrected: bool = False
    labels: int | None = None
    method: str = "machine count"
    voices: int | None = None
    voice_share: float | None = None
    voice_net_sentiment: float | None = None
    new: bool = False
    meaning: str = ""


def by_frequency(rows: Iterable[ThemeShare]) -> list[ThemeShare]:
    """The largest share first, or count; what is withheld comes last, by name, in no order."""
    return sorted(
        rows,
        key=lambda one: (one.texts is None, -(one.share or 0), -(one.texts or 0), one.name),
    )


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """The lag-1 panel estimate: index points per deployment per 10,000 in the week before."""

    beta: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    degrees: int
    areas: int
    periods: int
    events: int | None
    smallest_detectable: float | None
    verdict: Verdict
    sentence: str
    caveats: tuple[str, ...] = ()


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers and complaints came, by stream; never added up.

    The voices are the same with each campaign counted once.
    """

    domain: str
    sampled: int | None
    open: int | None
    complaints: int | None
    open_voices: int | None = None
    complaint_voices: int | None = None


class Point(msgspec.Struct, frozen=True):
    """One point of a series for a chart: a period and its estimate."""

    start: datetime.date
    estimate: Estimate


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One borough on the tile grid and what is known of it."""

    area: str
    name: str
    short: str
    column: int
    row: int
    value: float | None
    standing: Standing


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of one area at one quarter's end, beside that quarter's deployments."""

    quarter_end: datetime.date
    item: str
    perception: Estimate
    deployments: Rate | None = None


class Mark(msgspec.Struct, frozen=True):
    """A day that is drawn on the series, such as the day a pilot began."""

    day: datetime.date
    label: str


class Recoded(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of a stream speak of a theme under two versions of the codebook.

    The texts are the same: the difference is the reading alone. None where withheld.
    """

    theme: str
    name: str
    stream: str
    before: int | None
    after: int | None


class Restated(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure that was told otherwise in the edition before.

    None where it is withheld, or where one of the two does not tell it.
    """

    source: str
    area: str
    start: datetime.date
    end: datetime.date
    tactic: str
    was: int | None
    now: int | None


class NewCodebook(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since version `before`, in which the edition before was told, and why.

    `texts` were read under both versions.
    """

    before: int
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    texts: int | None
    recoded: tuple[Recoded, ...]
