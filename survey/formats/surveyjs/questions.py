"""The questions of SurveyJS that are answered by typing, ticking or a file, one function a type."""

import re
from collections.abc import Callable
from typing import Any

from pyxform.utils import default_is_dynamic

from survey.formats.surveyjs.limits import EMAIL, Limits, keeps
from survey.formats.surveyjs.making import Making
from survey.formats.surveyjs.markup import plain_text
from survey.formats.surveyjs.node import Node, scalar, words
from survey.formats.surveyjs.terms import Entry
from survey.instruments import (
    AnyPart,
    Calculate,
    Date,
    Decimal,
    File,
    Image,
    Moment,
    Note,
    Range,
    Scale,
    Text,
    Time,
    Whole,
    Wording,
)

Parts = tuple[AnyPart, ...]
TIMES: dict[str, type[Date] | type[Moment] | type[Time]] = {
    "date": Date, "datetime-local": Moment, "time": Time,
}  # fmt: skip
TYPED = ("text", "email", "tel", "url")
PICTURE = re.compile(r"image/[\w.+*-]+|\.(png|jpe?g|gif|webp|heic|bmp|tiff?)", re.IGNORECASE)
MOST_LETTERS = 5_000


def title_of(node: Node, given: str) -> Wording:
    """The words of a question, which are its name where it has no others."""
    shown = words(given) or "–"
    return node.wording("title") or {node.source.language: shown}


def asked(making: Making, node: Node, entry: Entry, given: str) -> dict[str, Any]:
    """What every question has."""
    required = node.flag("isRequired")
    lost = "people do not have to answer it"
    when = "" if required else making.expression(node, "requiredIf", None, lost)
    return {
        "name": entry.name,
        "text": title_of(node, given),
        "hint": node.wording("description"),
        "relevant": making.relevant(node),
        "required": required,
        "required_when": when,
        "required_message": node.wording("requiredErrorText") if required or when else {},
        "read_only": node.flag("readOnly"),
    }


def default_of(making: Making, node: Node, entry: Entry) -> dict[str, str]:
    """The answer that a question begins with, by the names of its options here."""
    lost = "the question starts empty"
    if node.has("defaultValueExpression"):
        given = making.expression(node, "defaultValueExpression", None, lost)
        if given and not default_is_dynamic(given):
            node.leave(f"defaultValueExpression: {node.text('defaultValueExpression')}", lost)
            given = ""
        return {"default": given}
    value = node.raw("defaultValue")
    several = value if isinstance(value, list) else [] if value in (None, "") else [value]
    texts = [one if (one := scalar(each)) is not None else "" for each in several]
    names = [entry.options.get(text, "") if entry.options else words(text) for text in texts]
    default = " ".join(names)
    if default_is_dynamic(default) or not all(names):
        node.leave(f"defaultValue: {value}", lost)
        return {"default": ""}
    return {"default": default}


def number(making: Making, node: Node, fields: dict[str, Any], entry: Entry) -> AnyPart:
    step = node.number("step")
    least, most = node.number("min"), node.number("max")
    if step is not None and step > 1:
        node.leave(f"step: {step:g}", "any whole number may be answered")
    if isinstance(step, int) and step > 0 and all(isinstance(n, int | None) for n in (least, most)):
        return Whole(**fields, least=as_whole(least), most=as_whole(most))
    return Decimal(**fields, least=least, most=most)


def as_whole(given: float | None) -> int | None:
    return None if given is None else int(given)


def moment(making: Making, node: Node, fields: dict[str, Any], entry: Entry, kind: str) -> AnyPart:
    if kind == "time":
        return Time(**fields)
    return TIMES[kind](**fields, future=True)  # type: ignore[call-arg]


def text(making: Making, node: Node, given: str) -> Parts:
    """A line that is typed; what may be typed decides its type."""
    kind = node.text("inputType") or "text"
    days = {"date": "day", "datetime-local": "day"}
    entry = Entry(making.name(node, given), days.get(kind, "value"))
    fields = asked(making, node, entry, given) | default_of(making, node, entry)
    if node.has("placeholder") and not fields["hint"]:
        fields["hint"] = node.wording("placeholder", "placeHolder")
    limits = Limits(making, node, entry)
    part = line(making, node, limits, fields, kind)
    making.meet(given, entry)
    return (part,)


def line(making: Making, node: Node, limits: Limits, fields: dict[str, Any], kind: str) -> AnyPart:
    if kind == "range":
        return slide(node, fields | keeps(limits.read()))
    if kind in TIMES:
        return moment(making, node, fields | keeps(limits.of_days().read()), limits.entry, kind)
    if kind == "number":
        limits.of_numbers().read()
        return number(making, node, fields | keeps(limits), limits.entry)
    if kind == "email":
        limits.add(EMAIL)
    if kind not in TYPED:
        node.leave(f"inputType: {kind}", "people enter plain text")
    limits.read()
    return Text(**fields, **keeps(limits), long=False, most=letters(node, limits))


