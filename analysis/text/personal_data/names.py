"""Names of people: after a title or a rank, after "my name is", or in the lists of names."""

import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from analysis.text.personal_data.patterns import RANKS, STREETS


class WordLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    no_name: frozenset[str]
    only_capitalised: frozenset[str]
    common_english: frozenset[str]
    romanised: frozenset[str]
    everywhere: frozenset[str]


def load_word_lists() -> WordLists:
    written: dict[str, str | list[str]] = msgspec.toml.decode(
        Path(__file__).with_name("word_lists.toml").read_bytes()
    )
    return msgspec.convert(
        {
            name: entry.split() if isinstance(entry, str) else entry
            for name, entry in written.items()
        },
        type=WordLists,
    )


WORDS = load_word_lists()


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


L = "A-Za-zÀ-ÖØ-öø-ɏ\u0300-\u036fḀ-ỿ"
CAPITAL = "".join(c for c in map(chr, range(0x41, 0x1F00)) if c.isupper() and re.match(f"[{L}]", c))
WORD = re.compile(f"[{L}]+")
NAME = rf"(?P<name>(?:[{CAPITAL}]\.? )?(?:[OD]['’]|[AE]l-)?[{CAPITAL}][{L}]{{1,25}})(?![{L}])"
ANYHOW = rf"(?P<name>[{L}]{{3,25}})(?![{L}])"
SIGNATURE = rf"{NAME}(?=[ \w.'’-]{{0,40}}(?:\n|\Z))"
KIN = (
    r"son|daughter|brother|sister|mum|mother|dad|father|husband|wife|partner|boyfriend|girlfriend"
    r"|friend|mate|neighbour|cousin|nephew|niece|uncle|aunt|aunty|auntie|nan|gran|grandad|grandson"
    r"|granddaughter|colleague|boss|flatmate|tenant|landlord|teacher|doctor|client|carer|boy|girl"
    r"|solicitor"
)
OWNED = re.compile(r"\b(?:my|his|her|our|their)\b", re.IGNORECASE)
SHORT_TITLES = r"mr|mrs|pc|wpc|pcso|sgt|dc"
TITLES = (
    r"mr|mrs|ms|mx|miss|dr|prof|professor|rev|reverend|imam|rabbi|pastor|cllr|councillor|sir|dame"
    rf"|lady|lord|sheikh|uncle|aunty|auntie|{RANKS}"
)
PERSONS = (
    r"officer|man|woman|boy|girl|lad|lady|person|policeman|policewoman|constable|sergeant|guy|bloke"
)
# "My name is" in other languages, starting at the word that is distinctive.
FOREIGN_INTRODUCTIONS = (
    *("llamo|nombre es", "nazywam się|imię", "adım|adim", "appelle|nom est", "chamo|nome é"),
    *("chiamo|nome è", "numesc|numele meu este|numele meu e", "quhem|emri im është"),
    *("magacaygu waa", "orúkọ mi ni", "heiße"),
)


class NameCue:
    """What comes before a name: one of `words`, then `between`.

    A `listed` cue counts only before names in the lists, an `owned` one only after a possessive,
    and a `weighed` one never before a place, people or firm.
    """

    def __init__(
        self,
        words: str,
        between: str,
        name: str = NAME,
        *,
        listed: bool = False,
        owned: bool = False,
        weighed: bool = False,
    ) -> None:
        self.words = words.split("|")
        self.pattern = re.compile(rf"(?i:{words}){between}{name}")
        self.listed, self.owned, self.weighed = listed, owned, weighed

    def name(self, text: str, start: int) -> tuple[int, int] | None:
        match = self.pattern.match(text, start)
        if match is None or (self.owned and not OWNED.search(text, max(0, start - 16), start)):
            return None
        last = match["name"].split()[-1]
        if self.weighed and last in load_non_persons():
            return None
        if is_word(last) or (
            self.listed and without_accents(last.title()) not in load_known_names().with_others
        ):
            return None
        return match.span("name")


