"""What several chapters rest on: respondents, windows, rates, readings, shares of the 5%.

An edition looks for findings of several kinds, each among many boroughs, questions or groups. If
each kind were held to 5%, an edition would have a false one far more often. So the kinds share the
5% (Bonferroni), and each is held to its share over all that it looks at (Holm): at most one edition
in twenty has a finding that is false, whatever is true.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from msgspec.structs import replace

from analysis.editions.inputs import EditionInputs, EventCounts, is_use, text_window
from analysis.editions.perception import Respondents
from analysis.statistics import rates
from analysis.statistics.association import LOOK_LEVEL
from analysis.statistics.changes import FAMILY_LEVEL
from analysis.statistics.sampling.variance import Flags
from analysis.themes import accuracy, double_coding, tone
from survey.deployments import (
    DeploymentCount,
    counts_within,
    days_covered,
    is_longer_than_a_week,
    uses_by_span,
)
from survey.editions import INDEX_DAYS
from survey.editions.figures import CountedDays, NoRateReason, Rate, SeriesMark
from survey.sentences import Sentence
from survey.themes.double_coding import Accuracy, ThemeCheck, ToneCheck

FindingKind = Literal[
    "city", "boroughs", "questions", "groups", "outliers", "ratios", "deployments", "link"
]
# Three standard errors. The city's index moves by about its error from window to window, so much of
# a smaller change is chance.
CITY = 0.003
DEPLOYMENTS = 0.01
SHARES: Mapping[str, Mapping[FindingKind, float]] = {
    "weekly": {"city": CITY, "deployments": DEPLOYMENTS, "boroughs": 0.035},
    "monthly": {
        "city": CITY,
        "deployments": DEPLOYMENTS,
        # A verdict has its own plan of looks, in four editions a year.
        "link": LOOK_LEVEL,
        **dict.fromkeys(("boroughs", "questions", "groups", "outliers", "ratios"), 0.005),
    },
}
PILOT = SeriesMark(datetime.date(2007, 12, 10), Sentence("The Met joins the pilot"))
RATE_DAYS = 91


def edition_p(p: float, share: float) -> float:
    """p allowing for all kinds of findings of an edition: below 5% where `p` is below `share`."""
    return min(1.0, p * FAMILY_LEVEL / share)


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
        """Which texts are counted by theme."""
        return in_text_window(self.inputs)

    @property
    def as_published(self) -> str:
        """The publisher whose table the deployments are; empty if they have to pass the gate."""
        return self.inputs.counts_source if self.inputs.published else ""

    @cached_property
    def rates_counted(self) -> CountedDays:
        """The days of the rates' window on which deployments were counted."""
        return counted_days(self.inputs, self.rates_from, self.inputs.end)

    @cached_property
    def period_counted(self) -> CountedDays:
        """The days of the period on which deployments were counted."""
        return counted_days(self.inputs, self.inputs.start, self.inputs.end)

    @cached_property
    def deployments(self) -> tuple[Rate, ...]:
        return deployment_rates(self.inputs, self.rates_counted)

    @cached_property
    def complaints(self) -> tuple[Rate, ...]:
        return complaint_rates(self.inputs, self.rates_counted)

    @cached_property
    def readings(self) -> list[Accuracy]:
        """How well the machine read each quarter that two people coded, newest first."""
        # An edition of an earlier period must not know the labels of later texts.
        known = accuracy.labels_up_to(self.inputs.labelled, self.inputs.end)
        return accuracy.with_enough_labels(accuracy.accuracy_by_quarter(known))

    @cached_property
    def tone_checks(self) -> tuple[ToneCheck, ...]:
        """How much worry the machine recognises in each stream."""
        return tone.tone_checks(accuracy.labels_up_to(self.inputs.labelled, self.inputs.end))

    @cached_property
    def theme_checks(self) -> tuple[ThemeCheck, ...]:
        """How well the machine reads each stream's themes, by the labels that correct them."""
        labelled = self.inputs.labelled
        if labelled is None:
            return ()
        year = accuracy.labels_of_year(labelled, self.inputs.end)
        return double_coding.theme_checks(year, [theme for theme, _ in self.inputs.themes])


def window_start(inputs: EditionInputs, days: int) -> datetime.date:
    """The first day that the figures of a weekly edition cover; a month is its own window."""
    if inputs.kind == "weekly":
        return inputs.end - datetime.timedelta(days=days - 1)
    return inputs.start


