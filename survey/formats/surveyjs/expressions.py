"""The conditions of SurveyJS and their functions as XPath."""

import re
from collections.abc import Callable, Sequence

import msgspec

from survey.formats.surveyjs.terms import (
    ADDED,
    ALONE,
    AND,
    COMPARING,
    EQUAL,
    MULTIPLIED,
    OR,
    WHOLE,
    Literal,
    SurveyjsEntry,
    SurveyjsTerm,
    SurveyjsUnconvertible,
    as_condition,
    in_brackets,
    is_empty_term,
    plus_term,
    term_text,
)
from survey.surveys.expressions import TokenReader, split_tokens

DAY = SurveyjsEntry("", "day")  # compared with it, a text that looks like a date is one
Terms = Sequence[SurveyjsTerm]
Within = Callable[[str, str], SurveyjsEntry | None]


def function_term(name: str, given: Terms, within: Within) -> SurveyjsTerm:
    """A function call as XPath; raises and names the function if it is not known."""
    key = name.lower()
    if key in IN_ARRAYS:
        return array_term(name, given, within)
    if key not in FUNCTIONS:
        raise SurveyjsUnconvertible(f"there is no function {name}() here")
    fewest, most, write = FUNCTIONS[key]
    if not fewest <= len(given) <= most:
        raise SurveyjsUnconvertible(f"{name}() has {len(given)} values in it")
    return write(given)


def pattern_term(pattern: str, level: int = WHOLE) -> Callable[[Terms], SurveyjsTerm]:
    return lambda given: SurveyjsTerm(pattern.format(*map(term_text, given)), level)


def day_text(term: SurveyjsTerm) -> str:
    return term_text(term, DAY)


def date_part_term(sign: str) -> Callable[[Terms], SurveyjsTerm]:
    return lambda given: SurveyjsTerm(f"number(format-date({day_text(given[0])}, '{sign}'))")


def this_year_term(_: Terms) -> SurveyjsTerm:
    return SurveyjsTerm("number(format-date(today(), '%Y'))")


def age_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(years_between(day_text(given[0]), "today()"))


def years_between(start: str, end: str) -> str:
    """Whole years between two dates: subtracts them as numbers of the form 20071210."""
    # Days divided by 365.25 would be a day off on some birthdays.
    parts = [f"number(format-date({one}, '%Y%m%d'))" for one in (end, start)]
    return f"int(({parts[0]} - {parts[1]}) div 10000)"


def if_term(given: Terms) -> SurveyjsTerm:
    test = term_text(as_condition(given[0]))
    return SurveyjsTerm(f"if({test}, {term_text(given[1])}, {term_text(given[2])})")


def not_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(f"not({term_text(as_condition(given[0]))})")


def today_term(given: Terms) -> SurveyjsTerm:
    if not given:
        return SurveyjsTerm("today()", entry=None)
    return SurveyjsTerm(f"date(today() + {in_brackets(given[0], MULTIPLIED)})")


def number_or_zero(term: SurveyjsTerm) -> str:
    return f"number(coalesce({term_text(term)}, 0))"


def sum_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(" + ".join(map(number_or_zero, given)), ADDED if len(given) > 1 else WHOLE)


def mean_term(given: Terms) -> SurveyjsTerm:
    # Only what is answered counts, as in SurveyJS.
    answered = " + ".join(f"number({term_text(one)} != '')" for one in given)
    return SurveyjsTerm(f"({' + '.join(map(number_or_zero, given))}) div ({answered})", MULTIPLIED)


def all_values_term(name: str) -> Callable[[Terms], SurveyjsTerm]:
    return lambda given: SurveyjsTerm(f"{name}({', '.join(map(term_text, given))})")


def round_term(given: Terms) -> SurveyjsTerm:
    places = term_text(given[1]) if len(given) > 1 else "0"
    return SurveyjsTerm(f"round({term_text(given[0])}, {places})")


def date_difference_term(given: Terms) -> SurveyjsTerm:
    """The difference of two dates in days or calendar years; other units cannot be converted."""
    start, end = day_text(given[0]), day_text(given[1])
    unit = given[2].literal if len(given) > 2 else "days"
    if unit == "years":
        return SurveyjsTerm(years_between(start, end))
    if unit != "days":
        raise SurveyjsUnconvertible(f"dateDiff() in {unit} is not known here")
    return SurveyjsTerm(f"int({end} - {start})")


