"""Names of people: after a title or a rank, after "my name is", or in the list of given names."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from analysis.text.patterns import RANKS, STREETS
from analysis.text.words import WORDS

WORD = re.compile(r"[^\W\d_]+")
CAPITALISED = r"(?:Mc|Mac|[OD]['’])?[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{1,25}(?:[-'’][A-Z][a-zà-öø-ÿ]{1,25})?"
PARTICLES = r"(?:(?:de|da|dos|van|von|der|bin|bint|ibn|al|el|la|abu) ){0,2}"
SURNAMES = re.compile(rf"(?: {PARTICLES}{CAPITALISED}(?!\w)){{1,3}}")
KIN = (
    r"son|daughter|brother|sister|mum|mother|dad|father|husband|wife|partner|boyfriend|girlfriend|friend"
    r"|mate|neighbour|cousin|nephew|niece|uncle|aunt|aunty|auntie|nan|gran|grandad|grandson|granddaughter"
    r"|colleague|boss|flatmate|tenant|landlord|teacher|doctor|client|carer"
)
INTRODUCED = (
    # title or rank, then a name written with a capital: "Mr J. Smith", "sergeant Jones"
    re.compile(
        r"\b(?:(?i:mr|mrs|ms|mx|miss|dr|prof|professor|rev|reverend|imam|rabbi|pastor|cllr|councillor"
        rf"|{RANKS})|Sir|Dame|Lady|Lord)\.? (?:\d{{2,5}}[A-Z]{{0,2}} )?"
        rf"(?P<name>(?:[A-Z]\.? )?{CAPITALISED})(?!\w)"
    ),
    # an abbreviation that is always a title, then a name written anyhow: "pc smith", "MR KHAN"
    re.compile(r"\b(?:mr|mrs|pc|wpc|pcso|sgt|dc)\.? (?P<name>[a-z]{3,20})\b", re.IGNORECASE),
    re.compile(r"\bname(?:['’]s| is| was) (?P<name>[^\W\d_]{2,20})\b", re.IGNORECASE),
    re.compile(rf"\b(?i:my|his|her|our|their) (?i:{KIN}),? (?P<name>{CAPITALISED})(?!\w)"),
    re.compile(
        r"\b(?:officer|man|woman|boy|girl|lad|lady|person|policeman|policewoman|constable|sergeant|guy)"
        rf" (?:called|named) (?P<name>{CAPITALISED})(?!\w)"
    ),
    re.compile(
        rf"\b(?i:regards|sincerely|faithfully|signed)[,:]?\s{{1,4}}(?P<name>{CAPITALISED})(?!\w)"
    ),
)
# Without one of these no pattern above can match; to look them up is cheaper than to try.
HINTS = frozenset(
    f"mr|mrs|ms|mx|miss|dr|prof|professor|rev|reverend|imam|rabbi|pastor|cllr|councillor|sir|dame"
    f"|lady|lord|name|called|named|regards|sincerely|faithfully|signed|{RANKS}|{KIN}".split("|")
)
NO_NAME = WORDS.no_name
WORD_OR_NAME = frozenset({"Will", "May", "April", "June", "August"})
PLACE = re.compile(
    rf" (?i:{STREETS}|line|station|palace|school|academy|college|hospital|centre|center|ward"
    r"|library|theatre|bridge|market|common|wood|fields?|cross|town|day)\b"
)
SAINTLY = re.compile(r"\b(?:St|Saint|King|Queen|Port|Fort)\.? $")
ONLY_CAPITALISED = WORDS.only_capitalised


@functools.cache
def given_names() -> frozenset[str]:
    """As written in the list, and in capitals or small letters where that is no other word."""
    lines = Path(__file__).with_name("given_names.txt").read_text("utf-8").splitlines()
    names = {name for line in lines if not line.startswith("#") for name in line.split()}
    long = {name for name in names if len(name) > 4 and name.lower() not in ONLY_CAPITALISED}
    return frozenset(names | {n.lower() for n in long} | {n.upper() for n in names if len(n) > 3})


def found(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand, in no order; spans may overlap."""
    if not HINTS.isdisjoint(WORD.findall(text.lower())):
        yield from introduced(text)
    known = given_names()
    for word in WORD.finditer(text):
        if word[0] in known and not is_place(text, word.start(), word.end()):
            yield word.start(), with_surnames(text, word.end())


def introduced(text: str) -> Iterator[tuple[int, int]]:
    for pattern in INTRODUCED:
        for match in pattern.finditer(text):
            name = match["name"]
            if not is_word(name.split()[-1]):
                yield match.start("name"), with_surnames(text, match.end("name"))


def is_word(name: str) -> bool:
    small = name.lower()
    if name in WORD_OR_NAME:
        return False
    return small in NO_NAME or (name == small and small.endswith(("ed", "ing", "ly", "ers")))


def is_place(text: str, start: int, end: int) -> bool:
    return bool(PLACE.match(text, end) or SAINTLY.search(text, max(0, start - 8), start))


def with_surnames(text: str, end: int) -> int:
    """Where the name ends when the capitalised words after it belong to it."""
    match = SURNAMES.match(text, end)
    if not match:
        return end
    for word in WORD.finditer(text, end, match.end()):
        if word[0].lower() in NO_NAME:
            return max(end, word.start() - 1)
    return match.end()
