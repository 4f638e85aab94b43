"""The building blocks of a report: estimates, rates, theme shares, series and tiles."""

import datetime
from collections.abc import Iterable
from typing import Literal

import msgspec

from survey.surveys.instruments import Mode

FigureStatus = Literal["shown", "flagged", "withheld"]
TilePosition = Literal["below", "within", "above", "withheld"]
AssociationVerdict = Literal["associated", "none_larger", "inconclusive"]


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An indicator: what it is, why and how it is measured, and who is responsible for it."""

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
    `method` names the interval's method, `stream` whose answers they are.
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
    status: FigureStatus = "shown"


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Events per 10,000 residents with an exact (below 10) or Byar 95 % interval."""

    domain: str
    events: int | None
    population: float
    per_10_000: float | None
    low: float | None
    high: float | None
    method: str
    status: FigureStatus = "shown"


class ThemeShare(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one stream on a theme, and their net sentiment (-100 to 100).

    `texts` is the machine's count. Where `corrected`, `share` is corrected with `labels` texts that
    people coded, else it is the machine's own; `machine_share` is the machine's in both cases.
    `new` if the theme was not in the previous edition's codebook; `meaning` is its description.
    `voices`, `voice_share` and `voice_net_sentiment` are the machine's with each campaign counted
    once; they are None for people drawn by chance, each of whom is one voice.
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
    status: FigureStatus = "shown"
    machine_share: float | None = None
    corrected: bool = False
    labels: int | None = None
    method: str = "machine count"
    voices: int | None = None
    voice_share: float | None = None
    voice_net_sentiment: float | None = None
    new: bool = False
    meaning: str = ""


def themes_by_frequency(rows: Iterable[ThemeShare]) -> list[ThemeShare]:
    """The largest share (or count) first; withheld themes come last, by name."""
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
    verdict: AssociationVerdict
    sentence: str
    caveats: tuple[str, ...] = ()


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


class SeriesPoint(msgspec.Struct, frozen=True):
    """One point of a series for a chart: a period and its estimate."""

    start: datetime.date
    estimate: Estimate


class BoroughTile(msgspec.Struct, frozen=True, kw_only=True):
    """One borough on the tile map, with its position and its value."""

    area: str
    name: str
    short: str
    column: int
    row: int
    value: float | None
    standing: TilePosition


class PerceptionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of an area in a quarter, next to that quarter's deployments."""

    quarter_end: datetime.date
    item: str
    perception: Estimate
    deployments: Rate | None = None


class SeriesMark(msgspec.Struct, frozen=True):
    """A day that is marked on the series, such as the day a pilot began."""

    day: datetime.date
    label: str


class ThemeCodebookEffect(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of a stream are on a theme under two versions of the codebook.

    The texts are the same: only the coding differs. None where withheld.
    """

    theme: str
    name: str
    stream: str
    before: int | None
    after: int | None


class RestatedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure that differs from the previous edition.

    None where it is withheld, or where one of the two editions lacks it.
    """

    source: str
    area: str
    start: datetime.date
    end: datetime.date
    tactic: str
    was: int | None
    now: int | None


class NewCodebook(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, and why, since version `before`, which the previous edition used.

    `texts` were coded under both versions.
    """

    before: int
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    texts: int | None
    recoded: tuple[ThemeCodebookEffect, ...]
