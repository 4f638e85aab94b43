"""What options are called where answers are stored: by their words, until that is published."""

import re

import msgspec

from survey.instruments.drafts import Draft, free_of
from survey.instruments.instrument import Instrument
from survey.instruments.items import AnyPart, Option, every
from survey.instruments.references import EXPRESSIONS, WithOptions, named_by


def name_options(draft: Draft, before: AnyPart, after: AnyPart, live: Instrument | None) -> AnyPart:
    """Options that were written over, each with a name made of its new words.

    A name stays where answers have it, since it was published; where a condition speaks of the
    option; where the weighting knows the option by it; and where it is a code that was never
    made of words.
    """
    if not (isinstance(before, WithOptions) and isinstance(after, WithOptions)):
        return after
    if getattr(after, "margin", None):
        return after
    old = {option.name: option for option in before.options}
    fixed = published_options(live, draft.was.get(before.name, before.name))
    fixed |= {name for name in old if is_asked_for(draft, before.name, name)}
    taken = {option.name for option in after.options} | fixed
    options: list[Option] = []
    for option in after.options:
        known = old.get(option.name)
        if known and option.name not in fixed and is_of_words(known) and not is_of_words(option):
            taken.add(name := free_of(first_words(option), taken, "answer"))
            option = msgspec.structs.replace(option, name=name)
        options.append(option)
    return msgspec.structs.replace(after, options=tuple(options))


def is_asked_for(draft: Draft, question: str, option: str) -> bool:
    """Whether an expression that asks for the question speaks of this option."""
    quoted = (f"'{option}'", f'"{option}"')
    return any(
        one in (getattr(part, field, "") or "")
        for part in every(draft.instrument.items)
        if question in named_by(part)
        for field in EXPRESSIONS
        for one in quoted
    )


def published_options(live: Instrument | None, name: str) -> set[str]:
    parts = every(live.items) if live else ()
    part = next((one for one in parts if one.name == name), None)
    return {option.name for option in part.options} if isinstance(part, WithOptions) else set()


def first_words(option: Option) -> str:
    return next(iter(option.text.values()), "")


def is_of_words(option: Option) -> bool:
    """Whether the name is what `free_of` makes of the words, numbered where that was taken."""
    stem = free_of(first_words(option), (), "answer")
    return re.fullmatch(rf"{re.escape(stem)}(_\d+)?", option.name) is not None
