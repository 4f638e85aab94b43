"""The functions of ODK XForms, each as JavaRosa answers it: an empty answer is '', not nothing.

Source: the ODK XForms specification, sections "XPath functions" and "XPath operators".
"""

import inspect
import math
import random
import uuid
from collections.abc import Callable
from typing import Any

from survey.formats.expressions.days import as_date, as_moment, decimal_time, formatted
from survey.formats.expressions.metering import LONGEST
from survey.formats.expressions.patterns import matches
from survey.formats.expressions.values import (
    Value,
    boolean,
    days,
    number,
    numbers,
    string,
    texts,
    value,
)
from survey.formats.expressions.words import word_of


def equal(a: Any, b: Any) -> bool:
    left, right = value(a), value(b)
    if isinstance(left, bool) or isinstance(right, bool):
        return boolean(left) == boolean(right)
    if isinstance(left, float) or isinstance(right, float):
        return number(left) == number(right)
    return left == right


def compared(test: Callable[[float, float], bool]) -> Callable[..., bool]:
    return lambda _, a, b: test(number(a), number(b))


def computed(act: Callable[[float, float], float]) -> Callable[..., float]:
    return lambda _, a, b: act(number(a), number(b))


def divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


def remainder(a: float, b: float) -> float:
    return math.fmod(a, b) if b and not math.isinf(a) and not math.isnan(b) else math.nan


def rounded(given: Any, places: Any = 0.0) -> float:
    """Half away from nought, as ODK's round with a number of places."""
    found, digits = number(given), int(number(places))
    if math.isnan(found) or math.isinf(found):
        return found
    shifted = abs(found) * 10.0**digits
    return math.copysign(math.floor(shifted + 0.5 + 1e-12) / 10.0**digits, found)


def chosen(given: Any) -> list[str]:
    return string(given).split()


def chosen_at(given: Any, place: Any) -> str:
    found, at = chosen(given), counted(place)
    return found[at] if 0 <= at < len(found) else ""


def counted(given: Any) -> int:
    """A place in a row; an empty one is the first."""
    found = number(given)
    return 0 if math.isnan(found) else int(found)


def substring(text: str, start: float, end: float | None = None) -> str:
    """From a place counted from 0, negative from the end, up to before another."""
    start = 0.0 if math.isnan(start) else start
    end = 0.0 if end is not None and math.isnan(end) else end
    first = int(start) if start >= 0 else max(len(text) + int(start), 0)
    last = len(text) if end is None else int(end) if end >= 0 else len(text) + int(end)
    return text[first:last] if first < last else ""


def extreme(pick: Callable[[list[float]], float]) -> Callable[..., float]:
    """The largest or smallest of the numbers; what is none is passed over."""

    def picked(_: Any, *given: Any) -> float:
        found = [one for one in numbers(*given) if not math.isnan(one)]
        return pick(found) if found else math.nan

    return picked


def weighted(low: Any, high: Any, *pairs: Any) -> bool:
    answers = [boolean(one) for one in pairs[::2]]
    total = sum(
        number(weight) for answer, weight in zip(answers, pairs[1::2], strict=False) if answer
    )
    return number(low) <= total <= number(high)


def within(low: Any, total: float, high: Any) -> bool:
    least, most = number(low), number(high)
    return (least < 0 or total >= least) and (most < 0 or total <= most)


def real(act: Callable[[float], float]) -> Callable[..., float]:
    def tried(_: Any, given: Any) -> float:
        try:
            return act(number(given))
        except (ValueError, OverflowError):
            return math.nan

    return tried


