"""What questions and answers are called in words, for people who read an export as it is."""

import datetime
from collections import Counter
from collections.abc import Mapping

import msgspec

from survey.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    Borough,
    Choice,
    Choices,
    Consent,
    Grid,
    Harmony,
    Leaf,
    Postcode,
    Rank,
    said,
)

FIXED = {
    "version": "Version of the survey",
    "mode": "Who could answer",
    "area": "Borough",
    "language": "Language",
    "day": "Day",
}
MODES = {"open": "Anyone", "sampled": "People chosen at random"}
NO_ANSWER = {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
BETWEEN = "; "  # several answers in one cell


class Label(msgspec.Struct, frozen=True):
    """The words of a question, and of each answer by its code."""

    words: str
    answers: dict[str, str]
    several: bool = False


def labels_of(harmony: Harmony, areas: Mapping[str, str]) -> dict[str, Label]:
    """The words of every question ever asked, by its name today."""
    return {
        name: label_of(harmony, name, item, areas) for name, item in harmony.questions().items()
    }


def label_of(harmony: Harmony, name: str, item: Leaf, areas: Mapping[str, str]) -> Label:
    words = said(item.text)
    answers: dict[str, str] = {}
    if isinstance(item, Grid):
        rows = {row.name: said(row.text) for row in item.rows}
        words = f"{words} {rows.get(name, '')}".strip()
    if isinstance(item, Agreement | Grid):
        answers = {str(n): said(label) for n, label in enumerate(item.labels, 1)}
    elif isinstance(item, Choice | Choices | Rank):
        answers = {key: said(text) for key, text in harmony.options(name).items()}
    elif isinstance(item, Borough | Postcode):
        answers = dict(areas)
    elif isinstance(item, Consent):
        answers = {"True": "Yes", "False": "No"}
    return Label(words or name, answers | NO_ANSWER, isinstance(item, Choices | Rank))


def in_words(
    rows: list[list[object]], labels: Mapping[str, Label], areas: Mapping[str, str]
) -> list[list[object]]:
    """Rows of codes, their names at the top, in words."""
    names = [str(name) for name in rows[0]]
    fixed = len(FIXED)
    heads = [FIXED[name] for name in names[:fixed]]
    heads += [labels[name].words if name in labels else name for name in names[fixed:]]
    twice = {words for words, times in Counter(heads).items() if times > 1}
    heads = [f"{w} ({n})" if w in twice else w for w, n in zip(heads, names, strict=True)]
    found: list[list[object]] = [list(heads)]
    for version, mode, area, language, day, *answers in rows[1:]:
        shown = [
            in_word(labels.get(name), answer)
            for name, answer in zip(names[fixed:], answers, strict=True)
        ]
        when = day.isoformat() if isinstance(day, datetime.date) else day
        where = areas.get(str(area), area)
        found.append([version, MODES.get(str(mode), mode), where, language, when, *shown])
    return found


def in_word(label: Label | None, answer: object) -> object:
    """One cell; what has no words stays as it is."""
    if label is None or answer is None:
        return answer
    code = str(answer)
    if label.several and code not in label.answers:
        return BETWEEN.join(label.answers.get(one, one) for one in code.split(" "))
    return label.answers.get(code, answer)
