"""The days that figures cover and how they are called, and the rows of an export.

Chapters give rows without the column `name`; `named_row` adds it for all of them.
"""

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from analysis import disclosure
from api.locales import edition_gettext as _
from api.locales import format_dates, format_day, format_month
from survey.editions import Edition, window_before
from survey.editions.figures import NO_RATE_REASONS, Association, CountedDays, Estimate, Rate

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


def with_window_starts(edition: Edition) -> Edition:
    """Fill in index_from and rates_from for editions stored before these fields existed.

    A weekly edition counts the index over 4 weeks and rates over 13.
    """
    weeks = (4, 13) if edition.kind == "weekly" else (None, None)
    # Both ends count, so seven days begin six before the last.
    index_from, rates_from = (
        edition.end - datetime.timedelta(days=7 * n - 1) if n else edition.start for n in weeks
    )
    return msgspec.structs.replace(
        edition,
        index_from=edition.index_from or index_from,
        rates_from=edition.rates_from or rates_from,
    )


def period_label(edition: Edition) -> str:
    """'Week 50 of 2007', or the month's name and year."""
    return label_of_period(edition.kind, edition.start)


def label_of_period(kind: str, start: datetime.date) -> str:
    """The label of the week or month that begins on a day."""
    # The ISO year: early in January a week may still belong to the year before.
    year, week = start.isocalendar()[:2]
    if kind == "weekly":
        return _("Week {week} of {year}").format(week=week, year=year)
    if kind == "outcome":
        return _("The trial since {day}").format(day=format_day(start))
    return format_month(start)


def before_in_words(kind: str, start: datetime.date, before: datetime.date | None) -> str:
    """The report or window that an edition from `start` is compared with, in words.

    `before` is its first day; without that day the words are "the report before".
    """
    if before is None:
        return _("the report before")
    if kind == "monthly":
        return format_month(before)
    if before == window_before(kind, start):
        return _("four weeks before")
    return _("the report from {day}").format(day=format_day(before))


def before_label(kind: str, start: datetime.date, before: datetime.date | None) -> str:
    """The words of `before_in_words` with a capital letter, to begin a line."""
    words = before_in_words(kind, start, before)
    return f"{words[:1].upper()}{words[1:]}"


class Compared(Protocol):
    """What is compared with an earlier edition: an edition, or its alerts alone."""

    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> datetime.date: ...
    @property
    def compared_start(self) -> datetime.date | None: ...


def has_before(edition: Compared) -> bool:
    """Whether it is compared with the time before. In its first weeks, or where that edition is
    missing, it is compared with a nearer one, which would be a second "before" on its page.
    """
    return edition.compared_start == window_before(edition.kind, edition.start)


def page_before(edition: Compared) -> str:
    """The name of the time before, the same for every figure of a page: four weeks or a month
    before, also where the edition of that time is missing.
    """
    return before_in_words(edition.kind, edition.start, window_before(edition.kind, edition.start))


def page_before_label(edition: Compared) -> str:
    """The words of `page_before` with a capital letter, to begin a line."""
    return before_label(edition.kind, edition.start, window_before(edition.kind, edition.start))


def window_label(start: datetime.date | None, edition: Edition) -> str:
    """The length of a figure's window in weeks; the period's label if it is not whole weeks."""
    weeks, rest = divmod((edition.end - (start or edition.start)).days + 1, 7)
    if rest:
        return period_label(edition)
    if weeks == 1:
        return _("this week").replace(" ", "\N{NO-BREAK SPACE}")
    return _("{n} weeks").format(n=weeks).replace(" ", "\N{NO-BREAK SPACE}")


def days_unit(edition: Edition, counted: CountedDays | None = None) -> str:
    """What a count of the period is in: the week, the month, or the days that were counted."""
    if counted is not None and counted.days and not counted.is_whole:
        return _("in {days} of {of_days} days").format(days=counted.days, of_days=counted.of_days)
    if edition.kind == "weekly":
        return _("in the week")
    return _("in {month}").format(month=period_label(edition))


