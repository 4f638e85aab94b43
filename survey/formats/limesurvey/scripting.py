"""LimeSurvey's expressions, such as `Q1.NAOK == "Y" && age > 17`, as XPath with ${name}."""

import re
from collections.abc import Callable, Mapping

from survey.formats.limesurvey.terms import (
    Term,
    Unconvertible,
    Variable,
    filled,
    must_be_same,
    opposite,
    pattern_of,
    quoted,
    refused,
    ticked,
    truth,
    with_day,
    within,
)
from survey.formats.tokens import Tokens

TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<code>\d+X\d+X\d+\w*(?:\#\d)?(?:\.[A-Za-z]+)?)
  | (?P<number>\d+(?:\.\d+)?|\.\d+)
  | (?P<name>(?:TOKEN|INSERTANS):[\w.\#]+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[!<>=+*/(),-])
)""",
    re.VERBOSE,
)
LEVELS: tuple[dict[str, str], ...] = (
    {"||": "or", "or": "or"},
    {"&&": "and", "and": "and"},
    {"==": "=", "eq": "=", "!=": "!=", "ne": "!="},
    {"<": "<", "lt": "<", "<=": "<=", "le": "<=", ">": ">", "gt": ">", ">=": ">=", "ge": ">="},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "div"},
)
BOOLEAN, EQUAL, ORDERED, SUM, COUNTED = (0, 1), 2, 3, 4, (4, 5)
# What each ending of a code asks for; the others ask for what is shown, or for an answer's score.
PLAIN_ENDINGS = ("", "NAOK", "code")
FUNCTIONS = {
    **{name: name for name in ("abs", "sqrt", "exp", "pow", "sin", "cos", "tan", "min", "max")},
    "ceil": "ceiling", "floor": "floor", "log": "log", "strlen": "string-length", "pi": "pi",
    "trim": "normalize-space", "intval": "int", "floatval": "number", "join": "concat",
    "implode": "join", "round": "round",
}  # fmt: skip
PLAIN_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")
DEEPEST, LONGEST, MOST_SIGNS = 20, 20_000, 300  # what the engine of conditions can take


class Converter(Tokens):
    """Reads one expression; `known` says what the codes stand for."""

    wrong = Unconvertible

    def __init__(self, expression: str, known: Mapping[str, Variable]) -> None:
        if len(expression) > LONGEST:
            raise Unconvertible(f"it is longer than {LONGEST} characters")
        super().__init__(tokens_of(expression))
        self.known = known
        self.depth = 0
        self.signs = 0

    def whole(self) -> Term:
        if not self.tokens:
            raise Unconvertible("it is empty")
        found = self.level(0)
        if self.peek() == "=":
            raise Unconvertible("it sets an answer, which is not possible here")
        self.end()
        if self.signs > MOST_SIGNS:
            raise Unconvertible(f"it has more than {MOST_SIGNS} parts")
        return found

    def level(self, depth: int) -> Term:
        if depth == len(LEVELS):
            return self.negated()
        left = self.level(depth + 1)
        while (sign := self.peek().lower()) in LEVELS[depth] and self.kind() in ("sign", "name"):
            self.take()
            self.signs += 1
            left = self.joined(depth, LEVELS[depth][sign], left, self.level(depth + 1))
        return left

    def joined(self, depth: int, sign: str, left: Term, right: Term) -> Term:
        left, right = with_day(left, right), with_day(right, left)
        if depth == EQUAL:
            return self.compared(sign, left, right)
        if depth == ORDERED or depth in COUNTED:
            self.must_count(left, right)
        if depth in BOOLEAN:
            left, right = truth(left), truth(right)
        return Term(f"{within(left, depth)} {sign} {within(right, depth + 1)}", level=depth)

    def must_count(self, *terms: Term) -> None:
        """LimeSurvey joins and orders words too, XPath counts only."""
        must_be_same(*terms)
        for term in terms:
            if term.literal is not None and not PLAIN_NUMBER.fullmatch(term.literal):
                raise Unconvertible(f"{term.literal!r} is not a number")

    def compared(self, sign: str, left: Term, right: Term) -> Term:
        if right.variable and left.literal is not None:
            left, right = right, left
        variable, literal = left.variable, right.literal
        if variable is None or literal is None:
            return self.compared_plainly(sign, left, right)
        if variable.option:
            return ticked(variable, wanted=(literal in ("Y", "1")) == (sign == "="), given=literal)
        if variable.codes and literal and literal not in variable.codes:
            raise Unconvertible(f"{literal!r} is not an answer to {variable.path}")
        name = variable.codes.get(literal, literal)
        number = not variable.codes and PLAIN_NUMBER.fullmatch(right.xpath)
        written = right.xpath if number else quoted(name)
        return Term(f"{variable.path} {sign} {written}", level=EQUAL)

    def compared_plainly(self, sign: str, left: Term, right: Term) -> Term:
        must_be_same(left, right)
        sides = within(left, EQUAL), within(right, EQUAL + 1)
        return Term(f"{sides[0]} {sign} {sides[1]}", level=EQUAL)

    def negated(self) -> Term:
        if self.peek() == "!" or (self.kind() == "name" and self.peek().lower() == "not"):
            self.take()
            return refused(self.nested(self.negated))
        if self.peek() in ("-", "+"):
            sign, found = self.take(), self.nested(self.negated)
            self.must_count(found)
            return opposite(found) if sign == "-" else found
        return self.primary()

    def nested(self, read: Callable[[], Term]) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unconvertible("it is nested too deeply")
        found = read()
        self.depth -= 1
        return found

    def primary(self) -> Term:
        kind, found = self.kind(), self.take()
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", found[1:-1])
            return Term(quoted(text), literal=text)
        if kind == "number":
            return Term(found, literal=found)
        if found == "(":
            inner = self.nested(lambda: self.level(0))
            self.take(")")
            return inner
        if kind == "name" and self.peek() == "(":
            return self.call(found)
        if kind in ("name", "code"):
            return self.variable(found)
        raise Unconvertible(f"it has {found!r} where a value should be")

    def variable(self, written: str) -> Term:
        code, _, ending = written.removeprefix("INSERTANS:").partition(".")
        if ending not in PLAIN_ENDINGS:
            raise Unconvertible(f"it asks for .{ending} of {code}, which is not stored here")
        variable = self.known.get(code)
        if variable is None:
            raise Unconvertible(f"it asks for {code}, which is not here")
        if variable.option:
            chosen = f"selected({variable.path}, {quoted(variable.option)})"
            return Term(chosen, variable)
        return Term(variable.path, variable)

    def call(self, name: str) -> Term:
        given = self.arguments()
        if name in ("is_empty", "empty") and len(given) == 1:
            return refused(filled(given[0]))
        if name == "if" and len(given) == 3:
            test, *values = truth(given[0]), *given[1:]
            must_be_same(*values)
            return Term(f"if({test.xpath}, {', '.join(one.xpath for one in values)})")
        if name == "regexMatch" and len(given) == 2 and given[0].literal is not None:
            return Term(f"regex({given[1].xpath}, {quoted(pattern_of(given[0].literal))})")
        if name == "count" and given:
            return Term(" + ".join(f"number({filled(one).xpath})" for one in given), level=SUM)
        if name == "sum" and given:
            self.must_count(*given)
            parts = [f"coalesce({one.xpath}, 0)" for one in given]
            return Term(" + ".join(parts), level=SUM)
        if name == "substr" and len(given) in (2, 3):
            self.must_count(*given[1:])
            text, start, *size = (within(one, SUM) for one in given)
            ends = [f"{start} + {one}" for one in size]
            return Term(f"substr({', '.join([text, start, *ends])})")
        if name not in FUNCTIONS:
            raise Unconvertible(f"it uses {name}(), which has no equivalent here")
        must_be_same(*given)
        return Term(f"{FUNCTIONS[name]}({', '.join(one.xpath for one in given)})")

    def arguments(self) -> list[Term]:
        self.take("(")
        given: list[Term] = []
        while self.peek() != ")":
            given.append(self.nested(lambda: self.level(0)))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return given


def tokens_of(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Unconvertible(f"it cannot be read from {text[at : at + 20].strip()!r} on")
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


def converted(expression: str, known: Mapping[str, Variable], *, test: bool = True) -> str:
    """The expression as XPath; `test` where it is asked as a condition."""
    text = expression.strip()
    if text.startswith("{") and text.endswith("}") and text.count("{") == 1:
        text = text[1:-1]
    found = Converter(text, known).whole()
    return truth(found).xpath if test else found.xpath
