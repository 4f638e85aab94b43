"""Rewrites XForms' XPath for libxml2: operators for dates and empty answers, ODK functions.

`a < b` becomes `odk:lt(a, b)`; `instance('x')` and `current()` become variables; a path through
the repeat that contains it becomes relative to its own round, as in JavaRosa.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from survey.formats.expressions.functions import FUNCTIONS
from survey.formats.expressions.patterns import compiled_pattern
from survey.formats.tokens import TokenReader

TOKEN = re.compile(
    r"""\s*(?:
    (?P<literal>"[^"]*"|'[^']*')
  | (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<variable>\$[\w.-]+)
  | (?P<name>[^\W\d][\w.-]*(?::(?!:)[^\W\d][\w.-]*)?)
  | (?P<sign>//|::|\.\.|<=|>=|!=|[/.@*()\[\],|=<>+-])
)""",
    re.VERBOSE,
)
# The loosest first; each binds to the left.
LEVELS: tuple[dict[str, str], ...] = (
    {"or": "or"},
    {"and": "and"},
    {"=": "odk:eq", "!=": "odk:ne"},
    {"<": "odk:lt", "<=": "odk:le", ">": "odk:gt", ">=": "odk:ge"},
    {"+": "odk:add", "-": "odk:sub"},
    {"*": "odk:mul", "div": "odk:div", "mod": "odk:mod"},
)
NODE_TESTS = ("text", "node", "comment")
MOST_TOKENS = 4_000
MOST_LETTERS = 40_000
MOST_SEARCHES = 2  # steps that look through the whole form
WORDED = {"jr:itext": 1, "jr:choice-name": 2}  # and how many values each takes
NAMED_HERE = ("instance", "current", "today", "now", "indexed-repeat")
OPERATORS = ("and", "or", "div", "mod")
STAYS = ("position", "last", "true", "false", "name", "local-name")


class UnreadableExpression(ValueError):
    """An expression that cannot be parsed."""


def expression_tokens(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    text = expression.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise UnreadableExpression(f"it cannot be read from {text[at : at + 20]!r} on")
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


def calls_in(expression: str) -> list[str]:
    """The functions that an expression uses, each once."""
    tokens = [*expression_tokens(expression), ("", "")]
    return list(
        dict.fromkeys(
            name
            for (kind, name), (_, sign) in pairwise(tokens)
            if kind == "name" and sign == "(" and name not in (*NODE_TESTS, *OPERATORS)
        )
    )


def is_known(name: str) -> bool:
    """Whether a function can be worked out here."""
    return name in FUNCTIONS or name in WORDED or name in STAYS or name in NAMED_HERE


class Rewriter(TokenReader):
    """Rewrites one expression; `here` is the path of its node, `repeat` of the repeat around it."""

    wrong = UnreadableExpression

    def __init__(
        self,
        expression: str,
        known: Callable[[str], bool],
        here: str,
        repeat: str,
        takes: Callable[[str, int], bool] = lambda _name, _count: True,
    ):
        if len(expression) > MOST_LETTERS:
            raise UnreadableExpression(f"it is too long: it may have {MOST_LETTERS:,} characters")
        super().__init__(expression_tokens(expression))
        self.known = known
        self.takes = takes
        self.here = here
        self.repeat = repeat
        self.instances: set[str] = set()

    def whole(self) -> str:
        if not self.tokens:
            raise UnreadableExpression("it is empty")
        if len(self.tokens) > MOST_TOKENS:
            raise UnreadableExpression("it is too long")
        if self.searches() > MOST_SEARCHES:
            raise UnreadableExpression(
                "it searches the whole form more than twice: name the questions"
            )
        written = self.level(0)
        self.end()
        return written

    def searches(self) -> int:
        return sum(sign in ("//", "::") for _, sign in self.tokens)

    def walk(self) -> int:
        """The cost of the expression's paths in steps: one for each step, a hundred for each
        search.
        """
        return sum(sign == "/" for _, sign in self.tokens) + 100 * self.searches()

    def level(self, depth: int) -> str:
        if depth == len(LEVELS):
            return self.negated()
        left = self.level(depth + 1)
        while (sign := self.peek()) in LEVELS[depth] and self.kind() in ("sign", "name"):
            self.take()
            right, name = self.level(depth + 1), LEVELS[depth][sign]
            if depth < 2:
                left = f"(odk:bool({left}) {name} odk:bool({right}))"
            else:
                left = f"{name}({left}, {right})"
        return left

    def negated(self) -> str:
        if self.peek() == "-":
            self.take()
            return f"odk:sub(0, {self.negated()})"
        left = self.path()
        while self.peek() == "|":
            self.take()
            left = f"{left} | {self.path()}"
        return left

    def path(self) -> str:
        """The rewritten literal, or expression followed by path steps."""
        if self.kind() in ("literal", "number"):
            return self.take()
        if self.peek() in ("/", "//"):
            return self.absolute()
        start = self.primary()
        return start + self.predicates() + self.further()

    def primary(self) -> str:
        if self.peek() == "(":
            self.take()
            within = self.level(0)
            self.take(")")
            return f"({within})"
        if self.kind() == "variable":
            return self.take()
        if self.kind() == "name" and self.peek(1) == "(" and self.peek() not in NODE_TESTS:
            return self.call()
        return self.step()

    def further(self) -> str:
        written = ""
        while self.peek() in ("/", "//"):
            written += self.take() + self.step() + self.predicates()
        return written

    def absolute(self) -> str:
        """A path from the root, written with $root, as '/' in a list of options is the list's root.

        A path into the repeat that contains the expression starts from its own round instead.
        """
        written, plain = "$root", ""
        while self.peek() in ("/", "//"):
            sign, step = self.take(), self.step()
            within = self.predicates()
            if plain or sign == "//":
                written += sign + step + within
            plain += sign + step
            if plain == self.repeat and self.peek() == "/" and "[" not in written:
                up = self.here.count("/") - self.repeat.count("/")
                written = "/".join([".."] * up) or "."
        return written

    def step(self) -> str:
        if self.peek() == "@":
            return self.take() + self.take()
        if self.peek() in (".", "..", "*"):
            return self.take()
        if self.kind() != "name":
            there = f"it has {self.peek()!r}" if self.peek() else "it ends"
            raise UnreadableExpression(f"{there} where a name should be")
        name = self.take()
        if self.peek() == "::":
            return name + self.take() + self.step()
        if name in NODE_TESTS and self.peek() == "(":
            self.take()
            self.take(")")
            return f"{name}()"
        return name.rpartition(":")[2]

    def predicates(self) -> str:
        written = ""
        while self.peek() == "[":
            self.take()
            written += f"[{self.predicate()}]"
            self.take("]")
        return written

    def predicate(self) -> str:
        """The rewritten predicate, a position or a condition; absolute paths in it mean the same
        round as outside.
        """
        within = self.level(0)
        return within if within.isdigit() else f"odk:which({within})"

    def call(self) -> str:
        name = self.take()
        self.take("(")
        if name == "indexed-repeat":
            return self.indexed()
        given: list[str] = []
        while self.peek() != ")":
            given.append(self.level(0))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return self.called(name, given)

    def indexed(self) -> str:
        """The rewritten call indexed-repeat(question, repeat, which): the question's answer in that
        round.
        """
        question = self.plain_path()
        self.take(",")
        repeat = self.plain_path()
        self.take(",")
        which = self.level(0)
        if self.peek() == ",":
            raise UnreadableExpression("it uses indexed-repeat() for a repeat within another")
        self.take(")")
        if not question.startswith(repeat + "/"):
            raise UnreadableExpression(
                "it uses indexed-repeat() for a question that is not in that repeat"
            )
        within = question.removeprefix(repeat + "/")
        rounds = "$root/" + repeat.lstrip("/").partition("/")[2]
        return f"odk:indexed-repeat({rounds}, {which}, '{within}')"

    def plain_path(self) -> str:
        """A path from the root without conditions, as it is."""
        path = ""
        while self.peek() == "/":
            path += self.take() + self.step()
        if not path:
            raise UnreadableExpression(
                "it uses indexed-repeat() with something other than a question"
            )
        return path

    def path_from(self, written: str) -> str:
        """The absolute path for a relative one, such as '../town'."""
        steps = [] if written.startswith("/") else self.here.strip("/").split("/")
        for step in written.strip("/").split("/"):
            if step == "..":
                del steps[-1:]
            elif step != ".":
                steps.append(step)
        return "/" + "/".join(steps)

    def worded(self, name: str, given: list[str]) -> str:
        """A call for the label of an option, or for a text by its id."""
        if name == "jr:itext":
            return f"odk:itext({given[0]}, $texts/text)"
        path = self.path_from(given[1].strip("'\" "))
        return f"odk:choice-name({given[0]}, $labels/select[@path = '{path}']/option)"

    def called(self, name: str, given: list[str]) -> str:
        if len(given) == WORDED.get(name):
            return self.worded(name, given)
        if name == "instance" and len(given) == 1:
            self.instances.add(given[0].strip("'\""))
            return f"$instance_{variable_name(given[0].strip(chr(39) + chr(34)))}"
        if name in ("current", "today", "now") and not given:
            return f"${name}"
        if name in STAYS and not (name == "position" and given):
            return f"{name}({', '.join(given)})"
        if (
            name == "regex"
            and given[1:]
            and given[1][0] in "'\""
            and not compiled_pattern(given[1][1:-1])
        ):
            raise UnreadableExpression(
                "it has a pattern that cannot be matched: no look-around, no back-reference"
            )
        if not self.known(name):
            raise UnreadableExpression(f"it uses {name}(), which is not known here")
        if not self.takes(name, len(given)):
            raise UnreadableExpression(
                f"it gives {name}() {len(given)} values, which is the wrong number"
            )
        return f"odk:{name.rpartition(':')[2]}({', '.join(given)})"


def variable_name(name: str) -> str:
    """An instance's id as the name of a variable."""
    return "".join(sign if sign.isalnum() else f"_{ord(sign):x}_" for sign in name)
