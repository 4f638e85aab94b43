"""“Other, please say”: an option of a question, and a text question for those who choose it."""

from typing import TypeGuard

import msgspec

from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.drafts import (
    InstrumentDraft,
    add_part,
    name_from_words,
    remove_part,
    replace_part,
)
from survey.surveys.item_types import (
    USUAL_WORDS,
    AnyPart,
    Option,
    OptionsItem,
    Text,
    all_parts,
)
from survey.surveys.item_types.doors import in_languages

OTHER = "other"
MOST_CHARACTERS = 200


def may_have_other(part: AnyPart) -> TypeGuard[OptionsItem]:
    """Whether a question can offer “Other, please say” among its options."""
    return isinstance(part, OptionsItem) and part.offers_other


def other_condition(question: OptionsItem) -> str:
    """The condition under which the text question of the “other” option is asked."""
    return question.condition(question.name, "=", f"'{OTHER}'")


def find_other(draft: InstrumentDraft, question: OptionsItem) -> Text | None:
    """The text question that belongs to the “other” option of a question, if there is one."""
    # Nothing but its condition says which question the text belongs to.
    wanted = other_condition(question)
    texts = (one for one in all_parts(draft.instrument.items) if isinstance(one, Text))
    return next((one for one in texts if one.relevant == wanted), None)


def add_other(draft: InstrumentDraft, question: OptionsItem) -> InstrumentDraft:
    """The draft with the “other” option and its text question; what is there already stays."""
    languages = draft.all_languages()
    if OTHER not in {option.name for option in question.options}:
        option = Option(OTHER, in_languages(USUAL_WORDS["other"], languages))
        options = (*question.options, option)
        draft = replace_part(
            draft, question.name, msgspec.structs.replace(question, options=options)
        )
    if find_other(draft, question):
        return draft
    text = Text(
        name=name_from_words(f"{question.name[:50]}_{OTHER}", set(all_names(draft.instrument))),
        text=in_languages(USUAL_WORDS["other_say_what"], languages),
        relevant=other_condition(question),
        long=False,
        most=MOST_CHARACTERS,
    )
    return add_part(draft, text, behind=question.name)


def remove_other(draft: InstrumentDraft, question: OptionsItem) -> InstrumentDraft:
    """The draft without the “other” option and its text question.

    Raises if the condition of another question depends on one of them.
    """
    if text := find_other(draft, question):
        draft = remove_part(draft, text.name)
    left = tuple(option for option in question.options if option.name != OTHER)
    return replace_part(draft, question.name, msgspec.structs.replace(question, options=left))
