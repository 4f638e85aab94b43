"""The questions of a survey whose answers are counted, and how each is drawn."""

from typing import Literal

import msgspec

from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    HarmonisedVersions,
    Instrument,
    Item,
    SelectOne,
    wording_text,
)

# Bars; five points around the middle one; columns for points, or for numbers between limits.
QuestionKind = Literal["choices", "likert", "points", "numbers"]
NOT_SAID = {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
MOST_POINTS = 7  # that are drawn around a middle
MOST_GROUPS = 20  # answers by which people can be told apart
MOST_GROUPINGS = 8  # questions


class CountedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question, or a row of a grid, in its words of today, with every answer ever offered.

    `breaks` say from which version on answers are not fully comparable with earlier ones.
    """

    name: str
    title: str
    kind: QuestionKind
    answers: dict[str, str]
    breaks: list[str]
    is_group: bool = False
    is_margin: bool = False


def counted_questions(harmony: HarmonisedVersions) -> list[CountedQuestion]:
    """The questions of all versions that are counted, today's first."""
    found: dict[str, CountedQuestion] = {}
    breaks = harmony.breaks()
    # Newest first: a question that was reworded is shown in its words of today.
    for one in reversed(harmony.versions):
        for item in one.questions():
            for question in questions_in_item(item):
                today = harmony.name_today(one.version, question.name)
                more = {k: wording_text(text) for k, text in harmony.options(today).items()}
                found.setdefault(
                    today,
                    msgspec.structs.replace(
                        question,
                        name=today,
                        answers=more | question.answers if more else question.answers,
                        breaks=[
                            f"Version {b.version}: {b.why}." for b in breaks if b.name == today
                        ],
                    ),
                )
    return list(found.values())


def questions_in_item(item: Item) -> list[CountedQuestion]:
    """Each counted question of an item: a grid has one a row."""
    answers = item.counted_answers()
    if not answers and not item.is_number:
        return []
    if answers and item.may_decline:
        answers = answers | NOT_SAID
    words, rows = wording_text(item.text), item.row_texts()
    is_group = isinstance(item, SelectOne) and len(answers) <= MOST_GROUPS
    return [
        CountedQuestion(
            name=name,
            title=f"{words} {wording_text(rows[name])}" if rows else words,
            kind=question_kind(item, answers),
            answers=answers,
            breaks=[],
            is_group=is_group,
            is_margin=isinstance(item, SelectOne) and item.margin is not None,
        )
        for name in rows or [item.name]
    ]


def question_kind(item: Item, answers: dict[str, str]) -> QuestionKind:
    if item.is_number and not answers:
        return "numbers"
    if item.likert_rows() or (item.is_number and len(answers.keys() - NOT_SAID) <= MOST_POINTS):
        return "likert"
    return "points" if item.is_number else "choices"


def group_questions(questions: list[CountedQuestion]) -> list[CountedQuestion]:
    """The questions by which those who answered can be told apart, the usual ones first."""
    found = [one for one in questions if one.is_group]
    return sorted(found, key=lambda one: not one.is_margin)[:MOST_GROUPINGS]


def questions_without_chart(instrument: Instrument) -> list[Item]:
    """The questions whose answers are neither counted nor anybody's own words."""
    return [
        item
        for item in instrument.questions()
        if item.answer_names() and not item.is_free_text and not questions_in_item(item)
    ]
