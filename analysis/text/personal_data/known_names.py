"""The lists of names in this folder, read once, in every form in which people write them."""

import functools
import unicodedata
from pathlib import Path
from typing import NamedTuple

from analysis.text.personal_data.words import WORDS

# Most of these letters have no decomposition in Unicode, so NFD alone would leave them.
UNACCENTED = str.maketrans("łŁøØđĐıİ", "lLoOdDiI")
# Names that are also words: they count next to another name, as in Grace Mensah, or after a title.
NAMES_AND_WORDS = frozenset(
    """
    Will Mark Grace May Bill Rose Summer June April Joy Faith Hope Grant Frank Rob Sue Jack Drew
    Dawn Ray Art Gene Dean Chase Hunter Mason Victoria Chelsea Georgia Jordan Paris Angel Christian
    Justice Precious Blessing Miracle Princess Prince Max Penny Daisy Lily Ivy Violet Amber Ruby
    Crystal Florence Charlotte Carol Robin Iris Mercy Gift Favour Dale Glen Heath Cliff Kerry Clare
    Nana Roman Goodness Patience Comfort Prosper Bright Lucky Sunday Destiny Peace Beauty Honour
    """.split()  # noqa: SIM905
)
# Rare names that are everyday words in a language of the pages: "Boję się" is "I am afraid". Found
# by masking our own translations; they too count next to another name or after a title only.
WORDS_ELSEWHERE = frozenset(
    """
    Boje Dobre Tobie Esta Estes Durante Guardado Hora Zona Sair Cela Aller Patru Asta Masina Nadal
    Beni Kendi Tamam Ortak Buna Yeni Bera Degmo
    """.split()  # noqa: SIM905
)
SHORTEST_SMALL = 5
SHORTEST_LOUD_SURNAME = 6


class KnownNames(NamedTuple):
    """`alone` marks a person by itself, `with_others` only next to another name or after a title.

    Both contain names as written: capitalised, in capitals, and in small letters.
    """

    alone: frozenset[str]
    with_others: frozenset[str]
    surnames: frozenset[str]


@functools.cache
def load_known_names() -> KnownNames:
    given, surnames, rarer = (
        load_name_list(f"{name}.txt") - WORDS_ELSEWHERE
        for name in ("given_names", "surnames", "rarer_names")
    )
    everyone = given | surnames | rarer
    either = everyone | NAMES_AND_WORDS | WORDS_ELSEWHERE
    small = {n.lower() for n in given | surnames if n.lower() not in WORDS.only_capitalised}
    loud = {n.upper() for n in given if len(n) > 3}
    loud |= {n.upper() for n in surnames if len(n) >= SHORTEST_LOUD_SURNAME}
    return KnownNames(
        alone=frozenset(everyone | loud | {n for n in small if len(n) >= SHORTEST_SMALL}),
        with_others=frozenset(either | {n.upper() for n in either} | small),
        surnames=frozenset((surnames | rarer) - given),
    )


@functools.cache
def load_non_persons() -> frozenset[str]:
    """Places, peoples, firms and days: words with a capital that are nobody's name."""
    return load_name_list("no_persons.txt")


def load_name_list(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def without_accents(word: str) -> str:
    """The word without its accents, such as Jose for José; a word in small letters keeps them.

    In small letters an accent turns many a name into another word: barış is peace.
    """
    if word.isascii() or word[0].islower():
        return word
    parts = unicodedata.normalize("NFD", word.translate(UNACCENTED))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
