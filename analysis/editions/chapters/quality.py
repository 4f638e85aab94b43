"""How complete and how good the data are, and which published figures were revised."""

import datetime
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec.structs import replace

from analysis import disclosure
from analysis.disclosure.gates import treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import WEEK, EditionInputs, is_use
from analysis.editions.perception import Respondents
from analysis.editions.workings import RATE_DAYS, Workings, counted_days, window_start
from analysis.statistics.sampling.variance import Flags
from survey import deployments
from survey.editions import Edition
from survey.editions.figures import Completeness, QualityNote, RestatedFigure
from survey.sentences import Sentence, long_date

A_WEEK = datetime.timedelta(days=7)
WEEKS_BEFORE = 8
LEAST_OF_USUAL = 0.5
MOST_NAMED = 6


def compute(workings: Workings) -> ChapterFields:
    inputs, since = workings.inputs, workings.rates_from
    return {
        "restated": tuple(restated_figures(inputs)),
        "completeness": data_completeness(inputs, workings.asked, since),
        "quality": quality_notes(inputs, workings.asked, texts=workings.recent_texts, since=since),
    }


def restated_figures(inputs: EditionInputs) -> Iterator[RestatedFigure]:
    """Figures of the window that were revised since the previous edition, largest change first."""
    first = window_start(inputs, RATE_DAYS)
    inside = [
        figure for figure in inputs.restated if figure.end >= first and figure.start <= inputs.end
    ]
    for revision in sorted(inside, key=lambda figure: -abs((figure.now or 0) - (figure.was or 0))):
        # Groups by borough are published nowhere, so their revisions are not either.
        if revision.group == "all":
            yield msgspec.convert(revision, RestatedFigure, from_attributes=True)


def data_completeness(
    inputs: EditionInputs, asked: Respondents, since: datetime.date
) -> Completeness:
    """How complete the data are: boroughs with answers, weeks with deployments, late deployments.

    `asked` are the respondents of the index window; `since` the first day of the rates.
    """
    whole, counted = whole_weeks(since, inputs.end), counted_days(inputs, since, inputs.end)
    return Completeness(
        areas=len(np.unique(asked.sampled.area[asked.sampled.persons > 0])),
        of_areas=len(inputs.areas),
        weeks=len(whole) - len(unreported_weeks(inputs, since)),
        of_weeks=len(whole),
        late=late_uses(inputs),
        days=counted.days,
        of_days=counted.of_days,
    )