def power(a: float, b: float) -> float:
    try:
        found = a**b
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return found if isinstance(found, float) else math.nan


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eq": lambda _, a, b: equal(a, b),
    "ne": lambda _, a, b: not equal(a, b),
    "lt": compared(lambda a, b: a < b),
    "le": compared(lambda a, b: a <= b),
    "gt": compared(lambda a, b: a > b),
    "ge": compared(lambda a, b: a >= b),
    "add": computed(lambda a, b: a + b),
    "sub": computed(lambda a, b: a - b),
    "mul": computed(lambda a, b: a * b),
    "div": computed(divide),
    "mod": computed(remainder),
    "bool": lambda _, a: boolean(a),
    "which": lambda _, a: value(a) if isinstance(value(a), float) else boolean(a),
    "if": lambda _, test, a, b: value(a) if boolean(test) else value(b),
    "not": lambda _, a: not boolean(a),
    "boolean": lambda _, a: boolean(a),
    "boolean-from-string": lambda _, a: string(a).lower() in ("true", "1"),
    "string": lambda _, a: string(a),
    "number": lambda _, a: number(a),
    "int": lambda _, a: found if math.isnan(found := number(a)) else float(math.trunc(found)),
    "round": lambda _, a, places=0.0: rounded(a, places),
    "floor": real(lambda a: float(math.floor(a))),
    "ceiling": real(lambda a: float(math.ceil(a))),
    "abs": real(abs),
    "pow": computed(power),
    "sqrt": real(math.sqrt),
    "exp": real(math.exp),
    "exp10": real(lambda a: 10.0**a),
    "log": real(math.log),
    "log10": real(math.log10),
    "sin": real(math.sin),
    "cos": real(math.cos),
    "tan": real(math.tan),
    "asin": real(math.asin),
    "acos": real(math.acos),
    "atan": real(math.atan),
    "atan2": computed(math.atan2),
    "pi": lambda _: math.pi,
    "sum": lambda _, a: sum(number(text) if text else 0.0 for text in texts(a)),
    "max": extreme(max),
    "min": extreme(min),
    "count": lambda _, a: float(len(a)),
    "count-non-empty": lambda _, a: float(sum(1 for text in texts(a) if text)),
    "selected": lambda _, a, b: f" {string(b).strip()} " in f" {string(a)} ",
    "selected-at": lambda _, a, b: chosen_at(a, b),
    "count-selected": lambda _, a: float(len(chosen(a))),
    "coalesce": lambda _, *given: next((one for one in map(value, given) if is_there(one)), ""),
    "concat": lambda _, *given: joined("", texts(*given)),
    "join": lambda _, sign, *given: joined(string(sign), texts(*given)),
    "once": lambda _, a: string(a),
    "contains": lambda _, a, b: string(b) in string(a),
    "starts-with": lambda _, a, b: string(a).startswith(string(b)),
    "ends-with": lambda _, a, b: string(a).endswith(string(b)),
    "substr": lambda _, a, b, *c: substring(string(a), number(b), *(number(one) for one in c)),
    "substring-before": lambda _, a, b: before(string(a), string(b)),
    "substring-after": lambda _, a, b: after(string(a), string(b)),
    "string-length": lambda _, a: float(len(string(a))),
    "normalize-space": lambda _, a: " ".join(string(a).split()),
    "translate": lambda _, a, b, c: translated(string(a), string(b), string(c)),
    "regex": lambda _, a, b: matches(string(b), string(a)),
    "date": lambda _, a: as_date(a),
    "date-time": lambda _, a: as_moment(a),
    "decimal-date-time": lambda _, a: found if (found := number(a)) == found else days(string(a)),
    "decimal-time": lambda _, a: decimal_time(a),
    "format-date": lambda _, a, b: formatted(a, b),
    "format-date-time": lambda _, a, b: formatted(a, b),
    "checklist": lambda _, low, high, *given: within(low, sum(map(boolean, given)), high),
    "weighted-checklist": lambda _, low, high, *pairs: weighted(low, high, *pairs),
    "position": lambda _, a: place(a),
    "randomize": lambda _, a, *seed: a,
    "random": lambda _: random.random(),  # noqa: S311 - a survey's own chance, no secret
    "uuid": lambda _, *size: str(uuid.uuid4()),
    "itext": lambda _, a, texts: word_of(texts, string(a)),
    "choice-name": lambda _, a, options: word_of(options, string(a)),
    "indexed-repeat": lambda _, rounds, which, path: in_round(rounds, which, path),
}  # fmt: skip


def takes(name: str, count: int) -> bool:
    """Whether a function can be given so many values."""
    try:
        inspect.signature(FUNCTIONS[name]).bind(None, *(None for _ in range(count)))
    except TypeError:
        return False
    return True


def joined(sign: str, parts: list[str]) -> str:
    """The parts with a sign between them, as far as a value may be long."""
    found: list[str] = []
    room = LONGEST
    for part in parts:
        if room <= 0:
            break
        found.append(part)
        room -= len(part) + len(sign)
    return sign.join(found)[:LONGEST]


def translated(text: str, signs: str, others: str) -> str:
    table = {
        ord(sign): others[at] if at < len(others) else None
        for at, sign in reversed(list(enumerate(signs)))
    }
    return text.translate(table)


def is_there(found: Value) -> bool:
    """Whether a value is an answer: neither empty nor a number that is none."""
    return found != "" and found == found  # noqa: PLR0124 - NaN alone differs from itself


def after(text: str, sign: str) -> str:
    return text.partition(sign)[2] if sign else text


def before(text: str, sign: str) -> str:
    return text.partition(sign)[0] if sign in text else ""


def in_round(rounds: Any, which: Any, path: str) -> list[Any]:
    """The answer to a question in one of the rounds, counted from 1; before it is the first."""
    at = max(counted(which) - 1, 0)
    found: list[Any] = rounds[at].findall(path) if at < len(rounds) else []
    return found


def place(nodes: Any) -> float:
    """Which of its like a node is, from 1."""
    if not isinstance(nodes, list):
        return math.nan
    if not nodes:
        return 0.0
    node = nodes[0]
    return 1.0 + sum(1 for one in node.itersiblings(preceding=True) if one.tag == node.tag)
