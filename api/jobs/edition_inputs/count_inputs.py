"""Published counts as arrays, and the people whom the police met."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from analysis.editions.inputs import is_use
from analysis.editions.workings import PILOT
from api.jobs.edition_inputs.text_inputs import Instants
from survey.deployments import (
    BENCHMARKS,
    DIMENSIONS,
    BenchmarkCounts,
    DeploymentCount,
    RestatedCount,
    SourceCount,
    Span,
    count_dimension,
    without_double_counts,
)
from survey.editions import Edition
from survey.store import deployments
from survey.store.answers import counts as counts_store
from survey.store.answers.counts import AnswerCount
from survey.store.database import Connection
from survey.store.editions import edition_work
from survey.store.surveys import encounters, instruments
from survey.surveys.encounters import RULES, AskingWave, EncounterAnswers, QuestionCounts, add_sums
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    Instrument,
    Item,
    SelectOne,
    wording_text,
)
from survey.surveys.item_types.choices import SelectMultiple

# Nearest to what happened first.
MEASURES = ("incidents", "subjects", "officer_reports")
SEARCHES = "searches"
Period = tuple[datetime.date, datetime.date]
SourceCounts = Sequence[SourceCount]


class PublisherInputs(TypedDict):
    """The fields of `EditionInputs` from published figures."""

    counts: Sequence[DeploymentCount]
    counts_basis: str
    counts_source: str
    left_out: Sequence[str]
    published: bool
    groups: Sequence[DeploymentCount]
    searches: Sequence[DeploymentCount]
    benchmarks: Sequence[BenchmarkCounts]
    since_pilot: tuple[datetime.date, int] | None


async def publisher_inputs(
    connection: Connection, oldest: datetime.date, period: Period, as_of: datetime.date
) -> tuple[PublisherInputs, list[SourceCount]]:
    """The inputs made from figures of deployments: uses in one measure, of the source with the most
    figures, with what they count, searches and benchmarks. Returned with them: all uses of that
    source in that measure since the pilot began.
    """
    figures = await deployments.load_counts(connection, oldest, period[1], as_of=as_of)
    uses = [
        source_count
        for source_count in figures
        if source_count.count.group == "all" and is_use(source_count.count)
    ]
    source, others = largest_source(uses, period)
    # One measure only: two officers at one incident are one incident and two reports.
    measures = {use.count.measure for use in uses if use.source == source}
    measure = next((measure for measure in MEASURES if measure in measures), "")
    counts = without_double_counts(counts_in_measure(uses, source, measure))
    since_pilot = PILOT.day, period[1]
    totals = await deployments.load_totals(connection, source, measure, since_pilot, as_of)
    running = [figure for figure in totals if is_use(figure.count)]
    every = [*measured_counts(figures, source, measure), *running]
    basis = f"{measure.replace('_', ' ')} by their most severe use, source {source}"
    given: PublisherInputs = {
        "counts": counts,
        "counts_basis": basis if source else "",
        "counts_source": source,
        "left_out": others,
        # One figure that is not public as it is, and all pass the gate: they add up to each other.
        "published": bool(every) and all(figure.published for figure in every),
        "groups": person_group_counts(counts_in_measure(figures, source, measure)),
        "searches": search_counts(figures, period),
        "benchmarks": await load_benchmarks(connection, figures, period, as_of),
        "since_pilot": uses_since_pilot(running),
    }
    return given, running


def largest_source(counts: SourceCounts, period: Period) -> tuple[str, list[str]]:
    """The source with the most figures in the period, and the others that have some.

    Figures of two publishers are never added up.
    """
    start, end = period
    within = Counter(
        figure.source
        for figure in counts
        if start <= figure.count.start and figure.count.end <= end
    )
    figures = within or Counter(figure.source for figure in counts)
    if not figures:
        return "", []
    # Sorted, so that of two sources with as many figures every machine takes the same.
    source = max(sorted(figures), key=figures.__getitem__)
    return source, sorted(set(within) - {source})


def counts_in_measure(counts: SourceCounts, source: str, measure: str) -> list[DeploymentCount]:
    """The counts of one source in one measure."""
    return [figure.count for figure in measured_counts(counts, source, measure)]


def measured_counts(counts: SourceCounts, source: str, measure: str) -> list[SourceCount]:
    """The counts of one source in one measure, each still with the source's name."""
    return [
        figure for figure in counts if figure.source == source and figure.count.measure == measure
    ]


def person_group_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    return [count for count in counts if count.group.partition(":")[0] in DIMENSIONS]


def search_counts(counts: SourceCounts, period: Period) -> list[DeploymentCount]:
    """Stops and searches by kind of person, from the source with the most figures."""
    mine = [figure for figure in counts if figure.count.measure == SEARCHES]
    source, _ = largest_source(mine, period)
    return [count for count in counts_in_measure(mine, source, SEARCHES) if count.group != "all"]


