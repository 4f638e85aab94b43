"""An instrument's conditions in words, for a person who holds a paper form."""

import operator
import re
from collections.abc import Callable, Iterator

import msgspec

from api.paper.numbering import NumberedForm, NumberedQuestion
from api.paper.words import filled_sentence

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


class AnswerClaim(msgspec.Struct, frozen=True):
    """A statement about the answer to one question."""

    name: str
    sign: str
    value: str


class JoinedClaims(msgspec.Struct, frozen=True):
    """Several statements of which all or any must hold; `by` is 'and' or 'or'."""

    by: str
    parts: tuple["AnswerClaim | JoinedClaims", ...]


class NoPlainWords(ValueError):
    """The expression is not of a form that can be put into words."""


def condition_in_words(expression: str, told: NumberedForm) -> str:
    """What follows 'only if': words if the expression is simple, else the expression with question
    numbers.
    """
    try:
        return claims_in_words(ConditionReader(expression).whole(), told)
    except (NoPlainWords, RecursionError):
        return filled_sentence(
            told.words, "holds", expression=expression_with_numbers(expression, told)
        )


def expression_with_numbers(expression: str, told: NumberedForm) -> str:
    """The expression with question numbers for names, and calculations written out.

    Calculations that refer to each other many times are written out only a few times.
    """
    left = iter(range(MOST_WRITTEN_OUT))
    text = expand_expression(expression, told, left)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def expand_expression(
    expression: str, told: NumberedForm, left: Iterator[int], depth: int = 0
) -> str:
    """The expression with question numbers, and calculations written out as long as `left`
    lasts.
    """

    def called(match: re.Match[str]) -> str:
        name = match[1]
        if name in told.questions:
            return filled_sentence(told.words, "question", number=told.questions[name].number)
        if name in told.calculations and depth < DEEPEST and next(left, None) is not None:
            return f"({expand_expression(told.calculations[name], told, left, depth + 1)})"
        return name

    return NAMED.sub(called, expression.strip())


class ConditionReader:
    """Parses one expression from left to right; 'and' binds more tightly than 'or'."""

    def __init__(self, expression: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        place = 0
        while match := TOKEN.match(expression, place):
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        if place < len(expression) or not self.tokens:
            raise NoPlainWords(expression)

    def take(self, *wanted: str) -> str:
        """The next token; raises unless it is of one of these kinds or is one of these words."""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind not in wanted and text not in wanted:
            raise NoPlainWords(text)
        self.at += 1
        return text

    def next_is(self, *wanted: str) -> bool:
        return self.at < len(self.tokens) and bool({*self.tokens[self.at]} & {*wanted})

    def whole(self) -> AnswerClaim | JoinedClaims:
        found = self.joined("or", lambda: self.joined("and", self.one))
        if self.at < len(self.tokens):
            raise NoPlainWords(self.tokens[self.at][1])
        return found

    def joined(
        self, by: str, part: Callable[[], AnswerClaim | JoinedClaims]
    ) -> AnswerClaim | JoinedClaims:
        found = [part()]
        while self.next_is(by):
            self.take(by)
            found.append(part())
        return found[0] if len(found) == 1 else JoinedClaims(by, tuple(found))

    def one(self) -> AnswerClaim | JoinedClaims:
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
            return parse_claim(name, "=", value)
        if self.next_is("name"):
            return parse_claim(self.take("name"), self.take(*MIRRORED), self.take("literal"))
        value, sign = self.take("literal"), self.take(*MIRRORED)
        return parse_claim(self.take("name"), MIRRORED[sign], value)

    def opposite(self) -> AnswerClaim:
        self.take("not")
        self.take("(")
        found = self.one()
        self.take(")")
        if not isinstance(found, AnswerClaim) or found.sign not in OPPOSITE:
            raise NoPlainWords("not")
        return msgspec.structs.replace(found, sign=OPPOSITE[found.sign])


def parse_claim(name: str, sign: str, value: str) -> AnswerClaim:
    return AnswerClaim(NAMED.sub(r"\1", name), sign, value.strip("'\""))


def claims_in_words(found: AnswerClaim | JoinedClaims, told: NumberedForm, within: str = "") -> str:
    if isinstance(found, AnswerClaim):
        return claim_in_words(found, told)
    if (options := options_in_words(found, told)) is not None:
        return options
    words = told.words[found.by].join(claims_in_words(part, told, found.by) for part in found.parts)
    return f"({words})" if within and within != found.by else words


def options_in_words(found: JoinedClaims, told: NumberedForm) -> str | None:
    """Several boxes of one question in one phrase; None if the statements are about anything
    else.
    """
    claims = [part for part in found.parts if isinstance(part, AnswerClaim) and part.sign == "="]
    names = {part.name for part in claims}
    if found.by != "or" or len(claims) < len(found.parts) or len(names) > 1:
        return None
    known = known_question(claims[0], told)
    if any(part.value not in known.options for part in claims):
        return None
    return ticked_in_words([known.options[part.value] for part in claims], known, told)


def ticked_in_words(options: list[str], known: NumberedQuestion, told: NumberedForm) -> str:
    text = told.words["or_quoted"].join(options)
    return filled_sentence(told.words, "ticked", option=text, number=known.number)


def known_question(one: AnswerClaim, told: NumberedForm) -> NumberedQuestion:
    if one.name not in told.questions:
        raise NoPlainWords(one.name)
    return told.questions[one.name]


def claim_in_words(one: AnswerClaim, told: NumberedForm) -> str:
    known = known_question(one, told)
    if one.sign in COMPARED:
        return comparison_in_words(one, known, told)
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
        raise NoPlainWords(one.value)
    option = known.options.get(one.value, one.value)
    return filled_sentence(told.words, key, option=option, number=known.number)


def comparison_in_words(one: AnswerClaim, known: NumberedQuestion, told: NumberedForm) -> str:
    """More or less than a number; for an agreement scale, the boxes for which that holds."""
    if not NUMBER.fullmatch(one.value) or known.consent:
        raise NoPlainWords(one.value)
    if not known.options:
        values = {"comparison": told.words[one.sign], "option": one.value}
        return filled_sentence(told.words, "compared", number=known.number, **values)
    holds = COMPARED[one.sign]
    options = [
        text
        for name, text in known.options.items()
        if NUMBER.fullmatch(name) and holds(float(name), float(one.value))
    ]
    if not options:
        raise NoPlainWords(one.value)
    return ticked_in_words(options, known, told)
