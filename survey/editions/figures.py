"""The building blocks of a report that chapters share: estimates, rates, associations and marks."""

import datetime
from typing import Literal

import msgspec

from survey.surveys.instruments import Mode

FigureStatus = Literal["shown", "flagged", "withheld"]
AssociationVerdict = Literal["associated", "none_larger", "inconclusive", "between_looks"]
KeyFigureName = Literal["index", "deployments", "about_taser", "wrote"]


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
    """Events per 10,000 residents with a 95 % interval, made as `method` says."""

    domain: str
    events: int | None
    population: float
    per_10_000: float | None
    low: float | None
    high: float | None
    method: str
    status: FigureStatus = "shown"


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """The lag-1 panel estimate: index points per deployment per 10,000 in the week before.

    `verdict` is 'between_looks' in an edition that gives the estimate alone.
    """

    beta: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    degrees: float
    areas: int
    periods: int
    events: int | None
    smallest_detectable: float | None
    verdict: AssociationVerdict
    sentence: str
    caveats: tuple[str, ...] = ()


class SeriesMark(msgspec.Struct, frozen=True):
    """A day that is marked on the series, such as the day a pilot began; `note` is read below."""

    day: datetime.date
    label: str
    note: str = ""


class LastFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What a key figure was before: in the period or window that began on the day `start`.

    None in editions that did not name the edition before.
    """

    figure: KeyFigureName
    was: float
    start: datetime.date | None = None
