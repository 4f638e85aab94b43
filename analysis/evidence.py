"""The figures that two editions share, and how far one must move before that is evidence."""

import datetime
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from analysis.statistics.rates import PER
from survey.changes import Unit
from survey.editions import Edition
from survey.reports import Rate, ThemeShare

Z = 1.96
NOBODY: frozenset[str] = frozenset()


class Figure(NamedTuple):
    """One cell of an edition; a theme is named by its stream and id."""

    table: str
    name: str
    domain: str
    unit: Unit


Told = dict[Figure, float]


def told(edition: Edition, machine: Set[str] = NOBODY) -> Told:
    """Every figure that may be read; of the themes in `machine` the machine's own share."""
    return {figure: value for figure, value, _ in cells(edition, machine) if value is not None}


def variances(edition: Edition) -> Told:
    """The squared standard errors, where one is known: none for those who chose to write."""
    return {figure: v for figure, _, v in cells(edition, NOBODY) if v is not None}


def cells(
    edition: Edition, machine: Set[str]
) -> Iterator[tuple[Figure, float | None, float | None]]:
    for one in edition.index:
        error = one.standard_error
        figure = Figure("index", "perception index", one.domain, "points")
        yield figure, one.value, None if error is None else error**2
    yield from of_rates("complaints", edition.complaints)
    yield from of_rates("deployments", edition.deployments)
    for theme in edition.themes:
        if theme.domain == edition.city:
            name = name_of(theme)
            put_right = theme.corrected and name in machine
            share = theme.machine_share if put_right else theme.share
            known = theme.low is not None and theme.high is not None
            spread = ((theme.high or 0) - (theme.low or 0)) / (2 * Z)
            yield Figure("themes", name, theme.domain, "share"), share, spread**2 if known else None


def of_rates(
    name: str, rates: Iterable[Rate]
) -> Iterator[tuple[Figure, float | None, float | None]]:
    """Counts and rates, with the variance of a Poisson count."""
    for one in rates:
        events = None if one.events is None else float(one.events)
        scaled = None if events is None else events * (PER / one.population) ** 2
        yield Figure("rates", name, one.domain, "events"), events, events
        yield Figure("rates", name, one.domain, "per_10_000"), one.per_10_000, scaled


def name_of(theme: ThemeShare) -> str:
    return f"{theme.stream}/{theme.theme}"


def overlap(last: Edition, now: Edition, table: str) -> float:
    """The share of this edition's window that the edition before had already."""
    starts = [
        (one.rates_from if table == "rates" else one.index_from) or one.start for one in (last, now)
    ]
    both = min(last.end, now.end) - max(starts) + datetime.timedelta(days=1)
    return max(both.days, 0) / ((now.end - starts[1]).days + 1)


def errors(last: Edition, now: Edition) -> Told:
    """The standard error of each figure's move, √((1-f)(V₁+V₂)).

    f is the share of the window that both editions look back to: what they share cannot differ.
    0 is left out: nothing can be said of a figure without an error.
    """
    before, after = variances(last), variances(now)
    return {
        one: error
        for one in before.keys() & after.keys()
        if (error := ((1 - overlap(last, now, one.table)) * (before[one] + after[one])) ** 0.5)
    }
