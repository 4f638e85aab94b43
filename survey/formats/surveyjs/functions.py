"""The functions of SurveyJS conditions, each as XPath; years go by the calendar."""

from collections.abc import Callable, Sequence

from survey.formats.surveyjs.terms import (
    ADDED,
    MULTIPLIED,
    WHOLE,
    Entry,
    Term,
    Unconvertible,
    held,
    truth,
    written,
)

DAY = Entry("", "day")  # beside a day, a text that looks like one is one
Terms = Sequence[Term]
Within = Callable[[str, str], Entry | None]


def called(name: str, given: Terms, within: Within) -> Term:
    """A function applied, or a refusal that names it."""
    key = name.lower()
    if key in IN_ARRAYS:
        return in_array(name, given, within)
    if key not in FUNCTIONS:
        raise Unconvertible(f"there is no function {name}() here")
    fewest, most, write = FUNCTIONS[key]
    if not fewest <= len(given) <= most:
        raise Unconvertible(f"{name}() has {len(given)} values in it")
    return write(given)


def plain(pattern: str, level: int = WHOLE) -> Callable[[Terms], Term]:
    return lambda given: Term(pattern.format(*map(written, given)), level)


def day(term: Term) -> str:
    return written(term, DAY)


def part_of_day(sign: str) -> Callable[[Terms], Term]:
    return lambda given: Term(f"number(format-date({day(given[0])}, '{sign}'))")


def this_year(_: Terms) -> Term:
    return Term("number(format-date(today(), '%Y'))")


def age(given: Terms) -> Term:
    return Term(years(day(given[0]), "today()"))


def years(start: str, end: str) -> str:
    """Whole years between two days: the digits of year, month and day as one number."""
    parts = [f"number(format-date({one}, '%Y%m%d'))" for one in (end, start)]
    return f"int(({parts[0]} - {parts[1]}) div 10000)"


def condition(given: Terms) -> Term:
    test = written(truth(given[0]))
    return Term(f"if({test}, {written(given[1])}, {written(given[2])})")


def negated(given: Terms) -> Term:
    return Term(f"not({written(truth(given[0]))})")


def today(given: Terms) -> Term:
    if not given:
        return Term("today()", entry=None)
    return Term(f"date(today() + {held(given[0], MULTIPLIED)})")


def number_or_nought(term: Term) -> str:
    return f"number(coalesce({written(term)}, 0))"


def total(given: Terms) -> Term:
    return Term(" + ".join(map(number_or_nought, given)), ADDED if len(given) > 1 else WHOLE)


def mean(given: Terms) -> Term:
    answered = " + ".join(f"number({written(one)} != '')" for one in given)
    return Term(f"({' + '.join(map(number_or_nought, given))}) div ({answered})", MULTIPLIED)


def of_all(name: str) -> Callable[[Terms], Term]:
    return lambda given: Term(f"{name}({', '.join(map(written, given))})")


def rounded(given: Terms) -> Term:
    places = written(given[1]) if len(given) > 1 else "0"
    return Term(f"round({written(given[0])}, {places})")


def between(given: Terms) -> Term:
    """Days from one day to another; years by the calendar; other units are not known here."""
    start, end = day(given[0]), day(given[1])
    unit = given[2].literal if len(given) > 2 else "days"
    if unit == "years":
        return Term(years(start, end))
    if unit != "days":
        raise Unconvertible(f"dateDiff() in {unit} is not known here")
    return Term(f"int({end} - {start})")


def later(given: Terms) -> Term:
    if len(given) > 2 and given[2].literal != "days":
        raise Unconvertible(f"dateAdd() in {given[2].literal} is not known here")
    return Term(f"date({day(given[0])} + {held(given[1], MULTIPLIED)})")


def apart(given: Terms) -> Term:
    return Term(f"abs(int({day(given[1])} - {day(given[0])}))")


def in_array(name: str, given: Terms, within: Within) -> Term:
    """Worked out over the rounds of a repeat, in which the second value names a question."""
    repeat = given[0].entry if given else None
    inner = given[1].literal if len(given) == 2 else None
    if repeat is None or repeat.kind != "repeat" or not isinstance(inner, str):
        raise Unconvertible(f"{name}() can only ask one question of what is repeated here")
    entry = within(repeat.parts[0], inner)
    if entry is None:
        raise Unconvertible(f"there is no answer “{inner}” within “{repeat.parts[0]}” here")
    return Term(IN_ARRAYS[name.lower()].replace("@", f"${{{entry.name}}}"))


IN_ARRAYS = {
    "suminarray": "sum(@)",
    "mininarray": "min(@)",
    "maxinarray": "max(@)",
    "countinarray": "count-non-empty(@)",
    "avginarray": "(sum(@) div count-non-empty(@))",
}
# How few and how many values each takes, and what it is here.
FUNCTIONS: dict[str, tuple[int, int, Callable[[Terms], Term]]] = {
    "iif": (3, 3, condition),
    "not": (1, 1, negated),
    "negate": (1, 1, negated),
    "today": (0, 1, today),
    "currentdate": (0, 0, today),
    "currentyear": (0, 0, this_year),
    "age": (1, 1, age),
    "year": (1, 1, part_of_day("%Y")),
    "getyear": (1, 1, part_of_day("%Y")),
    "month": (1, 1, part_of_day("%m")),
    "day": (1, 1, part_of_day("%d")),
    "getdate": (1, 1, lambda given: Term(f"date({day(given[0])})")),
    "datediff": (2, 3, between),
    "diffdays": (2, 2, apart),
    "dateadd": (2, 3, later),
    "sum": (1, 99, total),
    "avg": (1, 99, mean),
    "min": (1, 99, of_all("min")),
    "max": (1, 99, of_all("max")),
    "round": (1, 2, rounded),
    "trunc": (1, 1, plain("int({})")),
    "substring": (2, 3, of_all("substr")),
}
