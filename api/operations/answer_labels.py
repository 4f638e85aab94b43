"""Questions and answers in words instead of codes, for people who open an export as it is."""

from collections.abc import Mapping

import msgspec

from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    AnyQuestion,
    HarmonisedVersions,
    Item,
    OptionsItem,
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
    if not isinstance(item, Item):
        return QuestionLabels(words or name, dict(NO_ANSWER))
    if name in (rows := item.row_texts()):
        words = f"{words} {wording_text(rows[name])}".strip()
    answers = item.exported_answers(areas)
    if isinstance(item, OptionsItem):  # those of earlier versions too
        answers = {key: wording_text(text) for key, text in harmony.options(name).items()}
    return QuestionLabels(words or name, answers | NO_ANSWER)
