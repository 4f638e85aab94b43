"""Perception in an edition: the index, how its sample was weighted, how groups answered each item,
who answered, and what others published.
"""

import datetime
from typing import Literal

import msgspec

from survey.editions.figures import CountedDays, Estimate, FigureTable, Rate
from survey.editions.force import FunnelZone
from survey.surveys.samples import LETTER_OUTCOMES

TilePosition = Literal["below", "within", "above", "withheld"]
GroupDimension = Literal["age", "sex", "ethnicity", "disability"]
DesignFlag = Literal["green", "amber", "red"]
RATES = (*(f"rr{n}" for n in range(1, 7)), "coop1", "coop2", "eligible")  # AAPOR's
# Where it is known from why people did not answer.
OutcomeSource = Literal["letters", "visits", "both"]


class SeriesPoint(msgspec.Struct, frozen=True):
    """One point of a series for a chart: a period and its estimate."""

    start: datetime.date
    estimate: Estimate


class AreaTile(msgspec.Struct, frozen=True, kw_only=True):
    """One borough on the tile map, with its value and its position against the limits.

    `zone` is its zone in the funnel of the index, `standing` whether it is below, within or above
    the 95% limits. In editions made before zones were stored, `zone` is None and `standing`
    compares the borough's own interval with the city.
    """

    area: str
    name: str
    short: str
    column: int
    row: int
    value: float | None
    standing: TilePosition
    zone: FunnelZone | None = None


class SmallAreaEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A borough's own estimate, and the estimate of a model that borrows strength from all
    boroughs.

    `own` is the weight of the borough's own answers in the model (γ, 0 to 1). Figures are None if
    withheld.
    """

    domain: str
    direct: Estimate
    value: float | None
    low: float | None
    high: float | None
    own: float | None


class IndexWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the index: the city's estimate, and each area's own direct estimate.

    An entry of `direct` is the area's code, its value under design weights (None if nobody
    answered) and its effective n.
    """

    start: datetime.date
    city: Estimate
    direct: tuple[tuple[str, float | None, float], ...]


class Weighting(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of the window were weighted, and the precision lost by it.

    `invited` and `answered` count since the survey began, and `response_rate` is their ratio. `n`
    answers of the window are worth `effective_n`; `kish` is the design effect of unequal weights,
    `flag` is amber above 2 and red above 4; `trimmed` is the share of answers whose weight was
    capped; `joined` are cells too thin to be used alone. `raked` is False if only design weights
    were used: if there are `margins`, raking failed and no estimate is published; if not, there
    were too few answers to rake.
    """

    invited: int | None
    answered: int | None
    response_rate: float | None
    n: int | None
    effective_n: float | None
    kish: float | None
    flag: DesignFlag
    trimmed: float | None
    raked: bool
    margins: tuple[str, ...]
    vintage: str
    joined: tuple[str, ...] = ()


class IndexReliability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the items of the index measure one thing: α with Feldt's limits, ω, item-rest r.

    `publishable` is true if the lower limit of α is 0.70 or more and every item-rest r 0.3 or more.
    """

    n: int | None
    alpha: float | None
    low: float | None
    high: float | None
    omega: float | None
    item_rest: tuple[tuple[str, float | None], ...]
    publishable: bool


class GroupEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate for one group of residents.

    `measure` is 'index' (0 to 100, t interval), or the name of an item: then the percentage
    who agree, with Korn-Graubard limits.
    """

    dimension: GroupDimension
    category: str
    measure: str
    estimate: Estimate


class ItemAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How residents answered one item, whose wording is `text`.

    `agree` is the percentage who agree, `net` that less the percentage who disagree.
    """

    item: str
    agree: Estimate
    net: Estimate
    text: str = ""


class SampleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the people invited from the day `since`, by AAPOR's dispositions and rates.

    `answered` people sent something: `complete` (I) every question of the index, `partial` (P)
    enough of it, `broken_off` less. `refused` to `ineligible` are people for whom a reason for not
    answering was written down (`recorded`): from letters, from visits of interviewers, or from
    letters in some boroughs and visits in others (`source`). `silent` are all others. `rr1` to
    `coop2` are AAPOR's rates. `as_of` names counts that are repeated from an earlier edition, each
    with the last day that it counts; other counts run to the end of the period.
    """

    since: datetime.date | None
    recorded: bool
    invited: int | None
    answered: int | None
    complete: int | None
    partial: int | None
    broken_off: int | None
    refused: int | None
    not_reached: int | None
    unable: int | None
    undelivered: int | None
    ineligible: int | None
    silent: int | None
    rr1: float | None = None
    rr2: float | None = None
    rr3: float | None = None
    rr4: float | None = None
    rr5: float | None = None
    rr6: float | None = None
    coop1: float | None = None
    coop2: float | None = None
    eligible: float | None = None
    source: OutcomeSource = "letters"
    as_of: tuple[tuple[str, datetime.date], ...] = ()


def met_response(table: FigureTable) -> SampleResponse:
    """What became of people whom the police met and who were then asked about it.

    An answer can be sent only once every required question is answered, so each answer counts as
    complete and none as partial or broken off.
    """
    answered, silent = table.count("answered"), table.figure("silent").value
    given: dict[str, object] = {
        "since": table.first,
        "recorded": bool(table.number("recorded")),
        "invited": table.count("asked"),
        **dict.fromkeys(("answered", "complete"), answered),
        **dict.fromkeys(("partial", "broken_off"), 0),
        "silent": None if silent is None else round(silent),
        "as_of": tuple((count.row, count.until) for count in table.counts if count.until),
        **{name: table.count("letters", name) for name in LETTER_OUTCOMES},
        **{name: table.figure(name).value for name in RATES},
    }
    return msgspec.convert(given, SampleResponse)


class AreaResponse(msgspec.Struct, frozen=True, kw_only=True):
    """How many people of a borough were invited, how many answered completely, and the second as a
    share of the first (RR1).

    The borough is the one where they were drawn.
    """

    area: str
    invited: int | None
    complete: int | None
    rr1: float | None


class GroupRepresentation(msgspec.Struct, frozen=True, kw_only=True):
    """A group's share of the answers and of the residents of 16 and over, each from 0 to 1.

    `n` is the group's number of answers with an index; its share is given as they came (`answers`),
    by their chance of being drawn (`drawn`), as weighted for the edition (`weighted`), and among
    `residents`.
    """

    dimension: GroupDimension
    category: str
    n: int | None
    answers: float | None
    drawn: float | None
    weighted: float | None
    residents: float | None


class PublishedSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The published per cent of an item in an area, quarter by quarter; None for a quarter without
    a figure.

    `low` and `high` are 95 % limits, worked out from the number of answers.
    """

    item: str
    area: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class PublishedPast(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of every stored quarter; `ends` are the last days of the quarters."""

    ends: tuple[datetime.date, ...]
    months: int
    series: tuple[PublishedSeries, ...]


class PerceptionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of an area in a quarter, next to that quarter's deployments.

    The published figure rests on interviews of `months` months; `counted` are the days of the
    quarter on which deployments were counted.
    """

    quarter_end: datetime.date
    item: str
    perception: Estimate
    deployments: Rate | None = None
    months: int = 12
    counted: CountedDays | None = None
