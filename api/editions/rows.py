"""Export rows: their columns, the periods that they cover, and the common kinds of row.

Chapters give rows without the column `name`; `named_row` adds it for all of them.
"""

from collections.abc import Callable, Iterator

import msgspec

from analysis.disclosure import counts
from api.editions.windows import with_window_starts
from survey.editions.edition import Edition
from survey.editions.figures import Association, Estimate, Rate

HEAD = (
    "table",
    "period",
    "domain",
    "name",
    "stream",
    "measure",
    "n",
    "value",
    "low",
    "high",
    "method",
    "status",
)
NAME_AT = HEAD.index("name")
EACH_ONCE = "each campaign counted once"
ExportCell = str | float | None
ExportRow = tuple[ExportCell, ...]


class Periods(msgspec.Struct, frozen=True):
    """The days that figures cover, as first/last: the period, the index window, the rates'.

    `texts` are those of themes and tone, `uses` and `complaints` the counted days of the rates,
    `period_uses` those of the period.
    """

    whole: str
    index: str
    rates: str
    texts: str
    uses: str
    complaints: str
    period_uses: str


def export_periods(edition: Edition) -> Periods:
    counted = with_window_starts(edition)
    starts = edition.start, counted.index_from, counted.rates_from
    counted_windows = (
        counts.text_days(counted),
        counts.uses_window(counted),
        counts.complaints_window(counted),
        counts.period_uses_days(counted),
    )
    windows = (*((day, edition.end) for day in starts), *counted_windows)
    return Periods(*(f"{first}/{last}" for first, last in windows))


def named_row(row: ExportRow, names: Callable[[str], str]) -> ExportRow:
    """The row with the name of its area next to the code; other domains are their own names."""
    return *row[:NAME_AT], names(str(row[NAME_AT - 1] or "")), *row[NAME_AT:]


def estimate_row(table: str, period: str, measure: str, one: Estimate) -> ExportRow:
    limits = one.value, one.low, one.high
    return table, period, one.domain, one.stream, measure, one.n, *limits, one.method, one.status


def rate_row(table: str, period: str, one: Rate) -> ExportRow:
    # No finer than on the page: with more digits the exact count could be worked out.
    limits = [None if x is None else round(x, 2) for x in (one.per_10_000, one.low, one.high)]
    measure = "per 10,000 residents"
    return table, period, one.domain, "", measure, one.events, *limits, one.method, one.status


def figure_row(
    table: str, period: str, domain: str, measure: str, value: float | None, method: str = ""
) -> ExportRow:
    """A figure without an interval; n is the figure itself if it is a count."""
    counted = value if isinstance(value, int) else None
    status = "withheld" if value is None else "shown"
    return table, period, domain, "", measure, counted, value, None, None, method, status


def bounded_row(
    key: tuple[str, str, str, str, str],
    n: float | None,
    figure: tuple[float | None, float | None, float | None],
    method: str = "",
) -> ExportRow:
    """A figure with its limits; withheld if there is none."""
    return *key, n, *figure, method, "withheld" if figure[0] is None else "shown"


def words_row(table: str, period: str, domain: str, measure: str, words: str) -> ExportRow:
    """A row of words without a figure."""
    return table, period, domain, "", measure, None, None, None, None, words, ""


def shown_status(value: float | None) -> str:
    return "withheld" if value is None else "shown"


def association_rows(table: str, period: str, one: Association | None) -> Iterator[ExportRow]:
    if one is None:
        return
    verdict = one.verdict.replace("_", " ")
    limits = one.beta, one.low, one.high
    yield table, period, "", "", "lag 1", one.events, *limits, one.sentence, verdict
    least = one.smallest_detectable
    yield table, period, "", "", "smallest detectable", one.events, least, None, None, "", verdict
