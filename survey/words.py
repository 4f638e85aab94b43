"""The words of a place: what an area is called there, its police force, its postcodes.

The product's own sentences are written in the words of London, and `in_local_words` puts those of
the place into them where they are shown. What people wrote is never changed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

USUAL_COMPLAINTS = "https://www.met.police.uk/fo/feedback/complaints/"


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a place calls things; by default the words of London.

    `complaints` is the address of the force's own page for complaints. `translated` has, by
    language, the words to put in place of each form of London's words, since other languages
    inflect them.
    """

    city: str = "London"
    area: str = "borough"
    areas: str = "boroughs"
    area_example: str = "Hackney"
    code_example: str = "E09000012"
    force: str = "Metropolitan Police"
    force_short: str = "the Met"
    body: str = "Mayor’s Office for Policing and Crime"
    body_short: str = "MOPAC"
    postcode: str = "postcode"
    postcode_example: str = "E8 1EA"
    complaints: str = USUAL_COMPLAINTS
    translated: dict[str, dict[str, str]] = {}


LONDON = Words()
# Longest first, since each begins where a shorter one would.
ENGLISH = {
    "Mayor’s Office for Policing and Crime": "body",
    "Metropolitan Police Service": "force",
    "Metropolitan Police": "force",
    "the Met": "force_short",
    "Met": "force_short",
    "MOPAC": "body_short",
    "boroughs": "areas",
    "borough": "area",
    "postcode": "postcode",
    "E8 1EA": "postcode_example",
    "E09000012": "code_example",
    "Hackney": "area_example",
    "London": "city",
}
# As a sentence begins with them, too.
FIELDS = ENGLISH | {word[:1].upper() + word[1:]: field for word, field in ENGLISH.items()}
# An article goes with the word that follows: a borough, an area.
FOUND = re.compile(
    r"(?<![\w/-])(?P<article>[Aa]n? )?(?P<word>"
    + "|".join(sorted(map(re.escape, FIELDS), key=len, reverse=True))
    + r")(?P<many>(?<=ostcode)s)?(?!\w)"
)


class Place:
    """The place whose words this process uses."""

    words = LONDON


def use_words(words: Words) -> None:
    Place.words = LONDON if words == LONDON else words


@contextmanager
def words_of(words: Words) -> Iterator[None]:
    """Use the words of a place inside this block."""
    before = Place.words
    use_words(words)
    try:
        yield
    finally:
        use_words(before)


def local_words() -> Words:
    return Place.words


def in_local_words(text: str) -> str:
    """An English sentence of the product in the words of the place."""
    return text if Place.words is LONDON else replaced(text, Place.words)


def replaced(text: str, words: Words) -> str:
    def put(found: re.Match[str]) -> str:
        word: str = getattr(words, FIELDS[found["word"]])
        if found["word"] not in ENGLISH:
            word = word[:1].upper() + word[1:]
        article = found["article"] or ""
        if article:
            article = article[0] + ("n " if word[:1].lower() in "aeiou" else " ")
        return article + word + (found["many"] or "")

    return FOUND.sub(put, text)