def whole_weeks(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The Mondays of the whole weeks within start to end."""
    monday = start + datetime.timedelta(days=-start.weekday() % 7)
    count = max(0, (end + deployments.DAY - monday) // A_WEEK)
    return [monday + n * A_WEEK for n in range(count)]


def unreported_weeks(inputs: EditionInputs, since: datetime.date) -> list[datetime.date]:
    """The Mondays of weeks with at least one day that is in none of the spans counted in the
    rates.
    """
    inside = deployments.counts_within(inputs.counts, since, inputs.end)
    days = set(deployments.each_day(deployments.uses_by_span(inside)))
    return [
        monday
        for monday in whole_weeks(since, inputs.end)
        # Day by day, because a monthly figure covers a week that is no span of its own.
        if not all(monday + n * deployments.DAY in days for n in range(7))
    ]


def late_uses(inputs: EditionInputs) -> int | None:
    """Earlier uses reported only since the previous edition; None without an edition before."""
    if inputs.last is None and not inputs.restated:
        return None
    measures = {count.measure for count in inputs.counts}
    forms = {count.tactic for count in inputs.counts if is_use(count)}
    rises = [
        (revision.now or 0) - (revision.was or 0)
        for revision in inputs.restated
        if revision.source == inputs.counts_source
        and revision.measure in measures
        and revision.end < inputs.start
        and revision.tactic in forms
        and revision.group == "all"
    ]
    # A figure that fell was corrected, which does not take back what came late elsewhere.
    return sum(rise for rise in rises if rise > 0)


def quality_notes(
    inputs: EditionInputs, asked: Respondents, *, texts: Flags, since: datetime.date
) -> tuple[QualityNote, ...]:
    """Every line of the notes on data quality.

    `texts` marks the texts of the theme window, `since` is the first day of the rates.
    """
    return (
        *missing_week_lines(inputs, since),
        *partial_week_lines(inputs, since),
        *restated_lines(inputs),
        *left_out_lines(inputs),
        *few_answers_lines(inputs),
        *unweighted_lines(asked),
        *broken_series_lines(asked),
        *unscored_lines(inputs, texts),
    )


def missing_week_lines(inputs: EditionInputs, since: datetime.date) -> Iterator[QualityNote]:
    weeks = unreported_weeks(inputs, since)
    if not inputs.counts:
        yield QualityNote(
            "missing_weeks", Sentence("No figures on deployments have been received.")
        )
    elif weeks:
        whole = len(whole_weeks(since, inputs.end))
        yield QualityNote(
            "missing_weeks",
            Sentence(
                "No weekly deployment figures were received for {missing} of {whole} whole weeks "
                "since {since}: the weeks that begin on {weeks}.",
                missing=len(weeks),
                whole=whole,
                since=since,
                weeks=shortened_list([long_date(week) for week in weeks]),
            ),
        )


def partial_week_lines(inputs: EditionInputs, since: datetime.date) -> Iterator[QualityNote]:
    """A line if deployments were not counted on every day of the rates' window."""
    counted = counted_days(inputs, since, inputs.end)
    if counted.days and not counted.is_whole:
        first, last = counted.span
        yield QualityNote(
            "cut",
            Sentence(
                "Deployments are those of {days} of the {whole} days since {since}, from {first} "
                "to {last}. Weeks or months that lie only partly in these days, or were not "
                "received, are not counted.",
                days=counted.days,
                whole=counted.of_days,
                since=since,
                first=first,
                last=last,
            ),
        )


def restated_lines(inputs: EditionInputs) -> Iterator[QualityNote]:
    """A line if publishers revised figures, with their names.

    Without numbers: each may be one borough's figure, and a table lists those published.
    """
    revisions = [revision for revision in inputs.restated if revision.group == "all"]
    if revisions:
        sources = sorted({restatement.source for restatement in revisions})
        yield QualityNote(
            "restated",
            Sentence(
                "Some figures have been revised since the report before this one, by {sources}.",
                sources=shortened_list(sources),
            ),
        )


def left_out_lines(inputs: EditionInputs) -> Iterator[QualityNote]:
    if inputs.left_out:
        yield QualityNote(
            "left_out",
            Sentence(
                "Deployments are those of {source}. Left out, because two publishers are never "
                "added up: {left_out}.",
                source=inputs.counts_source,
                left_out=shortened_list(list(inputs.left_out)),
            ),
        )


def few_answers_lines(inputs: EditionInputs) -> Iterator[QualityNote]:
    """A line if the last whole week brought far fewer answers than the median of the eight before
    it.
    """
    last = inputs.weeks - 1
    if last < WEEKS_BEFORE:
        return
    week, persons = inputs.drawn.day // WEEK, inputs.drawn.persons
    came = np.bincount(week[week >= 0], persons[week >= 0], minlength=last + 1)
    usual, now = float(np.median(came[last - WEEKS_BEFORE : last])), float(came[last])
    if usual and now < LEAST_OF_USUAL * usual:
        yield QualityNote(
            "few_answers",
            few_answers_sentence(now / usual),
        )


def few_answers_sentence(of_usual: float) -> Sentence:
    """The share to the nearest ten per cent: an exact share would reveal the counts."""
    if of_usual < 0.05:
        return Sentence(
            "The last whole week brought almost no sampled answers, compared with the median of "
            "the {weeks} weeks before it.",
            weeks=WEEKS_BEFORE,
        )
    return Sentence(
        "The last whole week brought about {share}% of the usual number of sampled answers (the "
        "median of the {weeks} weeks before it).",
        share=10 * round(10 * of_usual),
        weeks=WEEKS_BEFORE,
    )


def unweighted_lines(asked: Respondents) -> Iterator[QualityNote]:
    if len(asked.sampled) and asked.silent:
        yield QualityNote(
            "unweighed",
            Sentence("The answers could not be weighted to the census: no index is given.")
            if asked.refused
            else Sentence("The weights of the answers are too unequal: no index is given."),
        )


def broken_series_lines(asked: Respondents) -> Iterator[QualityNote]:
    """A line for each question of the index that was reworded or otherwise interrupted."""
    for sentence in asked.sampled.breaks:
        yield QualityNote("broken_series", sentence)


def unscored_lines(inputs: EditionInputs, texts: Flags) -> Iterator[QualityNote]:
    count = int(np.isnan(inputs.texts.polarity[texts]).sum())
    # A line on fewer would say that there were one to four.
    if count >= disclosure.FEWEST_EVENTS:
        yield QualityNote(
            "unscored",
            Sentence(
                "Texts without a tone, because the machine reads tone in English only: {count} of "
                "{texts}.",
                count=disclosure.count_text(count),
                texts=disclosure.count_text(int(texts.sum())),
            ),
        )


def shortened_list(names: list[str]) -> str:
    """The names joined by commas, at most six of them."""
    more, named = len(names) - MOST_NAMED, ", ".join(names[:MOST_NAMED])
    return Sentence("{names} and {more} more", names=named, more=more) if more > 0 else named


def gated_restatements(step: GateStep) -> tuple[RestatedFigure, ...]:
    """Revised figures; rows where both values are too small, or round to the same, are left out.

    Exact where the publisher released both.
    """
    for row in step.computed.restated:
        if abs((row.now or 0) - (row.was or 0)) >= disclosure.ROUNDING:
            step.session.revised.add((restated_series("restated", row), (row.start, row.end)))
    cell = step.session.cell
    rows = (
        row
        if row.published
        else replace(
            row,
            was=cell(restated_series("told before", row), (row.start, row.end), row.was),
            now=cell(restated_series("restated", row), (row.start, row.end), row.now),
        )
        for row in step.computed.restated
    )
    return tuple(row for row in rows if row.was != row.now)


def restated_series(kind: str, row: RestatedFigure) -> disclosure.Series:
    return kind, row.source, row.tactic, row.area


def gated_completeness(step: GateStep) -> Completeness | None:
    completeness = step.computed.completeness
    if completeness is None or step.computed.as_published:
        return completeness
    return replace(completeness, late=disclosure.rounded_count(completeness.late))


def restated_counts(edition: Edition) -> Iterator[disclosure.PublishedCount]:
    """The revised figures as counts of this edition; a publisher's earlier figures count as
    different events.
    """
    for row in edition.restated:
        if row.published:
            continue
        days = row.start, row.end
        yield disclosure.PublishedCount(restated_series("restated", row), days, row.now)
        yield disclosure.PublishedCount(restated_series("told before", row), days, row.was)


CHAPTER = Chapter(
    name="quality",
    compute=compute,
    gates={
        "restated": gated_restatements,
        "completeness": gated_completeness,
        "quality": "plain",
    },
    structs={
        RestatedFigure: treatments(plain="source area start end tactic published", gated="was now"),
        Completeness: treatments(plain="areas of_areas weeks of_weeks days of_days", gated="late"),
        QualityNote: treatments(plain="kind sentence"),
    },
    counts={"restated": restated_counts},
)
