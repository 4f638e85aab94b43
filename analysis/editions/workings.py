"""What several chapters rest on, computed once: respondents, windows, rates and readings."""

import datetime
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.coding import accuracy
from analysis.editions.inputs import INDEX_DAYS, EditionInputs, EventCounts, is_use
from analysis.editions.respondents import Respondents
from analysis.statistics.rates import rates
from analysis.statistics.sampling.variance import Flags
from survey.coding.double_coding import Accuracy
from survey.editions.figures import Rate, SeriesMark

PILOT = SeriesMark(datetime.date(2007, 12, 10), "The Met joins the pilot")
RATE_DAYS = 91


@dataclass(frozen=True, eq=False, kw_only=True)
class Workings:
    """The inputs of an edition and what its chapters share.

    `asked` are the respondents of the index window.
    """

    inputs: EditionInputs
    asked: Respondents

    @property
    def rates_from(self) -> datetime.date:
        """The first day that rates cover."""
        return window_start(self.inputs, RATE_DAYS)

    @cached_property
    def recent_texts(self) -> Flags:
        """Which texts fall into the window of the themes."""
        return in_theme_window(self.inputs)

    @cached_property
    def deployments(self) -> tuple[Rate, ...]:
        return deployment_rates(self.inputs)

    @cached_property
    def complaints(self) -> tuple[Rate, ...]:
        return complaint_rates(self.inputs)

    @cached_property
    def readings(self) -> list[Accuracy]:
        """How well the machine read each quarter that two people coded, newest first."""
        known = accuracy.labels_up_to(self.inputs.labelled, self.inputs.end)
        return accuracy.with_enough_labels(accuracy.accuracy_by_quarter(known))


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
    used = uses_by_area(material, window_start(material, RATE_DAYS), material.end)
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


def uses_by_area(
    material: EditionInputs, start: datetime.date, end: datetime.date
) -> dict[str, int]:
    """Device uses by area over the reported periods that lie within start to end."""
    found: dict[str, int] = {}
    for count in material.counts:
        if start <= count.start and count.end <= end and is_use(count):
            found[count.area] = found.get(count.area, 0) + count.count
    return found
