"""The functions of ODK XForms, each as JavaRosa answers it: an empty answer is '', not nothing.

Source: the ODK XForms specification, sections "XPath functions" and "XPath operators".
"""

import inspect
import math
import random
import secrets
import uuid
from collections.abc import Callable

from lxml.etree import _Element as Node

from survey.formats.expressions.values import (
    LONGEST,
    Argument,
    Value,
    days_since_1970,
    decimal_time,
    find_text,
    formatted_date,
    matches_whole,
    number_values,
    text_values,
    to_boolean,
    to_date,
    to_date_time,
    to_number,
    to_string,
    to_value,
)


def is_equal(a: Argument, b: Argument) -> bool:
    left, right = to_value(a), to_value(b)
    if isinstance(left, bool) or isinstance(right, bool):
        return to_boolean(left) == to_boolean(right)
    if isinstance(left, float) or isinstance(right, float):
        return to_number(left) == to_number(right)
    return left == right


def comparison(test: Callable[[float, float], bool]) -> Callable[..., bool]:
    return lambda _, a, b: test(to_number(a), to_number(b))


def arithmetic(act: Callable[[float, float], float]) -> Callable[..., float]:
    return lambda _, a, b: act(to_number(a), to_number(b))


def divide(a: float, b: float) -> float:
    if b == 0:
        # XPath has numbers as IEEE 754 has them, where Python raises.
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


def remainder(a: float, b: float) -> float:
    # XPath's mod has the sign of the dividend, Python's % that of the divisor.
    return math.fmod(a, b) if b and not math.isinf(a) and not math.isnan(b) else math.nan


def rounded_number(given: Argument, places: Argument = 0.0) -> float:
    """The number rounded half away from zero, as in ODK's round() with decimal places."""
    number, digits = to_number(given), int(to_number(places))
    if math.isnan(number) or math.isinf(number):
        return number
    shifted = abs(number) * 10.0**digits
    # 1.005 times 100 is a hair below 100.5; without the small addend it would round down.
    return math.copysign(math.floor(shifted + 0.5 + 1e-12) / 10.0**digits, number)


def selected_names(given: Argument) -> list[str]:
    return to_string(given).split()


def selected_name_at(given: Argument, place: Argument) -> str:
    names, at = selected_names(given), place_number(place)
    return names[at] if 0 <= at < len(names) else ""


def place_number(given: Argument) -> int:
    """A position as a whole number; an empty position is 0, the first."""
    number = to_number(given)
    return 0 if math.isnan(number) else int(number)


def substring(text: str, start: float, end: float | None = None) -> str:
    """The text from `start` (from 0; negative counts from the end) up to, not including, `end`."""
    start = 0.0 if math.isnan(start) else start
    end = 0.0 if end is not None and math.isnan(end) else end
    first = int(start) if start >= 0 else max(len(text) + int(start), 0)
    last = len(text) if end is None else int(end) if end >= 0 else len(text) + int(end)
    return text[first:last] if first < last else ""


def extreme(pick: Callable[[list[float]], float]) -> Callable[..., float]:
    """A function for the largest or smallest of several values, ignoring non-numbers."""

    def pick_number(_: object, *given: Argument) -> float:
        numbers = [value for value in number_values(*given) if not math.isnan(value)]
        return pick(numbers) if numbers else math.nan

    return pick_number


def is_weight_within(low: Argument, high: Argument, *pairs: Argument) -> bool:
    answers = [to_boolean(pair) for pair in pairs[::2]]
    total = sum(
        to_number(weight) for answer, weight in zip(answers, pairs[1::2], strict=False) if answer
    )
    return to_number(low) <= total <= to_number(high)


def is_total_within(low: Argument, total: float, high: Argument) -> bool:
    least, most = to_number(low), to_number(high)
    return (least < 0 or total >= least) and (most < 0 or total <= most)


