"""The figures of a survey's own results, made when enough has changed since they were shown."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import anyio.to_thread
import msgspec

from analysis.disclosure import FEWEST_TO_COUNT
from analysis.survey_results import has_moved, moved_parts, moved_tables
from api import clock
from api.jobs.kinds import this_week
from api.operations.exports.typed_tables import is_number
from api.pages.organiser.results.pictures import CountedQuestion, counted_questions, group_questions
from api.process.installation import import_lock
from survey.places import Population
from survey.store import places
from survey.store.answers import counts, results
from survey.store.answers.counts import AnswerCount
from survey.store.answers.results import ReceivedAnswers
from survey.store.database import Connection, Database
from survey.surveys.instruments import KINDS, Instrument
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.item_types.answers import Answers
from survey.surveys.sums import (
    EVERYBODY,
    MARGIN,
    AnswerTable,
    PartTables,
    QuestionTables,
    SurveyResults,
    bar_of,
    margin_question,
)

# Age and sex together, as the census has them: known of people who gave both.
AGE_SEX = "age_sex"
FEWEST_WEIGHTED = 30
# Whoever looks waits for the counting, so parts are of so many answers at most.
MOST_COUNTED = 5_000
WEEKS_SHOWN = 12
DAYS_SHOWN = 35
# One at a time in a process: counting takes up to a second of a core.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class Residents(NamedTuple):
    """The boroughs, how many live in them, and the boroughs of each group of the first grouping."""

    codes: list[str]
    populations: list[Population]
    groups: dict[str, tuple[str, ...]]


def margin_groups(margin: str) -> list[str]:
    """The groups of a margin, in their usual order."""
    if margin == AGE_SEX:
        return [f"{sex} {age}" for sex in KINDS["sex"] for age in KINDS["age"]]
    return next([*groups] for name, groups in KINDS.items() if name == margin)


def margin_answers(instrument: Instrument, answers: Answers) -> dict[str, list[str]]:
    """The groups that a person with these answers belongs to, each as an answer to its margin."""
    kinds = {
        str(margin): kind
        for margin, item in instrument.margins().items()
        if (kind := item.kind_of(answers)) in KINDS[margin]
    }
    if {"age", "sex"} <= {*kinds}:
        kinds[AGE_SEX] = f"{kinds['sex']} {kinds['age']}"
    return {margin_question(margin): [kind] for margin, kind in kinds.items()}


def weighting_of(
    areas: Sequence[str], given: Sequence[Mapping[str, Sequence[str]]], residents: Residents
) -> float | None:
    """The design effect of the weights that these people would need, to one decimal; None for too
    few people, or where nothing can be weighted. Called in a thread.
    """
    if len(areas) < FEWEST_WEIGHTED:
        return None
    with import_lock("analysis.residents", "analysis.statistics.sampling.response"):
        import numpy as np

        from analysis import residents as census
        from analysis.statistics.sampling import response

    targets = census.raking_targets(residents.populations, residents.codes)
    cells = {}
    for name in targets:
        groups = residents.codes if name == "area" else margin_groups(name)
        said = areas if name == "area" else margin_kinds(given, name)
        place = {group: at for at, group in enumerate(groups)}
        cells[name] = np.array([place.get(group, -1) for group in said], dtype=np.int64)
    effect = response.weighting_effect(cells, targets)
    return None if effect is None else round(effect, 1)


def margin_kinds(given: Sequence[Mapping[str, Sequence[str]]], margin: str) -> Iterator[str]:
    """The group of each person; '' where they did not say."""
    name = margin_question(margin)
    return (next(iter(answers.get(name, ())), "") for answers in given)


if TYPE_CHECKING:
    from analysis.survey_results import QuestionIndex


async def load_residents(connection: Connection) -> Residents:
    """The boroughs, and how many live there this year."""
    city = await places.get_city(connection)
    codes = [area.code for area in city.local_areas()]
    population = await places.load_population(connection, clock.today().year)
    # One grouping alone: groups of two that overlap would differ by single boroughs.
    groups = {group.code: group.areas for part in city.groupings[:1] for group in part.groups}
    return Residents(codes, population, groups)


async def load_results(database: Database, chain: list[Instrument]) -> SurveyResults:
    """The figures to show now; if enough people have answered since, they are made again first."""
    slug = chain[-1].slug
    async with database.connection() as connection:
        now = await counts.count_all(connection, slug)
        shown = await results.find_figures(connection, slug)
        if shown is None and now < FEWEST_TO_COUNT:
            return SurveyResults(version=chain[-1].version, answers=0, counted=0)
        if shown is not None and not has_moved(shown.answers, now):
            return shown
        async with connection.transaction():
            return await move_results(connection, chain)


async def move_results(connection: Connection, chain: list[Instrument]) -> SurveyResults:
    """Make the figures again and save them, unless another request just did."""
    slug, harmony = chain[-1].slug, HarmonisedVersions(chain)
    before = await results.lock_figures(connection, slug)
    weeks = await counts.count_by_week(connection, slug)
    now = sum(week.answers for week in weeks)
    if before is not None and not has_moved(before.answers, now):
        return before
    shown = None if before is None else results_today(before, harmony)
    is_many = now > MOST_COUNTED
    if shown is not None and is_many and has_room(shown, now):
        fresh = shown
    else:
        rows = await results.load_newest_answers(connection, slug, MOST_COUNTED)
        residents = await load_residents(connection)
        bins = shown.bins if shown else {}
        fresh = await anyio.to_thread.run_sync(
            count_rows, harmony, rows, bins, residents, limiter=ONE_AT_A_TIME
        )
        fresh = msgspec.structs.replace(fresh, counted_at=now)
    fresh = msgspec.structs.replace(
        fresh, answers=now, weeks=[(week.week, week.answers) for week in weeks]
    )
    if is_many:
        stored = await counts.count_by_answer(connection, slug)
        fresh = merge_sums(shown, fresh, tables_from_counts(harmony, stored, now))
    elif shown is not None:
        fresh = merge_results(shown, fresh)
    await results.save_figures(connection, slug, fresh)
    return fresh


def has_room(shown: SurveyResults, now: int) -> bool:
    """Whether the newest answers already counted may stay, because few enough have come since."""
    return shown.margins is not None and now - shown.counted_at < MOST_COUNTED


def count_rows(
    harmony: HarmonisedVersions,
    rows: Sequence[ReceivedAnswers],
    bins: Mapping[str, list[float]],
    residents: Residents,
) -> SurveyResults:
    """The figures of these answers. Called in a thread."""
    with import_lock("analysis.survey_results"):
        from analysis import survey_results

    questions = counted_questions(harmony)
    sent = [harmony.answers(row.version, msgspec.json.decode(row.answers)) for row in rows]
    # Limits stay as they were first chosen: bars between others would say more together.
    numbers = [question.name for question in questions if question.kind == "numbers"]
    limits = {
        number: bins.get(number) or survey_results.bin_limits(numbers_given(sent, number))
        for number in numbers
    }
    margins: list[str] = [*harmony.newest.margins()]
    if {"age", "sex"} <= {*margins}:
        margins.append(AGE_SEX)
    given = [
        counted_answers(questions, answers, limits) | margin_answers(harmony.newest, answers)
        for answers in sent
    ]
    indexed = survey_results.index_answers(answers_counted(questions, limits, margins), given)
    newest, parts = counted_tables(indexed, rows, parts_of_rows(questions, rows, given, residents))
    return SurveyResults(
        version=harmony.newest.version,
        answers=len(rows),
        counted=len(rows),
        days=answers_by_day(rows),
        bins=limits,
        whole=newest,
        newest=newest,
        parts=parts,
        margins=margins,
        weighting=weighting_of([row.area for row in rows], given, residents),
        groups=residents.groups,
    )


def counted_tables(
    indexed: "Mapping[str, QuestionIndex]",
    rows: Sequence[ReceivedAnswers],
    part_of: Mapping[str, Sequence[str]],
) -> tuple[QuestionTables, dict[str, PartTables]]:
    """The tables of everybody, and of each part by the trait that divides them."""
    with import_lock("analysis.survey_results"):
        from analysis import survey_results

    opening = survey_results.opening_answers(
        [row.opens_results for row in rows], [row.day for row in rows]
    )
    margins = {name for name in indexed if name.startswith(MARGIN)}
    # Boroughs alone are compared with their residents.
    others = {name: index for name, index in indexed.items() if name not in margins}
    return survey_results.count_everybody(indexed, opening, margins), {
        name: survey_results.count_parts(
            indexed if name == "borough" else others, values, opening, margins
        )
        for name, values in part_of.items()
    }


def answers_by_day(rows: Sequence[ReceivedAnswers]) -> list[tuple[datetime.date, int]]:
    """Answers by day; empty if on any day too few came of those that count for thresholds."""
    opening = Counter(row.day for row in rows if row.opens_results)
    day_counts = sorted(Counter(row.day for row in rows).items())
    return day_counts if all(opening[day] >= FEWEST_TO_COUNT for day, _ in day_counts) else []


def answers_counted(
    questions: Sequence[CountedQuestion],
    limits: Mapping[str, Sequence[float]],
    margins: Sequence[str],
) -> dict[str, list[str]]:
    """The answers that can be counted, by question; the groups of a margin count as its answers."""
    answers: dict[str, list[str]] = {EVERYBODY: []}
    for question in questions:
        bars = len(limits.get(question.name, ())) + 1
        answers[question.name] = (
            [str(bar) for bar in range(bars)] if question.kind == "numbers" else [*question.answers]
        )
    return answers | {margin_question(margin): margin_groups(margin) for margin in margins}


def parts_of_rows(
    questions: list[CountedQuestion],
    rows: Sequence[ReceivedAnswers],
    given: Sequence[Mapping[str, Sequence[str]]],
    residents: Residents,
) -> dict[str, list[str]]:
    """For each question that tells people apart, the part of each person ('' for none)."""
    weeks = {day: str(this_week(day)) for day in {row.day for row in rows}}
    shown = set(sorted(set(weeks.values()))[-WEEKS_SHOWN:])
    group_of = {area: group for group, areas in residents.groups.items() for area in areas}
    parts = {
        "borough": [row.area for row in rows],
        "group": [group_of.get(row.area, "") for row in rows],
        "week": [weeks[row.day] if weeks[row.day] in shown else "" for row in rows],
        "language": [row.language for row in rows],
    }
    for question in group_questions(questions):
        parts[f"answer.{question.name}"] = [
            next(iter(each.get(question.name, ())), "") for each in given
        ]
    return parts


def numbers_given(sent: Sequence[Answers], name: str) -> list[float]:
    return [float(number) for answers in sent if is_number(number := answers.get(name))]


def counted_answers(
    questions: list[CountedQuestion], answers: Answers, limits: Mapping[str, Sequence[float]]
) -> dict[str, list[str]]:
    """The counted answers of one person by question; a number is replaced by the range it is in."""
    own_answers: dict[str, list[str]] = {EVERYBODY: []}
    for question in questions:
        answer = answers.get(question.name)
        if answer is None:
            continue
        if question.kind == "numbers":
            if is_number(answer):
                own_answers[question.name] = [bar_of(answer, limits[question.name])]
        else:
            each = answer if isinstance(answer, list) else [answer]
            own_answers[question.name] = [
                str(part).lower() if isinstance(part, bool) else str(part) for part in each
            ]
    return own_answers


def tables_from_counts(
    harmony: HarmonisedVersions, rows: list[AnswerCount], everybody: int
) -> QuestionTables:
    """Tables of all answers, from the sums stored of them."""
    bases, given = Counter[str](), Counter[tuple[str, str]]()
    for row in rows:
        if row.answer:
            given[harmony.option_today(row.version, row.item, row.answer)] += row.answers
        else:
            bases[harmony.name_today(row.version, row.item)] += row.answers
    tables = {EVERYBODY: AnswerTable(everybody)}
    for question in counted_questions(harmony):
        if bases[question.name] >= FEWEST_TO_COUNT:
            shown = {answer: given[question.name, answer] for answer in question.answers}
            tables[question.name] = AnswerTable(bases[question.name], shown)
    return tables


def results_today(shown: SurveyResults, harmony: HarmonisedVersions) -> SurveyResults:
    """The figures under the names that the newest version gives to questions and answers."""
    if shown.version == harmony.newest.version:
        return shown

    def today(tables: QuestionTables) -> QuestionTables:
        return dict(table_today(harmony, shown.version, *pair) for pair in tables.items())

    return msgspec.structs.replace(
        shown,
        version=harmony.newest.version,
        bins={
            harmony.name_today(shown.version, question): limits
            for question, limits in shown.bins.items()
        },
        whole=today(shown.whole),
        newest=today(shown.newest),
        parts={
            name: {part: today(tables) for part, tables in parts.items()}
            for name, parts in shown.parts.items()
        },
    )


def table_today(
    harmony: HarmonisedVersions, version: int, question: str, table: AnswerTable
) -> tuple[str, AnswerTable]:
    if question == EVERYBODY:
        return question, table
    answer_counts = Counter[str]()
    for answer, count in table.counts.items():
        answer_counts[harmony.option_today(version, question, answer)[1]] += count
    return harmony.name_today(version, question), AnswerTable(table.base, dict(answer_counts))


def merge_results(before: SurveyResults, fresh: SurveyResults) -> SurveyResults:
    """The fresh figures where ten people or more have come or gone, else those shown before."""
    empty: PartTables = {}
    return msgspec.structs.replace(
        fresh,
        whole=moved_tables(before.whole, fresh.whole),
        newest=moved_tables(before.newest, fresh.newest),
        parts={
            name: moved_parts(before.parts.get(name, empty), parts)
            for name, parts in fresh.parts.items()
        },
    )


def merge_sums(
    before: SurveyResults | None, fresh: SurveyResults, sums: QuestionTables
) -> SurveyResults:
    """The figures of many answers: everybody from the sums, which move by ten people or more.

    What is counted from the newest answers stays until as many others have come: nobody is then in
    both, so no difference is of fewer than ten people.
    """
    moved = sums if before is None else moved_tables(before.whole, sums)
    # Numbers are in no sums: their bars are of the newest answers.
    return msgspec.structs.replace(fresh, whole=fresh.newest | moved)


def shown_days(shown: SurveyResults) -> list[tuple[datetime.date, int]]:
    """Answers by day; empty if that would show that few people answered on some day."""
    if len(shown.days) > DAYS_SHOWN or shown.counted < shown.answers:
        return []
    return shown.days if all(count >= FEWEST_TO_COUNT for _, count in shown.days) else []
