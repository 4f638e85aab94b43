"""The conditions of SurveyJS and their functions as XPath."""

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from survey.formats.foreign import (
    ADDED,
    AND,
    EQUAL,
    MULTIPLIED,
    OR,
    WHOLE,
    ForeignReader,
    Unconvertible,
)
from survey.formats.surveyjs.terms import (
    ALONE,
    COMPARING,
    MANY,
    Literal,
    SurveyjsEntry,
    SurveyjsTerm,
    as_condition,
    in_brackets,
    term_text,
)
from survey.surveys.expressions import split_tokens

Terms = Sequence[SurveyjsTerm]
Within = Callable[[str, str], SurveyjsEntry | None]


def function_term(name: str, given: Terms, within: Within) -> SurveyjsTerm:
    """A function call as XPath; raises and names the function if it is not known."""
    key = name.lower()
    if key in IN_ARRAYS:
        repeat = given[0].entry if given else None
        inner = given[1].literal if len(given) == 2 else None
        if repeat is None or repeat.kind != "repeat" or not isinstance(inner, str):
            raise Unconvertible(f"{name}() can only ask one question of what is repeated here")
        entry = within(repeat.parts[0], inner)
        if entry is None:
            raise Unconvertible(f"there is no answer “{inner}” within “{repeat.parts[0]}” here")
        return SurveyjsTerm(IN_ARRAYS[name.lower()].replace("@", f"${{{entry.name}}}"))
    if key not in FUNCTIONS:
        raise Unconvertible(f"there is no function {name}() here")
    fewest, most, write = FUNCTIONS[key]
    if not fewest <= len(given) <= most:
        raise Unconvertible(f"{name}() has {len(given)} values in it")
    if isinstance(write, str):
        return SurveyjsTerm(write.format(*given))
    return write(given)


def years_between(start: str, end: str) -> str:
    """The whole years between two dates: the dates are subtracted as numbers of the form
    20071210.
    """
    # Days divided by 365.25 would be a day off on some birthdays.
    parts = [f"number(format-date({day}, '%Y%m%d'))" for day in (end, start)]
    return f"int(({parts[0]} - {parts[1]}) div 10000)"


def today_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(f"date(today() + {given[0]:factor})" if given else "today()")


def number_or_zero(term: SurveyjsTerm) -> str:
    return f"number(coalesce({term}, 0))"


def sum_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(" + ".join(map(number_or_zero, given)), ADDED if len(given) > 1 else WHOLE)


def mean_term(given: Terms) -> SurveyjsTerm:
    # Only what is answered counts, as in SurveyJS.
    answered = " + ".join(f"number({term} != '')" for term in given)
    return SurveyjsTerm(f"({' + '.join(map(number_or_zero, given))}) div ({answered})", MULTIPLIED)


def round_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(f"round({given[0]}, {given[1] if len(given) > 1 else 0})")


def date_difference_term(given: Terms) -> SurveyjsTerm:
    """The difference of two dates in days or calendar years; other units cannot be converted."""
    start, end = f"{given[0]:day}", f"{given[1]:day}"
    unit = given[2].literal if len(given) > 2 else "days"
    if unit == "years":
        return SurveyjsTerm(years_between(start, end))
    if unit != "days":
        raise Unconvertible(f"dateDiff() in {unit} is not known here")
    return SurveyjsTerm(f"int({end} - {start})")


def date_addition_term(given: Terms) -> SurveyjsTerm:
    if len(given) > 2 and given[2].literal != "days":
        raise Unconvertible(f"dateAdd() in {given[2].literal} is not known here")
    return SurveyjsTerm(f"date({given[0]:day} + {given[1]:factor})")


IN_ARRAYS = {
    "suminarray": "sum(@)",
    "mininarray": "min(@)",
    "maxinarray": "max(@)",
    "countinarray": "count-non-empty(@)",
    "avginarray": "(sum(@) div count-non-empty(@))",
}
DATE_PART = "number(format-date({{0:day}}, '{}'))"
# For each function: the fewest and most arguments, and its XPath; see `SurveyjsTerm.__format__`.
FUNCTIONS: dict[str, tuple[int, int, str | Callable[[Terms], SurveyjsTerm]]] = {
    "iif": (3, 3, "if({0:test}, {1}, {2})"),
    "not": (1, 1, "not({0:test})"),
    "negate": (1, 1, "not({0:test})"),
    "today": (0, 1, today_term),
    "currentdate": (0, 0, today_term),
    "currentyear": (0, 0, "number(format-date(today(), '%Y'))"),
    "age": (1, 1, years_between("{0:day}", "today()")),
    "year": (1, 1, DATE_PART.format("%Y")),
    "getyear": (1, 1, DATE_PART.format("%Y")),
    "month": (1, 1, DATE_PART.format("%m")),
    "day": (1, 1, DATE_PART.format("%d")),
    "getdate": (1, 1, "date({0:day})"),
    "datediff": (2, 3, date_difference_term),
    "diffdays": (2, 2, "abs(int({1:day} - {0:day}))"),
    "dateadd": (2, 3, date_addition_term),
    "sum": (1, 99, sum_term),
    "avg": (1, 99, mean_term),
    "min": (1, 99, lambda given: SurveyjsTerm(f"min({', '.join(map(format, given))})")),
    "max": (1, 99, lambda given: SurveyjsTerm(f"max({', '.join(map(format, given))})")),
    "round": (1, 2, round_term),
    "trunc": (1, 1, "int({0})"),
    "substring": (2, 3, lambda given: SurveyjsTerm(f"substr({', '.join(map(format, given))})")),
}


