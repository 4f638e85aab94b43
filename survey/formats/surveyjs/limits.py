"""The limits of SurveyJS questions: validators, minimum and maximum, as one constraint."""

import re
from collections.abc import Callable
from typing import Any, Self

from survey.formats.expressions.values import compiled_pattern
from survey.formats.foreign import Unconvertible, all_conditions
from survey.formats.surveyjs.node import SurveyjsNode
from survey.formats.surveyjs.terms import SurveyjsEntry, xpath_literal
from survey.surveys.instruments import Wording

NOT_CHECKED = "answers are not checked against it"
EMAIL = r"regex(., '[^@\s]+@[^@\s]+\.[^@\s]+')"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?")


class SurveyjsLimits:
    """Collects the constraints of a question and their error messages."""

    def __init__(self, node: SurveyjsNode, entry: SurveyjsEntry) -> None:
        self.node = node
        self.entry = entry
        self.conditions: dict[str, None] = {}
        self.messages: list[Wording] = []
        self.most_letters: float | None = None
        self.most_chosen: float | None = None

    def add(self, condition: str) -> None:
        if condition:
            self.conditions[condition] = None

    def say(self, message: Wording) -> None:
        if message and message not in self.messages:
            self.messages.append(message)

    def read(self) -> Self:
        for one in self.node.nodes("validators"):
            kind = one.text("type").removesuffix("validator")
            if one.text("notificationType") in ("warning", "info"):
                one.leave(f"validator {kind}", "there are only errors here, no warnings")
            elif kind in VALIDATORS:
                message = one.wording("text")
                # One message serves all rules: that of a lost rule would be shown for another.
                before = (*self.conditions, self.most_letters, self.most_chosen)
                VALIDATORS[kind](self, one)
                if (*self.conditions, self.most_letters, self.most_chosen) != before:
                    self.say(message)
                one.leave_rest()
            else:
                one.leave(f"validator {kind}", NOT_CHECKED)
        return self

    def of_numbers(self) -> Self:
        """Add a minimum and maximum that are expressions."""
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

    def numeric(self, one: SurveyjsNode) -> None:
        for key, sign in (("minValue", ">="), ("maxValue", "<=")):
            if (value := one.number(key)) is not None:
                self.add(f". {sign} {value}")

    def lengths(self, one: SurveyjsNode) -> None:
        least, most = one.number("minLength"), one.number("maxLength")
        if least and least > 0:
            self.add(f"string-length(.) >= {least}")
        if most and most > 0:
            self.most_letters = most
        if one.raw("allowDigits") is False:
            self.add(r"regex(., '\D*')")

    def counts(self, one: SurveyjsNode) -> None:
        least, most = one.number("minCount"), one.number("maxCount")
        if least and least > 0:
            self.add(f"count-selected(.) >= {least}")
        if most and most > 0:
            self.most_chosen = most

    def pattern(self, one: SurveyjsNode) -> None:
        """Add a regular expression, adapted: in JavaScript it may match anywhere, here it must
        match all.
        """
        given = one.text("regex")
        if compiled_pattern(given) is None:
            one.leave(
                f"regex: {given}", f"it is not a pattern that can be read here; {NOT_CHECKED}"
            )
            return
        try:
            whole = given if is_anchored(given) else rf"[\s\S]*(?:{given})[\s\S]*"
            folded = "(?i)" if one.flag("caseInsensitive", "insensitive") else ""
            self.add(f"regex(., {xpath_literal(folded + whole)})")
        except Unconvertible as wrong:
            one.leave(f"regex: {given}", f"{wrong}; {NOT_CHECKED}")

    def email(self, one: SurveyjsNode) -> None:
        self.add(EMAIL)

    def expression(self, one: SurveyjsNode) -> None:
        given = one.text("expression")
        self.add(one.convert("condition", given, NOT_CHECKED, self.entry))

    def fields(self) -> dict[str, Any]:
        """The fields of a question for its constraint and error message."""
        message: Wording = {}
        for one in self.messages:
            for language, said in one.items():
                message[language] = f"{message[language]} {said}" if language in message else said
        return {"constraint": all_conditions(*self.conditions), "constraint_message": message}


def is_anchored(pattern: str) -> bool:
    """Whether a pattern is anchored at both ends, so that it must match the whole text."""
    ended = pattern.endswith("$") and not pattern.endswith(r"\$")
    # With '|' the anchors may belong to single branches only.
    return pattern.startswith("^") and ended and "|" not in pattern


VALIDATORS: dict[str, Callable[[SurveyjsLimits, SurveyjsNode], None]] = {
    "numeric": SurveyjsLimits.numeric,
    "text": SurveyjsLimits.lengths,
    "answercount": SurveyjsLimits.counts,
    "regex": SurveyjsLimits.pattern,
    "email": SurveyjsLimits.email,
    "expression": SurveyjsLimits.expression,
}
