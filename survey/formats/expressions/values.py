"""Values in XForms: text, number, date or boolean; an empty answer is ''. Days, patterns, and
the texts of a form that expressions can ask for.
"""

import calendar
import datetime
import math
import re
from functools import lru_cache

import re2
from lxml import etree
from lxml.etree import _Element as Node

OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = 1 << 22  # of one compiled pattern
MOST_LETTERS = 1_000
LONGEST = 10_000  # characters of any value that an expression reads or returns
MARK = "kind"
NUMERIC, DATED, TRUTH = "n", "d", "b"  # marks of nodes with numbers, dates, booleans
FIGURE = "figure"  # the attribute of a node with a calculated number
DAY = "\ue000"  # prefix to a text that is a date, while it passes through libxml2
SECONDS = r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
ISO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:T{SECONDS})?")
PLAIN = re.compile(r"-?(\d+\.?\d*|\.\d+)(E-?\d+)?")
CLOCK = re.compile(SECONDS)
EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock of whoever answers
Value = str | float | bool
# What libxml2 passes to a function and takes from it: a value, or nodes (of an attribute its text).
Argument = Value | list[Node]
XFORMS = "http://www.w3.org/2002/xforms"
LISTED = re.compile(r"instance\(\s*['\"]([^'\"]*)['\"]\s*\)")


@lru_cache(maxsize=32)
def compiled_pattern(pattern: str) -> "re2._Regexp | None":
    """The compiled pattern; None if it is too long or cannot be matched in linear time."""
    if len(pattern) > MOST_LETTERS:
        return None
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text."""
    regex = compiled_pattern(pattern)
    # A pattern made from answers cannot be refused before publishing; a bad one matches nothing.
    return regex is not None and regex.fullmatch(text) is not None


class DayText(str):
    """A date or date-time. It is compared as days since 1970; a text that only looks like a date is
    not.
    """

    __slots__ = ()


def to_value(given: Argument) -> Value:
    """The value of an argument; if it is several nodes, the value of the first."""
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
    value = to_value(given)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def to_number(given: Argument) -> float:
    """The value as a number: a date as days since 1970, and NaN if it is not a number."""
    value = to_value(given)
    if isinstance(value, DayText):
        return days_since_1970(value)
    if not isinstance(value, str):
        return float(value)
    return float(value) if PLAIN.fullmatch(value.strip()) else math.nan


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
    value = to_value(given)
    if isinstance(value, float):
        return bool(value) and not math.isnan(value)
    return value if isinstance(value, bool) else bool(value)


def text_values(*given: Argument) -> list[str]:
    """The text of every value in every argument, nodes one by one."""
    return [
        to_string([value]) if not isinstance(value, str) else str(value)
        for argument in given
        for value in (argument if isinstance(argument, list) else [to_string(argument)])
    ]


def number_values(*given: Argument) -> list[float]:
    return [to_number(text) for text in text_values(*given) if text != ""]


def to_date(given: Argument) -> Value:
    value = to_value(given)
    count = days_since_1970(value) if isinstance(value, str) else value
    if math.isnan(count):
        return ""
    # Python has no dates after 9999: the meter makes the error an empty answer.
    return DAY + f"{EPOCH + datetime.timedelta(days=math.floor(count)):%Y-%m-%d}"


def to_date_time(given: Argument) -> Value:
    value = to_value(given)
    return DAY + value if isinstance(value, str) and parse_date_time(value) else to_date(value)


def decimal_time(given: Argument) -> float:
    """The time of day as a fraction of a day."""
    text = to_string(given)
    match = CLOCK.fullmatch(text.partition("T")[2] or text)
    if not match:
        return math.nan
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def formatted_date(given: Argument, pattern: Argument) -> str:
    value = to_value(given)
    at = parse_date_time(value if isinstance(value, str) else to_string(to_date(value)))
    if at is None:
        return ""
    # Not strftime: XForms has letters of its own, such as %n, %e and %3.
    parts = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "n": str(at.month),
        "b": calendar.month_abbr[at.month], "d": f"{at.day:02}", "e": str(at.day),
        "H": f"{at.hour:02}", "h": str(at.hour), "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "3": "000", "a": calendar.day_abbr[at.weekday()], "A": calendar.day_name[at.weekday()],
        "W": f"{at.isocalendar().week:02}", "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda match: parts.get(match[1], match[0]), to_string(pattern))


SELECTS = (
    f"{{{XFORMS}}}select",
    f"{{{XFORMS}}}select1",
    "{http://www.opendatakit.org/xforms}rank",
)


def texts_by_id(model: Node) -> Node:
    """Every text by its id, in the form's default language."""
    texts = etree.Element("texts")
    translations = list(model.iter(f"{{{XFORMS}}}translation"))
    # Expressions see one language, so that results do not depend on the respondent's.
    first = [
        translation for translation in translations if translation.get("default")
    ] or translations
    for translation in first[:1]:
        for text in translation.iter(f"{{{XFORMS}}}text"):
            values = [
                variant for variant in text.iter(f"{{{XFORMS}}}value") if not variant.get("form")
            ]
            node = etree.SubElement(texts, "text", name=text.get("id") or "")
            node.text = "".join(values[0].itertext()) if values else ""
    return texts


def labels_by_path(body: Node, lists: dict[str | None, Node], texts: Node) -> Node:
    """Every select by its path, with the label of each option."""
    by_id = {text.get("name"): text.text for text in texts}
    labels = etree.Element("labels")
    for control in body.iter(*SELECTS):
        select = etree.SubElement(labels, "select", path=control.get("ref") or "")
        for itemset in control.iter(f"{{{XFORMS}}}itemset"):
            listed = LISTED.match(itemset.get("nodeset") or "")
            rows = lists.get(listed[1]) if listed else None
            for row in () if rows is None else rows.iter("item"):
                text = row.findtext("label") or by_id.get(row.findtext("itextId"))
                etree.SubElement(select, "option", name=row.findtext("name") or "").text = text
        for item in control.iter(f"{{{XFORMS}}}item"):
            name, label = (item.find(f"{{{XFORMS}}}{tag}") for tag in ("value", "label"))
            if name is not None and label is not None:
                etree.SubElement(select, "option", name=name.text or "").text = label.text
    return labels


def find_text(nodes: Argument, name: str) -> str:
    """The text of the node with this name; '' if there is no such node, or if `nodes` are not
    nodes.
    """
    among = nodes if isinstance(nodes, list) else []
    return next((node.text or "" for node in among if node.get("name") == name), "")