def counted_dates(counted: CountedDays | None, window: disclosure.Days) -> str:
    """The counted days in words, with how many of all days they are; `window` if they are
    unknown.
    """
    if counted is None or not counted.days or counted.is_whole:
        return format_dates(*window)
    return _("{dates} ({days} of {of_days} days)").format(
        dates=format_dates(*counted.span), days=counted.days, of_days=counted.of_days
    )


def index_dates(edition: Edition) -> str:
    """The days that the index counts."""
    return format_dates(edition.index_from or edition.start, edition.end)


def text_dates(edition: Edition) -> str:
    """The days of the texts that are counted by theme."""
    return format_dates(*disclosure.text_days(edition))


def uses_dates(edition: Edition) -> str:
    """The days that the rates of deployments count."""
    return counted_dates(edition.rates_counted, disclosure.rates_window(edition))


def complaints_dates(edition: Edition) -> str:
    """The days that the rates of complaints count."""
    return format_dates(*disclosure.complaints_window(edition))


def period_dates(edition: Edition) -> str:
    """The days of the period that deployments were counted on."""
    return counted_dates(edition.period_counted, disclosure.edition_days(edition))


def no_rate_reason(counted: CountedDays | None) -> str:
    """Why there is no rate of deployments; empty where there is one."""
    if counted is None or not counted.no_rate:
        return ""
    return _(NO_RATE_REASONS[counted.no_rate]).format(
        days=counted.days, of_days=counted.of_days, least=counted.least_days
    )


def rates_label(edition: Edition, days: disclosure.Days) -> str:
    """The length of the rates' window; the days themselves if `days` are not the whole window."""
    if days == disclosure.rates_window(edition):
        return window_label(edition.rates_from, edition)
    return format_dates(*days)


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
        disclosure.text_days(counted),
        disclosure.uses_window(counted),
        disclosure.complaints_window(counted),
        disclosure.period_uses_days(counted),
    )
    windows = (*((day, edition.end) for day in starts), *counted_windows)
    return Periods(*(f"{first}/{last}" for first, last in windows))


def named_row(row: ExportRow, names: Callable[[str], str]) -> ExportRow:
    """The row with the name of its area after the code; a domain that is no code is its own
    name.
    """
    return *row[:NAME_AT], names(str(row[NAME_AT - 1] or "")), *row[NAME_AT:]


def estimate_row(table: str, period: str, measure: str, estimate: Estimate) -> ExportRow:
    limits = estimate.value, estimate.low, estimate.high
    return (
        table,
        period,
        estimate.domain,
        estimate.stream,
        measure,
        estimate.n,
        *limits,
        estimate.method,
        estimate.status,
    )


def rate_row(table: str, period: str, rate: Rate) -> ExportRow:
    # No finer than on the page: with more digits the exact count could be worked out.
    limits = [None if x is None else round(x, 2) for x in (rate.per_10_000, rate.low, rate.high)]
    measure = "per 10,000 residents"
    return table, period, rate.domain, "", measure, rate.events, *limits, rate.method, rate.status


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
    figure: Sequence[float | None],
    method: str = "",
) -> ExportRow:
    """A row for a figure with its limits; its status is "withheld" if the figure has no value."""
    return *key, n, *figure, method, "withheld" if figure[0] is None else "shown"


def words_row(table: str, period: str, domain: str, measure: str, words: str) -> ExportRow:
    """A row of words without a figure."""
    return table, period, domain, "", measure, None, None, None, None, words, ""


def shown_status(value: float | None) -> str:
    return "withheld" if value is None else "shown"


def association_rows(
    table: str, period: str, association: Association | None
) -> Iterator[ExportRow]:
    if association is None:
        return
    verdict = association.verdict.replace("_", " ")
    limits = association.beta, association.low, association.high
    yield table, period, "", "", "lag 1", association.events, *limits, association.sentence, verdict
    least = association.smallest_detectable
    yield (
        table,
        period,
        "",
        "",
        "smallest detectable",
        association.events,
        least,
        None,
        None,
        "",
        verdict,
    )
