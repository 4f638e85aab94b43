"""Converts SurveyJS conditions to XPath of XForms, with ${name} for an answer."""

import re
from collections.abc import Callable

import msgspec

from survey.formats.surveyjs.functions import function_term
from survey.formats.surveyjs.terms import (
    ADDED,
    ALONE,
    AND,
    COMPARING,
    EQUAL,
    MULTIPLIED,
    OR,
    WHOLE,
    Literal,
    SurveyjsEntry,
    SurveyjsTerm,
    SurveyjsUnconvertible,
    as_condition,
    in_brackets,
    is_empty_term,
    plus_term,
    term_text,
)
from survey.formats.tokens import TokenReader, split_tokens

MOST_DEPTH = 40
Find = Callable[[str], SurveyjsEntry | None]
Within = Callable[[str, str], SurveyjsEntry | None]
TOKEN = re.compile(
    r"""\s*(?:
    (?P<name>\{[^{}]+\})
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\|\||&&|==|!=|<>|<=|>=|\*=|[=<>+\-*/%^!()\[\],])
)""",
    re.VERBOSE,
)


class SurveyjsConverter(TokenReader):
    """Converts one expression, reading it from left to right."""

    wrong = SurveyjsUnconvertible

    def __init__(
        self,
        find: Find,
        within: Within,
        own: SurveyjsEntry | None = None,
        item: SurveyjsEntry | None = None,
    ) -> None:
        self.find = find
        self.within = within
        self.own = own  # the question whose answer is '.'
        self.item = item  # the question whose options are filtered, by name
        super().__init__([])
        self.depth = 0

    def condition(self, given: str) -> str:
        return term_text(as_condition(self.whole(given)))

    def value(self, given: str) -> str:
        return term_text(self.whole(given))

    def whole(self, given: str) -> SurveyjsTerm:
        super().__init__(split_tokens(given, TOKEN, SurveyjsUnconvertible))
        term = self.either()
        self.end()
        return term

    def takes(self, *wanted: str) -> str:
        """Take the next token if it is one of these operators, in any case; '' if not."""
        found = self.peek().lower()
        if self.kind() in ("sign", "word") and found in wanted:
            self.at += 1
            return found
        return ""

    def either(self) -> SurveyjsTerm:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise SurveyjsUnconvertible("it is nested too deeply")
        left = self.all_of()
        while self.takes("or", "||"):
            right = self.all_of()
            left = SurveyjsTerm(
                f"{in_brackets(as_condition(left), OR)} or {in_brackets(as_condition(right), AND)}",
                OR,
            )
        self.depth -= 1
        return left

    def all_of(self) -> SurveyjsTerm:
        left = self.compared()
        while self.takes("and", "&&"):
            right = self.compared()
            left = SurveyjsTerm(
                f"{in_brackets(as_condition(left), AND)} and "
                f"{in_brackets(as_condition(right), EQUAL)}",
                AND,
            )
        return left

    def compared(self) -> SurveyjsTerm:
        left = self.added()
        while sign := self.takes(*COMPARING, *ALONE):
            if sign in ALONE:
                left = is_empty_term(left, ALONE[sign])
            else:
                left = COMPARING[sign](left, self.added())
        return left

    def added(self) -> SurveyjsTerm:
        left = self.multiplied()
        while sign := self.takes("+", "-"):
            left = plus_term(left, sign, self.multiplied())
        return left

    def multiplied(self) -> SurveyjsTerm:
        left = self.power()
        while sign := self.takes("*", "/", "%"):
            right, name = self.power(), {"*": "*", "/": "div", "%": "mod"}[sign]
            left = SurveyjsTerm(
                f"{in_brackets(left, MULTIPLIED)} {name} {in_brackets(right, WHOLE)}", MULTIPLIED
            )
        return left

    def power(self) -> SurveyjsTerm:
        left = self.single()
        while self.takes("^", "power"):
            left = SurveyjsTerm(f"pow({term_text(left)}, {term_text(self.single())})")
        return left

    def single(self) -> SurveyjsTerm:
        if self.takes("!", "not", "negate"):
            return SurveyjsTerm(f"not({term_text(as_condition(self.nested(self.single)))})")
        if self.takes("-"):
            one = self.nested(self.single)
            if isinstance(one.literal, float):
                return SurveyjsTerm(literal=-one.literal)
            return SurveyjsTerm(f"0 - {in_brackets(one, MULTIPLIED)}", ADDED)
        kind, found = self.kind(), self.take()
        if kind == "name":
            return self.named(found[1:-1].strip())
        if kind == "text":
            return SurveyjsTerm(literal=re.sub(r"\\(.)", r"\1", found[1:-1]))
        if kind == "number":
            return SurveyjsTerm(literal=float(found))
        if found == "(":
            term = self.either()
            self.take(")")
            return term
        if found == "[":
            return SurveyjsTerm(items=self.terms_until("]"))
        if kind != "word":
            raise SurveyjsUnconvertible(f"it has “{found}” where a value should be")
        return self.word(found)

    def nested(self, read: Callable[[], SurveyjsTerm]) -> SurveyjsTerm:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise SurveyjsUnconvertible("it is nested too deeply")
        term = read()
        self.depth -= 1
        return term

    def terms_until(self, end: str) -> list[SurveyjsTerm]:
        terms: list[SurveyjsTerm] = []
        while self.peek() != end:
            terms.append(self.either())
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return terms

    def word(self, found: str) -> SurveyjsTerm:
        if self.peek() == "(":
            self.take()
            return function_term(found, self.terms_until(")"), self.within)
        known: dict[str, Literal] = {"true": True, "false": False, "null": "", "undefined": ""}
        return SurveyjsTerm(literal=known.get(found.lower(), found))

    def named(self, given: str) -> SurveyjsTerm:
        if given in ("item", "choice") and self.item is not None:
            return SurveyjsTerm("name", entry=msgspec.structs.replace(self.item, kind="value"))
        entry = self.find(given)
        if entry is not None and entry == self.own:
            return SurveyjsTerm(".", entry=entry)
        if entry is None and given.endswith(".length"):
            return self.length(given.removesuffix(".length"))
        if entry is None:
            raise SurveyjsUnconvertible(f"there is no answer “{given}” here")
        return SurveyjsTerm(f"${{{entry.name}}}", entry=entry)

    def length(self, given: str) -> SurveyjsTerm:
        entry = self.find(given)
        counts = {"repeat": "count", "choices": "count-selected", "value": "string-length"}
        if entry is None or entry.kind not in counts:
            raise SurveyjsUnconvertible(f"there is no answer “{given}” whose length is known here")
        return SurveyjsTerm(f"{counts[entry.kind]}(${{{entry.name}}})")
