"""Questions and answers in words instead of codes, for people who open an export as it is."""

from collections.abc import Mapping

import msgspec

from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyQuestion,
    Borough,
    Consent,
    Grid,
    HarmonisedVersions,
    Postcode,
    Rank,
    SelectMultiple,
    SelectOne,
    wording_text,
)

FIXED_COLUMNS = {
    "version": "Version of the survey",
    "mode": "Who could answer",
    "area": "Borough",
    "language": "Language",
    "day": "Day",
}
MODES = {"open": "Anyone", "sampled": "People chosen at random"}
NO_ANSWER = {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
SEPARATOR = "; "  # several answers in one cell


class QuestionLabels(msgspec.Struct, frozen=True):
    """The words of one question, and of each of its answers by code."""

    words: str
    answers: dict[str, str]


def labels_by_question(
    harmony: HarmonisedVersions, areas: Mapping[str, str]
) -> dict[str, QuestionLabels]:
    """The words of every question ever asked, by its name today."""
    return {
        name: labels_of_question(harmony, name, item, areas)
        for name, item in harmony.questions().items()
    }


def labels_of_question(
    harmony: HarmonisedVersions, name: str, item: AnyQuestion, areas: Mapping[str, str]
) -> QuestionLabels:
    words = wording_text(item.text)
    answers: dict[str, str] = {}
    if isinstance(item, Grid):
        rows = {row.name: wording_text(row.text) for row in item.rows}
        words = f"{words} {rows.get(name, '')}".strip()
    if isinstance(item, Agreement | Grid):
        answers = {str(n): wording_text(label) for n, label in enumerate(item.labels, 1)}
    elif isinstance(item, SelectOne | SelectMultiple | Rank):
        answers = {key: wording_text(text) for key, text in harmony.options(name).items()}
    elif isinstance(item, Borough | Postcode):
        answers = dict(areas)
    elif isinstance(item, Consent):
        answers = {"True": "Yes", "False": "No"}
    return QuestionLabels(words or name, answers | NO_ANSWER)
