"""The words of a place: what an area is called there, its police force, its postcodes.

The product's own sentences are written in the words of London, and `in_local_words` puts those of
the place into them where they are shown. What people wrote is never changed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

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


class WordsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `words` of city.toml. A place without postcodes has no word for them."""

    area: str
    areas: str
    area_example: str
    force: str
    body: str
    force_short: str = ""
    body_short: str = ""
    postcode: str = ""
    postcode_example: str = ""
    complaints: str = ""
    translated: dict[str, dict[str, str]] = {}

    def texts(self) -> dict[str, str]:
        """Each word by its name; a translation is called by its language and form."""
        others = {"translated", "complaints"}
        texts = {name: getattr(self, name) for name in self.__struct_fields__ if name not in others}
        return texts | {
            f"translated.{language}, {form or 'no word'}": text if form.strip() else ""
            for language, forms in self.translated.items()
            for form, text in forms.items()
        }


LONDON = Words()
ENGLISH = {
    "Mayor’s Office for Policing and Crime": "body",
    "Metropolitan Police Service": "force",
    "Metropolitan Police": "force",
    "the Met": "force_short",
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
FIELDS = (
    {word[:1].upper() + word[1:]: field for word, field in ENGLISH.items()}
    | {"LONDON": "city"}
    | ENGLISH
)
# An article goes with the word that follows: a borough, an area. Names that only contain the city's
# stay.
OURS = re.compile(
    r"(?<![\w/{<-])(?<!%\()(?<!City of )(?<!Multicultural )(?P<article>[Aa]n? )?(?P<word>"
    + "|".join(sorted(map(re.escape, FIELDS), key=len, reverse=True))
    + r")(?P<many>(?<=ostcode)s)?(?!\w)"
)


# London's names in the other languages, with the endings that stand in our own sentences. What a
# language calls a part of any city stays, unless a place says it otherwise.
TRANSLATED: dict[str, dict[str, str]] = {
    "ar": {"شرطة لندن (Met)": "force", "شرطة العاصمة": "force", "لندن": "city"},
    "bn": {
        **dict.fromkeys(("বারাগুলোর", "বারাগুলোতে", "বারাগুলো"), "areas"),
        **dict.fromkeys(("বারায়", "বারার", "বারাকে", "বারাটি", "বারা"), "area"),
        **dict.fromkeys(("লন্ডনের", "লন্ডনে", "লন্ডন"), "city"),
        "মেট্রোপলিটন পুলিশের": "force",
        "মেট্রোপলিটন পুলিশ": "force",
    },
    "fr": {"Londres": "city", "LONDRES": "city"},
    "pl": {
        **dict.fromkeys(("policji metropolitalnej", "Policja metropolitalna"), "force"),
        **dict.fromkeys(("Londyn", "Londynu", "Londynie", "LONDYNIE"), "city"),
    },
    "pt": {"Londres": "city", "LONDRES": "city", "Polícia Metropolitana": "force"},
    "ro": {"Londra": "city", "LONDRA": "city", "Poliția Metropolitană": "force"},
    "so": {"Landan": "city", "LANDAN": "city"},
    "tr": {"Londra": "city", "LONDRA": "city"},
    "ur": {"میٹروپولیٹن پولیس": "force", "بورو": "area", "لندن": "city"},
}
# Letters of Bengali carry signs that Python counts as no letters.
LETTER = r"[\w\u0980-\u09ff]"


class Place:
    """The place whose words this process uses."""

    words = LONDON


# The words that an edition was made in, while it is made again elsewhere.
MADE_IN: ContextVar[Words | None] = ContextVar("made_in", default=None)


def use_words(words: Words) -> None:
    Place.words = words


@contextmanager
def words_of(words: Words) -> Iterator[None]:
    """Use the words of a place inside this block, in this task or thread alone."""
    token = MADE_IN.set(words)
    try:
        yield
    finally:
        MADE_IN.reset(token)


def local_words() -> Words:
    return MADE_IN.get() or Place.words


def has_postcodes() -> bool:
    """Whether areas are found by postcodes here."""
    return bool(local_words().postcode_example)


def is_london() -> bool:
    """Whether the words of the place are those in which the product's sentences are written."""
    return local_words() == LONDON


def in_local_words(text: str, language: str = "en") -> str:
    """A sentence of the product, in this language, in the words of the place."""
    words = local_words()
    if words is LONDON or words == LONDON:
        return text
    return english_in(words, text) if language == "en" else translation_in(words, text, language)


class LocalLabel:
    """A class's label in the words of the place."""

    def __init__(self, label: str) -> None:
        self.label = label

    def __get__(self, part: object, of: type) -> str:
        return in_local_words(self.label)


def has_local_words(text: str) -> bool:
    """Whether another place may say this otherwise."""
    return OURS.search(text) is not None


def english_in(words: Words, text: str, *, has_articles: bool = True) -> str:
    def local_word(match: re.Match[str]) -> str:
        said, article = match["word"], match["article"] or ""
        word: str = getattr(words, FIELDS[said])
        if said not in ENGLISH:
            word = word.upper() if said.isupper() else word[:1].upper() + word[1:]
        if article and has_articles:
            article = article[0] + ("n " if word[:1].lower() in "aeiou" else " ")
        return article + word + (match["many"] or "")

    return OURS.sub(local_word, text)


def translation_in(words: Words, text: str, language: str) -> str:
    """A sentence in another language: by the place's own words for each form that stands in it,
    then our list of London's names, then as in English, since some languages have its words.
    """
    usual = TRANSLATED.get(language, {})
    known = {form: getattr(words, field) for form, field in usual.items()}
    known |= words.translated.get(language, {})
    if known:
        forms = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
        whole = re.compile(rf"(?<!{LETTER})(?:{forms})(?!{LETTER})")
        text = whole.sub(lambda match: known[match[0]], text)
    return english_in(words, text, has_articles=False)


Raw = TypeVar("Raw")


def with_local_wordings(raw: Raw) -> Raw:
    """The content of a JSON file of ours, with each text by language in the words of the place."""
    if isinstance(raw, list):
        return cast("Raw", [with_local_wordings(part) for part in raw])
    if not isinstance(raw, dict):
        return raw
    if isinstance(raw.get("en"), str):
        return cast("Raw", {code: in_local_words(text, code) for code, text in raw.items()})
    return cast("Raw", {name: with_local_wordings(part) for name, part in raw.items()})
