"""What questions and answers are called in words, for people who read an export as it is."""

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
    return Label(words or name, answers | NO_ANSWER)
