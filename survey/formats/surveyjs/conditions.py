"""The condition language of SurveyJS as XPath of XForms, with ${name} for an answer."""

import re
from collections.abc import Callable

import msgspec

from survey.formats.surveyjs.functions import called
from survey.formats.surveyjs.terms import (
    ADDED,
    ALONE,
    AND,
    COMPARING,
    EQUAL,
    MULTIPLIED,
    OR,
    WHOLE,
    Entry,
    Literal,
    Term,
    Unconvertible,
    empty,
    held,
    plus,
    truth,
    written,
)
from survey.formats.tokens import Tokens

MOST_DEPTH = 40
Find = Callable[[str], Entry | None]
Within = Callable[[str, str], Entry | None]
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


def tokens_of(given: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, given.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Unconvertible(f"it cannot be read from “{text[at : at + 20]}” on")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class Converter(Tokens):
    """Reads one expression from left to right."""

    wrong = Unconvertible

    def __init__(
        self,
        find: Find,
        within: Within,
        own: Entry | None = None,
        item: Entry | None = None,
    ) -> None:
        self.find = find
        self.within = within
        self.own = own  # whose answer is asked for: '.'
        self.item = item  # whose options are sorted, by their names
        super().__init__([])
        self.depth = 0

    def condition(self, given: str) -> str:
        return written(truth(self.whole(given)))

    def value(self, given: str) -> str:
        return written(self.whole(given))

    def whole(self, given: str) -> Term:
        self.tokens, self.at = tokens_of(given), 0
        term = self.either()
        self.end()
        return term

    def takes(self, *wanted: str) -> str:
        """The next found where it is one of these operators, which are spelled in any case."""
        found = self.peek().lower()
        if self.kind() in ("sign", "word") and found in wanted:
            self.at += 1
            return found
        return ""

    def either(self) -> Term:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Unconvertible("it is nested too deeply")
        left = self.all_of()
        while self.takes("or", "||"):
            right = self.all_of()
            left = Term(f"{held(truth(left), OR)} or {held(truth(right), AND)}", OR)
        self.depth -= 1
        return left

    def all_of(self) -> Term:
        left = self.compared()
        while self.takes("and", "&&"):
            right = self.compared()
            left = Term(f"{held(truth(left), AND)} and {held(truth(right), EQUAL)}", AND)
        return left

    def compared(self) -> Term:
        left = self.added()
        while sign := self.takes(*COMPARING, *ALONE):
            if sign in ALONE:
                left = empty(left, ALONE[sign])
            else:
                left = COMPARING[sign](left, self.added())
        return left

    def added(self) -> Term:
        left = self.multiplied()
        while sign := self.takes("+", "-"):
            left = plus(left, sign, self.multiplied())
        return left

    def multiplied(self) -> Term:
        left = self.power()
        while sign := self.takes("*", "/", "%"):
            right, name = self.power(), {"*": "*", "/": "div", "%": "mod"}[sign]
            left = Term(f"{held(left, MULTIPLIED)} {name} {held(right, WHOLE)}", MULTIPLIED)
        return left

    def power(self) -> Term:
        left = self.single()
        while self.takes("^", "power"):
            left = Term(f"pow({written(left)}, {written(self.single())})")
        return left

    def single(self) -> Term:
        if self.takes("!", "not", "negate"):
            return Term(f"not({written(truth(self.nested(self.single)))})")
        if self.takes("-"):
            one = self.nested(self.single)
            if isinstance(one.literal, float):
                return Term(literal=-one.literal)
            return Term(f"0 - {held(one, MULTIPLIED)}", ADDED)
        kind, found = self.kind(), self.take()
        if kind == "name":
            return self.named(found[1:-1].strip())
        if kind == "text":
            return Term(literal=re.sub(r"\\(.)", r"\1", found[1:-1]))
        if kind == "number":
            return Term(literal=float(found))
        if found == "(":
            term = self.either()
            self.take(")")
            return term
        if found == "[":
            return Term(items=self.terms_until("]"))
        if kind != "word":
            raise Unconvertible(f"it has “{found}” where a value should be")
        return self.word(found)

    def nested(self, read: Callable[[], Term]) -> Term:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Unconvertible("it is nested too deeply")
        term = read()
        self.depth -= 1
        return term

    def terms_until(self, end: str) -> list[Term]:
        terms: list[Term] = []
        while self.peek() != end:
            terms.append(self.either())
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return terms

    def word(self, found: str) -> Term:
        if self.peek() == "(":
            self.take()
            return called(found, self.terms_until(")"), self.within)
        known: dict[str, Literal] = {"true": True, "false": False, "null": "", "undefined": ""}
        return Term(literal=known.get(found.lower(), found))

    def named(self, given: str) -> Term:
        if given in ("item", "choice") and self.item is not None:
            return Term("name", entry=msgspec.structs.replace(self.item, kind="value"))
        entry = self.find(given)
        if entry is not None and entry == self.own:
            return Term(".", entry=entry)
        if entry is None and given.endswith(".length"):
            return self.length(given.removesuffix(".length"))
        if entry is None:
            raise Unconvertible(f"there is no answer “{given}” here")
        return Term(f"${{{entry.name}}}", entry=entry)

    def length(self, given: str) -> Term:
        entry = self.find(given)
        counts = {"repeat": "count", "choices": "count-selected", "value": "string-length"}
        if entry is None or entry.kind not in counts:
            raise Unconvertible(f"there is no answer “{given}” whose length is known here")
        return Term(f"{counts[entry.kind]}(${{{entry.name}}})")
