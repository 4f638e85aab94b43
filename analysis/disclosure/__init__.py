"""Disclosure control: the smallest count that may be shown, how counts are rounded, and which an
edition publishes.

The numbers are decisions 0005 and 0013. `gates` treats each field, `session` knows what was
published before; `analysis/editions/gate.py` applies both to an edition, `analysis/caseload.py` to
figures on cases.
"""

import datetime
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analysis.statistics.suppression import FeasibleInterval, PublishedSpan
from survey.deployments import UNDER_18
from survey.editions import Edition

FEWEST_EVENTS = 5
ROUNDING = 5
# The smallest count shown as 15. With rates from 10, a 10 without a rate would be an 8 or 9.
FEWEST_FOR_RATE = 13
FEWEST_TO_COUNT = 10
FEWEST_RESPONDENTS = 30
FEWEST_UNFLAGGED = 100
FEWEST_TEXTS = 10
Days = tuple[datetime.date, datetime.date]
Series = tuple[str, ...]


def rounded_count(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A city's count of persons or events: None for 1 to 4, else rounded to base 5; 0 stays 0."""
    if count is None or 0 < count < fewest:
        return None
    return ROUNDING * round(count / ROUNDING)


def rounded_cell(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A count within a table: as `rounded_count`, but 0 is withheld like 1 to 4."""
    return rounded_count(count, fewest) or None


def rounded_base(n: int | None) -> int | None:
    """Number of respondents: None below 10, else rounded down, so that no threshold seems met."""
    return None if n is None or n < FEWEST_TO_COUNT else ROUNDING * (n // ROUNDING)


def count_text(count: int) -> str:
    """A rounded count of persons or events for a sentence."""
    rounded = rounded_count(count)
    return f"fewer than {FEWEST_EVENTS}" if rounded is None else f"about {rounded:,}"


def rounded_figure(figure: float | None, places: int = 2) -> float | None:
    """A figure rounded to a page's decimals, so that no file or API gives finer figures."""
    return None if figure is None else round(figure, places)


def significant_digits(figure: float | None, many: int = 3) -> float | None:
    """A figure rounded to significant digits, for coefficients that rest on every cell."""
    return None if figure is None else float(f"{figure:.{many}g}")


class RoundingRule(NamedTuple):
    """How a kind of count is published: the smallest count shown, and how it is rounded."""

    fewest: int
    down: bool = False

    def cell(self, count: int | None) -> int | None:
        """The published count as a cell of a table."""
        return (rounded_base(count) if self.down else rounded_cell(count, self.fewest)) or None

    def total(self, count: int | None) -> int | None:
        """The published count as a city's total, which may be 0."""
        return rounded_base(count) if self.down else rounded_count(count, self.fewest)

    def bounds(self, shown: int | None) -> FeasibleInterval:
        """The true values possible for a reader who knows the rule and sees `shown`."""
        if shown is None:
            # A blank may also be a large count that was hidden to protect another one.
            return FeasibleInterval(0, math.inf)
        if shown == 0:
            return FeasibleInterval(0, 0)
        if self.down:
            return FeasibleInterval(shown, shown + ROUNDING - 1)
        # A shown 5 is 5 to 7: readers know that 3 and 4 would have been withheld.
        return FeasibleInterval(max(shown - ROUNDING // 2, self.fewest), shown + ROUNDING // 2)


EVENTS = RoundingRule(FEWEST_EVENTS)
TEXTS = RoundingRule(FEWEST_TEXTS)
PEOPLE = RoundingRule(FEWEST_TO_COUNT)
BASES = RoundingRule(FEWEST_TO_COUNT, down=True)


class PublishedCount(NamedTuple):
    """A count of a series over `days` (first and last) as it is published; None where withheld.

    `whole` is the series of the total, if this count is one of a list that adds up to it.
    """

    series: Series
    days: Days
    shown: int | None
    rule: RoundingRule = EVENTS
    whole: Series | None = None

    @property
    def span(self) -> PublishedSpan:
        first, last = self.days
        limits = self.rule.bounds(self.shown)
        # A span ends on the day after its last, so that neighbouring weeks meet on one day.
        return PublishedSpan(first.toordinal(), last.toordinal() + 1, limits.low, limits.high)


def lower_bounds_from_parts(
    published: Iterable[PublishedCount],
) -> Iterator[tuple[Series, PublishedSpan]]:
    """Lower bounds for the totals of lists: a total is at least the sum of its published parts."""
    # By key, because a count that an edition shows twice must be added up once.
    parts = {(count.series, count.days): count for count in published}
    sums: Counter[tuple[str, Series, Days]] = Counter()
    for part in parts.values():
        if part.whole is not None:
            # Each list by itself: boroughs and tactics both add up to all uses, not together.
            sums[part.series[0], part.whole, part.days] += int(part.span.low)
    for (_, whole, (first, last)), low in sums.items():
        # Parts may be hidden or outside every borough, so they bound the total from below only.
        yield whole, PublishedSpan(first.toordinal(), last.toordinal() + 1, low, math.inf)


def enclosing_series(series: Series, city: str) -> tuple[Series, ...]:
    """The larger series whose counts include every event of this one, such as all complaints for
    those about a Taser.
    """
    match series:
        case ("persons", _):
            return (("uses", city),)
        case ("group", "age", _, band) if f"age:{band}" in UNDER_18:
            return (("persons", "under_18"),)
        case ("group", "age", _, "65+"):
            return (("persons", "over_64"),)
        case ("about", _):
            return (("complaints", city),)
        case ("sent", _):
            return (("sampled", city),)
        case ("complete", area):
            return (("sampled", area),)
        case ("fired", *of):
            return (("drawn", *of),)
        case ("restated", _, tactic, area):
            return ("uses", area), ("tactic", tactic)
        case (name, *_) if name.startswith(("met ", "handling ")):
            return enclosing_people_met(series) or enclosing_handling(series)
    return enclosing_texts(series, city)


def enclosing_people_met(series: Series) -> tuple[Series, ...]:
    """As `enclosing_series`, for counts of people whom the police met.

    These series begin on the day when people were first asked: whoever answered by a given day had
    been asked by then.
    """
    match series:
        case ("met answered", survey):
            return (("met asked", survey),)
        case (name, survey, group) if name.startswith("met answered by "):
            return ("met answered", survey), (name.replace("answered", "asked"), survey, group)
        case (name, survey, _) if name.startswith("met asked by "):
            return (("met asked", survey),)
        case ("met base", survey, _):
            return (("met answered", survey),)
        case ("met option", survey, item, _):
            return (("met base", survey, item),)
    return ()


def enclosing_handling(series: Series) -> tuple[Series, ...]:
    """As `enclosing_series`, for counts of people whose case was closed in a quarter."""
    match series:
        case ("handling returned", quarter):
            return (("handling closed", quarter),)
        case ("handling answered", quarter):
            return (("handling returned", quarter), ("handling closed", quarter))
        case (name, quarter) if name.startswith("handling base "):
            return (("handling answered", quarter),)
        case (name, quarter, _):
            return ((name.replace("answer", "base"), quarter),)
    return ()


def enclosing_texts(series: Series, city: str) -> tuple[Series, ...]:
    """As `enclosing_series`, for counts of texts."""
    match series:
        case ("campaign", _, stream) | ("all voices", stream):
            return ((stream, city),)
        case ("voices", *of):
            return (("theme", *of),)
        case ("theme", stream, _, domain) if domain == city:
            return (("texts", stream),)
        case ("texts by theme", stream, _):
            return (("texts", stream),)
        case ("recoded", stream, theme):
            return (("theme", stream, theme, city),)
    return ()


def edition_days(edition: Edition) -> Days:
    return edition.start, edition.end


def rates_window(edition: Edition) -> Days:
    return edition.rates_from or edition.start, edition.end


def uses_window(edition: Edition) -> Days:
    """The days that the rates of deployments were counted on."""
    counted = edition.rates_counted
    return counted.span if counted else rates_window(edition)


def complaints_window(edition: Edition) -> Days:
    """The days of the complaints: the days of the deployments next to them, else the whole
    window.
    """
    counted = edition.rates_counted
    return counted.span if counted and counted.is_comparable else rates_window(edition)


def period_uses_days(edition: Edition) -> Days:
    """The days of the period that deployments were counted on."""
    counted = edition.period_counted
    return counted.span if counted else edition_days(edition)


def running_days(edition: Edition) -> Days:
    """The days of the running total of deployments, from the pilot's start."""
    now = edition.this_period
    since, until = (now.since, now.until) if now else (None, None)
    return since or edition.start, until or edition.end


def days_before_period(edition: Edition) -> Days:
    """The 13 weeks or three months before the period, from which deployments are predicted."""
    return days_before(edition.kind, edition.start)


def days_before(kind: str, start: datetime.date) -> Days:
    """The 13 weeks or three months before a period that begins on this day."""
    last = start - datetime.timedelta(days=1)
    if kind == "weekly":
        return start - datetime.timedelta(days=91), last
    # Less 45 days, the first of a month always becomes a day two months earlier.
    return (last.replace(day=1) - datetime.timedelta(days=45)).replace(day=1), last


def index_window(edition: Edition) -> Days:
    return edition.index_from or edition.start, edition.end


def text_days(edition: Edition) -> Days:
    """The days of the texts that are counted by theme; in older editions the days of the index."""
    first, end = index_window(edition)
    return edition.texts_from or first, end


def quarter_days(end: datetime.date) -> Days:
    return datetime.date(end.year, end.month - 2, 1), end
