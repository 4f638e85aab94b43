"""SurveyJS questions without options: text, numbers, days, files; and the limits of all questions
(validators, minimum and maximum) as one constraint.
"""

import re
from collections.abc import Callable
from typing import Any, Self

from survey.formats.expressions.values import compiled_pattern
from survey.formats.foreign import Unconvertible, all_conditions
from survey.formats.surveyjs.node import SurveyjsNode
from survey.formats.surveyjs.terms import SurveyjsEntry, xpath_literal
from survey.formats.surveyjs.words import MarkupText, clean_words, scalar_text
from survey.surveys import instruments

NOT_CHECKED = "answers are not checked against it"
EMAIL = r"regex(., '[^@\s]+@[^@\s]+\.[^@\s]+')"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?")


class SurveyjsLimits:
    """Collects the constraints of a question and their error messages."""

    def __init__(self, node: SurveyjsNode, entry: SurveyjsEntry) -> None:
        self.node = node
        self.entry = entry
        self.conditions: dict[str, None] = {}
        self.messages: list[instruments.Wording] = []
        self.most_letters: float | None = None
        self.most_chosen: float | None = None

    def add(self, condition: str) -> None:
        if condition:
            self.conditions[condition] = None

    def say(self, message: instruments.Wording) -> None:
        if message and message not in self.messages:
            self.messages.append(message)

    def read(self) -> Self:
        for node in self.node.nodes("validators"):
            kind = node.text("type").removesuffix("validator")
            if node.text("notificationType") in ("warning", "info"):
                node.leave(f"validator {kind}", "there are only errors here, no warnings")
            elif kind in VALIDATORS:
                message = node.wording("text")
                # One message serves all rules: that of a lost rule would be shown for another.
                before = (*self.conditions, self.most_letters, self.most_chosen)
                VALIDATORS[kind](self, node)
                if (*self.conditions, self.most_letters, self.most_chosen) != before:
                    self.say(message)
                node.leave_rest()
            else:
                node.leave(f"validator {kind}", NOT_CHECKED)
        return self

    def of_numbers(self) -> Self:
        """Add the minimum and maximum that are given as expressions."""
        for key, sign in (("min", ">="), ("max", "<=")):
            self.add_expression(f"{key}ValueExpression", sign)
            self.say(self.node.wording(f"{key}ErrorText") if self.node.has(key) else {})
        return self

    def of_days(self) -> Self:
        for key, sign in (("min", ">="), ("max", "<=")):
            given = self.node.text(key)
            if given.startswith("="):
                self.end(key, given, self.convert(key, given.removeprefix("=")), sign)
            elif given:
                match = DAY.fullmatch(given)
                written = f"date{'-time' if match and match[2] else ''}('{given}')"
                self.end(key, given, written if match else "", sign)
            self.add_expression(f"{key}ValueExpression", sign)
            self.say(self.node.wording(f"{key}ErrorText") if self.node.has(key) else {})
        return self

    def convert(self, key: str, given: str) -> str:
        return self.node.convert(key, given, NOT_CHECKED, self.entry)

    def end(self, key: str, given: str, value: str, sign: str) -> None:
        if value:
            self.add(f". {sign} {value}")
        # An expression that cannot be converted is in the report already.
        elif not given.startswith("="):
            self.node.leave(f"{key}: {given}", f"it is not a date; {NOT_CHECKED}")

    def add_expression(self, key: str, sign: str) -> None:
        if value := self.node.expression(key, NOT_CHECKED, self.entry):
            self.add(f". {sign} ({value})" if " " in value else f". {sign} {value}")

    def numeric(self, node: SurveyjsNode) -> None:
        for key, sign in (("minValue", ">="), ("maxValue", "<=")):
            if (value := node.number(key)) is not None:
                self.add(f". {sign} {value}")

    def lengths(self, node: SurveyjsNode) -> None:
        least, most = node.number("minLength"), node.number("maxLength")
        if least and least > 0:
            self.add(f"string-length(.) >= {least}")
        if most and most > 0:
            self.most_letters = most
        if node.raw("allowDigits") is False:
            self.add(r"regex(., '\D*')")

    def counts(self, node: SurveyjsNode) -> None:
        least, most = node.number("minCount"), node.number("maxCount")
        if least and least > 0:
            self.add(f"count-selected(.) >= {least}")
        if most and most > 0:
            self.most_chosen = most

    def pattern(self, node: SurveyjsNode) -> None:
        """Add a regular expression, adapted: in JavaScript it may match any part of an answer, here
        it must match all of it.
        """
        given = node.text("regex")
        if compiled_pattern(given) is None:
            node.leave(
                f"regex: {given}", f"it is not a pattern that can be read here; {NOT_CHECKED}"
            )
            return
        try:
            ended = given.endswith("$") and not given.endswith(r"\$")
            # With '|' the anchors may belong to single branches only.
            whole = (
                given
                if given.startswith("^") and ended and "|" not in given
                else rf"[\s\S]*(?:{given})[\s\S]*"
            )
            folded = "(?i)" if node.flag("caseInsensitive", "insensitive") else ""
            self.add(f"regex(., {xpath_literal(folded + whole)})")
        except Unconvertible as wrong:
            node.leave(f"regex: {given}", f"{wrong}; {NOT_CHECKED}")

    def email(self, node: SurveyjsNode) -> None:
        self.add(EMAIL)

    def expression(self, node: SurveyjsNode) -> None:
        given = node.text("expression")
        self.add(node.convert("condition", given, NOT_CHECKED, self.entry))

    def fields(self) -> dict[str, Any]:
        """The fields of a question for its constraint and error message."""
        message: instruments.Wording = {}
        for wording in self.messages:
            for language, said in wording.items():
                message[language] = f"{message[language]} {said}" if language in message else said
        return {"constraint": all_conditions(*self.conditions), "constraint_message": message}


