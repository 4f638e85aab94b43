"""Rows of the annex about what police did and what was complained of."""

from collections.abc import Iterator

from api.annex.rows import Row, bounded, plain, rated
from survey.disparities import Disparity, Fired, Persons
from survey.editions import Edition
from survey.funnels import Funnel
from survey.reports import Restated


def police(edition: Edition, whole: str, rates: str) -> Iterator[Row]:
    for name, found in (("complaints", edition.complaints), ("deployments", edition.deployments)):
        for rate in found:
            yield rated(name, rates, rate)
    for tactic, count in edition.tactics:
        yield plain("tactics", whole, edition.city, tactic, count)
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield plain("uses by week", str(week.start), edition.city, tactic, count)
    yield from this_period(edition, whole)
    yield from map(restated, edition.restated)
    for funnel in edition.funnels:
        yield from funnelled(funnel, rates)
    for one in edition.disparities:
        yield from disparity(one, rates)
    for shots in edition.fired:
        yield fired(shots, rates)
    for care in edition.persons:
        yield from persons(care, whole, edition)


def this_period(edition: Edition, whole: str) -> Iterator[Row]:
    found, about = edition.this_period, edition.about_taser
    if found is not None:
        since = f"{found.since}/{edition.end}"
        key = "this period", whole, edition.city, "", "deployments"
        events = found.events
        yield *key, events, events, found.low, found.high, "range expected", status(events)
        yield plain("this period", since, edition.city, "deployments since", found.cumulative)
    if about is not None:
        yield rated("this period: complaints", whole, about.rate)
        median = about.median
        yield plain("this period: complaints", whole, edition.city, "median of 13 weeks", median)


def status(value: float | None) -> str:
    return "withheld" if value is None else "shown"


def restated(one: Restated) -> Row:
    """A figure that the edition before told otherwise."""
    key = "restated", f"{one.start}/{one.end}", one.area, "", one.tactic
    was = "withheld or not told" if one.was is None else str(one.was)
    status = "withheld" if one.now is None else "shown"
    return *key, one.now, one.now, None, None, f"was {was}; {one.source}", status


def funnelled(one: Funnel, period: str) -> Iterator[Row]:
    table = f"funnel: {one.measure}"
    for spot in one.spots:
        key = table, period, spot.domain, "", "figure"
        yield bounded(key, spot.size, (spot.value, None, None), spot.place)
    for at in one.limits:
        for level, low, high in (("95 %", at.low, at.high), ("99.8 %", at.lowest, at.highest)):
            key = table, period, "", "", f"{level} limits"
            yield bounded(key, round(at.size, 1), (one.target, low, high), "limits at size n")
    if one.phi is not None:
        yield plain(table, period, "", "phi", one.phi)
    if one.between is not None:
        yield plain(table, period, "", "variance between areas", one.between)


def disparity(one: Disparity, period: str) -> Iterator[Row]:
    table = f"disparities: {one.dimension} per {one.benchmark}"
    measure = f"ratio to {one.reference}"
    for method, found in (("mid-P", one.shown), ("exact", one.exact), ("equal ages", one.adjusted)):
        if found is not None:
            key = table, period, one.group, "", measure
            figure = found.value, found.low, found.high
            yield bounded(key, one.events, figure, f"{method}; {one.code}")
    low, high = one.tipping
    bounds = table, period, one.group, "", f"{measure} if unknowns were its or the reference's"
    known = low is not None and high is not None
    yield *bounds, one.events, None, low, high, "", "shown" if known else "withheld"
    yield plain(table, period, one.group, "per 10,000", one.per_10_000)
    yield plain(table, period, one.group, "benchmark", one.people)
    yield plain(table, period, one.reference, "events of the reference", one.reference_events)
    yield plain(table, period, one.group, "share not recorded", one.unknown)


def fired(one: Fired, period: str) -> Row:
    key = f"fired given drawn: {one.dimension}", period, one.group, "", "share"
    p = "" if one.p is None else f"; p {one.p:.3f}"
    method = f"Wilson; fired {one.fired}{p}" if one.fired is not None else "Wilson"
    return bounded(key, one.drawn, (one.share, one.low, one.high), method)


def persons(one: Persons, whole: str, edition: Edition) -> Iterator[Row]:
    since = f"{one.since}/{edition.end}"
    yield plain("persons", whole, edition.city, one.kind, one.period)
    yield plain("persons", since, edition.city, one.kind, one.window)
    yield plain("persons", since, edition.city, f"{one.kind}, usual", one.typical)
