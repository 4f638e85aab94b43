"""Figures of an edition: estimates, rates, associations, trends, tables of figures with what they
count; how complete the data are, and which figures were restated.
"""

import datetime
from collections.abc import Iterator
from typing import Literal

import msgspec

from survey.places import AreaGroup
from survey.sentences import N_
from survey.surveys.instruments import Mode

FigureStatus = Literal["shown", "flagged", "withheld"]
AssociationVerdict = Literal["associated", "none_larger", "inconclusive", "between_looks"]
KeyFigureName = Literal["index", "deployments", "about_taser", "wrote", "under_18"]
Fact = str | int
# A rate of fewer days than this share of its window would be read as the rate of the window.
LEAST_COUNTED = 0.8
NoRateReason = Literal["", "none", "long", "few", "whole"]
NO_RATE_REASONS: dict[NoRateReason, str] = {
    "none": N_("No deployments have been reported for this period yet."),
    "long": N_(
        "There is no rate: the publisher gives figures for longer periods. A weekly edition has "
        "rates of figures by week, a monthly one also of figures by month."
    ),
    "few": N_(
        "There is no rate: figures cover {days} of the {of_days} days, and a rate needs {least} "
        "of them."
    ),
    "whole": N_(
        "There is no count or rate by borough: the publisher gives figures for a whole force alone."
    ),
}
TrendMeasure = Literal["deployments", "complaints", "index"]
HistoryMeasure = Literal["index", "deployments", "complaints", "theme", "question"]
Days = tuple[datetime.date, datetime.date]
NoTrendReason = Literal["", "short", "few", "fit"]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A weighted estimate for one domain; its figures are None if disclosure control withheld them.

    `n` is the number of respondents, `effective_n` their number after weighting; `low` to `high` is
    the 95 % interval, made by `method`; `stream` says whose answers they are.
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


class GroupedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of groups of boroughs, such as basic command units; `name` is the grouping's."""

    name: str
    groups: tuple[AreaGroup, ...]
    index: tuple[Estimate, ...] = ()
    deployments: tuple[Rate, ...] = ()
    complaints: tuple[Rate, ...] = ()


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
    """The value that a key figure had before, in the period or window that began on the day
    `start`.

    `start` is None in editions that did not name the edition before.
    """

    figure: KeyFigureName
    was: float
    start: datetime.date | None = None


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its 95 % interval; a value is None if it is withheld, a limit also if there is
    no interval.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def cells(self) -> tuple[float | None, float | None, float | None]:
        return self.value, self.low, self.high


class TableFigure(Interval, frozen=True, kw_only=True):
    """A named figure of a table, of one of its rows if it has rows."""

    name: str
    row: str = ""


class TableCount(msgspec.Struct, frozen=True, kw_only=True):
    """A named count of a table, of one of its rows if it has rows; None if withheld.

    `until` is the day up to which it counts, if it is repeated from an earlier edition.
    """

    name: str
    row: str = ""
    count: int | None = None
    until: datetime.date | None = None


def table_counts(*counts: tuple[str, str, int]) -> tuple[TableCount, ...]:
    """Counts of a table by their name and their row."""
    return tuple(TableCount(name=name, row=row, count=count) for name, row, count in counts)


