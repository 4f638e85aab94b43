"""From the fields of a form to the answers of one item, and back.

`at` is the name of the item's field: see templates/resident/items.html.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from babel.dates import get_month_names
from litestar.datastructures import FormMultiDict

from api import clock
from api.pages.templating import LANGUAGES, declining
from survey.instruments import (
    DECLINED,
    WITHHELD,
    Agreement,
    AnyItem,
    Choices,
    Consent,
    Date,
    Decimal,
    Grid,
    Moment,
    Range,
    Rank,
    Scale,
    Whole,
)
from survey.responses import Answer, Answers

Values = dict[str, Any]
DATE_PARTS = ("day", "month", "year")
MONTHS: dict[str, int] = {
    name.casefold(): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    for number, name in get_month_names(width, locale=language).items()
}
ONLY = "answer"


def values_in(form: FormMultiDict) -> Values:
    """What was typed, as text: every field a list, files left aside."""
    return {name: [value for value in form.getall(name) if isinstance(value, str)] for name in form}


def first(values: Values, name: str) -> str:
    found = values.get(name) or [""]
    return str(found[0]).strip()


MOST_EXACT = 1e15


def answers_in(item: AnyItem, values: Values, at: str = ONLY) -> Answers:
    """The answers to one item as its rules want them; what cannot be read stays text."""
    if item.may_decline and first(values, declining(at)):
        return {item.name: DECLINED}
    if isinstance(item, Grid):
        return {
            row.name: integer(first(values, f"{at}-{number}"))
            for number, row in enumerate(item.rows, 1)
        }
    return {item.name: READ.get(type(item), as_written)(item, values, at)}


def as_written(item: AnyItem, values: Values, at: str) -> Answer:
    return first(values, at)


def as_integer(item: AnyItem, values: Values, at: str) -> Answer:
    return integer(first(values, at))


def integer(text: str) -> Answer:
    try:
        return int(text) if len(text) <= 20 else text
    except ValueError:
        return text


def as_number(item: AnyItem, values: Values, at: str) -> Answer:
    text = first(values, at)
    try:
        return float(text.replace("٫", ".").replace(",", "."))
    except ValueError:
        return text


def as_point(item: AnyItem, values: Values, at: str) -> Answer:
    """A number of a range; a whole one is stored as such, so that it counts as one with others."""
    found = as_number(item, values, at)
    if isinstance(found, float) and found.is_integer() and abs(found) < MOST_EXACT:
        return int(found)
    return found


def as_list(item: AnyItem, values: Values, at: str) -> Answer:
    chosen = [str(value) for value in values.get(at, [])]
    declined = item.may_decline and chosen == [DECLINED]
    return DECLINED if declined else cast(Answer, chosen)


def as_order(item: Rank, values: Values, at: str) -> Answer:
    """Each option was given a place; the answer is the options in that order."""
    places = [
        (integer(first(values, f"{at}-{number}")), option.name)
        for number, option in enumerate(item.options, 1)
    ]
    if all(place == "" for place, _ in places):
        return []
    if sorted(str(place) for place, _ in places) != sorted(
        str(place) for place in range(1, len(places) + 1)
    ):
        return ["twice"]
    return [name for _, name in sorted(places, key=lambda pair: int(str(pair[0])))]


def as_date(item: AnyItem, values: Values, at: str) -> Answer:
    parts = [first(values, f"{at}-{part}") for part in DATE_PARTS]
    if not any(parts):
        return ""
    day, month, year = integer(parts[0]), month_in(parts[1]), year_in(parts[2])
    if not (isinstance(day, int) and isinstance(month, int) and isinstance(year, int)):
        return "unreadable"
    return f"{year:04}-{month:02}-{day:02}"


def month_in(text: str) -> Answer:
    """A month by its number or its name, whole or short."""
    return MONTHS.get(text.casefold().rstrip("."), integer(text))


def year_in(text: str) -> Answer:
    """A year; of two digits, the last one that was."""
    year = integer(text)
    if len(text) != 2 or not isinstance(year, int):
        return year
    this = clock.today().year
    return year + this // 100 * 100 - (100 if year > this % 100 else 0)


def as_moment(item: AnyItem, values: Values, at: str) -> Answer:
    day, time = as_date(item, values, at), first(values, f"{at}-time")
    return f"{day}T{time}" if day or time else ""


def as_tick(item: AnyItem, values: Values, at: str) -> Answer:
    return first(values, at) == "yes"


READ: Mapping[type, Callable[[Any, Values, str], Answer]] = {
    Agreement: as_integer,
    Scale: as_integer,
    Whole: as_integer,
    Decimal: as_number,
    Range: as_point,
    Choices: as_list,
    Rank: as_order,
    Date: as_date,
    Moment: as_moment,
    Consent: as_tick,
}


def fields_of(item: AnyItem, answers: Answers, at: str = ONLY) -> Values:
    """The fields of the form that show the answers given before."""
    if isinstance(item, Grid):
        given = {f"{at}-{n}": answers.get(row.name) for n, row in enumerate(item.rows, 1)}
        return {name: [str(value)] for name, value in given.items() if value is not None}
    answer = answers.get(item.name)
    if answer is None:
        return {}
    if isinstance(answer, str) and answer in WITHHELD:
        return {at: [answer], declining(at): [answer]}
    if isinstance(item, Date | Moment):
        return fields_of_day(str(answer), at)
    if isinstance(item, Rank) and isinstance(answer, list):
        places = {str(name): place for place, name in enumerate(answer, 1)}
        return {f"{at}-{n}": [str(places[o.name])] for n, o in enumerate(item.options, 1)}
    if isinstance(item, Consent):
        return {at: ["yes"] if answer else []}
    if isinstance(answer, list):
        return {at: answer}
    return {at: [f"{answer:g}" if isinstance(answer, float) else str(answer)]}


def fields_of_day(answer: str, at: str) -> Values:
    on, _, time = answer.partition("T")
    year, month, day = on.split("-")
    parts = zip((*DATE_PARTS, "time"), (day, month, year, time), strict=True)
    return {f"{at}-{part}": [text] for part, text in parts if text}