VALIDATORS: dict[str, Callable[[SurveyjsLimits, SurveyjsNode], None]] = {
    "numeric": SurveyjsLimits.numeric,
    "text": SurveyjsLimits.lengths,
    "answercount": SurveyjsLimits.counts,
    "regex": SurveyjsLimits.pattern,
    "email": SurveyjsLimits.email,
    "expression": SurveyjsLimits.expression,
}


Parts = tuple[instruments.AnyPart, ...]
DAYS: dict[str, type[instruments.Date] | type[instruments.DateTime]] = {
    "date": instruments.Date,
    "datetime-local": instruments.DateTime,
}
TYPED = ("text", "email", "tel", "url")
PICTURE = re.compile(r"image/[\w.+*-]+|\.(png|jpe?g|gif|webp|heic|bmp|tiff?)", re.IGNORECASE)
MOST_LETTERS = 5_000


def question_title(node: SurveyjsNode) -> instruments.Wording:
    """The text of a question; its name if it has none."""
    shown = clean_words(node.given_name) or "–"
    return node.wording("title") or {node.context.language: shown}


def shared_fields(node: SurveyjsNode, entry: SurveyjsEntry) -> dict[str, Any]:
    """The fields that every question has."""
    required = node.flag("isRequired")
    lost = "people do not have to answer it"
    when = "" if required else node.expression("requiredIf", lost)
    return {
        "name": entry.name,
        "text": question_title(node),
        "hint": node.wording("description"),
        "relevant": node.relevant(),
        "required": required,
        "required_when": when,
        "required_message": node.wording("requiredErrorText") if required or when else {},
        "read_only": node.flag("readOnly"),
    }


