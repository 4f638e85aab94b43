"""Answers as the fields of a form have them, and as later texts say them; contact details."""

import datetime
from collections.abc import Iterable

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names

from api import clock
from api.locales import LOCALES, format_day, gettext
from api.pages.filters import LANGUAGES, declining
from api.pages.forms import Form, Values, first_value
from survey.cases.contacts import Contact, contact_faults
from survey.surveys import instruments
from survey.surveys.expressions import REFERENCE
from survey.surveys.item_types.answers import Answer, Answers, SimpleValue, plain_answer
from survey.surveys.responses import EvaluationResult, answer_rounds

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
UNANSWERED = "…"
FIELD_LIMITS = {"address": 500}


def parse_answers(item: instruments.Item, values: Values, at: str = ONLY_FIELD) -> Answers:
    """The answers to one item, in the types its rules expect; unreadable input stays text."""
    if item.may_decline and first_value(values, declining(at)):
        return {item.name: instruments.DECLINED}
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


def answer_fields(item: instruments.Item, answers: Answers, at: str = ONLY_FIELD) -> Values:
    """The fields of the form that show the answers given before."""
    if rows := item.row_texts():
        given = {f"{at}-{n}": answers.get(name) for n, name in enumerate(rows, 1)}
        return {name: [str(value)] for name, value in given.items() if value is not None}
    answer = answers.get(item.name)
    if answer is None:
        return {}
    if isinstance(answer, str) and answer in instruments.WITHHELD:
        return {at: [answer], declining(at): [answer]}
    return {at + ending: texts for ending, texts in item.fields_for_answer(answer).items()}


class Piping:
    """Fills earlier answers into texts; holds the questions by name and all answers so far."""

    def __init__(
        self, parts: Iterable[instruments.AnyPart], answers: Answers, settled: EvaluationResult
    ) -> None:
        self.items: dict[str, instruments.AnyPart] = {}
        for part in instruments.all_parts(parts):
            self.items |= {part.name: part} | dict.fromkeys(part.row_texts(), part)
        self.answers = answers
        self.settled = settled

    def item_with_answers(self, item: instruments.Item, place: tuple[str, int]) -> instruments.Item:
        """A question with answers filled into its texts and those of its options."""
        fields: dict[str, object] = {
            field: self.words(wording, place)
            for field in ("text", "hint", "constraint_message", "required_message")
            if is_piped(wording := getattr(item, field))
        }
        options = item.options if isinstance(item, instruments.OptionsItem) else ()
        if any(is_piped(option.text) for option in options):
            fields["options"] = tuple(
                msgspec.structs.replace(option, text=self.words(option.text, place))
                for option in options
            )
        return msgspec.structs.replace(item, **fields) if fields else item

    def words(
        self, wording: instruments.Wording, place: tuple[str, int] = ("", 0)
    ) -> instruments.Wording:
        """The wording with answers filled in, for a place: a repeat and the number of its round."""
        return {code: self.text(text, place, code) for code, text in wording.items()}

    def note_with_hint(
        self, note: instruments.Item, place: tuple[str, int] = ("", 0)
    ) -> instruments.Item:
        """The note with its hint after its words."""
        words, hint = self.words(note.text, place), self.words(note.hint, place)
        text = {
            code: f"{text} {instruments.wording_text(hint, code)}".strip()
            for code, text in words.items()
        }
        return msgspec.structs.replace(note, text=text or hint, hint={})

    def note_of_fixed(
        self, item: instruments.Item, place: tuple[str, int] = ("", 0)
    ) -> instruments.Note:
        """A read-only question as a note: its words, followed by its fixed value."""
        text = self.words(item.text, place)
        if self.answer_at(item.name, place) not in (None, "", []):
            text = {
                code: f"{words}: {self.answer_text(item.name, place, code)}"
                for code, words in text.items()
            }
        return instruments.Note(name=item.name, text=text)

    def text(self, text: str, place: tuple[str, int], code: str) -> str:
        return REFERENCE.sub(lambda match: self.answer_text(match[1], place, code), text)

    def answer_text(self, name: str, place: tuple[str, int], code: str) -> str:
        answer = self.answer_at(name, place)
        item = self.items.get(name)
        if answer in (None, "", []) or (isinstance(answer, str) and answer in instruments.WITHHELD):
            return UNANSWERED
        given = answer if isinstance(answer, list) else [answer]
        return ", ".join(answer_in_words(item, choice, code) for choice in given)

    def answer_at(self, name: str, place: tuple[str, int]) -> Answer | SimpleValue | None:
        """The answer to a question: from this round if the repeat asks it, else from the survey."""
        repeat, number = place
        if number:
            rounds = answer_rounds(self.answers.get(repeat))
            within = rounds[number - 1] if number <= len(rounds) else {}
            worked = self.settled.calculated.get(f"{repeat}.{number}.{name}")
            if (answer := within.get(name, worked)) is not None:
                return answer
        # An answer to a question that is no longer asked stays in the draft: do not repeat it.
        if name in self.settled.passed_over:
            return None
        return self.answers.get(name, self.settled.calculated.get(name))


def is_piped(wording: instruments.Wording) -> bool:
    return any("${" in text for text in wording.values())


def answer_in_words(item: instruments.AnyPart | None, answer: object, code: str) -> str:
    """An answer in words: option texts, written-out dates, plain numbers."""
    if isinstance(item, instruments.Item):
        return item.answer_in_words(answer, code, lambda day: date_in_words(day, code))
    return plain_answer(answer)


def date_in_words(day: str, code: str) -> str:
    try:
        locale = LOCALES.get(code) or Locale.parse(code, sep="-")
        return format_day(datetime.date.fromisoformat(day), locale)
    except (UnknownLocaleError, ValueError):
        # A date that cannot be formatted is still better than a page that fails.
        return day


def contact_fields(contact: Contact | None) -> Values:
    return {k: [v] for k, v in msgspec.structs.asdict(contact or Contact()).items() if v}


def parse_contact(form: Form) -> Contact | None:
    """The contact details that were typed; None if all fields were left empty."""
    names = [field.name for field in msgspec.structs.fields(Contact)]
    typed = {name: form[name][: FIELD_LIMITS.get(name, 200)] for name in names}
    return Contact(**typed) if any(typed.values()) else None


def check_contact(form: Form, contact: Contact | None) -> None:
    said = {
        "email": gettext("Enter an email address, such as name@example.org, or leave it empty"),
        "phone": gettext("Enter a phone number, or leave it empty"),
    }
    # A name alone cannot be used to reach anybody, so there is no reason to store it.
    if contact and not (contact.email or contact.phone or contact.address):
        wanted = gettext("Enter an email address, a phone number or an address, or leave all empty")
        form.add_error("email", wanted)
        return
    for fault in contact_faults(contact or Contact()):
        form.add_error(fault.where, said[fault.where])
