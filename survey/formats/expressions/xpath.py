"""Expressions as libxml2 evaluates them: rewritten, compiled, and each step of their work counted.

The work of evaluating one response is limited: too many steps raise an error.

Organisers write the expressions and anyone can submit answers. Each function call, each
expression evaluated and each value stored costs units, and values have a maximum length. So one
response takes a bounded number of steps and characters, whatever the expressions say.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar

from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions.functions import FUNCTIONS
from survey.formats.expressions.values import LONGEST, Argument, compiled_pattern
from survey.surveys import expressions
from survey.surveys.refusals import too_much_work

MOST_WORK = 300_000  # units for one evaluation of one response
MOST_SECONDS = 5.0  # CPU time of the thread, in case a unit costs more than estimated
MOST_NODES = 20_000  # questions times rounds
EXPECTED_ERRORS = (ArithmeticError, ValueError, TypeError, LookupError)
MOST_TOKENS = 4_000
MOST_LETTERS = 40_000
MOST_SEARCHES = 2  # steps that look through the whole form
WORDED = {"jr:itext": 1, "jr:choice-name": 2}  # and how many values each takes
NAMED_HERE = ("instance", "current", "today", "now", "indexed-repeat")
STAYS = ("position", "last", "true", "false", "name", "local-name")


class TooMuchWork(Exception):
    """An evaluation went over its limit of steps or time."""


class Meter:
    """Counts the work of one evaluation, and remembers which expressions failed."""

    def __init__(self) -> None:
        self.work = 0
        self.ends = time.thread_time() + MOST_SECONDS
        self.asked: dict[Expression, str] = {}
        self.failure = ""

    def spend(self, units: int) -> None:
        self.work += units
        if self.work > MOST_WORK or time.thread_time() > self.ends:
            raise TooMuchWork

    def failures(self) -> dict["Expression", str]:
        """The expressions that could not be evaluated, and why."""
        return {expression: why for expression, why in self.asked.items() if why}


METER: ContextVar[Meter] = ContextVar("meter")


class Expression:
    """A compiled expression: its path and rule, its source, and how many steps its paths take."""

    def __init__(self, place: tuple[str, str], text: str, xpath: etree.XPath, walk: int) -> None:
        self.path, self.part = place
        self.text = text
        self.xpath = xpath
        self.walk = walk

    def ask(self, node: Node, given: Mapping[str, Argument], meter: Meter, nodes: int) -> Argument:
        """The value at a node; empty if it cannot be evaluated, as XForms prescribe."""
        # Before it is asked: libxml2 cannot be stopped while it walks paths.
        meter.spend(1 + self.walk * (1 + nodes // 2_000))
        meter.failure = ""
        METER.set(meter)
        try:
            value: Argument = self.xpath(node, current=[node], **given)
        except etree.XPathError as wrong:
            meter.failure, value = f"it cannot be calculated ({wrong})", ""
        meter.asked[self] = meter.failure
        return value


def with_meter(name: str, function: Callable[..., Argument]) -> Callable[..., Argument]:
    """The function with its work metered; it returns '' where it would raise an ordinary error."""

    def call(context: object, *given: Argument) -> Argument:
        meter = METER.get()
        meter.spend(1 + sum(reading_cost(argument) for argument in given))
        try:
            value = function(context, *given)
        # TooMuchWork is none of these: it ends the whole evaluation.
        except EXPECTED_ERRORS:
            meter.failure = f"{name}() cannot be calculated with these values"
            return ""
        return value[:LONGEST] if isinstance(value, str) else value

    return call


def reading_cost(given: Argument) -> int:
    """The cost of reading a value: its nodes, and one unit for each hundred characters."""
    if isinstance(given, str):
        return len(given) // 100
    if isinstance(given, list):
        texts = (node if isinstance(node, str) else node.text or "" for node in given)
        return sum(1 + len(text) // 100 for text in texts)
    return 0


@contextlib.contextmanager
def refuse_too_much_work() -> Iterator[None]:
    """Turn TooMuchWork into a problem that says so in plain words."""
    try:
        yield
    except TooMuchWork:
        raise too_much_work() from None


# What each operator becomes; `or` and `and` stay, between values made boolean.
OPERATIONS = {
    "=": "odk:eq", "!=": "odk:ne", "<": "odk:lt", "<=": "odk:le", ">": "odk:gt", ">=": "odk:ge",
    "+": "odk:add", "-": "odk:sub", "*": "odk:mul", "div": "odk:div", "mod": "odk:mod",
}  # fmt: skip


def is_known(name: str) -> bool:
    """Whether a function can be worked out here."""
    return name in FUNCTIONS or name in WORDED or name in STAYS or name in NAMED_HERE


class Rewriter:
    """Rewrites one expression; `here` is the path of its node, `repeat` the path of the repeat
    around that node.
    """

    def __init__(
        self,
        expression: str,
        known: Callable[[str], bool],
        here: str,
        repeat: str,
        takes: Callable[[str, int], bool] = lambda _name, _count: True,
    ):
        if len(expression) > MOST_LETTERS:
            raise expressions.UnreadableExpression(
                f"it is too long: it may have {MOST_LETTERS:,} characters"
            )
        self.tokens = expressions.expression_tokens(expression)
        self.known = known
        self.takes = takes
        self.here = here
        self.repeat = repeat
        self.instances: set[str] = set()

    def whole(self) -> str:
        # Before the tree is built: reading and rewriting call themselves for each level.
        if len(self.tokens) > MOST_TOKENS:
            raise expressions.UnreadableExpression("it is too long")
        if self.searches() > MOST_SEARCHES:
            raise expressions.UnreadableExpression(
                "it searches the whole form more than twice: name the questions"
            )
        return self.text_of(expressions.ExpressionReader(self.tokens).whole())

    def searches(self) -> int:
        return sum(sign in ("//", "::") for _, sign in self.tokens)

    def walk(self) -> int:
        """The cost of the expression's paths: 1 for each step, 100 for each search."""
        return sum(sign == "/" for _, sign in self.tokens) + 100 * self.searches()

    def text_of(self, tree: expressions.Tree) -> str:
        match tree:
            case expressions.Literal(text) | expressions.Number(text) | expressions.Variable(text):
                return text
            case expressions.Bracket(within):
                return f"({self.text_of(within)})"
            case expressions.Negative(value):
                # libxml2's own minus knows neither days nor empty answers.
                return f"odk:sub(0, {self.text_of(value)})"
            case expressions.Either(parts):
                return " | ".join(map(self.text_of, parts))
            case expressions.Chain():
                return self.chain(tree)
            case expressions.Call("indexed-repeat", given):
                return self.rewrite_indexed_repeat(given)
            case expressions.Call(name, given):
                return self.write_call(name, [self.text_of(argument) for argument in given])
            case expressions.Path():
                return self.path(tree)
        raise expressions.UnreadableExpression(
            f"it cannot be read: there is no question “{tree.name}”"
        )

    def chain(self, tree: expressions.Chain) -> str:
        left = self.text_of(tree.first)
        for sign, value in tree.rest:
            right = self.text_of(value)
            if sign in OPERATIONS:
                left = f"{OPERATIONS[sign]}({left}, {right})"
            else:
                # libxml2 counts a node that exists as true, even an empty answer.
                left = f"(odk:bool({left}) {sign} odk:bool({right}))"
        return left

    def path(self, path: expressions.Path) -> str:
        if path.start is None and path.steps[0].sign:
            return self.absolute(path.steps)
        start = "" if path.start is None else self.text_of(path.start)
        return start + self.within(path.predicates) + "".join(map(self.step, path.steps))

    def step(self, step: expressions.Step) -> str:
        return step.sign + step.text + self.within(step.predicates)

    def within(self, predicates: Iterable[expressions.Tree]) -> str:
        """The rewritten positions and conditions of a step; absolute paths in them mean the same
        round as outside.
        """
        texts = map(self.text_of, predicates)
        return "".join(f"[{text}]" if text.isdigit() else f"[odk:which({text})]" for text in texts)

    def absolute(self, steps: Sequence[expressions.Step]) -> str:
        """A path from the root, written with $root, because '/' within a list of options means that
        list.

        A path into the repeat around the expression starts from the expression's own round.
        """
        written, plain = "$root", ""
        for step, after in zip(steps, (*steps[1:], None), strict=True):
            within = self.within(step.predicates)
            if plain or step.sign == "//":
                written += step.sign + step.text + within
            plain += step.sign + step.text
            goes_on = after is not None and after.sign == "/"
            if plain == self.repeat and goes_on and "[" not in written:
                up = self.here.count("/") - self.repeat.count("/")
                written = "/".join([".."] * up) or "."
        return written

    def rewrite_indexed_repeat(self, given: Sequence[expressions.Tree]) -> str:
        """The rewritten call indexed-repeat(question, repeat, which), which gives the question's
        answer in round `which`.
        """
        if len(given) > 3:
            raise expressions.UnreadableExpression(
                "it uses indexed-repeat() for a repeat within another"
            )
        if len(given) < 3:
            raise expressions.UnreadableExpression("it gives indexed-repeat() too few values")
        question, repeat = plain_path(given[0]), plain_path(given[1])
        if not question.startswith(repeat + "/"):
            raise expressions.UnreadableExpression(
                "it uses indexed-repeat() for a question that is not in that repeat"
            )
        within = question.removeprefix(repeat + "/")
        rounds = "$root/" + repeat.lstrip("/").partition("/")[2]
        return f"odk:indexed-repeat({rounds}, {self.text_of(given[2])}, '{within}')"

    def write_label_call(self, name: str, given: list[str]) -> str:
        """A call for the label of an option, or for a text by its id."""
        if name == "jr:itext":
            return f"odk:itext({given[0]}, $texts/text)"
        written = given[1].strip("'\" ")
        steps = [] if written.startswith("/") else self.here.strip("/").split("/")
        for step in written.strip("/").split("/"):
            if step == "..":
                del steps[-1:]
            elif step != ".":
                steps.append(step)
        path = "/" + "/".join(steps)
        return f"odk:choice-name({given[0]}, $labels/select[@path = '{path}']/option)"

    def write_call(self, name: str, given: list[str]) -> str:
        if len(given) == WORDED.get(name):
            return self.write_label_call(name, given)
        if name == "instance" and len(given) == 1:
            self.instances.add(given[0].strip("'\""))
            return f"$instance_{variable_name(given[0].strip(chr(39) + chr(34)))}"
        if name in ("current", "today", "now") and not given:
            return f"${name}"
        # libxml2's position() takes no value; with a path it means the number of a round.
        if name in STAYS and not (name == "position" and given):
            return f"{name}({', '.join(given)})"
        if (
            name == "regex"
            and given[1:]
            and given[1][0] in "'\""
            and not compiled_pattern(given[1][1:-1])
        ):
            raise expressions.UnreadableExpression(
                "it has a pattern that cannot be matched: no look-around, no back-reference"
            )
        if not self.known(name):
            raise expressions.UnreadableExpression(f"it uses {name}(), which is not known here")
        if not self.takes(name, len(given)):
            raise expressions.UnreadableExpression(
                f"it gives {name}() {len(given)} values, which is the wrong number"
            )
        return f"odk:{name.rpartition(':')[2]}({', '.join(given)})"


def variable_name(name: str) -> str:
    """An instance's id as the name of a variable."""
    return "".join(sign if sign.isalnum() else f"_{ord(sign):x}_" for sign in name)


def plain_path(tree: expressions.Tree) -> str:
    """A path from the root as text; raises if the tree is anything else or has conditions."""
    steps = tree.steps if isinstance(tree, expressions.Path) and tree.start is None else ()
    if not steps or any(step.sign != "/" or step.predicates for step in steps):
        raise expressions.UnreadableExpression(
            "it uses indexed-repeat() with something other than a question"
        )
    return "".join(step.sign + step.text for step in steps)
