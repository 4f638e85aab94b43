"""Limits the work of evaluating one response: every step is counted, and too many raise an error.

Organisers write the expressions and anyone can submit answers. Each function call, each
expression evaluated and each value stored costs units, and values have a maximum length. So one
response takes a bounded number of steps and characters, whatever the expressions say.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar

from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions.values import Argument
from survey.surveys.refusals import too_much_work

MOST_WORK = 300_000  # units for one evaluation of one response
MOST_SECONDS = 5.0  # CPU time of the thread, in case a unit costs more than estimated
MOST_NODES = 20_000  # questions times rounds
LONGEST = 10_000  # characters of any value that an expression reads or returns
EXPECTED_ERRORS = (ArithmeticError, ValueError, TypeError, LookupError)


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
        return {one: why for one, why in self.asked.items() if why}


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
            found: Argument = self.xpath(node, current=[node], **given)
        except etree.XPathError as wrong:
            meter.failure, found = f"it cannot be calculated ({wrong})", ""
        meter.asked[self] = meter.failure
        return found


def with_meter(name: str, function: Callable[..., Argument]) -> Callable[..., Argument]:
    """The function with its work metered; it returns '' where it would raise an ordinary error."""

    def call(context: object, *given: Argument) -> Argument:
        meter = METER.get()
        meter.spend(1 + sum(reading_cost(one) for one in given))
        try:
            found = function(context, *given)
        # TooMuchWork is none of these: it ends the whole evaluation.
        except EXPECTED_ERRORS:
            meter.failure = f"{name}() cannot be calculated with these values"
            return ""
        return found[:LONGEST] if isinstance(found, str) else found

    return call


def reading_cost(given: Argument) -> int:
    """The cost of reading a value: its nodes, and one unit for each hundred characters."""
    if isinstance(given, str):
        return len(given) // 100
    if isinstance(given, list):
        return sum(1 + len(node_text(one)) // 100 for one in given)
    return 0


def node_text(node: Node | str) -> str:
    return node if isinstance(node, str) else node.text or ""


@contextlib.contextmanager
def refuse_too_much_work() -> Iterator[None]:
    """Turn TooMuchWork into a problem that says so in plain words."""
    try:
        yield
    except TooMuchWork:
        raise too_much_work() from None
