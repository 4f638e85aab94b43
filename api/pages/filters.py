"""Filters of the templates: words in the reader's language and those of the place, links, and the
options of fields.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, pass_environment
from jinja2.ext import Extension
from jinja2.filters import make_attrgetter
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from api import clock
from api.locales import LANGUAGE, LOCALES, format_day, format_short_day, gettext, local_value
from api.pages.forms import Errors, field_options
from survey.cases.contacts import is_email
from survey.formats.languages import OFFERED_NAMES
from survey.surveys.instruments import Item, Wording, wording_text
from survey.words import has_local_words, in_local_words

LANGUAGES = {
    "en": "English",
    "ar": "العربية",
    "bn": "বাংলা",
    "fr": "Français",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "so": "Soomaali",
    "tr": "Türkçe",
    "ur": "اردو",
}
REPORT_ADDRESS = re.compile(r"(/reports/[\w/-]*\w)")
# Case numbers, references and codes such as 2345-ABCD, numbers of paper forms such as 47-K; tags.
HYPHENATED = re.compile(r"<[^>]*>|\b(?:[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9]{1,8}-[A-Z])\b")


def interface_language() -> str:
    """The language of the interface: the reader's, or English if we do not have theirs."""
    return LANGUAGE.get() if LANGUAGE.get() in LANGUAGES else "en"


def native_name(code: str) -> str:
    """The name of a language in that language."""
    try:
        return Locale.parse(code, sep="-").get_language_name(code) or OFFERED_NAMES.get(code, code)
    except (UnknownLocaleError, ValueError):
        return OFFERED_NAMES.get(code, code)