def date_addition_term(given: Terms) -> SurveyjsTerm:
    if len(given) > 2 and given[2].literal != "days":
        raise SurveyjsUnconvertible(f"dateAdd() in {given[2].literal} is not known here")
    return SurveyjsTerm(f"date({day_text(given[0])} + {in_brackets(given[1], MULTIPLIED)})")


def days_apart_term(given: Terms) -> SurveyjsTerm:
    return SurveyjsTerm(f"abs(int({day_text(given[1])} - {day_text(given[0])}))")


def array_term(name: str, given: Terms, within: Within) -> SurveyjsTerm:
    """A function over the rounds of a repeat; its second argument names a question in it."""
    repeat = given[0].entry if given else None
    inner = given[1].literal if len(given) == 2 else None
    if repeat is None or repeat.kind != "repeat" or not isinstance(inner, str):
        raise SurveyjsUnconvertible(f"{name}() can only ask one question of what is repeated here")
    entry = within(repeat.parts[0], inner)
    if entry is None:
        raise SurveyjsUnconvertible(f"there is no answer “{inner}” within “{repeat.parts[0]}” here")
    return SurveyjsTerm(IN_ARRAYS[name.lower()].replace("@", f"${{{entry.name}}}"))


IN_ARRAYS = {
    "suminarray": "sum(@)",
    "mininarray": "min(@)",
    "maxinarray": "max(@)",
    "countinarray": "count-non-empty(@)",
    "avginarray": "(sum(@) div count-non-empty(@))",
}
# For each function: the fewest and most arguments, and its XPath.
FUNCTIONS: dict[str, tuple[int, int, Callable[[Terms], SurveyjsTerm]]] = {
    "iif": (3, 3, if_term),
    "not": (1, 1, not_term),
    "negate": (1, 1, not_term),
    "today": (0, 1, today_term),
    "currentdate": (0, 0, today_term),
    "currentyear": (0, 0, this_year_term),
    "age": (1, 1, age_term),
    "year": (1, 1, date_part_term("%Y")),
    "getyear": (1, 1, date_part_term("%Y")),
    "month": (1, 1, date_part_term("%m")),
    "day": (1, 1, date_part_term("%d")),
    "getdate": (1, 1, lambda given: SurveyjsTerm(f"date({day_text(given[0])})")),
    "datediff": (2, 3, date_difference_term),
    "diffdays": (2, 2, days_apart_term),
    "dateadd": (2, 3, date_addition_term),
    "sum": (1, 99, sum_term),
    "avg": (1, 99, mean_term),
    "min": (1, 99, all_values_term("min")),
    "max": (1, 99, all_values_term("max")),
    "round": (1, 2, round_term),
    "trunc": (1, 1, pattern_term("int({})")),
    "substring": (2, 3, all_values_term("substr")),
}


MOST_DEPTH = 40
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


