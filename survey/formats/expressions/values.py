"""Values in XForms: text, number, date or boolean; an empty answer is ''."""

import datetime
import math
import re

from lxml.etree import _Element as Node

MARK = "kind"
NUMERIC, DATED, TRUTH = "n", "d", "b"  # marks of nodes with numbers, dates, booleans
FIGURE = "figure"  # the attribute of a node with a calculated number
DAY = "\ue000"  # prefix to a text that is a date, while it passes through libxml2
SECONDS = r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
ISO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:T{SECONDS})?")
PLAIN = re.compile(r"-?(\d+\.?\d*|\.\d+)(E-?\d+)?")
CLOCK = re.compile(SECONDS)
EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock of whoever answers


class DayText(str):
    """A date or date-time, compared as days since 1970, unlike a text that looks like one."""

    __slots__ = ()


Value = str | float | bool
# What libxml2 passes to a function and takes from it: a value, or nodes (of an attribute its text).
Argument = Value | list[Node]


def to_value(given: Argument) -> Value:
    """The value of an argument; of several nodes, that of the first."""
    if isinstance(given, list):
        return node_value(given[0]) if given else ""
    if isinstance(given, str):
        return DayText(given[1:]) if given.startswith(DAY) else str(given)
    # In Python a bool is an int, but XForms writes 'true' and not 1.
    return float(given) if isinstance(given, int) and not isinstance(given, bool) else given


def node_value(node: Node | str) -> Value:
    if isinstance(node, str):
        return str(node)
    text, kind = node.text or "", node.get(MARK)
    if text and kind == NUMERIC:
        return to_number(text)
    if text and kind == TRUTH:
        return text == "1"
    return DayText(text) if text and kind == DATED else text


def to_string(given: Argument) -> str:
    found = to_value(given)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        if math.isnan(found):
            return "NaN"
        if math.isinf(found):
            return "Infinity" if found > 0 else "-Infinity"
        return str(int(found)) if found.is_integer() else repr(found)
    return found


def to_number(given: Argument) -> float:
    """The value as a number: a date as days since 1970, and NaN for what is not a number."""
    found = to_value(given)
    if isinstance(found, DayText):
        return days_since_1970(found)
    if not isinstance(found, str):
        return float(found)
    return float(found) if PLAIN.fullmatch(found.strip()) else math.nan


def days_since_1970(text: str) -> float:
    at = parse_date_time(text)
    return math.nan if at is None else (at - EPOCH) / datetime.timedelta(days=1)


def parse_date_time(text: str) -> datetime.datetime | None:
    match = ISO.fullmatch(text)
    try:
        parts = [int(part or 0) for part in match.groups()[:6]] if match else [0, 0, 0]
        return datetime.datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def to_boolean(given: Argument) -> bool:
    found = to_value(given)
    if isinstance(found, float):
        return bool(found) and not math.isnan(found)
    return found if isinstance(found, bool) else bool(found)


def text_values(*given: Argument) -> list[str]:
    """The text of every value in every argument, nodes one by one."""
    return [
        to_string([one]) if not isinstance(one, str) else str(one)
        for argument in given
        for one in (argument if isinstance(argument, list) else [to_string(argument)])
    ]


def number_values(*given: Argument) -> list[float]:
    return [to_number(text) for text in text_values(*given) if text != ""]
