"""Makes an edition, from its inputs to what may be published, in the order of the page."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis import disclosure
from analysis.coding import accuracy
from analysis.coding import quotes as quoting
from analysis.editions import differences, front, reliability, respondents
from analysis.editions.chapters import (
    alerts,
    deployments,
    findings,
    funnels,
    index,
    index_funnel,
    perceived,
    police,
    published,
    recoded,
    themes,
    voices,
)
from analysis.editions.chapters import (
    changes as moved,
)
from analysis.editions.chapters.changes import EditionPair
from analysis.editions.differences import WindowDifference
from analysis.editions.inputs import INDEX_DAYS, EditionInputs, EventCounts
from analysis.editions.respondents import Respondents
from analysis.statistics import rates
from analysis.statistics.variance import Flags
from survey.editions.edition import Edition, SafeEdition
from survey.editions.figures import (
    Rate,
    ReceivedCounts,
    RestatedFigure,
    SeriesMark,
    ThemeShare,
)

METHOD_VERSION = "2"
RATE_DAYS = 91
PUBLISHED_ITEM = "good_job_local"
WITHHELD_STATUSES = ("dropped", "below")


def make_edition(material: EditionInputs) -> SafeEdition:
    """The edition as anybody may read it: computed, gated, then put into sentences."""
    with threadpool_limits(limits=1):  # two threads on small matrices wait for each other
        return compute_edition(material)


def compute_edition(material: EditionInputs) -> SafeEdition:
    asked = respondents.window_respondents(material, in_index_window(material))
    material = reliability.without_unreliable_index(material, asked.reliable)
    full = ungated_edition(material, asked)
    safe = disclosure.safe_edition(full, material.earlier)
    beside_before = disclosure.with_derived_figures(
        safe,
        moved.change_decomposition(
            material, EditionPair(full, safe), change_figures, material.then
        ),
        alerts.edition_alerts(material, safe),
    )
    unknown = moved.unknown_method_caveats(material.last, safe, material.then)
    changes = differences.window_differences(material, asked, in_index_window(material))
    return with_sentences(beside_before, material, changes, unknown)


def ungated_edition(material: EditionInputs, asked: Respondents) -> Edition:
    """The edition with every chapter, before disclosure control."""
    read = accuracy.with_enough_labels(
        accuracy.accuracy_by_quarter(accuracy.labels_up_to(material.labelled, material.end))
    )
    reading = accuracy.newest_reading_status(read)
    beside, quarterly = published.perception_with_deployments(material, PUBLISHED_ITEM)
    used, complained = deployment_rates(material), complaint_rates(material)
    rates_from = window_start(material, RATE_DAYS)
    return Edition(
        **identity_fields(material),
        received=received_counts(material),
        beside=tuple(beside),
        published_association=quarterly,
        complaints=complained,
        deployments=used,
        tactics=deployments.uses_by_tactic(material),
        themes=()
        if reading in WITHHELD_STATUSES
        else recoded.themes_with_meanings(material, edition_theme_shares(material)),
        caveats=(
            *front.edition_caveats(material),
            front.machine_reading_sentence(reading, read),
        ),
        accuracy=read[0] if read else None,
        reading=reading,
        campaigns=voices.campaigns_seen(material, in_theme_window(material)),
        new_codebook=recoded.codebook_effect(material, in_theme_window(material)),
        restated=tuple(restated_figures(material)),
        funnels=(
            *index_funnel.index_funnels(material, asked),
            *funnels.rate_funnels({"deployments": used, "complaints": complained}),
        ),
        **perceived.chapter_fields(material, asked, PILOT.day),
        **police.chapter_fields(material, asked, texts=in_theme_window(material), since=rates_from),
        planted=material.planted,
        actions=tuple(material.actions),
    )


def change_figures(material: EditionInputs) -> EditionPair:
    """The figures whose changes are reported, by the same functions and through the same gate."""
    asked = respondents.window_respondents(material, in_index_window(material))
    full = Edition(
        **identity_fields(material),
        index=index.index_estimates(
            reliability.without_unreliable_index(material, asked.reliable), asked
        ),
        complaints=complaint_rates(material),
        deployments=deployment_rates(material),
        themes=edition_theme_shares(material, boroughs=False),
    )
    return EditionPair(full, disclosure.safe_edition(full, material.earlier))


def identity_fields(material: EditionInputs) -> dict[str, Any]:
    """Which edition it is, the days it covers, and its data and versions."""
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
        "marks": series_marks(material),
        "index_from": window_start(material, INDEX_DAYS),
        "rates_from": window_start(material, RATE_DAYS),
    }


def restated_figures(material: EditionInputs) -> Iterator[RestatedFigure]:
    """Figures of the window that were revised since the previous edition, largest change first."""
    first = window_start(material, RATE_DAYS)
    inside = [one for one in material.restated if one.end >= first and one.start <= material.end]
    for one in sorted(inside, key=lambda one: -abs((one.now or 0) - (one.was or 0))):
        if one.group == "all":
            yield RestatedFigure(
                source=one.source,
                area=one.area,
                start=one.start,
                end=one.end,
                tactic=one.tactic,
                was=one.was,
                now=one.now,
            )


def with_sentences(
    safe: SafeEdition,
    material: EditionInputs,
    changes: Sequence[WindowDifference],
    unknown: Sequence[str],
) -> SafeEdition:
    """The edition with its headline, findings and caveats, and the quotes that the guard allows."""
    quotes = quoting.guarded_quotes(material.quotes, material, safe.themes)
    return msgspec.structs.replace(
        safe,
        headline=front.headline_sentences(safe, material.last),
        quotes=quotes,
        findings=findings.edition_findings(safe, changes),
        caveats=(*safe.caveats, *perceived.sample_caveats(safe), *unknown),
    )


PILOT = SeriesMark(datetime.date(2007, 12, 10), "The Met joins the pilot")


def series_marks(material: EditionInputs) -> tuple[SeriesMark, ...]:
    """The days to mark on the series, where it covers them."""
    return (PILOT,) if material.first <= PILOT.day <= material.end else ()


def window_start(material: EditionInputs, days: int) -> datetime.date:
    """The first day that the figures of a weekly edition cover; a month is its own window."""
    if material.kind == "weekly":
        return material.end - datetime.timedelta(days=days - 1)
    return material.start


def in_index_window(material: EditionInputs) -> Flags:
    days = INDEX_DAYS if material.kind == "weekly" else None
    return material.window(material.sampled.day, days)


def in_theme_window(material: EditionInputs) -> Flags:
    days = INDEX_DAYS if material.kind == "weekly" else None
    return material.window(material.texts.day, days)


def edition_theme_shares(
    material: EditionInputs, *, boroughs: bool = True
) -> tuple[ThemeShare, ...]:
    inside, start = in_theme_window(material), window_start(material, INDEX_DAYS)
    if not inside.any():
        return ()
    return themes.theme_shares(material, inside, start, boroughs=boroughs)


def received_counts(material: EditionInputs) -> tuple[ReceivedCounts, ...]:
    """Counts received in the period, for the city and each borough; streams are never added up."""
    counted = [
        counts_by_borough(material, event, material.window(event.day))
        for event in (material.drawn, material.open, material.complaints)
    ]
    names = [material.city, *material.codes]
    city, *boroughs = (
        ReceivedCounts(
            domain=name, sampled=int(sampled), open=int(open_), complaints=int(complaints)
        )
        for name, sampled, open_, complaints in zip(names, *counted, strict=True)
    )
    return voices.received_with_voices(material, city), *boroughs


def counts_by_borough(material: EditionInputs, events: EventCounts, inside: Flags) -> list[int]:
    """Counts for the city, then for each borough."""
    persons = events.persons[inside]
    counted = np.bincount(events.area[inside], persons, minlength=len(material.boroughs))
    return [int(persons.sum()), *counted.astype(int).tolist()]


def complaint_rates(material: EditionInputs) -> tuple[Rate, ...]:
    days = RATE_DAYS if material.kind == "weekly" else None
    inside = material.window(material.complaints.day, days)
    return rates_by_borough(material, counts_by_borough(material, material.complaints, inside))


def deployment_rates(material: EditionInputs) -> tuple[Rate, ...]:
    used = published.uses_by_area(material, window_start(material, RATE_DAYS), material.end)
    if not used:
        return ()
    city = sum(used.get(code, 0) for code in material.codes)
    return rates_by_borough(material, [city, *(used.get(code, 0) for code in material.codes)])


def rates_by_borough(material: EditionInputs, events: list[int]) -> tuple[Rate, ...]:
    """Rates per 10,000 for the city and the boroughs where residents are the right base."""
    population = [float(material.residents.sum()), *material.residents.tolist()]
    right = [True, *(area.per_resident for area in material.boroughs)]
    names = [material.city, *material.codes]
    return tuple(
        rates.rate(name, count, population=persons)
        for name, count, persons, keep in zip(names, events, population, right, strict=True)
        if keep
    )
