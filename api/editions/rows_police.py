"""Export rows on deployments and complaints."""

from collections.abc import Iterator

from api.editions.rows import ExportRow, bounded_row, figure_row, rate_row
from survey.editions.chapters.deployments import VulnerableUses
from survey.editions.chapters.disparities import EditionDisparity, FiredShare
from survey.editions.chapters.funnels import Funnel
from survey.editions.chapters.quality import RestatedFigure
from survey.editions.edition import Edition


def police_rows(edition: Edition, whole: str, rates: str) -> Iterator[ExportRow]:
    for name, found in (("complaints", edition.complaints), ("deployments", edition.deployments)):
        for rate in found:
            yield rate_row(name, rates, rate)
    for tactic, count in edition.tactics:
        yield figure_row("tactics", whole, edition.city, tactic, count)
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield figure_row("uses by week", str(week.start), edition.city, tactic, count)
    yield from this_period_rows(edition, whole)
    yield from map(restated_row, edition.restated)
    for funnel in edition.funnels:
        yield from funnel_rows(funnel, rates)
    for one in edition.disparities:
        yield from disparity_rows(one, rates)
    for shots in edition.fired:
        yield fired_row(shots, rates)
    for care in edition.persons:
        yield from persons_rows(care, whole, edition)


def this_period_rows(edition: Edition, whole: str) -> Iterator[ExportRow]:
    found, about = edition.this_period, edition.about_taser
    if found is not None:
        since = f"{found.since}/{edition.end}"
        key = "this period", whole, edition.city, "", "deployments"
        events = found.events
        yield *key, events, events, found.low, found.high, "range expected", shown_status(events)
        yield figure_row("this period", since, edition.city, "deployments since", found.cumulative)
    if about is not None:
        yield rate_row("this period: complaints", whole, about.rate)
        median = about.median
        yield figure_row(
            "this period: complaints", whole, edition.city, "median of 13 weeks", median
        )


def shown_status(value: float | None) -> str:
    return "withheld" if value is None else "shown"


def restated_row(one: RestatedFigure) -> ExportRow:
    """A figure that has changed since the previous edition."""
    key = "restated", f"{one.start}/{one.end}", one.area, "", one.tactic
    was = "withheld or not told" if one.was is None else str(one.was)
    status = "withheld" if one.now is None else "shown"
    return *key, one.now, one.now, None, None, f"was {was}; {one.source}", status


def funnel_rows(one: Funnel, period: str) -> Iterator[ExportRow]:
    table = f"funnel: {one.measure}"
    for spot in one.spots:
        key = table, period, spot.domain, "", "figure"
        yield bounded_row(key, spot.size, (spot.value, None, None), spot.place)
    for at in one.limits:
        for level, low, high in (("95 %", at.low, at.high), ("99.8 %", at.lowest, at.highest)):
            key = table, period, "", "", f"{level} limits"
            yield bounded_row(key, round(at.size, 1), (one.target, low, high), "limits at size n")
    if one.phi is not None:
        yield figure_row(table, period, "", "phi", one.phi)
    if one.between is not None:
        yield figure_row(table, period, "", "variance between areas", one.between)


def disparity_rows(one: EditionDisparity, period: str) -> Iterator[ExportRow]:
    table = f"disparities: {one.dimension} per {one.benchmark}"
    measure = f"ratio to {one.reference}"
    for method, found in (("mid-P", one.shown), ("exact", one.exact), ("equal ages", one.adjusted)):
        if found is not None:
            key = table, period, one.group, "", measure
            figure = found.value, found.low, found.high
            yield bounded_row(key, one.events, figure, f"{method}; {one.code}")
    low, high = one.tipping
    bounds = table, period, one.group, "", f"{measure} if unknowns were its or the reference's"
    known = low is not None and high is not None
    yield *bounds, one.events, None, low, high, "", "shown" if known else "withheld"
    yield figure_row(table, period, one.group, "per 10,000", one.per_10_000)
    yield figure_row(table, period, one.group, "benchmark", one.people)
    yield figure_row(table, period, one.reference, "events of the reference", one.reference_events)
    yield figure_row(table, period, one.group, "share not recorded", one.unknown)


def fired_row(one: FiredShare, period: str) -> ExportRow:
    key = f"fired given drawn: {one.dimension}", period, one.group, "", "share"
    p = "" if one.p is None else f"; p {one.p:.3f}"
    method = f"Wilson; fired {one.fired}{p}" if one.fired is not None else "Wilson"
    return bounded_row(key, one.drawn, (one.share, one.low, one.high), method)


def persons_rows(one: VulnerableUses, whole: str, edition: Edition) -> Iterator[ExportRow]:
    since = f"{one.since}/{edition.end}"
    yield figure_row("persons", whole, edition.city, one.kind, one.period)
    yield figure_row("persons", since, edition.city, one.kind, one.window)
    yield figure_row("persons", since, edition.city, f"{one.kind}, usual", one.typical)