XPATH_SIGNS = {"||": "or", "&&": "and", "/": "div", "%": "mod"}
Find = Callable[[str], SurveyjsEntry | None]
TOKEN = re.compile(
    r"""\s*(?:
    (?P<name>\{[^{}]+\})
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\|\||&&|==|!=|<>|<=|>=|\*=|[=<>+\-*/%^!()\[\],])
)""",
    re.VERBOSE,
)


class SurveyjsConverter(ForeignReader[SurveyjsTerm]):
    """Converts one expression, reading it from left to right."""

    levels = (
        (OR, ("or", "||")),
        (AND, ("and", "&&")),
        (EQUAL, (*COMPARING, *ALONE)),
        (ADDED, ("+", "-")),
        (MULTIPLIED, ("*", "/", "%")),
        (WHOLE, ("^", "power")),
    )
    operators = ("sign", "word")
    deepest = 40

    def __init__(
        self,
        find: Find,
        within: Within,
        own: SurveyjsEntry | None = None,
        item: SurveyjsEntry | None = None,
    ) -> None:
        self.find = find
        self.within = within
        self.own = own  # the question whose answer is '.'
        self.item = item  # the question whose options are filtered, by name
        super().__init__([])

    def condition(self, given: str) -> str:
        return f"{self.whole(given):test}"

    def value(self, given: str) -> str:
        return f"{self.whole(given)}"

    def whole(self, given: str) -> SurveyjsTerm:
        self.tokens, self.at = split_tokens(given, TOKEN, Unconvertible), 0
        term = self.read_nested(self.level)
        self.end()
        return term

    def join(
        self, level: int, sign: str, left: SurveyjsTerm, right: Callable[[], SurveyjsTerm]
    ) -> SurveyjsTerm:
        if sign in ALONE:
            equal = ALONE[sign]
            entry = left.entry
            if entry is not None and entry.kind == "repeat":
                return SurveyjsTerm(f"count({left.text}) {equal} 0", EQUAL)
            if entry is not None and entry.kind == MANY and entry.parts:
                parts = ", ".join(f"${{{name}}}" for name in entry.parts)
                return SurveyjsTerm(f"coalesce({parts}, '') {equal} ''", EQUAL)
            text = term_text(left)
            return SurveyjsTerm(
                f"{text if left.level == WHOLE else f'string({text})'} {equal} ''", EQUAL
            )
        if level == EQUAL:
            return COMPARING[sign](left, right())
        if level == WHOLE:
            return SurveyjsTerm(f"pow({left}, {right()})")
        written = XPATH_SIGNS.get(sign, sign)
        other = right()
        if level in (OR, AND):
            left, other = as_condition(left), as_condition(other)
        # A text is added to something by writing it behind.
        if written == "+" and any(isinstance(side.literal, str) for side in (left, other)):
            return SurveyjsTerm(f"concat({left}, {other})")
        text = f"{in_brackets(left, level)} {written} {in_brackets(other, level + 1)}"
        return SurveyjsTerm(text, level)

    def operand(self) -> SurveyjsTerm:
        if self.take_operator(("!", "not", "negate")):
            return SurveyjsTerm(f"not({self.read_nested(self.operand):test})")
        if self.take_operator(("-",)):
            operand = self.read_nested(self.operand)
            # A negative number stays a literal, so that it can still be the name of an option.
            if isinstance(operand.literal, float):
                return SurveyjsTerm(literal=-operand.literal)
            return SurveyjsTerm(f"0 - {operand:factor}", ADDED)
        kind, word = self.kind(), self.take()
        if kind == "name":
            return self.entry_term(word[1:-1].strip())
        if kind == "text":
            return SurveyjsTerm(literal=re.sub(r"\\(.)", r"\1", word[1:-1]))
        if kind == "number":
            return SurveyjsTerm(literal=float(word))
        if word == "(":
            term = self.read_nested(self.level)
            self.take(")")
            return term
        if word == "[":
            return SurveyjsTerm(items=self.values_until("]"))
        if kind != "word":
            raise Unconvertible(f"it has “{word}” where a value should be")
        return self.word(word)

    def word(self, word: str) -> SurveyjsTerm:
        if self.peek() == "(":
            self.take()
            return function_term(word, self.values_until(")"), self.within)
        # A bare word is a text in SurveyJS.
        known: dict[str, Literal] = {"true": True, "false": False, "null": "", "undefined": ""}
        return SurveyjsTerm(literal=known.get(word.lower(), word))

    def entry_term(self, given: str) -> SurveyjsTerm:
        if given in ("item", "choice") and self.item is not None:
            return SurveyjsTerm("name", entry=replace(self.item, kind="value"))
        entry = self.find(given)
        # XForms has '.' for the answer that a rule is about.
        if entry is not None and entry == self.own:
            return SurveyjsTerm(".", entry=entry)
        if entry is None and given.endswith(".length"):
            return self.length(given.removesuffix(".length"))
        if entry is None:
            raise Unconvertible(f"there is no answer “{given}” here")
        return SurveyjsTerm(f"${{{entry.name}}}", entry=entry)

    def length(self, given: str) -> SurveyjsTerm:
        entry = self.find(given)
        counts = {"repeat": "count", "choices": "count-selected", "value": "string-length"}
        if entry is None or entry.kind not in counts:
            raise Unconvertible(f"there is no answer “{given}” whose length is known here")
        return SurveyjsTerm(f"{counts[entry.kind]}(${{{entry.name}}})")