async def load_benchmarks(
    connection: Connection, figures: SourceCounts, period: Period, as_of: datetime.date
) -> list[BenchmarkCounts]:
    """What was imported of each benchmark, from the source with the most figures.

    Searches, and residents by one trait, are loaded with the rest of the inputs.
    """
    people = [benchmark.measure for benchmark in BENCHMARKS.values() if not benchmark.by_day]
    standing = await deployments.load_standing(connection, people, period[1], as_of=as_of)
    benchmarks = []
    for known_benchmark in BENCHMARKS.values():
        if known_benchmark.measure == SEARCHES:
            continue
        mine = [
            it
            for it in (figures if known_benchmark.by_day else standing)
            if it.count.measure == known_benchmark.measure
        ]
        source, _ = largest_source(mine, period)
        counts = counts_in_measure(mine, source, known_benchmark.measure)
        if counts:
            kept = counts if known_benchmark.by_day else newest_counts(counts)
            benchmarks.append(BenchmarkCounts(known_benchmark.name, source, kept))
    return benchmarks


def newest_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    """For each kind of group the counts of its newest day: people are not added up over time."""
    newest: dict[str, Span] = {}
    for group_count in counts:
        about = count_dimension(group_count)
        newest[about] = max(
            newest.get(about, (group_count.start, group_count.end)),
            (group_count.start, group_count.end),
        )
    return [count for count in counts if (count.start, count.end) == newest[count_dimension(count)]]


def uses_since_pilot(figures: SourceCounts) -> tuple[datetime.date, int] | None:
    """The day the pilot began, or the first day with figures, and the number of uses since then."""
    counts = without_double_counts([figure.count for figure in figures])
    if not counts:
        return None
    return min(count.start for count in counts), sum(count.count for count in counts)


async def restated_counts(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[RestatedCount]:
    """Every figure of deployments that has changed since the previous edition.

    The previous edition is taken with the files that it could use, not with all of its day: a file
    may be corrected later on that day.
    """
    if last is None:
        return []
    newest = await edition_work.find_last_import(connection, last)
    versions = (last.data_as_of, deployments.LAST_IMPORT), (as_of, deployments.LAST_IMPORT)
    if newest is None:
        return await deployments.load_restated_between(connection, *versions)
    return await deployments.load_restated_between(connection, *versions, newest=newest)


NOT_SAID = (DECLINED, DONT_KNOW)
ANYTHING = ""  # the answer under which people are counted, whatever they answered
Counts = Mapping[tuple[int, str, str], int]


async def load_encounter_answers(
    connection: Connection, inside: Instants, end: datetime.date
) -> list[EncounterAnswers]:
    """The surveys that were answered in a period, with all answers received by its end."""
    surveys = []
    for slug in await counts_store.load_answered_surveys(connection, inside):
        asked = [
            wave for wave in await encounters.load_all(connection, slug) if wave.made_on <= end
        ]
        versions = await instruments.load_versions(connection, slug)
        if asked:
            counted = await counts_store.count_met_until(connection, slug, inside[1])
            surveys.append(survey_answers(list(versions.values()), asked, counted))
    return surveys


def survey_answers(
    versions: Sequence[Instrument], asked: Sequence[AskingWave], counted: Sequence[AnswerCount]
) -> EncounterAnswers:
    """A survey with its waves and answers put together, in the words of its newest version."""
    newest = max(versions, key=lambda version: version.version)
    outcomes = Counter[str]()
    for asking_wave in asked:
        outcomes.update(asking_wave.outcomes)
    counts = {(count.version, count.item, count.answer): count.answers for count in counted}
    return EncounterAnswers(
        survey=newest.slug,
        title=wording_text(newest.title),
        since=min(wave.made_on for wave in asked),
        waves=len(asked),
        first_day=min(wave.first_day for wave in asked),
        last_day=max(wave.last_day for wave in asked),
        never_asked=tuple(
            rule for rule in RULES if all(rule in wave.rules.reasons for wave in asked)
        ),
        sums=add_sums(wave.sums for wave in asked),
        outcomes=dict(outcomes),
        questions=tuple(closed_questions(newest, versions, counts)),
    )


def closed_questions(
    newest: Instrument, versions: Sequence[Instrument], counts: Counts
) -> Iterator[QuestionCounts]:
    """The questions with answers to choose from, without those about who somebody is."""
    for item in newest.questions():
        if item.counted_answers() and not (isinstance(item, SelectOne) and item.margin is not None):
            alike = [version.version for version in versions if asks_the_same(version, item)]
            for name, text in question_texts(item).items():
                yield question_counts(item, (name, text), alike, counts)


def asks_the_same(version: Instrument, item: Item) -> bool:
    """Whether a version has this question in the same words, so that its answers may be added
    up.
    """
    return any(
        (question.text, question.row_texts(), question.counted_answers())
        == (item.text, item.row_texts(), item.counted_answers())
        for question in version.questions()
        if question.name == item.name
    )


def question_texts(item: Item) -> dict[str, str]:
    """The text of a question, or of each row of a grid, by the name of its answer."""
    words, rows = wording_text(item.text), item.row_texts()
    if not rows:
        return {item.name: words}
    return {name: f"{words} {wording_text(text)}".strip() for name, text in rows.items()}


def question_counts(
    item: Item, question: tuple[str, str], versions: Sequence[int], counts: Counts
) -> QuestionCounts:
    name, text = question

    def count_of(answer: str) -> int:
        return sum(counts.get((version, name, answer), 0) for version in versions)

    given = Counter[str]()
    for answer, words in item.counted_answers().items():
        given[words] += count_of(answer)
    return QuestionCounts(
        item=name,
        text=text,
        several=isinstance(item, SelectMultiple),
        base=count_of(ANYTHING) - sum(map(count_of, NOT_SAID)),
        counts=dict(given),
    )
