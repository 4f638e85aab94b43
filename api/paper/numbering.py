"""The numbers of the questions of a paper form, the same wherever one is spoken of."""

from collections.abc import Iterable, Mapping

import msgspec

from survey.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyItem,
    AnyPart,
    Calculate,
    Choice,
    Choices,
    Consent,
    Foreign,
    Grid,
    Group,
    Note,
    Page,
    Rank,
    Repeat,
    Scale,
    every,
    said,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
Words = Mapping[str, str]


class Known(msgspec.Struct, frozen=True):
    """A question as a condition speaks of it; `options` what its answers are called on paper."""

    number: str
    options: dict[str, str] = {}
    consent: bool = False


class Told(msgspec.Struct, frozen=True):
    """What conditions may speak of: questions by name, and what is worked out from answers."""

    words: Words
    questions: dict[str, Known]
    calculations: dict[str, str]


def numbered(parts: Iterable[AnyPart], language: str, words: Words, first: int) -> Told:
    """Counts what is asked in its order; rows of a grid are lettered, rounds keep the numbers."""
    told = Told(words, {}, {})
    number = first
    for part in every(parts):
        if isinstance(part, Calculate):
            told.calculations[part.name] = part.calculation
        elif not isinstance(part, Group | Page | Repeat | Note | Foreign):
            options = options_of(part, language, words)
            told.questions[part.name] = Known(str(number), options, isinstance(part, Consent))
            for place, row in enumerate(part.rows if isinstance(part, Grid) else ()):
                told.questions[row.name] = Known(f"{number}{lettered(place)}", options)
            number += 1
    return told


def options_of(item: AnyItem, language: str, words: Words) -> dict[str, str]:
    """The boxes that can be ticked, by the answer that each stands for."""
    found: dict[str, str] = {}
    if isinstance(item, Choice | Choices | Rank):
        found = {option.name: said(option.text, language) for option in item.options}
    elif isinstance(item, Agreement | Grid):
        found = {str(n): said(label, language) for n, label in enumerate(item.labels, 1)}
    return found | no_answer_boxes(item, words) if found else {}


def no_answer_boxes(item: AnyItem, words: Words) -> dict[str, str]:
    """The boxes for those who give no answer, as the pages have them."""
    if not item.may_decline:
        return {}
    unsure = {DONT_KNOW: words["dont_know"]} if isinstance(item, Agreement | Scale) else {}
    return unsure | {DECLINED: words["decline"]}


def lettered(place: int) -> str:
    """a to z, then aa, ab and so on."""
    before = lettered(place // len(LETTERS) - 1) if place >= len(LETTERS) else ""
    return before + LETTERS[place % len(LETTERS)]
