"""Loads what people whom the police met answered, and who of them was asked, as counts."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from api.jobs.edition_inputs.gathering_texts import Instants
from survey.encounters.asking import RULES, AskingWave, add_sums
from survey.encounters.summaries import EncounterAnswers, QuestionCounts
from survey.store.database import Connection
from survey.store.encounters import waves
from survey.store.surveys import instruments
from survey.store.surveys.counts import AnswerCount
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    Instrument,
    Item,
    SelectOne,
    wording_text,
)
from survey.surveys.item_types.select_multiple import SelectMultiple

NOT_SAID = (DECLINED, DONT_KNOW)
ANYTHING = ""  # the answer under which people are counted, whatever they answered
Counts = Mapping[tuple[int, str, str], int]


async def load_encounter_answers(
    connection: Connection, inside: Instants, end: datetime.date
) -> list[EncounterAnswers]:
    """The surveys that were answered in a period, with all answers received by its end."""
    found = []
    for slug in await waves.load_answered_surveys(connection, inside):
        asked = [one for one in await waves.load_all(connection, slug) if one.made_on <= end]
        versions = await instruments.load_versions(connection, slug)
        if asked:
            counted = await waves.count_until(connection, slug, inside[1])
            found.append(survey_answers(list(versions.values()), asked, counted))
    return found


def survey_answers(
    versions: Sequence[Instrument], asked: Sequence[AskingWave], counted: Sequence[AnswerCount]
) -> EncounterAnswers:
    """A survey with its waves and answers put together, in the words of its newest version."""
    newest = max(versions, key=lambda one: one.version)
    outcomes = Counter[str]()
    for one in asked:
        outcomes.update(one.outcomes)
    counts = {(one.version, one.item, one.answer): one.answers for one in counted}
    return EncounterAnswers(
        survey=newest.slug,
        title=wording_text(newest.title),
        since=min(one.made_on for one in asked),
        waves=len(asked),
        first_day=min(one.first_day for one in asked),
        last_day=max(one.last_day for one in asked),
        never_asked=tuple(
            rule for rule in RULES if all(rule in one.rules.reasons for one in asked)
        ),
        sums=add_sums(one.sums for one in asked),
        outcomes=dict(outcomes),
        questions=tuple(closed_questions(newest, versions, counts)),
    )


def closed_questions(
    newest: Instrument, versions: Sequence[Instrument], counts: Counts
) -> Iterator[QuestionCounts]:
    """The questions with answers to choose from, without those about who somebody is."""
    for item in newest.questions():
        if item.counted_answers() and not (isinstance(item, SelectOne) and item.margin is not None):
            alike = [one.version for one in versions if asks_the_same(one, item)]
            for name, text in question_texts(item).items():
                yield question_counts(item, (name, text), alike, counts)


def asks_the_same(version: Instrument, item: Item) -> bool:
    """Whether a version has this question in the same words: other answers are not added up."""
    return any(
        (one.text, one.row_texts(), one.counted_answers())
        == (item.text, item.row_texts(), item.counted_answers())
        for one in version.questions()
        if one.name == item.name
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