def real_function(act: Callable[[float], float]) -> Callable[..., float]:
    def call_function(_: object, given: Argument) -> float:
        try:
            return act(to_number(given))
        except (ValueError, OverflowError):
            return math.nan

    return call_function


def power(a: float, b: float) -> float:
    try:
        number = a**b
    except (OverflowError, ZeroDivisionError):
        return math.inf
    # The root of a negative number is complex in Python.
    return number if isinstance(number, float) else math.nan


FUNCTIONS: dict[str, Callable[..., Argument]] = {
    "eq": lambda _, a, b: is_equal(a, b),
    "ne": lambda _, a, b: not is_equal(a, b),
    "lt": comparison(lambda a, b: a < b),
    "le": comparison(lambda a, b: a <= b),
    "gt": comparison(lambda a, b: a > b),
    "ge": comparison(lambda a, b: a >= b),
    "add": arithmetic(lambda a, b: a + b),
    "sub": arithmetic(lambda a, b: a - b),
    "mul": arithmetic(lambda a, b: a * b),
    "div": arithmetic(divide),
    "mod": arithmetic(remainder),
    "bool": lambda _, a: to_boolean(a),
    "which": lambda _, a: to_value(a) if isinstance(to_value(a), float) else to_boolean(a),
    "if": lambda _, test, a, b: to_value(a) if to_boolean(test) else to_value(b),
    "not": lambda _, a: not to_boolean(a),
    "boolean": lambda _, a: to_boolean(a),
    "boolean-from-string": lambda _, a: to_string(a).lower() in ("true", "1"),
    "string": lambda _, a: to_string(a),
    "number": lambda _, a: to_number(a),
    "int": lambda _, a: number if math.isnan(number := to_number(a)) else float(math.trunc(number)),
    "round": lambda _, a, places=0.0: rounded_number(a, places),
    "floor": real_function(lambda a: float(math.floor(a))),
    "ceiling": real_function(lambda a: float(math.ceil(a))),
    "abs": real_function(abs),
    "pow": arithmetic(power),
    "sqrt": real_function(math.sqrt),
    "exp": real_function(math.exp),
    "exp10": real_function(lambda a: 10.0**a),
    "log": real_function(math.log),
    "log10": real_function(math.log10),
    "sin": real_function(math.sin),
    "cos": real_function(math.cos),
    "tan": real_function(math.tan),
    "asin": real_function(math.asin),
    "acos": real_function(math.acos),
    "atan": real_function(math.atan),
    "atan2": arithmetic(math.atan2),
    "pi": lambda _: math.pi,
    "sum": lambda _, a: sum(to_number(text) if text else 0.0 for text in text_values(a)),
    "max": extreme(max),
    "min": extreme(min),
    "count": lambda _, a: float(len(a)),
    "count-non-empty": lambda _, a: float(sum(1 for text in text_values(a) if text)),
    # Blanks around both: selected('', '') is true as in JavaRosa, an old test for no answer.
    "selected": lambda _, a, b: f" {to_string(b).strip()} " in f" {to_string(a)} ",
    "selected-at": lambda _, a, b: selected_name_at(a, b),
    "count-selected": lambda _, a: float(len(selected_names(a))),
    "coalesce": lambda _, *given: next(filter(is_answered, map(to_value, given)), ""),
    "concat": lambda _, *given: joined_text("", text_values(*given)),
    "join": lambda _, sign, *given: joined_text(to_string(sign), text_values(*given)),
    "once": lambda _, a: to_string(a),
    "contains": lambda _, a, b: to_string(b) in to_string(a),
    "starts-with": lambda _, a, b: to_string(a).startswith(to_string(b)),
    "ends-with": lambda _, a, b: to_string(a).endswith(to_string(b)),
    "substr": lambda _, a, b, *c: substring(to_string(a), to_number(b),
    *(to_number(argument) for argument in c)),
    "substring-before": lambda _, a, b: text_before(to_string(a), to_string(b)),
    "substring-after": lambda _, a, b: text_after(to_string(a), to_string(b)),
    "string-length": lambda _, a: float(len(to_string(a))),
    "normalize-space": lambda _, a: " ".join(to_string(a).split()),
    "translate": lambda _, a, b, c: translated_text(to_string(a), to_string(b), to_string(c)),
    "regex": lambda _, a, b: matches_whole(to_string(b), to_string(a)),
    "date": lambda _, a: to_date(a),
    "date-time": lambda _, a: to_date_time(a),
    "decimal-date-time": lambda _,
    a: number if (number := to_number(a)) == number else days_since_1970(to_string(a)),
    "decimal-time": lambda _, a: decimal_time(a),
    "format-date": lambda _, a, b: formatted_date(a, b),
    "format-date-time": lambda _, a, b: formatted_date(a, b),
    "checklist": lambda _, low, high, *given: is_total_within(low, sum(map(to_boolean, given)),
    high),
    "weighted-checklist": lambda _, low, high, *pairs: is_weight_within(low, high, *pairs),
    "position": lambda _, a: node_position(a),
    "randomize": lambda _, a, *seed: a,
    "random": lambda _: random.random(),  # noqa: S311 - a survey's own chance, no secret
    "uuid": lambda _, *size: random_id(*size),
    "itext": lambda _, a, texts: find_text(texts, to_string(a)),
    "choice-name": lambda _, a, options: find_text(options, to_string(a)),
    "indexed-repeat": lambda _, rounds, which, path: answer_in_round(rounds, which, path),
}  # fmt: skip


