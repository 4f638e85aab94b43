"""What a value of XForms is worth: text, number, day, yes or no; an empty answer is ''."""

import datetime
import math
import re
from typing import Any

MARK = "kind"
NUMERIC, DATED, TRUTH = "n", "d", "b"  # the marks of nodes known to hold numbers, days, yes or no
FIGURE = "figure"  # the mark of a node in which a number was worked out
DAY = "\ue000"  # before a text that is known to be a day, on its way through libxml2
SECONDS = r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
ISO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:T{SECONDS})?")
PLAIN = re.compile(r"-?(\d+\.?\d*|\.\d+)(E-?\d+)?")
CLOCK = re.compile(SECONDS)
EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock of whoever answers


class Day(str):
    """A day or moment, which counts as its days since 1970; a text that looks like one does not."""

    __slots__ = ()


Value = str | float | bool


def value(given: Any) -> Value:
    """What an argument is worth; of several nodes, the first."""
    if isinstance(given, list):
        return of_node(given[0]) if given else ""
    if isinstance(given, str):
        return Day(given[1:]) if given.startswith(DAY) else str(given)
    return float(given) if isinstance(given, int) and not isinstance(given, bool) else given


def of_node(node: Any) -> Value:
    if isinstance(node, str):
        return str(node)
    text, kind = node.text or "", node.get(MARK)
    if text and kind == NUMERIC:
        return number(text)
    if text and kind == TRUTH:
        return text == "1"
    return Day(text) if text and kind == DATED else text


def string(given: Any) -> str:
    found = value(given)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        if math.isnan(found):
            return "NaN"
        if math.isinf(found):
            return "Infinity" if found > 0 else "-Infinity"
        return str(int(found)) if found.is_integer() else repr(found)
    return found


def number(given: Any) -> float:
    """As a number; a day counts from 1970, and what is none is NaN."""
    found = value(given)
    if isinstance(found, Day):
        return days(found)
    if not isinstance(found, str):
        return float(found)
    return float(found) if PLAIN.fullmatch(found.strip()) else math.nan


def days(text: str) -> float:
    at = moment(text)
    return math.nan if at is None else (at - EPOCH) / datetime.timedelta(days=1)


def moment(text: str) -> datetime.datetime | None:
    match = ISO.fullmatch(text)
    try:
        parts = [int(part or 0) for part in match.groups()[:6]] if match else [0, 0, 0]
        return datetime.datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def boolean(given: Any) -> bool:
    found = value(given)
    if isinstance(found, float):
        return bool(found) and not math.isnan(found)
    return found if isinstance(found, bool) else bool(found)


def texts(*given: Any) -> list[str]:
    """Every value of every argument, nodes one by one."""
    return [
        string([one]) if not isinstance(one, str) else str(one)
        for argument in given
        for one in (argument if isinstance(argument, list) else [string(argument)])
    ]


def numbers(*given: Any) -> list[float]:
    return [number(text) for text in texts(*given) if text != ""]