class FigureTable(msgspec.Struct, frozen=True, kw_only=True):
    """The figures about one thing over the days from `first` to `last`.

    `kind` names the rules by which the table passes the disclosure gate, and `key` tells it from
    other tables of that kind. `facts` are words and numbers about no person. `missing` says why
    there are no figures.
    """

    kind: str
    key: tuple[str, ...]
    domain: str
    first: datetime.date
    last: datetime.date
    facts: tuple[tuple[str, Fact], ...] = ()
    missing: str = ""
    counts: tuple[TableCount, ...] = ()
    figures: tuple[TableFigure, ...] = ()

    @property
    def days(self) -> tuple[datetime.date, datetime.date]:
        return self.first, self.last

    def text(self, fact: str) -> str:
        return str(dict(self.facts)[fact])

    def number(self, fact: str) -> int:
        return int(dict(self.facts)[fact])

    def count(self, name: str, row: str = "") -> int | None:
        """A count; None if it is withheld, or if the table has no count of this name."""
        return next(
            (count.count for count in self.counts if (count.name, count.row) == (name, row)), None
        )

    def figure(self, name: str, row: str = "") -> Interval:
        """A figure; an empty interval if the table has no figure of this name."""
        return next(
            (figure for figure in self.figures if (figure.name, figure.row) == (name, row)),
            Interval(),
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the rows, in their order."""
        rows = *(count.row for count in self.counts), *(figure.row for figure in self.figures)
        return tuple(dict.fromkeys(filter(None, rows)))

    def row_count(self, row: str) -> int | None:
        """The first count of a row; None if it is withheld, or if the row has no count."""
        return next((count.count for count in self.counts if count.row == row), None)

    def column(self, name: str) -> Iterator[TableFigure]:
        """The figures of this name, row by row."""
        return (figure for figure in self.figures if figure.name == name)


class PrintedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report of a history: its first and last day, the number of its edition, and the first and
    last day that its figures of each kind count.
    """

    start: datetime.date
    end: datetime.date
    number: int
    index: Days
    deployments: Days
    complaints: Days
    texts: Days


class FigureSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a place in each report of a history, the oldest first.

    `of` is the theme or the question, `stream` whose texts are on the theme. `counts` are people
    who answered, events or texts; `values` an index, a rate per 10,000 residents, a share of texts
    (0 to 1) or the per cent who agree, with limits from `low` to `high`. All four are as long as
    there are reports; a blank was withheld or not in that report.
    """

    measure: HistoryMeasure
    domain: str
    stream: str = ""
    of: str = ""
    counts: tuple[int | None, ...] = ()
    values: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


class ReportHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Figures as reports of one kind printed them, the report that holds the history last."""

    reports: tuple[PrintedReport, ...]
    series: tuple[FigureSeries, ...]

    def find(
        self, measure: str, domain: str, stream: str = "", of: str = ""
    ) -> FigureSeries | None:
        key = measure, domain, stream, of
        return next((s for s in self.series if (s.measure, s.domain, s.stream, s.of) == key), None)


class CountedDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days of the window `start` to `end` on which deployments were counted.

    `first` and `last` are the first and the last day of the reported periods within the window,
    None if there are none; `days` is how many days these periods cover. `no_rate` says why there is
    no rate: 'none' was reported, periods are 'long' (more than a week, in a weekly edition), the
    days are too 'few', or figures are of the 'whole' force and of no borough.
    """

    start: datetime.date
    end: datetime.date
    first: datetime.date | None = None
    last: datetime.date | None = None
    days: int = 0
    no_rate: NoRateReason = ""

    @property
    def of_days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def least_days(self) -> int:
        """The number of days that a rate needs."""
        return least_days(self.of_days)

    @property
    def is_whole(self) -> bool:
        """Whether every day of the window was counted."""
        return self.days == self.of_days

    @property
    def span(self) -> tuple[datetime.date, datetime.date]:
        """The first and last counted day; the first and last day of the window if no day was
        counted.
        """
        return self.first or self.start, self.last or self.end

    @property
    def is_unbroken(self) -> bool:
        first, last = self.span
        return self.days == (last - first).days + 1

    @property
    def is_comparable(self) -> bool:
        """Whether complaints can be counted over these days, next to the deployments.

        Complaints of days with a gap between them are not published: the weeks of single complaints
        could be worked out.
        """
        return not self.no_rate and self.is_unbroken


def least_days(of_days: int) -> int:
    """The number of days of a window that a rate needs: 80%, rounded up."""
    # In whole numbers: 0.8 x 35 is not exactly 28.
    return -(-of_days * round(100 * LEAST_COUNTED) // 100)


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the data were when the edition was made.

    Of `of_areas` boroughs, `areas` had a sampled answer in the window. Of the `of_weeks` whole
    weeks in the rates' window, `weeks` had deployment figures, and of its `of_days` days, `days`.
    `late` is the number of deployments on earlier days that were published only since the previous
    edition.
    """

    areas: int
    of_areas: int
    weeks: int
    of_weeks: int
    late: int | None
    days: int | None = None
    of_days: int | None = None


class QualityNote(msgspec.Struct, frozen=True):
    """One line of the notes on data quality, or on what was done to protect people."""

    kind: str
    sentence: str


class RestatedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure that differs from the previous edition.

    `was` or `now` is None if it is withheld or that edition lacks the figure; both are exact if
    `published`.
    """

    source: str
    area: str
    start: datetime.date
    end: datetime.date
    tactic: str
    was: int | None
    now: int | None
    published: bool = False


class AreaMonths(msgspec.Struct, frozen=True, kw_only=True):
    """The deployments of a place, month by month."""

    domain: str
    counts: tuple[int, ...]


class MonthlyDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of every month that their publisher has released, the city first.

    `starts` are the first days of these months.
    """

    starts: tuple[datetime.date, ...]
    areas: tuple[AreaMonths, ...]


class SeasonalTrend(msgspec.Struct, frozen=True, kw_only=True):
    """The city's change per year, with the season removed: in per cent, or in points for the index.

    `months` is how many calendar months from `first` to `last` have a figure; `reason` says why
    there is no trend: the past is too 'short', there are too 'few' events, or the model did not
    'fit'.
    """

    measure: TrendMeasure
    first: datetime.date
    last: datetime.date
    months: int
    change: float | None = None
    low: float | None = None
    high: float | None = None
    reason: NoTrendReason = ""
