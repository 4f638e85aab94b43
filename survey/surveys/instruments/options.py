"""Options of a draft's questions: their names, under which answers are stored, and “Other,
please say” with a text question for those who choose it.
"""

import re
from typing import TypeGuard

from msgspec.structs import replace

from survey.surveys.instruments import Instrument, all_names, drafts
from survey.surveys.instruments.references import EXPRESSION_FIELDS, referenced_names
from survey.surveys.item_types import USUAL_WORDS, AnyPart, Option, OptionsItem, Text, all_parts
from survey.surveys.item_types.answers import in_languages

OTHER = "other"
MOST_CHARACTERS = 200


def name_options(
    draft: drafts.InstrumentDraft, before: AnyPart, after: AnyPart, live: Instrument | None
) -> AnyPart:
    """A question whose reworded options have names made of their new words.

    An option keeps its name if it was published, if a condition refers to it, if the question
    belongs to a population margin, or if the name is a code that was never made of words.
    """
    if not (isinstance(before, OptionsItem) and isinstance(after, OptionsItem)):
        return after
    # The weighting knows these options by their names.
    if getattr(after, "margin", None):
        return after
    old = {option.name: option for option in before.options}
    published = draft.was.get(before.name, before.name)
    parts = all_parts(live.items) if live else ()
    part = next((part for part in parts if part.name == published), None)
    fixed = {option.name for option in part.options} if isinstance(part, OptionsItem) else set()
    fixed |= {name for name in old if is_option_referenced(draft, before.name, name)}
    taken = {option.name for option in after.options} | fixed
    options: list[Option] = []
    for option in after.options:
        known = old.get(option.name)
        if (
            known
            and option.name not in fixed
            and is_named_from_words(known)
            and not is_named_from_words(option)
        ):
            taken.add(name := drafts.name_from_words(first_wording(option), taken, "answer"))
            option = replace(option, name=name)
        options.append(option)
    return replace(after, options=tuple(options))


def is_option_referenced(draft: drafts.InstrumentDraft, question: str, option: str) -> bool:
    """Whether an expression that refers to the question also mentions this option."""
    # To find it once too often does no harm: the option then keeps its name.
    quoted = (f"'{option}'", f'"{option}"')
    return any(
        literal in (getattr(part, field, "") or "")
        for part in all_parts(draft.instrument.items)
        if question in referenced_names(part)
        for field in EXPRESSION_FIELDS
        for literal in quoted
    )


def first_wording(option: Option) -> str:
    return next(iter(option.text.values()), "")


def is_named_from_words(option: Option) -> bool:
    """Whether `name_from_words` would give the option its present name, apart from an added
    number.
    """
    stem = drafts.name_from_words(first_wording(option), (), "answer")
    return re.fullmatch(rf"{re.escape(stem)}(_\d+)?", option.name) is not None


def may_have_other(part: AnyPart) -> TypeGuard[OptionsItem]:
    """Whether a question can offer “Other, please say” among its options."""
    return isinstance(part, OptionsItem) and part.offers_other


def other_condition(question: OptionsItem) -> str:
    """The condition under which the text question of the “other” option is asked."""
    return question.condition(question.name, "=", f"'{OTHER}'")


def find_other(draft: drafts.InstrumentDraft, question: OptionsItem) -> Text | None:
    """The text question that belongs to the “other” option of a question, if there is one."""
    # Nothing but its condition says which question the text belongs to.
    wanted = other_condition(question)
    texts = (part for part in all_parts(draft.instrument.items) if isinstance(part, Text))
    return next((text for text in texts if text.relevant == wanted), None)


def add_other(draft: drafts.InstrumentDraft, question: OptionsItem) -> drafts.InstrumentDraft:
    """The draft with the “other” option and its text question; what is there already stays."""
    languages = draft.all_languages()
    if OTHER not in {option.name for option in question.options}:
        option = Option(OTHER, in_languages(USUAL_WORDS["other"], languages))
        options = (*question.options, option)
        draft = drafts.replace_part(draft, question.name, replace(question, options=options))
    if find_other(draft, question):
        return draft
    text = Text(
        name=drafts.name_from_words(
            f"{question.name[:50]}_{OTHER}", set(all_names(draft.instrument))
        ),
        text=in_languages(USUAL_WORDS["other_say_what"], languages),
        relevant=other_condition(question),
        long=False,
        most=MOST_CHARACTERS,
    )
    return drafts.add_part(draft, text, behind=question.name)


def remove_other(draft: drafts.InstrumentDraft, question: OptionsItem) -> drafts.InstrumentDraft:
    """The draft without the “other” option and its text question.

    Raises if the condition of another question depends on one of them.
    """
    if text := find_other(draft, question):
        draft = drafts.remove_part(draft, text.name)
    left = tuple(option for option in question.options if option.name != OTHER)
    return drafts.replace_part(draft, question.name, replace(question, options=left))