class SurveyjsConverter(TokenReader):
    """Converts one expression, reading it from left to right."""

    wrong = SurveyjsUnconvertible

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
        self.depth = 0

    def condition(self, given: str) -> str:
        return term_text(as_condition(self.whole(given)))

    def value(self, given: str) -> str:
        return term_text(self.whole(given))

    def whole(self, given: str) -> SurveyjsTerm:
        self.tokens, self.at = split_tokens(given, TOKEN, SurveyjsUnconvertible), 0
        term = self.either()
        self.end()
        return term

    def takes(self, *wanted: str) -> str:
        """Take the next token if it is one of these operators, in any case; '' if not."""
        found = self.peek().lower()
        if self.kind() in ("sign", "word") and found in wanted:
            self.at += 1
            return found
        return ""

    def either(self) -> SurveyjsTerm:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise SurveyjsUnconvertible("it is nested too deeply")
        left = self.all_of()
        while self.takes("or", "||"):
            right = self.all_of()
            left = SurveyjsTerm(
                f"{in_brackets(as_condition(left), OR)} or {in_brackets(as_condition(right), AND)}",
                OR,
            )
        self.depth -= 1
        return left

    def all_of(self) -> SurveyjsTerm:
        left = self.parse_comparison()
        while self.takes("and", "&&"):
            right = self.parse_comparison()
            left = SurveyjsTerm(
                f"{in_brackets(as_condition(left), AND)} and "
                f"{in_brackets(as_condition(right), EQUAL)}",
                AND,
            )
        return left

    def parse_comparison(self) -> SurveyjsTerm:
        left = self.parse_sum()
        while sign := self.takes(*COMPARING, *ALONE):
            if sign in ALONE:
                left = is_empty_term(left, ALONE[sign])
            else:
                left = COMPARING[sign](left, self.parse_sum())
        return left

    def parse_sum(self) -> SurveyjsTerm:
        left = self.parse_product()
        while sign := self.takes("+", "-"):
            left = plus_term(left, sign, self.parse_product())
        return left

    def parse_product(self) -> SurveyjsTerm:
        left = self.power()
        while sign := self.takes("*", "/", "%"):
            right, name = self.power(), {"*": "*", "/": "div", "%": "mod"}[sign]
            left = SurveyjsTerm(
                f"{in_brackets(left, MULTIPLIED)} {name} {in_brackets(right, WHOLE)}", MULTIPLIED
            )
        return left

    def power(self) -> SurveyjsTerm:
        left = self.single()
        while self.takes("^", "power"):
            left = SurveyjsTerm(f"pow({term_text(left)}, {term_text(self.single())})")
        return left

    def single(self) -> SurveyjsTerm:
        if self.takes("!", "not", "negate"):
            return SurveyjsTerm(f"not({term_text(as_condition(self.parse_nested(self.single)))})")
        if self.takes("-"):
            one = self.parse_nested(self.single)
            # A negative number stays a literal, so that it can still be the name of an option.
            if isinstance(one.literal, float):
                return SurveyjsTerm(literal=-one.literal)
            return SurveyjsTerm(f"0 - {in_brackets(one, MULTIPLIED)}", ADDED)
        kind, found = self.kind(), self.take()
        if kind == "name":
            return self.entry_term(found[1:-1].strip())
        if kind == "text":
            return SurveyjsTerm(literal=re.sub(r"\\(.)", r"\1", found[1:-1]))
        if kind == "number":
            return SurveyjsTerm(literal=float(found))
        if found == "(":
            term = self.either()
            self.take(")")
            return term
        if found == "[":
            return SurveyjsTerm(items=self.terms_until("]"))
        if kind != "word":
            raise SurveyjsUnconvertible(f"it has “{found}” where a value should be")
        return self.word(found)

    def parse_nested(self, read: Callable[[], SurveyjsTerm]) -> SurveyjsTerm:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise SurveyjsUnconvertible("it is nested too deeply")
        term = read()
        self.depth -= 1
        return term

    def terms_until(self, end: str) -> list[SurveyjsTerm]:
        terms: list[SurveyjsTerm] = []
        while self.peek() != end:
            terms.append(self.either())
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return terms

    def word(self, found: str) -> SurveyjsTerm:
        if self.peek() == "(":
            self.take()
            return function_term(found, self.terms_until(")"), self.within)
        # A bare word is a text in SurveyJS.
        known: dict[str, Literal] = {"true": True, "false": False, "null": "", "undefined": ""}
        return SurveyjsTerm(literal=known.get(found.lower(), found))

    def entry_term(self, given: str) -> SurveyjsTerm:
        if given in ("item", "choice") and self.item is not None:
            return SurveyjsTerm("name", entry=msgspec.structs.replace(self.item, kind="value"))
        entry = self.find(given)
        # XForms has '.' for the answer that a rule is about.
        if entry is not None and entry == self.own:
            return SurveyjsTerm(".", entry=entry)
        if entry is None and given.endswith(".length"):
            return self.length(given.removesuffix(".length"))
        if entry is None:
            raise SurveyjsUnconvertible(f"there is no answer “{given}” here")
        return SurveyjsTerm(f"${{{entry.name}}}", entry=entry)

    def length(self, given: str) -> SurveyjsTerm:
        entry = self.find(given)
        counts = {"repeat": "count", "choices": "count-selected", "value": "string-length"}
        if entry is None or entry.kind not in counts:
            raise SurveyjsUnconvertible(f"there is no answer “{given}” whose length is known here")
        return SurveyjsTerm(f"{counts[entry.kind]}(${{{entry.name}}})")
