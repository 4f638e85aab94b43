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
    compared,
    findings,
    funnels,
    index_funnel,
    perceived,
    police,
    reliability,
    respondents,
    this_period,
)
from analysis.edition.compared import Difference
from analysis.material import Events, Material, Sampled
from analysis.statistics import rates, shares
from analysis.statistics.streams import Design, Feedback, Sample
from analysis.statistics.variance import Flags
from survey.editions import Edition
from survey.reports import (
    Mark,
    Rate,
    Received,
    Restated,
    ThemeShare,
)

METHOD_VERSION = "2"
INDEX_DAYS = 28
RATE_DAYS = 91
PUBLISHED_ITEM = "good_job_local"
WITHHELD = ("dropped", "below")


def make(material: Material) -> Edition:
    """The edition as anybody may read it: computed, withheld where it must be, then told."""
    with threadpool_limits(limits=1):  # two threads on small matrices wait for each other
        return computed(material)


def computed(material: Material) -> Edition:
    asked = respondents.of(material, in_index_window(material))
    material = reliability.held(material, asked.reliable)
    read = accuracy.telling(accuracy.accuracies(accuracy.up_to(material.labelled, material.end)))
    reading = accuracy.judged(read)
    beside, quarterly = published.beside(material, PUBLISHED_ITEM)
    used, complained = deployment_rates(material), complaint_rates(material)
    full = Edition(
        **identity(material),
        received=received(material),
        beside=tuple(beside),
        published_association=quarterly,
        complaints=complained,
        deployments=used,
        tactics=this_period.tactics(material),
        themes=() if reading in WITHHELD else themes(material),
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
        **police.parts(
            material,
            asked,
            texts=in_theme_window(material),
            since=window_start(material, RATE_DAYS),
        ),
        planted=material.planted,
        actions=tuple(material.actions),
    )
    changes = compared.of(material, in_index_window(material), index=not asked.apart)
    return told(disclosure.edition(full), material, changes)


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


def told(safe: Edition, material: Material, changes: Sequence[Difference]) -> Edition:
    """With its headline, findings and caveats, and the quotes that the guard lets pass."""
    quotes = quoting.guard(material.quotes, material, safe.themes)
    return msgspec.structs.replace(
        safe,
        headline=headlines.of(safe),
        quotes=quotes,
        findings=findings.of(safe, changes),
        caveats=(*safe.caveats, *perceived.caveats(safe)),
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


def received(material: Material) -> tuple[Received, ...]:
    """What came in the period, for the city and each borough; streams are never added up."""
    counted = [
        each_borough(material, event, material.window(event.day))
        for event in (material.sampled, material.open, material.complaints)
    ]
    names = [material.city, *material.codes]
    city, *boroughs = (
        Received(domain=name, sampled=int(sampled), open=int(open_), complaints=int(complaints))
        for name, sampled, open_, complaints in zip(names, *counted, strict=True)
    )
    return voices.received(material, city), *boroughs


def each_borough(material: Material, events: Sampled | Events, inside: Flags) -> list[int]:
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


def themes(material: Material) -> tuple[ThemeShare, ...]:
    """Themes by stream for the city, then for the boroughs; the streams are never put together."""
    texts, inside = material.texts, in_theme_window(material)
    found: list[ThemeShare] = []
    for stream, share in (("sampled", of_residents), ("open", of_texts), ("complaints", of_texts)):
        rows = inside & (texts.stream == stream)
        found += put_right(material, rows, share(material, rows, material.city, stream))
        for i, code in enumerate(material.codes):
            found += share(material, rows & (texts.area == i), code, stream)
    return tuple(found)


def put_right(material: Material, rows: Flags, found: list[ThemeShare]) -> list[ThemeShare]:
    """The city's shares of a stream, corrected where people coded enough of its texts."""
    if material.labelled is None or not rows.any():
        return found
    start = window_start(material, INDEX_DAYS)
    sample = of_rows(material, rows) if found[0].stream == "sampled" else None
    return accuracy.put_right(
        found,
        accuracy.machines(material.texts.spoken[rows], sample),
        material.labelled,
        accuracy.Window(start=start, end=material.end),
    )


def of_rows(material: Material, rows: Flags) -> Sample:
    texts = material.texts
    design = Design(weight=texts.weight[rows], stratum=texts.stratum[rows], psu=texts.psu[rows])
    return Sample(modes=np.full(int(rows.sum()), "sampled"), design=design)


def of_residents(material: Material, rows: Flags, domain: str, _: str) -> list[ThemeShare]:
    """Shares of residents drawn by chance who wrote, with design-based limits."""
    return shares.sampled_themes(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        sample=of_rows(material, rows),
        domain=domain,
    )


def of_texts(material: Material, rows: Flags, domain: str, stream: str) -> list[ThemeShare]:
    """What those who chose to write spoke of: counts of texts, and no interval for anybody."""
    found = shares.open_themes(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        feedback=Feedback(modes=np.full(int(rows.sum()), "open")),
        domain=domain,
        described=True,
        voice=voices.weights(material, rows),
    )
    return [msgspec.structs.replace(one, stream=stream) for one in found]
