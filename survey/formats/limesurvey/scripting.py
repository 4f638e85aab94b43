"""LimeSurvey's expressions, such as `Q1.NAOK == "Y" && age > 17`, as XPath with ${name}."""

import re
from collections.abc import Callable, Mapping

from survey.formats.limesurvey.terms import (
    LimesurveyTerm,
    LimesurveyUnconvertible,
    LimesurveyVariable,
    answered_condition,
    as_condition,
    as_date_literal,
    box_condition,
    check_same_codes,
    in_brackets,
    negated_condition,
    negative_term,
    whole_pattern,
    xpath_literal,
)
from survey.formats.tokens import TokenReader

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
# Suffixes that mean the answer itself; others mean the text shown or an assessment score.
PLAIN_ENDINGS = ("", "NAOK", "code")
FUNCTIONS = {
    **{name: name for name in ("abs", "sqrt", "exp", "pow", "sin", "cos", "tan", "min", "max")},
    "ceil": "ceiling", "floor": "floor", "log": "log", "strlen": "string-length", "pi": "pi",
    "trim": "normalize-space", "intval": "int", "floatval": "number", "join": "concat",
    "implode": "join", "round": "round",
}  # fmt: skip
PLAIN_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")
DEEPEST, LONGEST, MOST_SIGNS = 20, 20_000, 300  # what the evaluator can take