NAME_CUES = (
    # title or rank, then a name written with a capital: "Mr J. Smith", "sergeant Jones"
    NameCue(TITLES, r"\.? (?:\d{2,5}[A-Z]{0,2} )?"),
    # an abbreviation that is always a title, then a name written anyhow: "pc smith", "MR KHAN"
    NameCue(SHORT_TITLES, r"\.? ", ANYHOW),
    NameCue(TITLES, r"\.? ", ANYHOW, listed=True),
    NameCue("name", r"(?:['’]s| is| was) ", ANYHOW),
    NameCue(KIN, ",? ", owned=True),
    NameCue(PERSONS, r" (?:(?:is|was) )?(?:called|named) "),
    NameCue("regards|sincerely|faithfully|signed", r"[,:]?\s{1,4}"),
    NameCue("thanks|cheers|best|yours|from|name", r"[,:]\s{1,4}", SIGNATURE, weighed=True),
    # "I am Xylo Bright": two capitals, because one may be "I'm British"
    NameCue("m|im|am", rf" (?=[{CAPITAL}][{L}]{{1,25}} [{CAPITAL}][a-z])", weighed=True),
    *(NameCue(words, " ") for words in FOREIGN_INTRODUCTIONS),
)
# By first word, because trying every cue at every word of a text would be far slower.
NAME_CUES_BY_WORD: dict[str, list[NameCue]] = {}
for sign in NAME_CUES:
    for beginning in dict.fromkeys(words.split()[0] for words in sign.words):
        NAME_CUES_BY_WORD.setdefault(beginning, []).append(sign)
# "my name is" in scripts without capitals; a verb may follow the name.
OTHER_SCRIPTS = re.compile(
    r"(?:আমার নাম|اسمي|میرا نام|نام من|اسم من|我叫|我的名字是|என் பெயர்|મારું નામ|ਮੇਰਾ ਨਾਂ|ਮੇਰਾ ਨਾਮ"
    r"|मेरा नाम|меня зовут|мене звати|казвам се|ስሜ|שמי)"
    r"\s?(?P<name>[^\s,.،。，।!?]{2,25}(?: (?!ہے|है|ਹੈ|છે|است|আর|এবং|و)[^\s,.،。，।!?]{2,25})?)"
)
NO_NAME = WORDS.no_name
TITLE_WORDS = frozenset(TITLES.split("|"))
WORD_OR_NAME = frozenset({"Will", "May", "April", "June", "August"})
# Hill, Green and Lane are surnames as well: after a given name they belong to it.
SURNAMES_TOO = "hill|green|lane|wood|cross|day|court|walk|fields?|rise|vale|point|bridge|market"
BUILT = (
    rf"{'|'.join(word for word in STREETS.split('|') if word not in SURNAMES_TOO.split('|'))}"
    r"|line|station|palace|school|academy|college|hospital|centre|center|ward|library|theatre"
    r"|common|town|united|city|fc|council|police|arms"
)
CERTAIN_PLACE = re.compile(
    rf" (?i:{BUILT})\b|(?:['’]s)? (?:Cafe|Bar|Kitchen|Barbers|Chicken|Pizza)\b"
)
PLACE = re.compile(rf"{CERTAIN_PLACE.pattern}| (?i:{SURNAMES_TOO})\b")
FIRMS_AND_FIGURES = frozenset(
    {"John Lewis", "Papa John", "Ted Baker", "Paul Smith", "Thomas Cook", "Ann Summers"}
    | {"Laura Ashley", "William Hill", "Robert Dyas", "Tim Hortons", "Robin Hood", "Oliver Twist"}
    | {"Sherlock Holmes", "Harry Potter", "James Bond", "Robert Peel"}
)
SAINTLY = re.compile(r"\b(?:St|Saint|San|Santa|São|King|Queen|Port|Fort|Rue|Via|Rua|Calle)\.? $")
PARTICLES = r"(?:(?:de|da|dos|van|von|der|bin|bint|ibn|al|el|la|abu) ){0,2}"
NEXT = re.compile(rf"(?: {PARTICLES}(?:[ODod]['’]|[AaEe]l-)?|-)(?P<word>[{L}]{{2,26}})")
BEFORE = re.compile(
    rf"(?:\b[{CAPITAL}]\.? |\b[OD]['’]|\b(?:[AaEe]l|[Aa]bu|[Bb]en|[Bb]in|[Ii]bn|[Uu]mm)[- ]"
    rf"|(?<![{L}'’@#.\d])(?P<word>[{L}]{{2,25}})[- ])$"
)
MOST_PARTS = 4
# A fixed window: a search from the start of the text for each name would be quadratic.
FARTHEST = 30
BEGINS = re.compile(r"(?:^|[.!?:\n][\s\"“]*)$")


