"""Reads the expressions of surveys into trees: the XPath of XForms, with ${name} for an answer.

Everybody who has to understand an expression asks this reader: the evaluator, the check that no
free text leaves through a calculation, and conditions in words. The expressions of LimeSurvey and
SurveyJS are other languages, which `ForeignReader` in survey/formats reads token by token.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

import msgspec

REFERENCE = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
# One colon is part of a name, as in jr:itext; two of them are an axis.
TOKEN = re.compile(
    r"""\s*(?:
    (?P<literal>"[^"]*"|'[^']*')
  | (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<reference>\$\{\s*[\w.-]+\s*\})
  | (?P<variable>\$[\w.-]+)
  | (?P<name>[^\W\d][\w.-]*(?::(?!:)[^\W\d][\w.-]*)?)
  | (?P<sign>//|::|\.\.|<=|>=|!=|[/.@*()\[\],|=<>+-])
)""",
    re.VERBOSE,
)
# The loosest first; each binds to the left.
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "mod"}),
)
NODE_TESTS = ("text", "node", "comment")
OPERATORS = ("and", "or", "div", "mod")


class UnreadableExpression(ValueError):
    """An expression that cannot be parsed."""


class Literal(msgspec.Struct, frozen=True):
    """A text between its quotation marks."""

    text: str


class Number(msgspec.Struct, frozen=True):
    text: str


class Reference(msgspec.Struct, frozen=True):
    """The answer to a question: ${name}."""

    name: str


class Variable(msgspec.Struct, frozen=True):
    text: str


class Step(msgspec.Struct, frozen=True):
    """One step of a path: the sign before it, and what it leads to.

    `name` is empty where it is no name: '.', '..', an attribute, an axis. A step is `open` if it
    may lead to any node.
    """

    sign: str
    text: str
    name: str = ""
    predicates: tuple["Tree", ...] = ()

    @property
    def open(self) -> bool:
        return self.sign == "//" or self.text == "*" or "::" in self.text


class Path(msgspec.Struct, frozen=True):
    """The steps of a path: from `start`, else from the root or from the expression's node."""

    steps: tuple[Step, ...] = ()
    start: "Tree | None" = None
    predicates: tuple["Tree", ...] = ()


class Call(msgspec.Struct, frozen=True):
    name: str
    given: tuple["Tree", ...]


class Negative(msgspec.Struct, frozen=True):
    value: "Tree"


class Bracket(msgspec.Struct, frozen=True):
    within: "Tree"


class Either(msgspec.Struct, frozen=True):
    """The nodes of several paths together: a | b."""

    parts: tuple["Tree", ...]


class Chain(msgspec.Struct, frozen=True):
    """Values joined by the operators of one level, from left to right."""

    first: "Tree"
    rest: tuple[tuple[str, "Tree"], ...]


Tree = Literal | Number | Reference | Variable | Path | Call | Negative | Bracket | Either | Chain


def expression_tokens(expression: str) -> list[tuple[str, str]]:
    return split_tokens(expression, TOKEN, UnreadableExpression)


def split_tokens(
    expression: str, pattern: re.Pattern[str], wrong: type[ValueError]
) -> list[tuple[str, str]]:
    """The tokens of an expression, each as the name of its group in the pattern and its text."""
    tokens: list[tuple[str, str]] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise wrong(f"it cannot be read from {text[at : at + 20].strip()!r} on")
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        at = match.end()
    return tokens


def calls_in(expression: str) -> list[str]:
    """The functions that an expression uses, each once."""
    tokens = [*expression_tokens(expression), ("", "")]
    return list(
        dict.fromkeys(
            name
            for (kind, name), (_, sign) in pairwise(tokens)
            # "and (" is an operator before a bracket, not a call.
            if kind == "name" and sign == "(" and name not in (*NODE_TESTS, *OPERATORS)
        )
    )


class TokenReader:
    """A position in a list of tokens; `wrong` is the error to raise on an unexpected one."""

    wrong: ClassVar[type[ValueError]] = ValueError

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            there = f"it has {token!r}" if token else "it ends"
            should = repr(wanted) if wanted else "a value"
            raise self.wrong(f"{there} where {should} should be")
        self.at += 1
        return token

    def end(self) -> None:
        """Raises if any token is left over."""
        if self.at < len(self.tokens):
            raise self.wrong(f"it continues with {self.peek()!r} where it should end")


def read_expression(expression: str) -> Tree:
    """The tree of an expression; raises UnreadableExpression if there is none."""
    return ExpressionReader(expression_tokens(expression)).whole()


class ExpressionReader(TokenReader):
    """Reads the tokens of one expression from left to right."""

    wrong = UnreadableExpression

    def whole(self) -> Tree:
        if not self.tokens:
            raise UnreadableExpression("it is empty")
        tree = self.level(0)
        self.end()
        return tree

    def level(self, depth: int) -> Tree:
        if depth == len(LEVELS):
            return self.parse_negation()
        first = self.level(depth + 1)
        rest: list[tuple[str, Tree]] = []
        while self.peek() in LEVELS[depth] and self.kind() in ("sign", "name"):
            sign = self.take()
            rest.append((sign, self.level(depth + 1)))
        return Chain(first, tuple(rest)) if rest else first

    def parse_negation(self) -> Tree:
        if self.peek() == "-":
            self.take()
            return Negative(self.parse_negation())
        parts = [self.path()]
        while self.peek() == "|":
            self.take()
            parts.append(self.path())
        return Either(tuple(parts)) if len(parts) > 1 else parts[0]

    def path(self) -> Tree:
        """A literal, or an expression followed by the steps of a path."""
        if self.kind() == "literal":
            return Literal(self.take())
        if self.kind() == "number":
            return Number(self.take())
        if self.peek() in ("/", "//"):
            return Path(tuple(self.steps()))
        # A path may go on from a bracket or a call, as in (..)/age.
        start = self.primary()
        if isinstance(start, Step):
            return Path((start, *self.steps()))
        predicates, steps = self.predicates(), tuple(self.steps())
        return Path(steps, start, predicates) if predicates or steps else start

    def primary(self) -> "Tree | Step":
        if self.peek() == "(":
            self.take()
            within = self.level(0)
            self.take(")")
            return Bracket(within)
        if self.kind() == "variable":
            return Variable(self.take())
        if self.kind() == "reference":
            return Reference(REFERENCE.sub(r"\1", self.take()))
        if self.kind() == "name" and self.peek(1) == "(" and self.peek() not in NODE_TESTS:
            return self.call()
        return self.step("")

    def steps(self) -> Iterator[Step]:
        while self.peek() in ("/", "//"):
            yield self.step(self.take())

    def step(self, sign: str) -> Step:
        text, name = self.node_test()
        return Step(sign, text, name, self.predicates())

    def node_test(self) -> tuple[str, str]:
        """What a step leads to, and its name if that is a plain name."""
        if self.peek() == "@":
            return self.take() + self.take(), ""
        if self.peek() in (".", "..", "*"):
            return self.take(), ""
        if self.kind() != "name":
            there = f"it has {self.peek()!r}" if self.peek() else "it ends"
            raise UnreadableExpression(f"{there} where a name should be")
        name = self.take()
        if self.peek() == "::":
            return name + self.take() + self.node_test()[0], ""
        if name in NODE_TESTS and self.peek() == "(":
            self.take()
            self.take(")")
            return f"{name}()", ""
        plain = name.rpartition(":")[2]
        return plain, plain

    def predicates(self) -> tuple[Tree, ...]:
        trees: list[Tree] = []
        while self.peek() == "[":
            self.take()
            trees.append(self.level(0))
            self.take("]")
        return tuple(trees)

    def call(self) -> Call:
        name = self.take()
        self.take("(")
        given: list[Tree] = []
        while self.peek() != ")":
            given.append(self.level(0))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return Call(name, tuple(given))