def letters(node: Node, limits: Limits) -> int:
    """How long a text may be."""
    most = [node.number("maxLength"), limits.most_letters]
    return min([int(one) for one in most if one is not None and one > 0] + [MOST_LETTERS])


def comment(making: Making, node: Node, given: str) -> Parts:
    entry = making.meet(given, Entry(making.name(node, given)))
    fields = asked(making, node, entry, given) | default_of(making, node, entry)
    if node.has("placeholder") and not fields["hint"]:
        fields["hint"] = node.wording("placeholder")
    limits = Limits(making, node, entry).read()
    return (Text(**fields, **keeps(limits), long=True, most=letters(node, limits)),)


def slide(node: Node, fields: dict[str, Any]) -> AnyPart:
    """A number on a line; one that no slide of phones can show is typed."""
    low, high, step = (node.number(key) for key in ("min", "max", "step"))
    low, high, step = low or 0, 100 if high is None else high, step or 1
    if low >= high or step <= 0 or step > high - low:
        node.leave("min, max and step", "they leave nothing to choose from, so any number may be")
        return Decimal(**fields, least=None, most=None)
    if any(float(f"{one:g}") != one for one in (low, high, step)):
        node.leave("step", "the number is typed")
        return Decimal(**fields, least=low, most=high)
    return Range(**fields, low=low, high=high, step=step)


def slider(making: Making, node: Node, given: str) -> Parts:
    if node.text("sliderType") == "range":
        node.leave("the question", "two numbers on one line cannot be asked here")
        return ()
    entry = making.meet(given, Entry(making.name(node, given)))
    fields = asked(making, node, entry, given) | default_of(making, node, entry)
    return (slide(node, fields | keeps(Limits(making, node, entry).read())),)


def scale(making: Making, node: Node, given: str) -> Parts | None:
    """Whole numbers with words at both ends; None where its values are something else."""
    low, step = node.number("rateMin"), node.number("rateStep") or 1
    low = 1 if low is None else low
    count, high = node.number("rateCount"), node.number("rateMax")
    if high is None:
        high = 5 if count is None else low + (count - 1) * step
    if node.has("rateValues") or step != 1 or not all(isinstance(n, int) for n in (low, high)):
        return None
    if low >= high:
        node.leave("the question", "its highest value is not above its lowest")
        return ()
    entry = making.meet(given, Entry(making.name(node, given)))
    fields = asked(making, node, entry, given) | default_of(making, node, entry)
    ends: dict[str, Any] = {
        "low_label": node.wording("minRateDescription"),
        "high_label": node.wording("maxRateDescription"),
    }
    node.flag("autoGenerate")
    limits = Limits(making, node, entry).read()
    return (Scale(**fields, **keeps(limits), low=int(low), high=int(high), **ends),)


def file(making: Making, node: Node, given: str) -> Parts:
    entry = making.meet(given, Entry(making.name(node, given)))
    fields = asked(making, node, entry, given)
    kinds = [one.strip() for one in node.text("acceptedTypes").split(",") if one.strip()]
    sorts = [scalar(one) for one in node.entries("acceptedCategories")]
    picture = all(map(PICTURE.fullmatch, kinds)) if kinds else sorts == ["image"]
    if not picture and (kinds or sorts):
        node.leave(f"kinds of files: {', '.join(kinds) or sorts}", "any document may be given")
    return (Image(**fields) if picture else File(**fields),)


def note(making: Making, node: Node, given: str) -> Parts:
    """Words without their layout; what is no word is told."""
    said: Wording = {}
    for language, markup in node.wording("html").items():
        plain, lost = plain_text(markup)
        said |= {language: words(plain)} if words(plain) else {}
        for what in lost:
            node.leave(what, "only words are shown here")
    node.text("name")
    if not said:
        node.leave("the text", "it has no text")
        return ()
    name = making.name(node, given, "note")
    making.meet(given, Entry(name))
    node.raw("title")
    return (Note(name=name, text=said, relevant=making.relevant(node)),)


def calculation(making: Making, node: Node, given: str) -> Parts:
    entry = Entry(making.name(node, given), "calculated")
    worked_out = making.expression(node, "expression", None, "it is left out")
    if not worked_out:
        if not node.text("expression"):
            node.leave("the question", "it says nothing of how its value is worked out")
        return ()
    making.meet(given, entry)
    node.wording("title")
    node.leave("the question", "its value is calculated and stored, but not shown")
    relevant = making.relevant(node)
    return (Calculate(name=entry.name, calculation=worked_out, relevant=relevant),)


TYPES: dict[str, Callable[[Making, Node, str], Parts]] = {
    "text": text,
    "comment": comment,
    "slider": slider,
    "file": file,
    "html": note,
    "expression": calculation,
}