@functools.cache
def cue_words() -> frozenset[str]:
    """Words of which every ASCII text with a name contains one: a cheap first check."""
    signs = {form for word in NAME_CUES_BY_WORD for form in (word, word.title(), word.upper())}
    return load_known_names().alone | signs


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """The spans of names, in no order; spans may overlap."""
    words, alone = WORD.findall(text), load_known_names().alone
    candidates = cue_words().intersection(words)
    if not text.isascii():
        candidates |= {word for word in words if without_accents(word) in alone}
        yield from (match.span("name") for match in OTHER_SCRIPTS.finditer(text))
    # A set of words has another order in every process; spans must not.
    for word in sorted(candidates):
        for start, end in word_places(text, word):
            for sign in NAME_CUES_BY_WORD.get(word.lower(), ()):
                if name := sign.name(text, start):
                    yield name[0], end_of_name(text, *name)
            if without_accents(word) in alone:
                yield from find_listed_name(text, start, end)


def word_places(text: str, word: str) -> Iterator[tuple[int, int]]:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not WORD.match(text, end) and not (start and WORD.match(text, start - 1)):
            yield start, end
        start = text.find(word, end)


def find_listed_name(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    is_group = text[start:end] in load_known_names().surnames and text.endswith(
        ("the ", "The "), 0, start
    )
    is_green = text[start:end] in load_known_names().surnames and PLACE.match(text, end)
    end = end_of_name(text, start, end)
    if is_group or is_green or is_place(text, start, end):
        return
    start = start_of_name(text, start)
    if text[start:end] not in FIRMS_AND_FIGURES:
        yield start, end


def is_word(name: str) -> bool:
    small = name.lower()
    if name in WORD_OR_NAME:
        return False
    return small in NO_NAME or (name == small and small.endswith(("ed", "ing", "ly", "ers")))


def is_place(text: str, start: int, end: int) -> bool:
    return bool(PLACE.match(text, end) or SAINTLY.search(text, max(0, start - 8), start))


def end_of_name(text: str, start: int, end: int) -> int:
    """The end of the name, including capitalised or known words after it that belong to it."""
    for _ in range(MOST_PARTS):
        if CERTAIN_PLACE.match(text, end):
            break
        match = NEXT.match(text, end)
        if not match or not belongs_to_name(match["word"], text[start].isupper()):
            break
        end = match.end()
    return end


def start_of_name(text: str, start: int) -> int:
    """The start of the name, including a word, an initial or "Al-" before it that belongs to it."""
    match = BEFORE.search(text, max(0, start - FARTHEST), start)
    if not match:
        return start
    word = match["word"]
    if word is None:
        return match.start()
    known = without_accents(word) in load_known_names().with_others
    # A capital at the start of a sentence proves nothing: "Yesterday Grace" is not a whole name.
    may_begin = known or not BEGINS.search(text, max(0, match.start() - 4), match.start())
    return match.start() if may_begin and belongs_to_name(word, text[start].isupper()) else start


def belongs_to_name(word: str, next_to_capital: bool) -> bool:
    if is_word(word) or word.lower() in TITLE_WORDS:
        return False
    # Where people write everything in capitals, capitals are no sign of a name.
    is_capitalised = word[0].isupper() and not word.isupper()
    known = load_known_names().with_others
    return (is_capitalised and next_to_capital) or without_accents(word) in known
