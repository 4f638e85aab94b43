"""The question numbers of a paper form, the same wherever a question is referred to."""

from collections.abc import Iterable, Mapping

import msgspec

from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    AnyPart,
    Calculate,
    Item,
    all_parts,
    wording_text,
)

# The keys for not answering, where forms are typed in.
WITHHELD_KEYS = {DECLINED: "p", DONT_KNOW: "d"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FormWords = Mapping[str, str]


class NumberedQuestion(msgspec.Struct, frozen=True):
    """A question that conditions may refer to; `options` are its answers' labels on paper."""

    number: str
    options: dict[str, str] = {}
    consent: bool = False


class NumberedForm(msgspec.Struct, frozen=True):
    """What conditions may refer to: questions and calculations, both by name."""

    words: FormWords
    questions: dict[str, NumberedQuestion]
    calculations: dict[str, str]


def numbered_form(
    parts: Iterable[AnyPart], language: str, words: FormWords, first: int
) -> NumberedForm:
    """Number the questions in their order; rows of a grid get letters, repeats keep their
    numbers.
    """
    numbered = NumberedForm(words, {}, {})
    number = first
    for part in all_parts(parts):
        if isinstance(part, Calculate):
            numbered.calculations[part.name] = part.calculation
        elif isinstance(part, Item) and part.is_asked:
            options = box_labels(part, language, words)
            numbered.questions[part.name] = NumberedQuestion(str(number), options, part.is_tick)
            for place, name in enumerate(part.row_texts()):
                numbered.questions[name] = NumberedQuestion(
                    f"{number}{row_letters(place)}", options
                )
            number += 1
    return numbered


def box_labels(item: Item, language: str, words: FormWords) -> dict[str, str]:
    """The labels of the boxes that can be ticked, by answer."""
    found = {key: wording_text(text, language) for key, text in item.answer_labels().items()}
    return found | no_answer_boxes(item, words) if found else {}


def no_answer_boxes(item: Item, words: FormWords) -> dict[str, str]:
    """The labels of the boxes for not answering, as on the pages."""
    if not item.may_decline:
        return {}
    unsure = {DONT_KNOW: words["dont_know"]} if item.offers_dont_know else {}
    return unsure | {DECLINED: words["decline"]}


def answer_keys(item: Item, numbered: NumberedForm) -> dict[str, tuple[str, str]]:
    """The code and the label of each answer that can be chosen, by the key to type for it, in the
    order in which they are printed.
    """
    places = {code: str(place) for place, code in enumerate(item.answer_labels(), 1)}
    withheld = no_answer_boxes(item, numbered.words)
    labels = numbered.questions[item.name].options | withheld
    codes = [*item.shown_labels(), *withheld]
    return {(places | WITHHELD_KEYS)[code]: (code, labels[code]) for code in codes}


def row_letters(place: int) -> str:
    """a to z, then aa, ab and so on."""
    before = row_letters(place // len(LETTERS) - 1) if place >= len(LETTERS) else ""
    return before + LETTERS[place % len(LETTERS)]
