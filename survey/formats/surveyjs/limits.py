"""What an answer must keep: the validators of a question and its least and most."""

import re
from collections.abc import Callable
from typing import Any, Self

from survey.formats.expressions.patterns import compiled
from survey.formats.surveyjs.making import Making, both
from survey.formats.surveyjs.node import Node
from survey.formats.surveyjs.terms import Entry, Unconvertible, quoted
from survey.instruments import Wording

UNTOLD = "answers are not checked against it"
EMAIL = r"regex(., '[^@\s]+@[^@\s]+\.[^@\s]+')"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?")


class Limits:
    """Gathers conditions and the words that say what is wrong."""

    def __init__(self, making: Making, node: Node, entry: Entry) -> None:
        self.making = making
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
                before = (*self.conditions, self.most_letters, self.most_chosen)
                VALIDATORS[kind](self, one)
                if (*self.conditions, self.most_letters, self.most_chosen) != before:
                    self.say(message)
                one.leave_rest()
            else:
                one.leave(f"validator {kind}", UNTOLD)
        return self

    def of_numbers(self) -> Self:
        """The ends of numbers that are worked out; a text as an end is one as well."""
        for key, sign in (("min", ">="), ("max", "<=")):
            self.worked_out(f"{key}ValueExpression", sign)
            self.say(self.node.wording(f"{key}ErrorText") if self.node.has(key) else {})
        return self

    def of_days(self) -> Self:
        for key, sign in (("min", ">="), ("max", "<=")):
            given = self.node.text(key)
            if given.startswith("="):
                self.end(key, given, self.converted(key, given.removeprefix("=")), sign)
            elif given:
                match = DAY.fullmatch(given)
                written = f"date{'-time' if match and match[2] else ''}('{given}')"
                self.end(key, given, written if match else "", sign)
            self.worked_out(f"{key}ValueExpression", sign)
            self.say(self.node.wording(f"{key}ErrorText") if self.node.has(key) else {})
        return self

    def converted(self, key: str, given: str) -> str:
        return self.making.kept(self.node, key, given, self.entry, UNTOLD)

    def end(self, key: str, given: str, value: str, sign: str) -> None:
        if value:
            self.add(f". {sign} {value}")
        elif not given.startswith("="):
            self.node.leave(f"{key}: {given}", f"it is not a date; {UNTOLD}")

    def worked_out(self, key: str, sign: str) -> None:
        if value := self.making.expression(self.node, key, self.entry, UNTOLD):
            self.add(f". {sign} ({value})" if " " in value else f". {sign} {value}")

    def numeric(self, one: Node) -> None:
        for key, sign in (("minValue", ">="), ("maxValue", "<=")):
            if (value := one.number(key)) is not None:
                self.add(f". {sign} {value}")

    def lengths(self, one: Node) -> None:
        least, most = one.number("minLength"), one.number("maxLength")
        if least and least > 0:
            self.add(f"string-length(.) >= {least}")
        if most and most > 0:
            self.most_letters = most
        if one.raw("allowDigits") is False:
            self.add(r"regex(., '\D*')")

    def counts(self, one: Node) -> None:
        least, most = one.number("minCount"), one.number("maxCount")
        if least and least > 0:
            self.add(f"count-selected(.) >= {least}")
        if most and most > 0:
            self.most_chosen = most

    def pattern(self, one: Node) -> None:
        """A pattern of JavaScript may stand anywhere in a text; ours is all of it."""
        given = one.text("regex")
        if compiled(given) is None:
            one.leave(f"regex: {given}", f"it is not a pattern that can be read here; {UNTOLD}")
            return
        try:
            whole = given if is_whole(given) else rf"[\s\S]*(?:{given})[\s\S]*"
            folded = "(?i)" if one.flag("caseInsensitive", "insensitive") else ""
            self.add(f"regex(., {quoted(folded + whole)})")
        except Unconvertible as wrong:
            one.leave(f"regex: {given}", f"{wrong}; {UNTOLD}")

    def email(self, one: Node) -> None:
        self.add(EMAIL)

    def expression(self, one: Node) -> None:
        given = one.text("expression")
        self.add(self.making.kept(one, "condition", given, self.entry, UNTOLD))


def keeps(limits: Limits) -> dict[str, Any]:
    """The fields of a question that say what its answer must keep."""
    message: Wording = {}
    for one in limits.messages:
        for language, said in one.items():
            message[language] = f"{message[language]} {said}" if language in message else said
    return {"constraint": both(*limits.conditions), "constraint_message": message}


def is_whole(pattern: str) -> bool:
    """Whether a pattern says itself that it is about all of a text."""
    ended = pattern.endswith("$") and not pattern.endswith(r"\$")
    return pattern.startswith("^") and ended and "|" not in pattern


VALIDATORS: dict[str, Callable[[Limits, Node], None]] = {
    "numeric": Limits.numeric,
    "text": Limits.lengths,
    "answercount": Limits.counts,
    "regex": Limits.pattern,
    "email": Limits.email,
    "expression": Limits.expression,
}
