"""The log of the data's quality: what is missing, what was left out, and what could not be used."""

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis import disclosure
from analysis.editions import spans
from analysis.editions.chapters import completeness
from analysis.editions.front import long_date
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics.variance import Flags
from survey.editions.chapters.deployments import QualityNote

WEEKS_BEFORE = 8
LEAST_OF_USUAL = 0.5
MOST_NAMED = 6


def chapter_fields(
    material: EditionInputs, asked: Respondents, *, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`texts` marks the texts of the theme window, `since` is the first day of the rates."""
    return {
        "quality": (
            *missing_week_lines(material, since),
            *partial_week_lines(material),
            *restated_lines(material),
            *left_out_lines(material),
            *few_answers_lines(material),
            *unweighted_lines(asked),
            *broken_series_lines(asked),
            *unscored_lines(material, texts),
        )
    }


def missing_week_lines(material: EditionInputs, since: datetime.date) -> Iterator[QualityNote]:
    weeks = completeness.unreported_weeks(material, since)
    if not material.counts:
        yield QualityNote("missing_weeks", "No figures of deployments have been told.")
    elif weeks:
        whole = len(completeness.whole_weeks(since, material.end))
        yield QualityNote(
            "missing_weeks",
            f"Deployments were not told, or only in longer spans, for {len(weeks)} of {whole} "
            f"whole weeks since {long_date(since)}: those from "
            f"{shortened_list([long_date(one) for one in weeks])}.",
        )


def partial_week_lines(material: EditionInputs) -> Iterator[QualityNote]:
    """A month published in weeks: weeks that lie only partly inside are not counted."""
    inside = spans.uses_by_span(spans.counts_within(material.counts, material.start, material.end))
    days, whole = spans.days_covered(inside), (material.end - material.start).days + 1
    if inside and days < whole:
        yield QualityNote(
            "cut",
            f"Deployments of the period are those of {days} of its {whole} days, from "
            f"{long_date(min(inside)[0])} to {long_date(max(end for _, end in inside))}: "
            "weeks that lie only "
            "partly in it, or were not told, are not counted.",
        )


def restated_lines(material: EditionInputs) -> Iterator[QualityNote]:
    """Without the number: each may be one borough's figure, and the table lists those published."""
    found = [one for one in material.restated if one.group == "all"]
    if found:
        sources = sorted({one.source for one in found})
        yield QualityNote(
            "restated",
            "Some figures are told otherwise than for the edition before, by "
            f"{shortened_list(sources)}.",
        )


def left_out_lines(material: EditionInputs) -> Iterator[QualityNote]:
    if material.left_out:
        yield QualityNote(
            "left_out",
            f"Deployments are those of {material.counts_source}. Left out, because two publishers "
            f"are never added up: {shortened_list(list(material.left_out))}.",
        )


def few_answers_lines(material: EditionInputs) -> Iterator[QualityNote]:
    """The last whole week compared with the median of the eight before it."""
    last = material.weeks - 1
    if last < WEEKS_BEFORE:
        return
    week, persons = material.drawn.day // WEEK, material.drawn.persons
    came = np.bincount(week[week >= 0], persons[week >= 0], minlength=last + 1)
    usual, now = float(np.median(came[last - WEEKS_BEFORE : last])), float(came[last])
    if usual and now < LEAST_OF_USUAL * usual:
        yield QualityNote(
            "few_answers",
            f"The last whole week brought {share_of_usual(now / usual)} of the sampled "
            "answers of a usual "
            f"week (median of the {WEEKS_BEFORE} before it).",
        )


def share_of_usual(of_usual: float) -> str:
    """To the nearest ten per cent: an exact share would reveal the counts."""
    return "almost none" if of_usual < 0.05 else f"about {10 * round(10 * of_usual)} %"


def unweighted_lines(asked: Respondents) -> Iterator[QualityNote]:
    if len(asked.sampled) and asked.silent:
        why = "could not be weighed to the census" if asked.refused else "weigh too unevenly"
        yield QualityNote("unweighed", f"The sampled answers {why}: no index is given.")


def broken_series_lines(asked: Respondents) -> Iterator[QualityNote]:
    """A reworded question is not quite the question that was asked before."""
    for sentence in asked.sampled.breaks:
        yield QualityNote("broken_series", sentence)


def unscored_lines(material: EditionInputs, texts: Flags) -> Iterator[QualityNote]:
    count = int(np.isnan(material.texts.polarity[texts]).sum())
    if count >= disclosure.FEWEST_EVENTS:
        yield QualityNote(
            "unscored",
            f"Texts that could not be scored for tone: {disclosure.count_text(count)} of "
            f"{disclosure.count_text(int(texts.sum()))}.",
        )


def shortened_list(names: list[str]) -> str:
    """At most six by name."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
