"""The conditions of an instrument in words, for a person who holds a paper form."""

import operator
import re
from collections.abc import Callable, Iterator

import msgspec

from api.paper.numbering import Known, Told
from api.paper.words import filled

NAMED = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
TOKEN = re.compile(
    r"""\s*(?:(?P<name>\$\{\s*[\w.-]+\s*\})|(?P<literal>'[^']*'|"[^"]*"|-?\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z][\w-]*)|(?P<sign><=|>=|!=|[=<>(),]))\s*"""
)
MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
OPPOSITE = {"=": "!=", "!=": "="}
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
NUMBER = re.compile(r"-?\d+(\.\d+)?")
AGREED = "OK"  # how a ticked consent is written
DEEPEST = 8
MOST_WRITTEN_OUT, LONGEST = 50, 2_000


class Claim(msgspec.Struct, frozen=True):
    """One thing about the answer to one question."""

    name: str
    sign: str
    value: str


class Joined(msgspec.Struct, frozen=True):
    """Several things, of which all or any must be so; `by` is 'and' or 'or'."""

    by: str
    parts: tuple["Claim | Joined", ...]


class Unspoken(ValueError):
    """An expression of another form than those that have words."""


def in_words(expression: str, told: Told) -> str:
    """What stands behind 'only if': in words where it is simple, else with question numbers."""
    try:
        return spoken(Reader(expression).whole(), told)
    except (Unspoken, RecursionError):
        return filled(told.words, "holds", expression=with_numbers(expression, told))


def with_numbers(expression: str, told: Told) -> str:
    """The expression with questions by number; what is worked out stands as it is worked out.

    Calculations that name each other many times are written out a few times only.
    """
    left = iter(range(MOST_WRITTEN_OUT))
    text = expand(expression, told, left)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def expand(expression: str, told: Told, left: Iterator[int], depth: int = 0) -> str:
    """The expression with questions by number, calculations in full as often as `left` lasts."""

    def called(match: re.Match[str]) -> str:
        name = match[1]
        if name in told.questions:
            return filled(told.words, "question", number=told.questions[name].number)
        if name in told.calculations and depth < DEEPEST and next(left, None) is not None:
            return f"({expand(told.calculations[name], told, left, depth + 1)})"
        return name

    return NAMED.sub(called, expression.strip())


class Reader:
    """Reads one expression from left to right; 'or' binds less than 'and'."""

    def __init__(self, expression: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        place = 0
        while match := TOKEN.match(expression, place):
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        if place < len(expression) or not self.tokens:
            raise Unspoken(expression)

    def take(self, *wanted: str) -> str:
        """The next token, which must be of a kind or stand as one of these."""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind not in wanted and text not in wanted:
            raise Unspoken(text)
        self.at += 1
        return text

    def next_is(self, *wanted: str) -> bool:
        return self.at < len(self.tokens) and bool({*self.tokens[self.at]} & {*wanted})

    def whole(self) -> Claim | Joined:
        found = self.joined("or", lambda: self.joined("and", self.one))
        if self.at < len(self.tokens):
            raise Unspoken(self.tokens[self.at][1])
        return found

    def joined(self, by: str, part: Callable[[], Claim | Joined]) -> Claim | Joined:
        found = [part()]
        while self.next_is(by):
            self.take(by)
            found.append(part())
        return found[0] if len(found) == 1 else Joined(by, tuple(found))

    def one(self) -> Claim | Joined:
        if self.next_is("("):
            self.take("(")
            found = self.joined("or", lambda: self.joined("and", self.one))
            self.take(")")
            return found
        if self.next_is("not"):
            return self.opposite()
        if self.next_is("selected"):
            self.take("selected")
            self.take("(")
            name = self.take("name")
            self.take(",")
            value = self.take("literal")
            self.take(")")
            return claim(name, "=", value)
        if self.next_is("name"):
            return claim(self.take("name"), self.take(*MIRRORED), self.take("literal"))
        value, sign = self.take("literal"), self.take(*MIRRORED)
        return claim(self.take("name"), MIRRORED[sign], value)

    def opposite(self) -> Claim:
        self.take("not")
        self.take("(")
        found = self.one()
        self.take(")")
        if not isinstance(found, Claim) or found.sign not in OPPOSITE:
            raise Unspoken("not")
        return msgspec.structs.replace(found, sign=OPPOSITE[found.sign])


def claim(name: str, sign: str, value: str) -> Claim:
    return Claim(NAMED.sub(r"\1", name), sign, value.strip("'\""))


def spoken(found: Claim | Joined, told: Told, within: str = "") -> str:
    if isinstance(found, Claim):
        return of_claim(found, told)
    if (options := one_of(found, told)) is not None:
        return options
    words = told.words[found.by].join(spoken(part, told, found.by) for part in found.parts)
    return f"({words})" if within and within != found.by else words


def one_of(found: Joined, told: Told) -> str | None:
    """Several boxes of one question in one breath; None where it is about more than that."""
    claims = [part for part in found.parts if isinstance(part, Claim) and part.sign == "="]
    names = {part.name for part in claims}
    if found.by != "or" or len(claims) < len(found.parts) or len(names) > 1:
        return None
    known = known_as(claims[0], told)
    if any(part.value not in known.options for part in claims):
        return None
    return ticked([known.options[part.value] for part in claims], known, told)


def ticked(options: list[str], known: Known, told: Told) -> str:
    text = told.words["or_quoted"].join(options)
    return filled(told.words, "ticked", option=text, number=known.number)


def known_as(one: Claim, told: Told) -> Known:
    if one.name not in told.questions:
        raise Unspoken(one.name)
    return told.questions[one.name]


def of_claim(one: Claim, told: Told) -> str:
    known = known_as(one, told)
    if one.sign in COMPARED:
        return of_comparison(one, known, told)
    no = "" if one.sign == "=" else "not_"
    if not one.value:
        key = "something" if no else "nothing"
    elif known.consent and one.value == AGREED:
        key = f"{no}agreed"
    elif known.options or known.consent:
        key = f"{no}ticked"
    else:
        key = f"{no}answered"
    if key.endswith("ticked") and one.value not in known.options:
        raise Unspoken(one.value)
    option = known.options.get(one.value, one.value)
    return filled(told.words, key, option=option, number=known.number)


def of_comparison(one: Claim, known: Known, told: Told) -> str:
    """More or less than a number; of an agreement, the boxes for which that is so."""
    if not NUMBER.fullmatch(one.value) or known.consent:
        raise Unspoken(one.value)
    if not known.options:
        values = {"comparison": told.words[one.sign], "option": one.value}
        return filled(told.words, "compared", number=known.number, **values)
    holds = COMPARED[one.sign]
    options = [
        text
        for name, text in known.options.items()
        if NUMBER.fullmatch(name) and holds(float(name), float(one.value))
    ]
    if not options:
        raise Unspoken(one.value)
    return ticked(options, known, told)
