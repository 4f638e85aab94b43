"""From the fields of a form to the answers of one item, and back.

`at` is the name of the item's field: see templates/resident/item_types.
"""

from babel.dates import get_month_names

from api import clock
from api.pages.forms import Values, first_value
from api.pages.templating import LANGUAGES, declining
from survey.surveys.instruments import DECLINED, WITHHELD, Item
from survey.surveys.item_types.answers import Answers

DATE_PARTS = ("day", "month", "year")
MONTHS: dict[str, int] = {
    name.casefold(): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    # A date has January in another form than a list of months does: stycznia, styczeń.
    for context in ("format", "stand-alone")
    for number, name in get_month_names(width, context, locale=language).items()
}
ONLY_FIELD = "answer"


def parse_answers(item: Item, values: Values, at: str = ONLY_FIELD) -> Answers:
    """The answers to one item, in the types its rules expect; unreadable input stays text."""
    if item.may_decline and first_value(values, declining(at)):
        return {item.name: DECLINED}
    return item.answers_from_form(QuestionFields(values, at))


class QuestionFields:
    """The fields of one question in a form that was sent; what cannot be read stays text."""

    def __init__(self, values: Values, at: str) -> None:
        self.values = values
        self.at = at

    def text(self, ending: str = "") -> str:
        return first_value(self.values, self.at + ending)

    def texts(self) -> list[str]:
        return [str(value) for value in self.values.get(self.at, [])]

    def integer(self, ending: str = "") -> int | str:
        return parse_integer(self.text(ending))

    def number(self) -> float | str:
        text = self.text()
        try:
            return float(text.replace("٫", ".").replace(",", "."))
        except ValueError:
            # The text stays, so that the rule of the item refuses it and the page shows it again.
            return text

    def date(self) -> str:
        parts = [self.text(f"-{part}") for part in DATE_PARTS]
        if not any(parts):
            return ""
        day, month, year = parse_integer(parts[0]), parse_month(parts[1]), parse_year(parts[2])
        if not (isinstance(day, int) and isinstance(month, int) and isinstance(year, int)):
            # Not empty, which would pass as no answer: the rule of dates refuses this word.
            return "unreadable"
        return f"{year:04}-{month:02}-{day:02}"


def parse_integer(text: str) -> int | str:
    try:
        return int(text) if len(text) <= 20 else text
    except ValueError:
        return text


def parse_month(text: str) -> int | str:
    """A month by its number, full name or short name."""
    return MONTHS.get(text.casefold().rstrip("."), parse_integer(text))


def parse_year(text: str) -> int | str:
    """A year; a two-digit year is the latest one that is not in the future."""
    year = parse_integer(text)
    if len(text) != 2 or not isinstance(year, int):
        return year
    this = clock.today().year
    return year + this // 100 * 100 - (100 if year > this % 100 else 0)


def answer_fields(item: Item, answers: Answers, at: str = ONLY_FIELD) -> Values:
    """The fields of the form that show the answers given before."""
    if rows := item.row_texts():
        given = {f"{at}-{n}": answers.get(name) for n, name in enumerate(rows, 1)}
        return {name: [str(value)] for name, value in given.items() if value is not None}
    answer = answers.get(item.name)
    if answer is None:
        return {}
    if isinstance(answer, str) and answer in WITHHELD:
        return {at: [answer], declining(at): [answer]}
    return {at + ending: texts for ending, texts in item.fields_for_answer(answer).items()}
