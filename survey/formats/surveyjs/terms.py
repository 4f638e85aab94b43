"""What stands in a condition of SurveyJS, and how its operators are written in XPath.

What an operand is decides how it is written: options by the names that they have here, a day
as a day, several answers by what is selected among them.
"""

import re
from collections.abc import Callable

import msgspec

Literal = str | float | bool | None
ISO = re.compile(r"\d{4}-\d\d-\d\d")
# How tightly what is written holds together, the loosest first.
OR, AND, EQUAL, RELATED, ADDED, MULTIPLIED, WHOLE = range(7)
MANY = "many"


class Unconvertible(ValueError):
    """An expression that has no counterpart; the sentence says why."""


class Entry(msgspec.Struct, frozen=True):
    """Somebody a condition may name; `options` are what answers are called there and here."""

    name: str
    kind: str = "value"
    options: dict[str, str] = {}
    parts: tuple[str, ...] = ()


class Term(msgspec.Struct):
    """Something read: written already, or a literal or list whose writing depends on the other."""

    text: str = ""
    level: int = WHOLE
    entry: Entry | None = None
    literal: Literal = None
    items: list["Term"] | None = None

    def is_literal(self) -> bool:
        return not self.text and self.items is None


def quoted(text: str) -> str:
    if "${" in text:
        raise Unconvertible("a text with “${” cannot be part of a condition here")
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    raise Unconvertible("a text with both kinds of quotation marks cannot be compared here")


def key_of(literal: Literal) -> str:
    """A literal as the name of an option."""
    if isinstance(literal, bool):
        return "true" if literal else "false"
    if isinstance(literal, float):
        return number_of(literal)
    return literal or ""