def accepts_count(name: str, count: int) -> bool:
    """Whether a function accepts this number of arguments."""
    try:
        # Asked before publishing, or the mistake would show on every respondent's page.
        inspect.signature(FUNCTIONS[name]).bind(None, *(None for _ in range(count)))
    except TypeError:
        return False
    return True


def joined_text(sign: str, parts: list[str]) -> str:
    """The parts with `sign` between them, cut to the longest value allowed."""
    pieces: list[str] = []
    room = LONGEST
    for part in parts:
        if room <= 0:
            break
        pieces.append(part)
        room -= len(part) + len(sign)
    return sign.join(pieces)[:LONGEST]


def translated_text(text: str, signs: str, others: str) -> str:
    table = {
        ord(sign): others[at] if at < len(others) else None
        # Reversed, as of a sign that is given twice XPath 1.0 takes the first.
        for at, sign in reversed(list(enumerate(signs)))
    }
    return text.translate(table)


def is_answered(value: Value) -> bool:
    """Whether a value is an answer: neither empty nor NaN."""
    return value != "" and value == value  # noqa: PLR0124 - NaN alone differs from itself


def text_after(text: str, sign: str) -> str:
    return text.partition(sign)[2] if sign else text


def random_id(*size: Argument) -> str:
    """A random id; with `size`, a random text of that many letters and digits."""
    if not size:
        return str(uuid.uuid4())
    number = min(max(place_number(size[0]), 0), LONGEST)
    return secrets.token_hex(number)[:number]


def text_before(text: str, sign: str) -> str:
    return text.partition(sign)[0] if sign and sign in text else ""


def answer_in_round(rounds: list[Node], which: Argument, path: str) -> list[Node]:
    """The answer to a question in round `which`, counted from 1; below 1 means the first round."""
    at = max(place_number(which) - 1, 0)
    nodes: list[Node] = rounds[at].findall(path) if at < len(rounds) else []
    return nodes


def node_position(nodes: Argument) -> float:
    """The position of a node among its siblings of the same name, from 1."""
    if not isinstance(nodes, list):
        return math.nan
    if not nodes:
        return 0.0
    node = nodes[0]
    return 1.0 + sum(1 for sibling in node.itersiblings(preceding=True) if sibling.tag == node.tag)