def text_direction(code: str) -> str:
    try:
        return str(Locale.parse(code, sep="-").text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


def in_reader_language(wording: Wording) -> Markup:
    """A wording in the reader's language, or else in another one that it has; marked with `lang` if
    that is not the language of the page.
    """
    language = LANGUAGE.get()
    text_language = next(
        (code for code in (language, "en", *wording) if wording.get(code)), language
    )
    text = wording_text(wording, language)
    if text_language == interface_language():
        return Markup("{}").format(text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(
        text_language, text_direction(text_language), text
    )


def plain(wording: Wording) -> str:
    return wording_text(wording, LANGUAGE.get())


def long_date(day: datetime.date) -> str:
    return format_day(day, LOCALES[interface_language()])


def reader_number(text: str) -> str:
    """A number as English writes it, in the form of the reader's language."""
    return local_value(text, LOCALES[interface_language()])


def day(date: datetime.date) -> str:
    """The day in English, the language of staff pages."""
    return format_day(date)


def short_day(at: datetime.datetime) -> str:
    """The day by the time of the place, in English."""
    return format_short_day(clock.local_time(at))


def moment(at: datetime.datetime) -> str:
    """The day and the time of the place, in English."""
    return f"{short_day(at)}, {clock.local_time(at):%H:%M}"


def day_in_words(day: str) -> str:
    return long_date(datetime.date.fromisoformat(day))


def field(values: Mapping[str, list[str]], name: str = "answer") -> str:
    """The first value of a form field."""
    return next(iter(values.get(name, [])), "")


def about(errors: Errors, name: str) -> str:
    """The errors of one form field, as one text."""
    return " ".join(sentence for where, sentence in errors if where == name)


def declining(at: str) -> str:
    """The name of the field that ticks “prefer not to answer” for a question."""
    return "decline" if at == "answer" else f"{at}-decline"


def size_class(at: str, part: str) -> str:
    """The CSS class for a question's size: large if alone on its page, else medium."""
    return f"govuk-{part}--{'l' if at == 'answer' else 'm'}"


def question_options(
    item: Item, at: str, errors: Errors, more: Mapping[str, Any], options: Iterable[Any] = ()
) -> dict[str, Any]:
    """What a component of GOV.UK Frontend takes for a question, which is the heading if it is alone
    on its page. `more` has what else it takes, such as the hint where the question has none.
    """
    text = {"html": in_reader_language(item.text), "isPageHeading": at == "answer"}
    hint = {"hint": {"html": in_reader_language(item.hint)}} if item.hint else {}
    given = {"error_word": gettext("Error")} | dict(more) | hint
    shared = field_options(at, "", "", "", errors, given, options)
    return shared | {
        "label": text | {"classes": size_class(at, "label")},
        "fieldset": {"legend": text | {"classes": size_class(at, "fieldset__legend")}},
    }


def contact_link(contact: str) -> Markup:
    """An email address or web address as a link; anything else as plain text."""
    if is_email(contact):
        return Markup('<a class="govuk-link" href="mailto:{}" dir="ltr">{}</a>').format(
            contact, contact
        )
    # Only these become links: an address such as `javascript:` would run when it is clicked.
    if contact.startswith(("https://", "http://")):
        return Markup('<a class="govuk-link" href="{}" dir="ltr">{}</a>').format(contact, contact)
    return Markup('<bdi dir="auto">{}</bdi>').format(contact)


def with_report_links(text: str) -> Markup:
    """The text, with every address of a report turned into a link."""
    link = Markup('<a class="govuk-link" href="{0}">{0}</a>')
    parts = REPORT_ADDRESS.split(text)
    return Markup("").join(link.format(part) if at % 2 else part for at, part in enumerate(parts))


def on_one_line(words: object) -> Markup:
    """The words, with each hyphenated number or code kept on one line."""
    text = escape(words)
    return Markup(HYPHENATED.sub(number_on_one_line, text)) if "-" in text else text  # noqa: S704


def number_on_one_line(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("<") else f'<span class="unbroken">{match[0]}</span>'


@pass_environment
def pairs(
    environment: Environment, rows: Iterable[object], value: str | int, words: str | int
) -> list[tuple[object, object]]:
    """The value and the words of each row, by the names or places of these parts of it."""
    parts = [make_attrgetter(environment, part) for part in (value, words)]
    return [(parts[0](row), parts[1](row)) for row in rows]


FILTERS = (
    with_report_links,
    contact_link,
    declining,
    size_class,
    in_reader_language,
    plain,
    long_date,
    reader_number,
    day,
    short_day,
    moment,
    day_in_words,
    field,
    about,
    on_one_line,
    pairs,
)


TAGS = re.compile(r"(<[^>]*(?:>|$))")
# A string without a space that begins with a small letter is the name of something.
IS_SAID = re.compile(r"[A-Z“]|.* ")
TRANSLATIONS = {"_", "gettext", "ngettext"}


class LocalWords(Extension):
    """Has every text and every string of a template that names a borough, the city or its police
    put into the words of the place when the page is made. Translated ones have been already, and
    tags are left alone: in them stand names and addresses.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        is_inside = False
        before = ("", "")  # the last two tokens, as "_" and "("
        for token in stream:
            if token.type == "data":
                parts = split_tags(token.value, is_inside)
                is_inside = token.value.rfind("<") > token.value.rfind(">") or (
                    is_inside and ">" not in token.value
                )
                for text, is_tag in parts:
                    yield from data_tokens(token, text, is_tag)
            elif token.type == "string" and is_said(token.value) and before[0] not in TRANSLATIONS:
                yield from call_tokens(token, "in_local_words")
            else:
                yield token
            before = before[1], token.value


def split_tags(text: str, is_inside: bool) -> list[tuple[str, bool]]:
    """The text in parts, each with whether it is a tag or a piece of one."""
    parts = []
    if is_inside:
        rest, end, text = text.partition(">")
        parts.append((rest + end, True))
    parts += [(part, part.startswith("<")) for part in TAGS.split(text)]
    return [part for part in parts if part[0]]


def is_said(text: str) -> bool:
    return IS_SAID.match(text) is not None and has_local_words(text)


def data_tokens(token: Token, text: str, is_tag: bool) -> Iterator[Token]:
    said = Token(token.lineno, "data", text)
    if is_tag or not has_local_words(text):
        yield said
        return
    yield Token(token.lineno, "variable_begin", "{{")
    yield from call_tokens(said, "text_in_local_words")
    yield Token(token.lineno, "variable_end", "}}")


def call_tokens(token: Token, function: str) -> Iterator[Token]:
    yield Token(token.lineno, "name", function)
    yield Token(token.lineno, "lparen", "(")
    yield Token(token.lineno, "string", token.value)
    yield Token(token.lineno, "rparen", ")")


def text_in_local_words(text: str) -> Markup:
    """The text of a template, which is markup already."""
    return Markup(in_local_words(text))  # noqa: S704 - our own words, and those of the place
