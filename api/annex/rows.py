"""Rows of the annex: their shape, and what a row of each common kind holds."""

from survey.reports import Estimate, Rate

HEAD = (
    "table",
    "period",
    "domain",
    "stream",
    "measure",
    "n",
    "value",
    "low",
    "high",
    "method",
    "status",
)

Cell = str | float | None
Row = tuple[Cell, ...]


def estimated(table: str, period: str, measure: str, one: Estimate) -> Row:
    limits = one.value, one.low, one.high
    return table, period, one.domain, one.stream, measure, one.n, *limits, one.method, one.status


def rated(table: str, period: str, one: Rate) -> Row:
    limits = [None if x is None else round(x, 2) for x in (one.per_10_000, one.low, one.high)]
    measure = "per 10,000 residents"
    return table, period, one.domain, "", measure, one.events, *limits, one.method, one.status


def plain(
    table: str, period: str, domain: str, measure: str, value: float | None, method: str = ""
) -> Row:
    """One figure that has no interval; n is the figure itself where it is a count."""
    counted = value if isinstance(value, int) else None
    status = "withheld" if value is None else "shown"
    return table, period, domain, "", measure, counted, value, None, None, method, status


def bounded(
    key: tuple[str, str, str, str, str],
    n: float | None,
    figure: tuple[float | None, float | None, float | None],
    method: str = "",
) -> Row:
    """One figure with its limits; withheld where there is none."""
    return *key, n, *figure, method, "withheld" if figure[0] is None else "shown"


def worded(table: str, period: str, domain: str, measure: str, words: str) -> Row:
    """What is said rather than counted."""
    return table, period, domain, "", measure, None, None, None, None, words, ""