def in_index_window(inputs: EditionInputs) -> Flags:
    days = INDEX_DAYS if inputs.kind == "weekly" else None
    return inputs.window(inputs.sampled.day, days)


def in_text_window(inputs: EditionInputs) -> Flags:
    return inputs.between(inputs.texts.day, *text_window(inputs.end))


def counts_by_area(inputs: EditionInputs, events: EventCounts, inside: Flags) -> list[int]:
    """Counts for the city, then for each borough."""
    persons = events.persons[inside]
    counted = np.bincount(events.area[inside], persons, minlength=len(inputs.areas))
    return [int(persons.sum()), *counted.astype(int).tolist()]


def counted_days(
    inputs: EditionInputs,
    start: datetime.date,
    end: datetime.date,
    counts: Sequence[DeploymentCount] | None = None,
) -> CountedDays:
    """The days from `start` to `end` that reported periods cover, and why they give no rate.

    Only periods that lie within these days count: nothing says how a period that is cut would share
    out its uses. `counts` are those of the edition unless others are given.
    """
    every = inputs.counts if counts is None else counts
    inside = set(uses_by_span(counts_within(every, start, end)))
    window = CountedDays(start=start, end=end)
    if not inside:
        touching = {
            (count.start, count.end) for count in every if count.start <= end and start <= count.end
        }
        cut = any(is_longer_than_a_week(span) for span in touching)
        return replace(window, no_rate="long" if cut else "none")
    days = days_covered(inside)
    reason: NoRateReason = "few" if days < window.least_days else ""
    # A publisher by month would now and then cover most of 13 weeks by chance.
    if inputs.kind == "weekly" and any(map(is_longer_than_a_week, inside)):
        reason = "long"
    # Nothing is known of any borough then, which is not the same as no use in it.
    if counts is None and not inputs.is_by_area:
        reason = "whole"
    return replace(
        window,
        first=min(first for first, _ in inside),
        last=max(last for _, last in inside),
        days=days,
        no_rate=reason,
    )


def complaint_rates(inputs: EditionInputs, counted: CountedDays) -> tuple[Rate, ...]:
    """Complaints by borough, over the same days as the deployments if those give a rate."""
    first, last = counted.span if counted.is_comparable else (counted.start, counted.end)
    inside = inputs.between(inputs.complaints.day, first, last)
    return rates_by_area(inputs, counts_by_area(inputs, inputs.complaints, inside))


def deployment_rates(inputs: EditionInputs, counted: CountedDays) -> tuple[Rate, ...]:
    """Deployments by borough; counts alone where their days give no rate, nothing where figures are
    of a whole force.
    """
    used = uses_by_area(inputs, counted.start, counted.end)
    if not used or not inputs.is_by_area:
        return ()
    # Not the publisher's total, which may include places where nobody lives.
    city = sum(used.get(code, 0) for code in inputs.codes)
    area_rates = rates_by_area(inputs, [city, *(used.get(code, 0) for code in inputs.codes)])
    return tuple(map(without_rate, area_rates)) if counted.no_rate else area_rates


def without_rate(rate: Rate) -> Rate:
    """The count alone."""
    return replace(rate, per_10_000=None, low=None, high=None, method="")


def rates_by_area(inputs: EditionInputs, events: list[int]) -> tuple[Rate, ...]:
    """Rates per 10,000 for the city and the boroughs where residents are the right base."""
    # The rate of the city counts every borough, also one that has no rate of its own.
    population = [float(inputs.residents.sum()), *inputs.residents.tolist()]
    right = [True, *(area.per_resident for area in inputs.areas)]
    names = [inputs.city, *inputs.codes]
    return tuple(
        rates.rate(name, count, population=persons)
        for name, count, persons, keep in zip(names, events, population, right, strict=True)
        if keep
    )


def uses_by_area(inputs: EditionInputs, start: datetime.date, end: datetime.date) -> dict[str, int]:
    """Device uses by area over the reported periods that lie within start to end."""
    uses: dict[str, int] = {}
    for count in inputs.counts:
        if start <= count.start and count.end <= end and is_use(count):
            uses[count.area] = uses.get(count.area, 0) + count.count
    return uses
