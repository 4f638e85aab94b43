"""LimeSurvey's expressions as XPath: pieces of it, and the reader that puts them together."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from survey.formats.expressions.values import compiled_pattern
from survey.formats.foreign import (
    ADDED,
    AND,
    EQUAL,
    MULTIPLIED,
    OR,
    RELATED,
    WHOLE,
    ForeignReader,
    Unconvertible,
)
from survey.surveys.expressions import split_tokens

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OTHER = "-oth-"  # the free-text option, which is never counted or ordered


@dataclass(frozen=True)
class LimesurveyVariable:
    """What a code refers to: a path, and for each answer code the option name used here.

    `option` is set if the variable is one check box of a question with several answers.
    """

    path: str
    codes: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    dated: bool = False


@dataclass(frozen=True)
class LimesurveyTerm:
    """A piece of XPath; if it is nothing but a variable or a literal, the field of that name is
    set.
    """

    xpath: str
    variable: LimesurveyVariable | None = None
    literal: str | None = None
    denied: "LimesurveyTerm | None" = None  # the term that this negates
    level: int = WHOLE


def xpath_literal(text: str) -> str:
    """A text as an XPath literal, which has no escapes."""
    if "${" in text or ("'" in text and '"' in text):
        raise Unconvertible(f"the text {text!r} cannot be written in an expression here")
    return f'"{text}"' if "'" in text else f"'{text}'"


def in_brackets(term: LimesurveyTerm, level: int = WHOLE) -> str:
    """The term, in brackets if it binds less tightly than this level."""
    return term.xpath if term.level >= level else f"({term.xpath})"


def joined_terms(
    level: int, sign: str, left: LimesurveyTerm, right: LimesurveyTerm
) -> LimesurveyTerm:
    text = f"{in_brackets(left, level)} {sign} {in_brackets(right, level + 1)}"
    return LimesurveyTerm(text, level=level)


def check_same_codes(*terms: LimesurveyTerm) -> None:
    """Raise if an answer has a different code here: calculating with it or showing it would be
    wrong.
    """
    for term in terms:
        variable = term.variable
        if variable and (
            variable.option
            or any(code not in (name, OTHER) for code, name in variable.codes.items())
        ):
            raise Unconvertible(f"the answers to {variable.path} have other codes here")


def as_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    """The term as a condition: a variable alone tests for an answer other than '' and '0'."""
    if term.variable and not term.variable.option:
        # In PHP the text '0' is false too.
        return LimesurveyTerm(f"{term.xpath} != '' and {term.xpath} != '0'", level=AND)
    return term


def answered_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    if term.variable and term.variable.option:
        return term
    return LimesurveyTerm(f"{in_brackets(term)} != ''", level=EQUAL)


def negated_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    # Two negations cancel out: paper puts only simple conditions into words.
    if term.denied:
        return as_condition(term.denied)
    xpath = as_condition(term).xpath
    if match := re.fullmatch(r"(\$\{[\w.-]+\}|\.) (!?=) ''", xpath):
        return LimesurveyTerm(f"{match[1]} {'=' if match[2] == '!=' else '!='} ''", level=EQUAL)
    return LimesurveyTerm(f"not({xpath})", denied=term)


def whole_pattern(written: str) -> str:
    """The pattern between slashes, rewritten for a test that has to match the whole answer."""
    match = re.fullmatch(r"\s*/(.*)/([a-zA-Z]*)\s*", written, re.DOTALL)
    # RE2 reads text as Unicode anyway; other flags would change what matches.
    if match is None or set(match[2]) - set("iu"):
        raise Unconvertible(f"the pattern {written} cannot be read")
    inner, ahead = match[1].replace(r"\/", "/"), "(?i)" if "i" in match[2] else ""
    if compiled_pattern(inner) is None:
        raise Unconvertible(f"the pattern {written} cannot be read")
    # With '|' the anchors may belong to single branches, so the pattern stays whole.
    if re.fullmatch(r"\^[^|]*[^|\\]\$", inner):
        return ahead + inner[1:-1]
    # Not '.*', which stops at a line break.
    return f"{ahead}[\\s\\S]*(?:{inner})[\\s\\S]*"


def as_date_literal(term: LimesurveyTerm, other: LimesurveyTerm) -> LimesurveyTerm:
    """A date in quotation marks as a date, if it is used with a date question."""
    if other.variable and other.variable.dated and term.literal and DAY.match(term.literal):
        return LimesurveyTerm(f"date({xpath_literal(term.literal[:10])})")
    return term


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
XPATH_SIGNS = {
    "||": "or", "&&": "and", "==": "=", "eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "/": "div",
}  # fmt: skip
# Suffixes that mean the answer itself; others mean the text shown or an assessment score.
PLAIN_ENDINGS = ("", "NAOK", "code")
FUNCTIONS = {
    **{name: name for name in ("abs", "sqrt", "exp", "pow", "sin", "cos", "tan", "min", "max")},
    "ceil": "ceiling", "floor": "floor", "log": "log", "strlen": "string-length", "pi": "pi",
    "trim": "normalize-space", "intval": "int", "floatval": "number", "join": "concat",
    "implode": "join", "round": "round",
}  # fmt: skip
PLAIN_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")
LONGEST, MOST_SIGNS = 20_000, 300  # what the evaluator can take


class LimesurveyConverter(ForeignReader[LimesurveyTerm]):
    """Converts one expression; `known` are the variables by the codes that the expression may
    use.
    """

    levels = (
        (OR, ("||", "or")),
        (AND, ("&&", "and")),
        (EQUAL, ("==", "eq", "!=", "ne")),
        (RELATED, ("<", "lt", "<=", "le", ">", "gt", ">=", "ge")),
        (ADDED, ("+", "-")),
        (MULTIPLIED, ("*", "/")),
    )
    operators = ("sign", "name")
    deepest = 20

    def __init__(self, expression: str, known: Mapping[str, LimesurveyVariable]) -> None:
        if len(expression) > LONGEST:
            raise Unconvertible(f"it is longer than {LONGEST} characters")
        super().__init__(split_tokens(expression, TOKEN, Unconvertible))
        self.known = known
        self.signs = 0

    def whole(self) -> LimesurveyTerm:
        if not self.tokens:
            raise Unconvertible("it is empty")
        term = self.level()
        # A single '=' sets an answer in LimeSurvey; as a comparison it would mean something else.
        if self.peek() == "=":
            raise Unconvertible("it sets an answer, which is not possible here")
        self.end()
        if self.signs > MOST_SIGNS:
            raise Unconvertible(f"it has more than {MOST_SIGNS} parts")
        return term

    def join(
        self, level: int, sign: str, left: LimesurveyTerm, right: Callable[[], LimesurveyTerm]
    ) -> LimesurveyTerm:
        self.signs += 1
        sign, other = XPATH_SIGNS.get(sign, sign), right()
        left, other = as_date_literal(left, other), as_date_literal(other, left)
        if level == EQUAL:
            return self.comparison(sign, left, other)
        if level in (OR, AND):
            left, other = as_condition(left), as_condition(other)
        else:
            self.must_count(left, other)
        return joined_terms(level, sign, left, other)

    def must_count(self, *terms: LimesurveyTerm) -> None:
        """Raise if one of the terms is text: LimeSurvey can add and order texts, XPath cannot."""
        check_same_codes(*terms)
        for term in terms:
            if term.literal is not None and not PLAIN_NUMBER.fullmatch(term.literal):
                raise Unconvertible(f"{term.literal!r} is not a number")

    def comparison(self, sign: str, left: LimesurveyTerm, right: LimesurveyTerm) -> LimesurveyTerm:
        if right.variable and left.literal is not None:
            left, right = right, left
        variable, literal = left.variable, right.literal
        if variable is None or literal is None:
            check_same_codes(left, right)
            return joined_terms(EQUAL, sign, left, right)
        if variable.option:
            if literal not in ("Y", "1", "", "N", "0"):
                raise Unconvertible(f"{literal!r} is not an answer to a tick box")
            chosen = f"selected({variable.path}, {xpath_literal(variable.option)})"
            return LimesurveyTerm(
                chosen if (literal in ("Y", "1")) == (sign == "=") else f"not({chosen})"
            )
        if variable.codes and literal and literal not in variable.codes:
            raise Unconvertible(f"{literal!r} is not an answer to {variable.path}")
        # Compared as a number only if it has no codes: a code is a text, even '01'.
        name = variable.codes.get(literal, literal)
        number = not variable.codes and PLAIN_NUMBER.fullmatch(right.xpath)
        written = right.xpath if number else xpath_literal(name)
        return LimesurveyTerm(f"{variable.path} {sign} {written}", level=EQUAL)

    def operand(self) -> LimesurveyTerm:
        if self.peek() == "!" or (self.kind() == "name" and self.peek().lower() == "not"):
            self.take()
            return negated_condition(self.read_nested(self.operand))
        if self.peek() in ("-", "+"):
            sign, term = self.take(), self.read_nested(self.operand)
            self.must_count(term)
            if sign == "+":
                return term
            literal = f"-{term.literal}" if term.literal else None
            return LimesurveyTerm(f"-{in_brackets(term)}", literal=literal)
        return self.primary()

    def primary(self) -> LimesurveyTerm:
        kind, word = self.kind(), self.take()
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", word[1:-1])
            return LimesurveyTerm(xpath_literal(text), literal=text)
        if kind == "number":
            return LimesurveyTerm(word, literal=word)
        if word == "(":
            inner = self.read_nested(self.level)
            self.take(")")
            return inner
        if kind == "name" and self.peek() == "(":
            return self.call(word)
        if kind in ("name", "code"):
            return self.variable(word)
        raise Unconvertible(f"it has {word!r} where a value should be")

    def variable(self, written: str) -> LimesurveyTerm:
        code, _, ending = written.removeprefix("INSERTANS:").partition(".")
        if ending not in PLAIN_ENDINGS:
            raise Unconvertible(f"it asks for .{ending} of {code}, which is not stored here")
        variable = self.known.get(code)
        if variable is None:
            raise Unconvertible(f"it asks for {code}, which is not here")
        if variable.option:
            chosen = f"selected({variable.path}, {xpath_literal(variable.option)})"
            return LimesurveyTerm(chosen, variable)
        return LimesurveyTerm(variable.path, variable)

    def call(self, name: str) -> LimesurveyTerm:
        self.take("(")
        given = self.values_until(")")
        if name in ("is_empty", "empty") and len(given) == 1:
            return negated_condition(answered_condition(given[0]))
        if name == "if" and len(given) == 3:
            test, *values = as_condition(given[0]), *given[1:]
            check_same_codes(*values)
            return LimesurveyTerm(f"if({test.xpath}, {', '.join(value.xpath for value in values)})")
        if name == "regexMatch" and len(given) == 2 and given[0].literal is not None:
            return LimesurveyTerm(
                f"regex({given[1].xpath}, {xpath_literal(whole_pattern(given[0].literal))})"
            )
        if name == "count" and given:
            return LimesurveyTerm(
                " + ".join(f"number({answered_condition(term).xpath})" for term in given),
                level=ADDED,
            )
        if name == "sum" and given:
            self.must_count(*given)
            # LimeSurvey counts an empty answer as 0; in XPath it would make the sum NaN.
            parts = [f"coalesce({term.xpath}, 0)" for term in given]
            return LimesurveyTerm(" + ".join(parts), level=ADDED)
        if name == "substr" and len(given) in (2, 3):
            self.must_count(*given[1:])
            text, start, *size = (in_brackets(term, ADDED) for term in given)
            # LimeSurvey's third value is a length, that of XForms a position.
            ends = [f"{start} + {length}" for length in size]
            return LimesurveyTerm(f"substr({', '.join([text, start, *ends])})")
        if name not in FUNCTIONS:
            raise Unconvertible(f"it uses {name}(), which has no equivalent here")
        check_same_codes(*given)
        return LimesurveyTerm(f"{FUNCTIONS[name]}({', '.join(term.xpath for term in given)})")


def to_xpath(expression: str, known: Mapping[str, LimesurveyVariable], *, test: bool = True) -> str:
    """The expression as XPath; `test` says that it is used as a condition."""
    text = expression.strip()
    # The braces of a text around one expression; with several it is a text that holds them.
    if text.startswith("{") and text.endswith("}") and text.count("{") == 1:
        text = text[1:-1]
    term = LimesurveyConverter(text, known).whole()
    return as_condition(term).xpath if test else term.xpath
