"""Unweighted counts of the answers to the closed questions of one survey."""

import datetime
from collections import Counter

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT
from survey.store.database import Connection
from survey.store.surveys import counts
from survey.store.surveys.counts import WeekCount
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    HarmonisedVersions,
    Instrument,
    Item,
    SeriesBreak,
    wording_text,
)

WEEKS_SHOWN = 12
OptionLabels = dict[str, str]


class AnswerBar(msgspec.Struct, frozen=True):
    label: str
    count: int
    percent: int


class AnsweredQuestion(msgspec.Struct, frozen=True):
    """One question, how many people answered it, and the counts of each answer.

    No bars if too few people answered. `breaks` name the versions from which on answers are not
    fully comparable with earlier ones.
    """

    question: str
    base: int
    bars: list[AnswerBar]
    breaks: list[str]


async def load_survey_answers(
    connection: Connection, versions: list[Instrument]
) -> list[AnsweredQuestion]:
    """The answers to all versions of a survey, under the questions and options of today."""
    harmony = HarmonisedVersions(versions)
    asked = closed_questions(harmony)
    bases, given = Counter[str](), Counter[tuple[str, str]]()
    for row in await counts.count_by_answer(connection, harmony.newest.slug):
        if row.answer:
            given[harmony.option_today(row.version, row.item, row.answer)] += row.answers
        else:
            bases[harmony.name_today(row.version, row.item)] += row.answers
    found = harmony.breaks()
    return [
        AnsweredQuestion(
            question,
            bases[name],
            answer_bars(name, labels, given, bases[name]),
            break_notes(found, name),
        )
        for name, question, labels in asked
    ]


def closed_questions(harmony: HarmonisedVersions) -> list[tuple[str, str, OptionLabels]]:
    """The closed questions of all versions, today's first, with every option ever offered."""
    found: dict[str, tuple[str, str, OptionLabels]] = {}
    # Newest first: a question that was reworded is shown in its words of today.
    for one in reversed(harmony.versions):
        for item in one.questions():
            for name, question, labels in questions_in_item(item):
                today = harmony.name_today(one.version, name)
                more = {k: wording_text(text) for k, text in harmony.options(today).items()}
                found.setdefault(today, (today, question, more | labels if more else labels))
    return list(found.values())


def break_notes(breaks: list[SeriesBreak], name: str) -> list[str]:
    return [f"Version {one.version}: {one.why}." for one in breaks if one.name == name]


def answer_bars(
    name: str, labels: OptionLabels, given: Counter[tuple[str, str]], base: int
) -> list[AnswerBar]:
    # From ten answers up (decision 0017): below that, a bar may point at a person.
    if base < FEWEST_TO_COUNT:
        return []
    found = [(label, given[name, answer]) for answer, label in labels.items()]
    return [AnswerBar(label, count, round(100 * count / base)) for label, count in found]


def questions_in_item(item: Item) -> list[tuple[str, str, OptionLabels]]:
    """Key, question and labels of each closed question in an item."""
    labels = item.counted_answers()
    if not labels:
        return []
    if item.may_decline:
        labels |= {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
    words, rows = wording_text(item.text), item.row_texts()
    if rows:
        return [(name, f"{words} {wording_text(text)}", labels) for name, text in rows.items()]
    return [(item.name, words, labels)]


def answers_by_week(
    rows: list[WeekCount], this_week: datetime.date
) -> list[tuple[datetime.date, int]]:
    """Answers by week since the first one, newest first, at most 12 weeks.

    A week without answers counts 0.
    """
    answers = {row.week: row.answers for row in rows}
    mondays = [this_week - datetime.timedelta(weeks=back) for back in range(WEEKS_SHOWN)]
    first = min(answers, default=this_week)
    return [(monday, answers.get(monday, 0)) for monday in mondays if monday >= first]
