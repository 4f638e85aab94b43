"""Names of options, under which answers are stored: made from their words until publication."""

import re

import msgspec

from survey.surveys.instruments.drafts import InstrumentDraft, name_from_words
from survey.surveys.instruments.instrument import Instrument
from survey.surveys.instruments.references import EXPRESSION_FIELDS, referenced_names
from survey.surveys.item_types import AnyPart, Option, OptionsItem, all_parts


def name_options(
    draft: InstrumentDraft, before: AnyPart, after: AnyPart, live: Instrument | None
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
    fixed = published_option_names(live, draft.was.get(before.name, before.name))
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
            taken.add(name := name_from_words(first_wording(option), taken, "answer"))
            option = msgspec.structs.replace(option, name=name)
        options.append(option)
    return msgspec.structs.replace(after, options=tuple(options))


def is_option_referenced(draft: InstrumentDraft, question: str, option: str) -> bool:
    """Whether an expression that refers to the question also mentions this option."""
    # To find it once too often does no harm: the option then keeps its name.
    quoted = (f"'{option}'", f'"{option}"')
    return any(
        one in (getattr(part, field, "") or "")
        for part in all_parts(draft.instrument.items)
        if question in referenced_names(part)
        for field in EXPRESSION_FIELDS
        for one in quoted
    )


def published_option_names(live: Instrument | None, name: str) -> set[str]:
    parts = all_parts(live.items) if live else ()
    part = next((one for one in parts if one.name == name), None)
    return {option.name for option in part.options} if isinstance(part, OptionsItem) else set()


def first_wording(option: Option) -> str:
    return next(iter(option.text.values()), "")


def is_named_from_words(option: Option) -> bool:
    """Whether `name_from_words` would give the option its present name, apart from a number."""
    stem = name_from_words(first_wording(option), (), "answer")
    return re.fullmatch(rf"{re.escape(stem)}(_\d+)?", option.name) is not None