def default_field(node: SurveyjsNode, entry: SurveyjsEntry) -> dict[str, str]:
    """The default answer, with options under the names that we give them."""
    from pyxform.utils import default_is_dynamic  # slow to load

    lost = "the question starts empty"
    if node.has("defaultValueExpression"):
        given = node.expression("defaultValueExpression", lost)
        # pyxform decides by its look what a phone works out; anything else would be taken as words.
        if given and not default_is_dynamic(given):
            node.leave(f"defaultValueExpression: {node.text('defaultValueExpression')}", lost)
            given = ""
        return {"default": given}
    value = node.raw("defaultValue")
    several = value if isinstance(value, list) else [] if value in (None, "") else [value]
    texts = [scalar if (scalar := scalar_text(each)) is not None else "" for each in several]
    names = [entry.options.get(text, "") if entry.options else clean_words(text) for text in texts]
    default = " ".join(names)
    # Words that look like an expression would be worked out by a phone.
    if default_is_dynamic(default) or not all(names):
        node.leave(f"defaultValue: {value}", lost)
        return {"default": ""}
    return {"default": default}


def to_integer(given: float | None) -> int | None:
    return None if given is None else int(given)


def text_parts(node: SurveyjsNode) -> Parts:
    """A single-line text question; its input type decides which of our types it becomes."""
    kind = node.text("inputType") or "text"
    days = {"date": "day", "datetime-local": "day"}
    entry = SurveyjsEntry(node.name_here(), days.get(kind, "value"))
    fields = shared_fields(node, entry) | default_field(node, entry)
    if node.has("placeholder") and not fields["hint"]:
        fields["hint"] = node.wording("placeholder", "placeHolder")
    limits = SurveyjsLimits(node, entry)
    part = line_part(limits, fields, kind)
    node.meet(entry)
    return (part,)


def line_part(limits: SurveyjsLimits, fields: dict[str, Any], kind: str) -> instruments.AnyPart:
    node = limits.node
    if kind == "range":
        return slider_part(node, fields | limits.read().fields())
    if kind in (*DAYS, "time"):
        fields = fields | limits.of_days().read().fields()
        # Dates end today by default here, and SurveyJS has no such limit.
        return instruments.Time(**fields) if kind == "time" else DAYS[kind](**fields, future=True)
    if kind == "number":
        limits.of_numbers().read()
        fields = fields | limits.fields()
        step = node.number("step")
        least, most = node.number("min"), node.number("max")
        if step is not None and step > 1:
            node.leave(f"step: {step:g}", "any whole number may be answered")
        # Only a whole step says that fractions are not wanted.
        if (
            isinstance(step, int)
            and step > 0
            and all(isinstance(n, int | None) for n in (least, most))
        ):
            return instruments.Integer(**fields, least=to_integer(least), most=to_integer(most))
        return instruments.Decimal(**fields, least=least, most=most)
    if kind == "email":
        limits.add(EMAIL)
    if kind not in TYPED:
        node.leave(f"inputType: {kind}", "people enter plain text")
    limits.read()
    return instruments.Text(**fields, **limits.fields(), long=False, most=text_limit(node, limits))


def text_limit(node: SurveyjsNode, limits: SurveyjsLimits) -> int:
    """The maximum length of a text."""
    most = [node.number("maxLength"), limits.most_letters]
    return min([int(limit) for limit in most if limit is not None and limit > 0] + [MOST_LETTERS])


def comment_parts(node: SurveyjsNode) -> Parts:
    entry = node.meet(SurveyjsEntry(node.name_here()))
    fields = shared_fields(node, entry) | default_field(node, entry)
    if node.has("placeholder") and not fields["hint"]:
        fields["hint"] = node.wording("placeholder")
    limits = SurveyjsLimits(node, entry).read()
    return (
        instruments.Text(**fields, **limits.fields(), long=True, most=text_limit(node, limits)),
    )


