"""The log of the data's quality: what is missing, what was left out, and what could not be used."""

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis import disclosure
from analysis.edition import completeness, spans
from analysis.edition.respondents import Respondents
from analysis.headlines import long
from analysis.material import WEEK, Material
from analysis.statistics.variance import Flags
from survey.weeks import Quality

BEFORE = 8
LEAST = 0.5
NAMED = 6


def parts(
    material: Material, asked: Respondents, *, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`texts` are those of the window of themes, `since` is the first day of the rates."""
    return {
        "quality": (
            *missing(material, since),
            *cut(material),
            *restated(material),
            *left_out(material),
            *few_answers(material),
            *unweighed(asked),
            *broken(asked),
            *unscored(material, texts),
        )
    }


def missing(material: Material, since: datetime.date) -> Iterator[Quality]:
    weeks = completeness.untold(material, since)
    if not material.counts:
        yield Quality("missing_weeks", "No figures of deployments have been told.")
    elif weeks:
        whole = len(completeness.weeks(since, material.end))
        yield Quality(
            "missing_weeks",
            f"Deployments were not told, or only in longer spans, for {len(weeks)} of {whole} "
            f"whole weeks since {long(since)}: those from {listed([long(one) for one in weeks])}.",
        )


def cut(material: Material) -> Iterator[Quality]:
    """A month told by weeks: those that lie only partly inside are not counted."""
    inside = spans.uses(spans.within(material.counts, material.start, material.end))
    days, whole = spans.days(inside), (material.end - material.start).days + 1
    if inside and days < whole:
        yield Quality(
            "cut",
            f"Deployments of the period are those of {days} of its {whole} days, from "
            f"{long(min(inside)[0])} to {long(max(end for _, end in inside))}: weeks that lie only "
            "partly in it, or were not told, are not counted.",
        )


def restated(material: Material) -> Iterator[Quality]:
    """Not how many: each may be the figure of one borough, and the table says which are told."""
    found = [one for one in material.restated if one.group == "all"]
    if found:
        sources = sorted({one.source for one in found})
        yield Quality(
            "restated",
            f"Some figures are told otherwise than for the edition before, by {listed(sources)}.",
        )


def left_out(material: Material) -> Iterator[Quality]:
    if material.left_out:
        yield Quality(
            "left_out",
            f"Deployments are those of {material.counts_source}. Left out, because two publishers "
            f"are never added up: {listed(list(material.left_out))}.",
        )


def few_answers(material: Material) -> Iterator[Quality]:
    """The last whole week against the median of the eight before it."""
    last = material.weeks - 1
    if last < BEFORE:
        return
    week, persons = material.drawn.day // WEEK, material.drawn.persons
    came = np.bincount(week[week >= 0], persons[week >= 0], minlength=last + 1)
    usual, now = float(np.median(came[last - BEFORE : last])), float(came[last])
    if usual and now < LEAST * usual:
        yield Quality(
            "few_answers",
            f"The last whole week brought {share(now / usual)} of the sampled answers of a usual "
            f"week (median of the {BEFORE} before it).",
        )


def share(of_usual: float) -> str:
    """To the nearest ten per cent: an exact share would tell the counts."""
    return "almost none" if of_usual < 0.05 else f"about {10 * round(10 * of_usual)} %"


def unweighed(asked: Respondents) -> Iterator[Quality]:
    if len(asked.sampled) and asked.silent:
        why = "could not be weighed to the census" if asked.refused else "weigh too unevenly"
        yield Quality("unweighed", f"The sampled answers {why}: no index is given.")


def broken(asked: Respondents) -> Iterator[Quality]:
    """A question put otherwise is not quite the question that was asked before."""
    for sentence in asked.sampled.breaks:
        yield Quality("broken_series", sentence)


def unscored(material: Material, texts: Flags) -> Iterator[Quality]:
    count = int(np.isnan(material.texts.polarity[texts]).sum())
    if count >= disclosure.FEWEST_EVENTS:
        yield Quality(
            "unscored",
            f"Texts that could not be scored for tone: {disclosure.told(count)} of "
            f"{disclosure.told(int(texts.sum()))}.",
        )


def listed(names: list[str]) -> str:
    """At most six by name."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