class LimesurveyConverter(TokenReader):
    """Converts one expression; `known` are the variables behind the codes it may use."""

    wrong = LimesurveyUnconvertible

    def __init__(self, expression: str, known: Mapping[str, LimesurveyVariable]) -> None:
        if len(expression) > LONGEST:
            raise LimesurveyUnconvertible(f"it is longer than {LONGEST} characters")
        super().__init__(expression_tokens(expression))
        self.known = known
        self.depth = 0
        self.signs = 0

    def whole(self) -> LimesurveyTerm:
        if not self.tokens:
            raise LimesurveyUnconvertible("it is empty")
        found = self.level(0)
        if self.peek() == "=":
            raise LimesurveyUnconvertible("it sets an answer, which is not possible here")
        self.end()
        if self.signs > MOST_SIGNS:
            raise LimesurveyUnconvertible(f"it has more than {MOST_SIGNS} parts")
        return found

    def level(self, depth: int) -> LimesurveyTerm:
        if depth == len(LEVELS):
            return self.negated()
        left = self.level(depth + 1)
        while (sign := self.peek().lower()) in LEVELS[depth] and self.kind() in ("sign", "name"):
            self.take()
            self.signs += 1
            left = self.joined(depth, LEVELS[depth][sign], left, self.level(depth + 1))
        return left

    def joined(
        self, depth: int, sign: str, left: LimesurveyTerm, right: LimesurveyTerm
    ) -> LimesurveyTerm:
        left, right = as_date_literal(left, right), as_date_literal(right, left)
        if depth == EQUAL:
            return self.compared(sign, left, right)
        if depth == ORDERED or depth in COUNTED:
            self.must_count(left, right)
        if depth in BOOLEAN:
            left, right = as_condition(left), as_condition(right)
        return LimesurveyTerm(
            f"{in_brackets(left, depth)} {sign} {in_brackets(right, depth + 1)}", level=depth
        )

    def must_count(self, *terms: LimesurveyTerm) -> None:
        """Raise if one of the terms is text: LimeSurvey can add and order texts, XPath cannot."""
        check_same_codes(*terms)
        for term in terms:
            if term.literal is not None and not PLAIN_NUMBER.fullmatch(term.literal):
                raise LimesurveyUnconvertible(f"{term.literal!r} is not a number")

    def compared(self, sign: str, left: LimesurveyTerm, right: LimesurveyTerm) -> LimesurveyTerm:
        if right.variable and left.literal is not None:
            left, right = right, left
        variable, literal = left.variable, right.literal
        if variable is None or literal is None:
            return self.compared_plainly(sign, left, right)
        if variable.option:
            return box_condition(
                variable, wanted=(literal in ("Y", "1")) == (sign == "="), given=literal
            )
        if variable.codes and literal and literal not in variable.codes:
            raise LimesurveyUnconvertible(f"{literal!r} is not an answer to {variable.path}")
        name = variable.codes.get(literal, literal)
        number = not variable.codes and PLAIN_NUMBER.fullmatch(right.xpath)
        written = right.xpath if number else xpath_literal(name)
        return LimesurveyTerm(f"{variable.path} {sign} {written}", level=EQUAL)

    def compared_plainly(
        self, sign: str, left: LimesurveyTerm, right: LimesurveyTerm
    ) -> LimesurveyTerm:
        check_same_codes(left, right)
        sides = in_brackets(left, EQUAL), in_brackets(right, EQUAL + 1)
        return LimesurveyTerm(f"{sides[0]} {sign} {sides[1]}", level=EQUAL)

    def negated(self) -> LimesurveyTerm:
        if self.peek() == "!" or (self.kind() == "name" and self.peek().lower() == "not"):
            self.take()
            return negated_condition(self.nested(self.negated))
        if self.peek() in ("-", "+"):
            sign, found = self.take(), self.nested(self.negated)
            self.must_count(found)
            return negative_term(found) if sign == "-" else found
        return self.primary()

    def nested(self, read: Callable[[], LimesurveyTerm]) -> LimesurveyTerm:
        self.depth += 1
        if self.depth > DEEPEST:
            raise LimesurveyUnconvertible("it is nested too deeply")
        found = read()
        self.depth -= 1
        return found

    def primary(self) -> LimesurveyTerm:
        kind, found = self.kind(), self.take()
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", found[1:-1])
            return LimesurveyTerm(xpath_literal(text), literal=text)
        if kind == "number":
            return LimesurveyTerm(found, literal=found)
        if found == "(":
            inner = self.nested(lambda: self.level(0))
            self.take(")")
            return inner
        if kind == "name" and self.peek() == "(":
            return self.call(found)
        if kind in ("name", "code"):
            return self.variable(found)
        raise LimesurveyUnconvertible(f"it has {found!r} where a value should be")

    def variable(self, written: str) -> LimesurveyTerm:
        code, _, ending = written.removeprefix("INSERTANS:").partition(".")
        if ending not in PLAIN_ENDINGS:
            raise LimesurveyUnconvertible(
                f"it asks for .{ending} of {code}, which is not stored here"
            )
        variable = self.known.get(code)
        if variable is None:
            raise LimesurveyUnconvertible(f"it asks for {code}, which is not here")
        if variable.option:
            chosen = f"selected({variable.path}, {xpath_literal(variable.option)})"
            return LimesurveyTerm(chosen, variable)
        return LimesurveyTerm(variable.path, variable)

    def call(self, name: str) -> LimesurveyTerm:
        given = self.arguments()
        if name in ("is_empty", "empty") and len(given) == 1:
            return negated_condition(answered_condition(given[0]))
        if name == "if" and len(given) == 3:
            test, *values = as_condition(given[0]), *given[1:]
            check_same_codes(*values)
            return LimesurveyTerm(f"if({test.xpath}, {', '.join(one.xpath for one in values)})")
        if name == "regexMatch" and len(given) == 2 and given[0].literal is not None:
            return LimesurveyTerm(
                f"regex({given[1].xpath}, {xpath_literal(whole_pattern(given[0].literal))})"
            )
        if name == "count" and given:
            return LimesurveyTerm(
                " + ".join(f"number({answered_condition(one).xpath})" for one in given), level=SUM
            )
        if name == "sum" and given:
            self.must_count(*given)
            parts = [f"coalesce({one.xpath}, 0)" for one in given]
            return LimesurveyTerm(" + ".join(parts), level=SUM)
        if name == "substr" and len(given) in (2, 3):
            self.must_count(*given[1:])
            text, start, *size = (in_brackets(one, SUM) for one in given)
            ends = [f"{start} + {one}" for one in size]
            return LimesurveyTerm(f"substr({', '.join([text, start, *ends])})")
        if name not in FUNCTIONS:
            raise LimesurveyUnconvertible(f"it uses {name}(), which has no equivalent here")
        check_same_codes(*given)
        return LimesurveyTerm(f"{FUNCTIONS[name]}({', '.join(one.xpath for one in given)})")

    def arguments(self) -> list[LimesurveyTerm]:
        self.take("(")
        given: list[LimesurveyTerm] = []
        while self.peek() != ")":
            given.append(self.nested(lambda: self.level(0)))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return given


def expression_tokens(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise LimesurveyUnconvertible(
                f"it cannot be read from {text[at : at + 20].strip()!r} on"
            )
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


def to_xpath(expression: str, known: Mapping[str, LimesurveyVariable], *, test: bool = True) -> str:
    """The expression as XPath; `test` if it is used as a condition."""
    text = expression.strip()
    if text.startswith("{") and text.endswith("}") and text.count("{") == 1:
        text = text[1:-1]
    found = LimesurveyConverter(text, known).whole()
    return as_condition(found).xpath if test else found.xpath
