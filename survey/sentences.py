"""Sentences put together from a message and values, so that they can be translated whole.

A `Sentence` is the English string. It remembers its message, which is the key in the catalogue of
translations, and its values, with which a translation is filled in.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar, cast

import msgspec

from survey.words import in_local_words

Whole = TypeVar("Whole")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def with_noun(number: int, singular: str, plural: str = "") -> str:
    """The number as a page shows it, with its noun in the singular or plural."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


class SentenceSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sentence was put together from.

    A value is text as it is shown, or the ISO date of a day. If there is a plural, the value `n`
    decides which form is used.
    """

    message: str
    # Pairs, because an edition is hashed.
    values: tuple[tuple[str, str], ...] = ()
    plural: str = ""

    @property
    def number(self) -> int:
        """The number that decides between singular and plural."""
        return int(dict(self.values)["n"].replace(",", ""))

    @property
    def repeats_another(self) -> bool:
        """Whether the sentence is nothing but one of its values, which is translated instead."""
        return self.english in dict(self.values).values()

    @property
    def english(self) -> str:
        message = self.plural if self.plural and self.number != 1 else self.message
        return fill_message(in_local_words(message), dict(self.values), long_date)


class Sentence(str):
    """An English sentence that remembers what it was put together from.

    Numbers with decimals are given as text: a value is stored, and must say no more than is shown.
    """

    source: SentenceSource

    def __new__(
        cls, message: str, /, plural: str = "", **values: str | int | datetime.date
    ) -> "Sentence":
        shown = tuple((name, as_text(value)) for name, value in values.items())
        source = SentenceSource(message, shown, plural)
        sentence = super().__new__(cls, source.english)
        sentence.source = source
        return sentence


def N_(message: str) -> str:  # noqa: N802 - the name that extraction knows
    """Mark a message for translation; it is translated later, where it is shown."""
    return message


def plural_sentence(
    singular: str, plural: str, /, *, n: int, **values: str | int | datetime.date
) -> Sentence:
    """The sentence for the number `n`, of which both forms can be translated."""
    return Sentence(singular, plural, n=n, **values)


def as_text(value: str | int | datetime.date) -> str:
    if isinstance(value, str):
        return value  # also a Sentence, which stays one and is translated too
    return value.isoformat() if isinstance(value, datetime.date) else f"{value:,}"


def fill_message(
    message: str, values: Mapping[str, str], date_text: Callable[[datetime.date], str]
) -> str:
    """The message with its values, and days in words."""
    shown = {
        name: date_text(datetime.date.fromisoformat(text)) if ISO_DAY.fullmatch(text) else text
        for name, text in values.items()
    }
    # A message without values may have braces of its own.
    return message.format(**shown) if shown else message


def long_date(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"


def sentence_sources(
    whole: object, known: Iterable[SentenceSource] = ()
) -> tuple[SentenceSource, ...]:
    """The sources of all sentences in Structs and tuples, and of sentences used as their values.

    `known` are sources of sentences that have become plain strings. A source whose sentence is no
    longer there is left out: it would reveal what was withheld.
    """
    by_text = {
        known_source.english: known_source
        for known_source in known
        if not known_source.repeats_another
    }
    sources: dict[str, SentenceSource] = {}
    waiting = [*strings_of(whole)]
    while waiting:
        text = waiting.pop()
        source = text.source if isinstance(text, Sentence) else by_text.get(text)
        if source and text not in sources:
            waiting += [value for _, value in source.values]
            if not source.repeats_another:
                sources[str(text)] = with_plain_strings(source)
    return tuple(sources[text] for text in sorted(sources))


def strings_of(whole: object) -> Iterator[str]:
    if isinstance(whole, str):
        yield whole
    elif isinstance(whole, tuple):
        for part in whole:
            yield from strings_of(part)
    elif isinstance(whole, msgspec.Struct):
        for field in whole.__struct_fields__:
            yield from strings_of(getattr(whole, field))


def translated_sentences(
    whole: Whole,
    sources: Iterable[SentenceSource],
    translate: Callable[[SentenceSource, Mapping[str, str]], str],
) -> Whole:
    """Structs and tuples with their sentences in another language; text without a source stays as
    it is.

    `translate` gets a source and its values, which are translated already where they are sentences.
    """
    by_text = {source.english: source for source in sources if not source.repeats_another}

    def translate_text(text: str) -> str:
        source = by_text.get(text)
        if source is None:
            return text
        return translate(source, {name: translate_text(value) for name, value in source.values})

    # One word alone may be a key of the program; it is translated only as a value of a sentence.
    return cast(
        "Whole",
        with_strings(whole, lambda string: translate_text(string) if " " in string else string),
    )


def restored_sentences(whole: Whole, sources: Iterable[SentenceSource]) -> Whole:
    """The Structs and tuples, with each string that has a known source made a Sentence again."""
    return translated_sentences(
        whole, sources, lambda source, values: Sentence(source.message, source.plural, **values)
    )


def with_plain_strings(whole: Whole) -> Whole:
    """The Structs and tuples with plain strings in place of sentences, so that they can be
    stored.
    """
    return cast("Whole", with_strings(whole, str))


def with_strings(whole: object, change: Callable[[str], str]) -> object:
    """The Structs and tuples, with every string changed by `change`."""
    if isinstance(whole, str):
        return change(whole)
    if isinstance(whole, tuple):
        return tuple(with_strings(part, change) for part in whole)
    if isinstance(whole, msgspec.Struct):
        fields = {name: getattr(whole, name) for name in whole.__struct_fields__}
        return type(whole)(**{name: with_strings(field, change) for name, field in fields.items()})
    return whole
