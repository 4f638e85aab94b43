"""What one answer may cost: every step that an expression makes is counted, and the count ends.

Expressions are written by organisers and asked by anybody. Each function called, each expression
asked and each value kept is paid for in units; a value holds so many characters at most. So an
answer costs a bounded number of steps and characters, whatever the expressions say.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from lxml import etree

from survey.problems import Invalid

MOST_WORK = 300_000  # units for one evaluation of one answer
MOST_SECONDS = 5.0  # of CPU time of the thread, in case a unit is dearer than thought
MOST_NODES = 20_000  # questions times rounds
LONGEST = 10_000  # characters of an answer as expressions see it, and of what they work out
CUSTOMARY = (ArithmeticError, ValueError, TypeError, LookupError)


class TooMuchWork(Exception):
    """An evaluation that would go on for longer than it may."""


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

    def failed(self) -> dict["Expression", str]:
        """The expressions that could not be worked out, and why."""
        return {one: why for one, why in self.asked.items() if why}


METER: ContextVar[Meter] = ContextVar("meter")


class Expression:
    """A compiled expression: where it stands, what it says, and how much of the form it walks."""

    def __init__(self, place: tuple[str, str], text: str, xpath: etree.XPath, walk: int) -> None:
        self.path, self.part = place
        self.text = text
        self.xpath = xpath
        self.walk = walk

    def ask(self, node: Any, given: dict[str, Any], meter: Meter, nodes: int) -> Any:
        """What it comes to at a node; what cannot be worked out is empty, as XForms have it."""
        meter.spend(1 + self.walk * (1 + nodes // 2_000))
        meter.failure = ""
        METER.set(meter)
        try:
            found = self.xpath(node, current=[node], **given)
        except etree.XPathError as wrong:
            meter.failure, found = f"it cannot be calculated ({wrong})", ""
        meter.asked[self] = meter.failure
        return found


def with_meter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of expressions, paid for by what it reads and writes, that never raises."""

    def call(context: Any, *given: Any) -> Any:
        meter = METER.get()
        meter.spend(1 + sum(size(one) for one in given))
        try:
            found = function(context, *given)
        except CUSTOMARY:
            meter.failure = f"{name}() cannot be calculated with these values"
            return ""
        return found[:LONGEST] if isinstance(found, str) else found

    return call


def size(given: Any) -> int:
    """What it costs to read a value: its nodes, and its characters by the hundred."""
    if isinstance(given, str):
        return len(given) // 100
    if isinstance(given, list):
        return sum(1 + len(text_of(one)) // 100 for one in given)
    return 0


def text_of(node: Any) -> str:
    return node if isinstance(node, str) else node.text or ""


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Say in words that a survey asks too much."""
    try:
        yield
    except TooMuchWork:
        raise Invalid(
            "survey.too_much_work",
            "The conditions and calculations of this survey take too long to work out for these "
            "answers.",
            "Nothing was saved. Give fewer repeats or shorter answers, or contact whoever runs "
            "the survey.",
        ) from None
