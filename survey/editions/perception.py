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
    """One borough on the tile map, with its value and where it lies against the limits.

    `zone` is that of the borough in the funnel of the index, `standing` whether it is below, within
    or above the 95% limits. In editions made before zones were stored, `zone` is None and
    `standing` compares the borough's own interval with the city.
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
    """A borough's own estimate and that of a model that borrows strength from all boroughs.

    `own` is the weight of its own answers in the model (γ, 0 to 1). None where withheld.
    """

    domain: str
    direct: Estimate
    value: float | None
    low: float | None
    high: float | None
    own: float | None


class IndexWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the index: the city's estimate, and each area's own direct estimate.

    `direct` code, value (None where nobody answered) and effective n, under design weights.
    """

    start: datetime.date
    city: Estimate
    direct: tuple[tuple[str, float | None, float], ...]


class Weighting(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of the window were weighted, and the precision lost by it.

    `invited` and `answered` since the survey began, `response_rate` their share; `n` answers of
    the window, worth `effective_n`; `kish` the design effect of unequal weights, `flag` amber above
    2 and red above 4; `trimmed` the share whose weight was capped; `joined` cells too thin to be
    used alone. `raked` is False where only design weights were used: with `margins`, raking failed
    and no estimate is published; without, the answers were too few to rake.
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

    `publishable` where the lower limit of α is 0.70 or more and every item-rest r 0.3 or more.
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
    """How residents answered one item: percentage that agree, and agree less disagree.

    `text` is the wording of the item.
    """

    item: str
    agree: Estimate
    net: Estimate
    text: str = ""


class SampleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the people invited from the day `since`, by AAPOR's dispositions and rates.

    `answered` sent something: `complete` (I) every question of the index, `partial` (P) enough of
    it, `broken_off` less. `refused` to `ineligible` are people of whom somebody wrote down why they
    did not answer (`recorded`): from letters, from visits of interviewers, or in some boroughs from
    one and in others from the other (`source`). `silent` are all others. `rr1` to `coop2` as AAPOR
    defines them.
    `as_of` names counts that are repeated from an earlier edition, each with the day up to which
    that edition counted it; the others count to the end of the period.
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
    """What became of people whom the police met and who were asked about it.

    An answer is sent only with every question answered that needs one, so each counts as complete
    and none as partial or broken off.
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
    """People of a borough who were invited, who answered completely, and the share of these (RR1).

    The borough is where they were drawn.
    """

    area: str
    invited: int | None
    complete: int | None
    rr1: float | None


class GroupRepresentation(msgspec.Struct, frozen=True, kw_only=True):
    """A group's share of the answers and of the residents of 16 and over, each from 0 to 1.

    `n` answers with an index; their share as they came (`answers`), by their chance of being drawn
    (`drawn`), as weighted for the edition (`weighted`), and of `residents`.
    """

    dimension: GroupDimension
    category: str
    n: int | None
    answers: float | None
    drawn: float | None
    weighted: float | None
    residents: float | None


class PublishedSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The published per cent of an item in an area, quarter by quarter; None where there is none.

    `low` and `high` are the 95 % limits that the number of answers allows.
    """

    item: str
    area: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class PublishedPast(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of every quarter that is stored; `ends` are their last days."""

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
