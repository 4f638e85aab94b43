"""The figures that two editions share, and how far one must move before that is evidence."""

import datetime
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from analysis.statistics.rates import PER
from survey.editions.chapters.changes import ChangeUnit
from survey.editions.edition import Edition
from survey.editions.figures import Rate, ThemeShare

Z = 1.96
NO_THEMES: frozenset[str] = frozenset()


class EditionFigure(NamedTuple):
    """One cell of an edition; a theme is named by its stream and id."""

    table: str
    name: str
    domain: str
    unit: ChangeUnit


FigureValues = dict[EditionFigure, float]


def figure_values(edition: Edition, machine: Set[str] = NO_THEMES) -> FigureValues:
    """The value of every published figure; for themes in `machine` the machine's own share."""
    return {
        figure: value
        for figure, value, _ in figures_with_variance(edition, machine)
        if value is not None
    }


def figure_variances(edition: Edition) -> FigureValues:
    """Squared standard errors where known; there are none for people who chose to write."""
    return {
        figure: v for figure, _, v in figures_with_variance(edition, NO_THEMES) if v is not None
    }


def figures_with_variance(
    edition: Edition, machine: Set[str]
) -> Iterator[tuple[EditionFigure, float | None, float | None]]:
    for one in edition.index:
        error = one.standard_error
        figure = EditionFigure("index", "perception index", one.domain, "points")
        yield figure, one.value, None if error is None else error**2
    yield from rate_figures("complaints", edition.complaints)
    yield from rate_figures("deployments", edition.deployments)
    for theme in edition.themes:
        if theme.domain == edition.city:
            name = theme_key(theme)
            put_right = theme.corrected and name in machine
            share = theme.machine_share if put_right else theme.share
            known = theme.low is not None and theme.high is not None
            spread = ((theme.high or 0) - (theme.low or 0)) / (2 * Z)
            yield (
                EditionFigure("themes", name, theme.domain, "share"),
                share,
                spread**2 if known else None,
            )


def rate_figures(
    name: str, rates: Iterable[Rate]
) -> Iterator[tuple[EditionFigure, float | None, float | None]]:
    """Counts and rates, with the variance of a Poisson count."""
    for one in rates:
        events = None if one.events is None else float(one.events)
        scaled = None if events is None else events * (PER / one.population) ** 2
        yield EditionFigure("rates", name, one.domain, "events"), events, events
        yield EditionFigure("rates", name, one.domain, "per_10_000"), one.per_10_000, scaled


def theme_key(theme: ThemeShare) -> str:
    return f"{theme.stream}/{theme.theme}"


def window_overlap(last: Edition, now: Edition, table: str) -> float:
    """The share of this edition's window that the previous edition already covered."""
    starts = [
        (one.rates_from if table == "rates" else one.index_from) or one.start for one in (last, now)
    ]
    both = min(last.end, now.end) - max(starts) + datetime.timedelta(days=1)
    return max(both.days, 0) / ((now.end - starts[1]).days + 1)


def change_errors(last: Edition, now: Edition) -> FigureValues:
    """The standard error of each figure's change, √((1-f)(V₁+V₂)).

    f is the share of the window that both editions cover: the shared part cannot differ. Figures
    with an error of 0 are left out, since nothing can be said about them.
    """
    before, after = figure_variances(last), figure_variances(now)
    return {
        one: error
        for one in before.keys() & after.keys()
        if (
            error := ((1 - window_overlap(last, now, one.table)) * (before[one] + after[one]))
            ** 0.5
        )
    }
