"""The functions of SurveyJS conditions as XPath; ages and years follow the calendar."""

from collections.abc import Callable, Sequence

from survey.formats.surveyjs.terms import (
    ADDED,
    MULTIPLIED,
    WHOLE,
    SurveyjsEntry,
    SurveyjsTerm,
    SurveyjsUnconvertible,
    as_condition,
    in_brackets,
    term_text,
)

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
