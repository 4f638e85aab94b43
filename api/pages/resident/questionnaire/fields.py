"""From the fields of a form to the answers of one item, and back.

`at` is the name of the item's field: see templates/resident/items.html.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from babel.dates import get_month_names

from api import clock
from api.pages.forms import Values, first_value
from api.pages.templating import LANGUAGES, declining
from survey.surveys.instruments import (
    DECLINED,
    WITHHELD,
    Agreement,
    AnyItem,
    Consent,
    Date,
    DateTime,
    Decimal,
    Grid,
    Integer,
    Range,
    Rank,
    Scale,
    SelectMultiple,
)
from survey.surveys.responses import Answer, Answers

DATE_PARTS = ("day", "month", "year")
MONTHS: dict[str, int] = {
    name.casefold(): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    for number, name in get_month_names(width, locale=language).items()
}
ONLY_FIELD = "answer"


MOST_EXACT = 1e15


def parse_answers(item: AnyItem, values: Values, at: str = ONLY_FIELD) -> Answers:
    """The answers to one item, in the types its rules expect; unreadable input stays text."""
    if item.may_decline and first_value(values, declining(at)):
        return {item.name: DECLINED}
    if isinstance(item, Grid):
        return {
            row.name: parse_integer(first_value(values, f"{at}-{number}"))
            for number, row in enumerate(item.rows, 1)
        }
    return {item.name: ANSWER_READERS.get(type(item), read_text)(item, values, at)}


def read_text(item: AnyItem, values: Values, at: str) -> Answer:
    return first_value(values, at)


def read_integer(item: AnyItem, values: Values, at: str) -> Answer:
    return parse_integer(first_value(values, at))


def parse_integer(text: str) -> Answer:
    try:
        return int(text) if len(text) <= 20 else text
    except ValueError:
        return text


def read_number(item: AnyItem, values: Values, at: str) -> Answer:
    text = first_value(values, at)
    try:
        return float(text.replace("٫", ".").replace(",", "."))
    except ValueError:
        return text


def read_range(item: AnyItem, values: Values, at: str) -> Answer:
    """A number in a range; a whole one becomes an int, so that 3 and 3.0 are one answer."""
    found = read_number(item, values, at)
    if isinstance(found, float) and found.is_integer() and abs(found) < MOST_EXACT:
        return int(found)
    return found


def read_choices(item: AnyItem, values: Values, at: str) -> Answer:
    chosen = [str(value) for value in values.get(at, [])]
    declined = item.may_decline and chosen == [DECLINED]
    return DECLINED if declined else cast(Answer, chosen)


def read_ranking(item: Rank, values: Values, at: str) -> Answer:
    """The options in the order of the places they were given."""
    places = [
        (parse_integer(first_value(values, f"{at}-{number}")), option.name)
        for number, option in enumerate(item.options, 1)
    ]
    if all(place == "" for place, _ in places):
        return []
    if sorted(str(place) for place, _ in places) != sorted(
        str(place) for place in range(1, len(places) + 1)
    ):
        return ["twice"]
    return [name for _, name in sorted(places, key=lambda pair: int(str(pair[0])))]


def read_date(item: AnyItem, values: Values, at: str) -> Answer:
    parts = [first_value(values, f"{at}-{part}") for part in DATE_PARTS]
    if not any(parts):
        return ""
    day, month, year = parse_integer(parts[0]), parse_month(parts[1]), parse_year(parts[2])
    if not (isinstance(day, int) and isinstance(month, int) and isinstance(year, int)):
        return "unreadable"
    return f"{year:04}-{month:02}-{day:02}"


def parse_month(text: str) -> Answer:
    """A month by its number, full name or short name."""
    return MONTHS.get(text.casefold().rstrip("."), parse_integer(text))


def parse_year(text: str) -> Answer:
    """A year; a two-digit year is the latest one that is not in the future."""
    year = parse_integer(text)
    if len(text) != 2 or not isinstance(year, int):
        return year
    this = clock.today().year
    return year + this // 100 * 100 - (100 if year > this % 100 else 0)


def read_date_time(item: AnyItem, values: Values, at: str) -> Answer:
    day, time = read_date(item, values, at), first_value(values, f"{at}-time")
    return f"{day}T{time}" if day or time else ""


def read_tick(item: AnyItem, values: Values, at: str) -> Answer:
    return first_value(values, at) == "yes"


ANSWER_READERS: Mapping[type, Callable[[Any, Values, str], Answer]] = {
    Agreement: read_integer,
    Scale: read_integer,
    Integer: read_integer,
    Decimal: read_number,
    Range: read_range,
    SelectMultiple: read_choices,
    Rank: read_ranking,
    Date: read_date,
    DateTime: read_date_time,
    Consent: read_tick,
}


def answer_fields(item: AnyItem, answers: Answers, at: str = ONLY_FIELD) -> Values:
    """The fields of the form that show the answers given before."""
    if isinstance(item, Grid):
        given = {f"{at}-{n}": answers.get(row.name) for n, row in enumerate(item.rows, 1)}
        return {name: [str(value)] for name, value in given.items() if value is not None}
    answer = answers.get(item.name)
    if answer is None:
        return {}
    if isinstance(answer, str) and answer in WITHHELD:
        return {at: [answer], declining(at): [answer]}
    if isinstance(item, Date | DateTime):
        return date_fields(str(answer), at)
    if isinstance(item, Rank) and isinstance(answer, list):
        places = {str(name): place for place, name in enumerate(answer, 1)}
        return {f"{at}-{n}": [str(places[o.name])] for n, o in enumerate(item.options, 1)}
    if isinstance(item, Consent):
        return {at: ["yes"] if answer else []}
    if isinstance(answer, list):
        return {at: answer}
    return {at: [f"{answer:g}" if isinstance(answer, float) else str(answer)]}


def date_fields(answer: str, at: str) -> Values:
    on, _, time = answer.partition("T")
    year, month, day = on.split("-")
    parts = zip((*DATE_PARTS, "time"), (day, month, year, time), strict=True)
    return {f"{at}-{part}": [text] for part, text in parts if text}
