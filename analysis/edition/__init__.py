"""The report, from the material to what may be read, in the order of the page."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis import (
    accuracy,
    disclosure,
    headlines,
    published,
    quoting,
    recoded,
    voices,
)
from analysis.edition import (
    alerts,
    by_borough,
    compared,
    findings,
    funnels,
    index_funnel,
    moved,
    perceived,
    police,
    reliability,
    respondents,
    spoken,
    this_period,
)
from analysis.edition.compared import Difference
from analysis.edition.moved import Seen
from analysis.edition.respondents import Respondents
from analysis.material import INDEX_DAYS, Events, Material
from analysis.statistics import rates
from analysis.statistics.variance import Flags
from survey.editions import Edition, Safe
from survey.reports import (
    Mark,
    Rate,
    Received,
    Restated,
    ThemeShare,
)

METHOD_VERSION = "2"
RATE_DAYS = 91
PUBLISHED_ITEM = "good_job_local"
WITHHELD = ("dropped", "below")


def make(material: Material) -> Safe:
    """The edition as anybody may read it: computed, withheld where it must be, then told."""
    with threadpool_limits(limits=1):  # two threads on small matrices wait for each other
        return computed(material)


def computed(material: Material) -> Safe:
    asked = respondents.of(material, in_index_window(material))
    material = reliability.held(material, asked.reliable)
    full = chapters(material, asked)
    safe = disclosure.edition(full, material.earlier)
    beside_before = disclosure.derived(
        safe,
        moved.of(material, Seen(full, safe), figures, material.then),
        alerts.of(material, safe),
    )
    unknown = moved.unknown_method(material.last, safe, material.then)
    changes = compared.of(material, asked, in_index_window(material))
    return told(beside_before, material, changes, unknown)


def chapters(material: Material, asked: Respondents) -> Edition:
    """Every chapter, with nothing withheld yet."""
    read = accuracy.telling(accuracy.accuracies(accuracy.up_to(material.labelled, material.end)))
    reading = accuracy.judged(read)
    beside, quarterly = published.beside(material, PUBLISHED_ITEM)
    used, complained = deployment_rates(material), complaint_rates(material)
    rates_from = window_start(material, RATE_DAYS)
    return Edition(
        **identity(material),
        received=received(material),
        beside=tuple(beside),
        published_association=quarterly,
        complaints=complained,
        deployments=used,
        tactics=this_period.tactics(material),
        themes=() if reading in WITHHELD else recoded.marked(material, spoken_of(material)),
        caveats=(*headlines.caveats(material), headlines.reading(reading, read)),
        accuracy=read[0] if read else None,
        reading=reading,
        campaigns=voices.campaigns(material, in_theme_window(material)),
        new_codebook=recoded.since(material, in_theme_window(material)),
        restated=tuple(restated(material)),
        funnels=(
            *index_funnel.of(material, asked),
            *funnels.of_rates({"deployments": used, "complaints": complained}),
        ),
        **perceived.parts(material, asked, PILOT.day),
        **police.parts(material, asked, texts=in_theme_window(material), since=rates_from),
        planted=material.planted,
        actions=tuple(material.actions),
    )


def figures(material: Material) -> Seen:
    """The figures whose moves are told, by the same functions and through the same gate."""
    asked = respondents.of(material, in_index_window(material))
    full = Edition(
        **identity(material),
        index=by_borough.index(reliability.held(material, asked.reliable), asked),
        complaints=complaint_rates(material),
        deployments=deployment_rates(material),
        themes=spoken_of(material, boroughs=False),
    )
    return Seen(full, disclosure.edition(full, material.earlier))


def identity(material: Material) -> dict[str, Any]:
    """Which edition it is, of what days, and what it rests on."""
    return {
        "kind": "weekly" if material.kind == "weekly" else "monthly",
        "start": material.start,
        "end": material.end,
        "number": material.number,
        "data_as_of": material.data_as_of,
        "city": material.city,
        "synthetic": material.synthetic,
        "method_version": METHOD_VERSION,
        "code_version": material.code_version,
        "population_basis": material.population_basis,
        "codebook": material.codebook,
        "headline": (),
        "attribution": tuple(material.attribution),
        "marks": marks(material),
        "index_from": window_start(material, INDEX_DAYS),
        "rates_from": window_start(material, RATE_DAYS),
    }


def restated(material: Material) -> Iterator[Restated]:
    """The figures of the window that the edition before told otherwise, the largest moves first."""
    first = window_start(material, RATE_DAYS)
    inside = [one for one in material.restated if one.end >= first and one.start <= material.end]
    for one in sorted(inside, key=lambda one: -abs((one.now or 0) - (one.was or 0))):
        if one.group == "all":
            yield Restated(
                source=one.source,
                area=one.area,
                start=one.start,
                end=one.end,
                tactic=one.tactic,
                was=one.was,
                now=one.now,
            )


def told(
    safe: Safe, material: Material, changes: Sequence[Difference], unknown: Sequence[str]
) -> Safe:
    """With its headline, findings and caveats, and the quotes that the guard lets pass."""
    quotes = quoting.guard(material.quotes, material, safe.themes)
    return msgspec.structs.replace(
        safe,
        headline=headlines.of(safe, material.last),
        quotes=quotes,
        findings=findings.of(safe, changes),
        caveats=(*safe.caveats, *perceived.caveats(safe), *unknown),
    )


PILOT = Mark(datetime.date(2007, 12, 10), "The Met joins the pilot")


def marks(material: Material) -> tuple[Mark, ...]:
    """The days to be drawn on the series, where it covers them."""
    return (PILOT,) if material.first <= PILOT.day <= material.end else ()


def window_start(material: Material, days: int) -> datetime.date:
    """The first day that a figure of a weekly edition looks back to; a month is its own window."""
    if material.kind == "weekly":
        return material.end - datetime.timedelta(days=days - 1)
    return material.start


def in_index_window(material: Material) -> Flags:
    days = INDEX_DAYS if material.kind == "weekly" else None
    return material.window(material.sampled.day, days)


def in_theme_window(material: Material) -> Flags:
    days = INDEX_DAYS if material.kind == "weekly" else None
    return material.window(material.texts.day, days)


def spoken_of(material: Material, *, boroughs: bool = True) -> tuple[ThemeShare, ...]:
    inside, start = in_theme_window(material), window_start(material, INDEX_DAYS)
    if not inside.any():
        return ()
    return spoken.themes(material, inside, start, boroughs=boroughs)


def received(material: Material) -> tuple[Received, ...]:
    """What came in the period, for the city and each borough; streams are never added up."""
    counted = [
        each_borough(material, event, material.window(event.day))
        for event in (material.drawn, material.open, material.complaints)
    ]
    names = [material.city, *material.codes]
    city, *boroughs = (
        Received(domain=name, sampled=int(sampled), open=int(open_), complaints=int(complaints))
        for name, sampled, open_, complaints in zip(names, *counted, strict=True)
    )
    return voices.received(material, city), *boroughs


def each_borough(material: Material, events: Events, inside: Flags) -> list[int]:
    """How many for the city, then for each borough."""
    persons = events.persons[inside]
    counted = np.bincount(events.area[inside], persons, minlength=len(material.boroughs))
    return [int(persons.sum()), *counted.astype(int).tolist()]


def complaint_rates(material: Material) -> tuple[Rate, ...]:
    days = RATE_DAYS if material.kind == "weekly" else None
    inside = material.window(material.complaints.day, days)
    return rated(material, each_borough(material, material.complaints, inside))


def deployment_rates(material: Material) -> tuple[Rate, ...]:
    used = published.uses(material, window_start(material, RATE_DAYS), material.end)
    if not used:
        return ()
    city = sum(used.get(code, 0) for code in material.codes)
    return rated(material, [city, *(used.get(code, 0) for code in material.codes)])


def rated(material: Material, events: list[int]) -> tuple[Rate, ...]:
    """Rates per 10,000 for the city and the boroughs where residents are the right base."""
    population = [float(material.residents.sum()), *material.residents.tolist()]
    right = [True, *(area.per_resident for area in material.boroughs)]
    names = [material.city, *material.codes]
    return tuple(
        rates.rate(name, count, population=persons)
        for name, count, persons, keep in zip(names, events, population, right, strict=True)
        if keep
    )
