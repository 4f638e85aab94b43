"""The report, from the material to what may be read, in the order of the page."""

import datetime
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from analysis import (
    accuracy,
    disclosure,
    headlines,
    perception,
    published,
    quoting,
    recoded,
    voices,
)
from analysis.edition import alerts, moved, spoken
from analysis.edition.moved import Seen
from analysis.material import Events, Material, Sampled
from analysis.statistics import estimates, funnel, rates
from analysis.statistics.estimates import Means, known
from analysis.statistics.variance import Flags
from survey.deployments import SEVERITY
from survey.editions import Edition
from survey.reports import (
    Estimate,
    Mark,
    Point,
    Rate,
    Received,
    Restated,
    ThemeShare,
    Tile,
)

METHOD_VERSION = "2"
INDEX_DAYS = 28
RATE_DAYS = 91
PUBLISHED_ITEM = "good_job_local"
WITHHELD = ("dropped", "below")


def make(material: Material, then: Material | None = None) -> Edition:
    """The edition as anybody may read it: computed, withheld where it must be, then told.

    `then` is what the edition before was made from, where that was kept.
    """
    window = material.sampled.only(in_index_window(material))
    city, boroughs = perception.index_of(window, material.targets, len(material.boroughs))
    read = accuracy.telling(accuracy.accuracies(accuracy.up_to(material.labelled, material.end)))
    reading = accuracy.judged(read)
    beside, quarterly = published.beside(material, PUBLISHED_ITEM)
    full = Edition(
        **identity(material),
        received=received(material),
        index=index(material, city, boroughs),
        index_series=tuple(Point(start, one) for start, one in perception.series(material)),
        beside=tuple(beside),
        published_association=quarterly,
        complaints=complaint_rates(material),
        deployments=deployment_rates(material),
        tactics=tactics(material),
        themes=() if reading in WITHHELD else recoded.marked(material, spoken_of(material)),
        association=perception.panel(material) if len(material.sampled) else None,
        tiles=tiles(material, city, boroughs),
        caveats=(*headlines.caveats(material), headlines.reading(reading, read)),
        accuracy=read[0] if read else None,
        reading=reading,
        campaigns=voices.campaigns(material, in_theme_window(material)),
        new_codebook=recoded.since(material, in_theme_window(material)),
        restated=tuple(restated(material)),
    )
    safe = disclosure.edition(full)
    return told(
        msgspec.structs.replace(
            safe,
            moved=moved.of(material, Seen(full, safe), figures, then),
            alerts=alerts.of(material, safe),
            caveats=(*safe.caveats, *moved.unknown_method(material.last, safe, then)),
        ),
        material,
    )


def figures(material: Material) -> Seen:
    """The figures whose moves are told, by the same functions and through the same gate."""
    window = material.sampled.only(in_index_window(material))
    city, boroughs = perception.index_of(window, material.targets, len(material.boroughs))
    full = Edition(
        **identity(material),
        index=index(material, city, boroughs),
        complaints=complaint_rates(material),
        deployments=deployment_rates(material),
        themes=spoken_of(material, boroughs=False),
    )
    return Seen(full, disclosure.edition(full))


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


def told(safe: Edition, material: Material) -> Edition:
    """With its headline, and the quotes that the guard lets pass."""
    quotes = quoting.guard(material.quotes, material, safe.themes)
    return msgspec.structs.replace(safe, headline=headlines.of(safe, material.last), quotes=quotes)


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
    return spoken.themes(material, inside, start, boroughs=boroughs)


def received(material: Material) -> tuple[Received, ...]:
    """What came in the period, for the city and each borough; streams are never added up."""
    counted = [
        by_borough(material, event, material.window(event.day))
        for event in (material.sampled, material.open, material.complaints)
    ]
    names = [material.city, *material.codes]
    city, *boroughs = (
        Received(domain=name, sampled=int(sampled), open=int(open_), complaints=int(complaints))
        for name, sampled, open_, complaints in zip(names, *counted, strict=True)
    )
    return voices.received(material, city), *boroughs


def by_borough(material: Material, events: Sampled | Events, inside: Flags) -> list[int]:
    """How many for the city, then for each borough."""
    persons = events.persons[inside]
    counted = np.bincount(events.area[inside], persons, minlength=len(material.boroughs))
    return [int(persons.sum()), *counted.astype(int).tolist()]


def index(material: Material, city: Means, boroughs: Means) -> tuple[Estimate, ...]:
    """The perception index of the city, then of each borough; none where nobody was asked."""
    if not int(city.n[0]):
        return ()
    method = perception.METHOD
    return (
        *estimates.to_estimates(city, [material.city], stream="sampled", method=method),
        *estimates.to_estimates(boroughs, material.codes, stream="sampled", method=method),
    )


def complaint_rates(material: Material) -> tuple[Rate, ...]:
    days = RATE_DAYS if material.kind == "weekly" else None
    inside = material.window(material.complaints.day, days)
    return rated(material, by_borough(material, material.complaints, inside))


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


def tactics(material: Material) -> tuple[tuple[str, int | None], ...]:
    """Uses in the period by their most severe form, in the order of severity."""
    found = dict.fromkeys((*SEVERITY, "ced", "not_stated"), 0)
    seen = set()
    for count in material.counts:
        inside = material.start <= count.start and count.end <= material.end
        if inside and count.group == "all" and count.tactic in found:
            found[count.tactic] += count.count
            seen.add(count.tactic)
    known_forms = seen & set(SEVERITY)
    return tuple(
        (tactic, n) for tactic, n in found.items() if tactic in (SEVERITY if known_forms else seen)
    )


def tiles(material: Material, city: Means, boroughs: Means) -> tuple[Tile, ...]:
    """Each borough on the grid, and whether it stands apart from the city by more than chance."""
    standing = funnel.means(boroughs, float(city.value[0]))
    return tuple(
        Tile(
            area=area.code,
            name=area.name,
            short=area.short,
            column=area.column,
            row=area.row,
            value=known(boroughs.value[i]),
            standing=standing[i],
        )
        for i, area in enumerate(material.boroughs)
        if area.column is not None and area.row is not None
    )