def slider_part(node: SurveyjsNode, fields: dict[str, Any]) -> instruments.AnyPart:
    """A number on a slider; a plain number question if phones cannot show such a slider."""
    low, high, step = (node.number(key) for key in ("min", "max", "step"))
    low, high, step = low or 0, 100 if high is None else high, step or 1
    if low >= high or step <= 0 or step > high - low:
        node.leave("min, max and step", "they leave nothing to choose from, so any number may be")
        return instruments.Decimal(**fields, least=None, most=None)
    if any(float(f"{number:g}") != number for number in (low, high, step)):
        node.leave("step", "the number is typed")
        return instruments.Decimal(**fields, least=low, most=high)
    return instruments.Range(**fields, low=low, high=high, step=step)


def slider_parts(node: SurveyjsNode) -> Parts:
    if node.text("sliderType") == "range":
        node.leave("the question", "two numbers on one line cannot be asked here")
        return ()
    entry = node.meet(SurveyjsEntry(node.name_here()))
    fields = shared_fields(node, entry) | default_field(node, entry)
    return (slider_part(node, fields | SurveyjsLimits(node, entry).read().fields()),)


def scale_parts(node: SurveyjsNode) -> Parts | None:
    """A scale of whole numbers with labels at both ends; None if the rating has other values."""
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
    entry = node.meet(SurveyjsEntry(node.name_here()))
    fields = shared_fields(node, entry) | default_field(node, entry)
    ends: dict[str, Any] = {
        "low_label": node.wording("minRateDescription"),
        "high_label": node.wording("maxRateDescription"),
    }
    node.flag("autoGenerate")
    limits = SurveyjsLimits(node, entry).read()
    return (instruments.Scale(**fields, **limits.fields(), low=int(low), high=int(high), **ends),)


def file_parts(node: SurveyjsNode) -> Parts:
    entry = node.meet(SurveyjsEntry(node.name_here()))
    fields = shared_fields(node, entry)
    kinds = [kind.strip() for kind in node.text("acceptedTypes").split(",") if kind.strip()]
    sorts = [scalar_text(entry) for entry in node.entries("acceptedCategories")]
    picture = all(map(PICTURE.fullmatch, kinds)) if kinds else sorts == ["image"]
    if not picture and (kinds or sorts):
        node.leave(f"kinds of files: {', '.join(kinds) or sorts}", "any document may be given")
    return (instruments.Image(**fields) if picture else instruments.File(**fields),)


def note_parts(node: SurveyjsNode) -> Parts:
    """A note without HTML; pictures and links in it are reported."""
    said: instruments.Wording = {}
    for language, markup in node.wording("html").items():
        reader = MarkupText()
        reader.feed(markup)
        reader.close()
        lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
        plain, lost = "\n".join(line for line in lines if line), tuple(reader.lost)
        said |= {language: clean_words(plain)} if clean_words(plain) else {}
        for what in lost:
            node.leave(what, "only words are shown here")
    node.text("name")
    if not said:
        node.leave("the text", "it has no text")
        return ()
    name = node.name_here("note")
    node.meet(SurveyjsEntry(name))
    # Read so that it is not reported: SurveyJS shows no title above its HTML.
    node.raw("title")
    return (instruments.Note(name=name, text=said, relevant=node.relevant()),)


def calculation_parts(node: SurveyjsNode) -> Parts:
    entry = SurveyjsEntry(node.name_here(), "calculated")
    worked_out = node.expression("expression", "it is left out")
    if not worked_out:
        if not node.text("expression"):
            node.leave("the question", "it says nothing of how its value is worked out")
        return ()
    node.meet(entry)
    node.wording("title")
    node.leave("the question", "its value is calculated and stored, but not shown")
    relevant = node.relevant()
    return (instruments.Calculate(name=entry.name, calculation=worked_out, relevant=relevant),)


TYPES: dict[str, Callable[[SurveyjsNode], Parts]] = {
    "text": text_parts,
    "comment": comment_parts,
    "slider": slider_parts,
    "file": file_parts,
    "html": note_parts,
    "expression": calculation_parts,
}