def number_of(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def written(term: Term, other: Entry | None = None) -> str:
    """A term as a value, beside another that it is compared with."""
    if term.items is not None:
        raise Unconvertible("it has a list where one value is needed")
    if term.entry is not None and term.entry.kind == MANY:
        raise Unconvertible(f"“{term.entry.name}” has several answers here")
    if term.text:
        return term.text
    literal = term.literal
    if other is not None and other.options:
        return quoted(other.options.get(key_of(literal), key_of(literal)))
    if isinstance(literal, bool):
        return "true()" if literal else "false()"
    if isinstance(literal, float):
        return number_of(literal)
    if other is not None and other.kind == "day" and ISO.fullmatch(literal or ""):
        return f"date('{literal}')"
    return quoted(literal or "")


def held(term: Term, level: int, other: Entry | None = None) -> str:
    """A term in parentheses where it would fall apart beside a tighter operator."""
    text = written(term, other)
    return f"({text})" if term.level < level else text


def truth(term: Term) -> Term:
    """A term that stands alone, as a condition."""
    if term.entry is not None and term.entry.options.get("true"):
        return Term(f"{written(term)} = {quoted(term.entry.options['true'])}", EQUAL)
    if term.entry is not None and term.entry.kind != "calculated":
        return Term(f"{written(term)} != ''", EQUAL)
    return term if term.text else Term(written(term))


def empty(term: Term, sign: str) -> Term:
    """Whether there is no answer, '=' or '!='."""
    entry = term.entry
    if entry is not None and entry.kind == "repeat":
        return Term(f"count({term.text}) {sign} 0", EQUAL)
    if entry is not None and entry.kind == MANY and entry.parts:
        parts = ", ".join(f"${{{name}}}" for name in entry.parts)
        return Term(f"coalesce({parts}, '') {sign} ''", EQUAL)
    text = written(term)
    return Term(f"{text if term.level == WHOLE else f'string({text})'} {sign} ''", EQUAL)


def plus(left: Term, sign: str, right: Term) -> Term:
    worded = [isinstance(one.literal, str) and one.is_literal() for one in (left, right)]
    if sign == "+" and any(worded):
        return Term(f"concat({written(left)}, {written(right)})")
    return Term(f"{held(left, ADDED)} {sign} {held(right, MULTIPLIED)}", ADDED)


def equal(sign: str) -> Callable[[Term, Term], Term]:
    def compare(left: Term, right: Term) -> Term:
        if left.items is not None:
            left, right = right, left
        if right.items is not None:
            chosen = selected(left, right, " and ")
            alike = f"count-selected({written(left)}) = {len(right.items)} and {chosen}"
            return Term(alike, AND) if sign == "=" else Term(f"not({alike})")
        texts = held(left, RELATED, right.entry), held(right, RELATED, left.entry)
        return Term(f"{texts[0]} {sign} {texts[1]}", EQUAL)

    return compare


def related(sign: str) -> Callable[[Term, Term], Term]:
    def compare(left: Term, right: Term) -> Term:
        texts = held(left, ADDED, by_size(right.entry)), held(right, ADDED, by_size(left.entry))
        return Term(f"{texts[0]} {sign} {texts[1]}", RELATED)

    return compare


def by_size(entry: Entry | None) -> Entry | None:
    """Options that are compared by size are numbers, whatever they are called."""
    numbered = entry is not None and all(name == key for key, name in entry.options.items())
    return msgspec.structs.replace(entry, options={}) if entry and numbered else entry


def selected(left: Term, right: Term, joined: str) -> str:
    """Whether options are among the answers."""
    if left.items is not None or right.entry is not None:
        left, right = right, left
    items = right.items if right.items is not None else [right]
    if not items:
        raise Unconvertible("it has an empty list")
    text = written(left)
    each = [f"selected({text}, {written(one, left.entry)})" for one in items]
    return joined.join(each)


def among(joined: str, *, negated: bool = False) -> Callable[[Term, Term], Term]:
    def compare(left: Term, right: Term) -> Term:
        text = selected(left, right, joined)
        if negated:
            return Term(f"not({text})")
        several = right.items is not None and len(right.items) > 1
        return Term(text, (OR if joined == " or " else AND) if several else WHOLE)

    return compare


def partly(left: Term, entry: Entry, part: str) -> list[str]:
    """Whether the value of the option that was chosen has this part, by the options that have."""
    names = [name for key, name in entry.options.items() if part and part in key]
    return [f"{written(left)} = {quoted(name)}" for name in names]


def containing(*, negated: bool = False) -> Callable[[Term, Term], Term]:
    """Among several answers, an answer; within a text or the value of one choice, a part of it."""

    def compare(left: Term, right: Term) -> Term:
        if left.entry is not None and left.entry.kind == "choice" and right.is_literal():
            texts = partly(left, left.entry, key_of(right.literal))
            text = " or ".join(texts) or "false()"
            level = OR if texts[1:] else EQUAL
            return Term(f"not({text})", WHOLE) if negated else Term(text, level)
        if right.items is not None or (left.entry is not None and left.entry.options):
            return among(" and ", negated=negated)(left, right)
        text = f"contains({written(left)}, {written(right)})"
        return Term(f"not({text})" if negated else text)

    return compare


ALONE = {"empty": "=", "notempty": "!="}
COMPARING: dict[str, Callable[[Term, Term], Term]] = {
    **dict.fromkeys(("=", "==", "equal"), equal("=")),
    **dict.fromkeys(("!=", "<>", "notequal"), equal("!=")),
    **dict.fromkeys(("<", "less"), related("<")),
    **dict.fromkeys(("<=", "lessorequal"), related("<=")),
    **dict.fromkeys((">", "greater"), related(">")),
    **dict.fromkeys((">=", "greaterorequal"), related(">=")),
    **dict.fromkeys(("contains", "contain", "*="), containing()),
    **dict.fromkeys(("notcontains", "notcontain"), containing(negated=True)),
    "anyof": among(" or "),
    "allof": among(" and "),
    "noneof": among(" or ", negated=True),
}
