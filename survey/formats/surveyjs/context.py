"""What is known while an instrument is built: names in use, what conditions may refer to, and
the limits of the question in hand.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Self

from survey.formats.expressions.values import compiled_pattern
from survey.formats.surveyjs.expressions import Find, SurveyjsConverter, Within
from survey.formats.surveyjs.node import SurveyjsNode, SurveyjsSource, shortened_text
from survey.formats.surveyjs.terms import SurveyjsEntry, SurveyjsUnconvertible, xpath_literal
from survey.surveys.instruments import Wording

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST = 60
RESERVED = ("meta", "data")  # names that an XForm reserves


def plain_name(given: str, fallback: str) -> str:
    """A name of letters, digits, '_', '-' and '.' as close to the given one as can be."""
    if PLAIN.fullmatch(given):
        return given
    folded = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    name = NOT_PLAIN.sub("_", folded).strip("_.-")[:LONGEST]
    if not name:
        return fallback
    return name if PLAIN.fullmatch(name) else f"q_{name}"[:LONGEST]


def free_name(name: str, taken: dict[str, int]) -> str:
    """The name, or with the next number if it is taken."""
    # The next number is remembered, so that equal names do not each count up from 2.
    free, number = name, taken.get(name, 2)
    while free in taken:
        end = f"_{number}"
        free, number = name[: LONGEST - len(end)] + end, number + 1
    taken[name] = number
    taken.setdefault(free, 2)
    return free


class SurveyjsContext:
    """The state of one pass over the file.

    There are two passes: the first collects what conditions can refer to, the second converts them.
    """

    def __init__(self, source: SurveyjsSource, known: dict[str, SurveyjsEntry]) -> None:
        self.source = source
        self.known = known
        self.met: dict[str, SurveyjsEntry] = {}
        self.taken: dict[str, int] = dict.fromkeys(RESERVED, 2)
        self.offers: dict[str, Any] = {}  # the options of earlier questions
        self.repeat = ""  # the repeat that we are in, as SurveyJS calls it
        self.row = ""  # the row of a table that we are in, as conditions call it
        self.prefix = ""  # the same row as it is called here
        self.depth = 0
        self.one_by_one = False

    def name(self, node: SurveyjsNode, given: str, fallback: str = "question") -> str:
        """A unique name; if it differs from the given one, that is reported."""
        if self.prefix:
            return self.inner(f"{self.prefix}_{given}")
        name = free_name(plain_name(given, fallback), self.taken)
        if given and name != given:
            node.leave(f"the name {shortened_text(given)}", f"it is called {name} here")
        return name

    def inner(self, name: str) -> str:
        """A unique name for something that has none in the file."""
        return free_name(plain_name(name, "question"), self.taken)

    def meet(self, given: str, entry: SurveyjsEntry) -> SurveyjsEntry:
        """Record what a name refers to; the first one to use a name keeps it."""
        self.met.setdefault(f"{self.repeat}\0{self.row}{given}", entry)
        return entry

    def find(self, given: str) -> SurveyjsEntry | None:
        """What a name in a condition refers to; `panel.` and `row.` mean the current ones."""
        if self.row and given.startswith("row."):
            return self.known.get(f"{self.repeat}\0{self.row}{given.removeprefix('row.')}")
        for before in ("panel.", "row."):
            if self.repeat and given.startswith(before):
                return self.known.get(f"{self.repeat}\0{given.removeprefix(before)}")
        # Without 'panel.' or 'row.' a name in SurveyJS is one outside of the repeat.
        return self.known.get(f"\0{given}") or self.known.get(f"{self.repeat}\0{given}")

    def within(self, repeat: str, given: str) -> SurveyjsEntry | None:
        return self.known.get(f"{repeat}\0{given}")

    def expression(
        self,
        node: SurveyjsNode,
        key: str,
        own: SurveyjsEntry | None,
        lost: str,
        item: SurveyjsEntry | None = None,
    ) -> str:
        """An expression converted to XPath, or '' if it cannot be, which is reported.

        `own` is the question whose answer it is about, `item` the one whose options it filters.
        """
        given = node.text(key)
        return self.convert(node, key, given, lost, SurveyjsConverter(*self.people(), own, item))

    def people(self) -> tuple[Find, Within]:
        return self.find, self.within

    def constraint(
        self, node: SurveyjsNode, key: str, given: str, own: SurveyjsEntry, lost: str
    ) -> str:
        """A constraint on an answer, converted to XPath."""
        return self.convert(node, key, given, lost, SurveyjsConverter(*self.people(), own))

    def convert(
        self, node: SurveyjsNode, key: str, given: str, lost: str, converter: SurveyjsConverter
    ) -> str:
        if not given:
            return ""
        try:
            return converter.value(given) if key in VALUES else converter.condition(given)
        except SurveyjsUnconvertible as wrong:
            node.leave(f"{key}: {given}", f"{wrong}; {lost}")
        return ""

    def relevant(self, node: SurveyjsNode) -> str:
        """The condition for asking a part: both visible and enabled."""
        asked = self.expression(node, "visibleIf", None, "everyone is asked")
        open_to = self.expression(node, "enableIf", None, "everyone is asked")
        if open_to:
            node.leave(
                f"enableIf: {node.text('enableIf')}",
                "where it is not met, the question is left out instead of greyed out",
            )
        # A condition has the last word in SurveyJS, whatever `visible` says.
        if node.raw("visible") is False and not node.has("visibleIf"):
            node.leave("visible: False", "it is never asked, until its condition is changed")
            asked = "false()"
        return all_conditions(asked, open_to)


# The properties whose expression gives a value instead of yes or no.
VALUES = frozenset(
    {"expression", "defaultValueExpression", "minValueExpression", "maxValueExpression", "min",
     "max"}
)  # fmt: skip


def all_conditions(*conditions: str) -> str:
    """Conditions joined by 'and'; empty ones are ignored."""
    all_of = [one for one in conditions if one]
    return " and ".join(f"({one})" for one in all_of) if len(all_of) > 1 else "".join(all_of)


NOT_CHECKED = "answers are not checked against it"
EMAIL = r"regex(., '[^@\s]+@[^@\s]+\.[^@\s]+')"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?")


class SurveyjsLimits:
    """Collects the constraints of a question and their error messages."""

    def __init__(self, making: SurveyjsContext, node: SurveyjsNode, entry: SurveyjsEntry) -> None:
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
        return self.making.constraint(self.node, key, given, self.entry, NOT_CHECKED)

    def end(self, key: str, given: str, value: str, sign: str) -> None:
        if value:
            self.add(f". {sign} {value}")
        # An expression that cannot be converted is in the report already.
        elif not given.startswith("="):
            self.node.leave(f"{key}: {given}", f"it is not a date; {NOT_CHECKED}")

    def add_expression(self, key: str, sign: str) -> None:
        if value := self.making.expression(self.node, key, self.entry, NOT_CHECKED):
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
        except SurveyjsUnconvertible as wrong:
            one.leave(f"regex: {given}", f"{wrong}; {NOT_CHECKED}")

    def email(self, one: SurveyjsNode) -> None:
        self.add(EMAIL)

    def expression(self, one: SurveyjsNode) -> None:
        given = one.text("expression")
        self.add(self.making.constraint(one, "condition", given, self.entry, NOT_CHECKED))


def constraint_fields(limits: SurveyjsLimits) -> dict[str, Any]:
    """The fields of a question for its constraint and error message."""
    message: Wording = {}
    for one in limits.messages:
        for language, said in one.items():
            message[language] = f"{message[language]} {said}" if language in message else said
    return {"constraint": all_conditions(*limits.conditions), "constraint_message": message}


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
