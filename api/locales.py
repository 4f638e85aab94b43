"""The reader's language: sentences in their translation, figures and dates as text.

Two catalogues hold the translations: `messages` those of pages and emails, `first_screen` those of
the first screen of reports, whose chapters are in English. They are compiled at start-up from the
translators' .po files; `python -m tools.catalogues` collects the sentences from the code. Numbers
have one decimal, thousands are separated, a minus is a true one."""

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_decimal_symbol, get_group_symbol
from babel.support import NullTranslations, Translations

from survey.deployments import BENCHMARKS
from survey.sentences import N_, SentenceSource, fill_message
from survey.surveys.instruments import wording_text
from survey.surveys.ready import load_ready_instruments
from survey.words import LONDON, in_local_words, words_of

FOLDER = Path(__file__).parent / "translations"
# The languages of the interface, with the locale by which each writes its dates.
LOCALES = {
    **{"en": "en_GB", "ar": "ar", "bn": "bn", "fr": "fr", "pl": "pl"},
    **{"pt": "pt_PT", "ro": "ro", "so": "so", "tr": "tr", "ur": "ur"},
}
# The person who confirmed a catalogue is named in its heading.
REVIEWER = re.compile(r'^"X-Reviewed-By:[ \t]*(.*?)[ \t]*\\n"$', re.MULTILINE)
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
# The language of reports, which is English but on the first screen.
EDITION_LANGUAGE: ContextVar[str] = ContextVar("edition_language", default="en")
LOCALE = "en_GB"
ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
AGE_BAND = re.compile(r"(\d+)[-_](\d+)")
OLDEST = re.compile(r"(\d+)\+")
OPEN_BAND = re.compile(r"(under|over)_(\d+)")
HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")
ENGLISH_NUMBER = re.compile(r"[+−-]?\d[\d,]*(\.\d+)?%?")
WITHHELD = N_("withheld")
NONE = N_("none recorded")
ITEMS = {
    "good_job_local": N_("Police do a good job in the local area"),
    "listens": N_("Police listen to local concerns"),
    "fair": N_("Police treat everyone fairly"),
    "trust_mps": N_("Trust in the Met"),
}
DIMENSIONS = {
    "ethnicity_officer": N_("ethnicity as officers saw it"),
    "ethnicity_self": N_("ethnicity as people said it"),
    "age": N_("age"),
    "sex": N_("sex"),
}
CATEGORIES = {
    "white": N_("White"),
    "asian": N_("Asian"),
    "black": N_("Black"),
    "mixed": N_("Mixed"),
    "other": N_("Other"),
    "female": N_("Female"),
    "male": N_("Male"),
}
TACTICS = {
    "ced": N_("Any use of the device"),
    "angled_drive_stunned": N_("Angled drive-stun"),
    "fired": N_("Fired"),
    "drive_stunned": N_("Drive-stun"),
    "arced": N_("Arced"),
    "red_dotted": N_("Red-dotted"),
    "aimed": N_("Aimed"),
    "drawn": N_("Drawn"),
    "warned": N_("Warning sound"),
    "not_discharged": N_("Not discharged"),
    "not_stated": N_("Not stated"),
}


class Untranslated(LookupError):
    """A message of a report has no translation into the language that was asked for."""


@cache
def report_messages() -> frozenset[str]:
    """The messages of reports that have no plural."""
    with (FOLDER / "editions.pot").open("rb") as words:
        return frozenset(said.id for said in read_po(words) if isinstance(said.id, str))


class NoTranslation(NullTranslations):
    """What follows after the catalogue of a first screen: a message that is not in it is refused;
    figures, names and words that were translated already are none.
    """

    def gettext(self, message: str) -> str:
        # A sentence of an older edition may not be among the messages of today.
        if message in report_messages() or message.endswith("."):
            raise Untranslated(message)
        return message

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        raise Untranslated(singular)


@cache
def load_catalogue(language: str, domain: str = "messages") -> NullTranslations:
    """The translations of a catalogue into one language.

    Without a file for the language, every sentence comes back as it is in the code.
    """
    source = FOLDER / language / "LC_MESSAGES" / f"{domain}.po"
    if not source.exists():
        return NullTranslations()
    # Compiled here, so that no .mo file in the repository can be older than its .po file.
    compiled = BytesIO()
    with source.open("rb") as words:
        write_mo(compiled, read_po(words, locale=language))
    compiled.seek(0)
    translations = Translations(compiled)
    if domain == "first_screen":
        translations.add_fallback(NoTranslation())
    return translations


@cache
def is_confirmed(language: str, domain: str = "messages") -> bool:
    """Whether a person confirmed a catalogue in this language; otherwise it is a draft."""
    source = FOLDER / language / "LC_MESSAGES" / f"{domain}.po"
    if not source.exists():
        return True  # these are our own words in English
    reviewer = REVIEWER.search(source.read_text(encoding="utf-8").split("\n\n", 1)[0])
    return bool(reviewer and reviewer[1])


def unconfirmed_languages() -> list[str]:
    return [code for code in LOCALES if not is_confirmed(code)]


def gettext(message: str) -> str:
    return gettext_in(LANGUAGE.get(), message)


def gettext_in(language: str, message: str) -> str:
    """A message of the interface in a language and in the words of the place."""
    return in_local_words(load_catalogue(language).gettext(message), language)


def ngettext(singular: str, many: str, number: int) -> str:
    language = LANGUAGE.get()
    return in_local_words(load_catalogue(language).ngettext(singular, many, number), language)


def edition_language() -> str:
    """The language in which a report is put into words: English but on its first screen."""
    return EDITION_LANGUAGE.get()


def edition_locale() -> str:
    return LOCALES.get(edition_language(), LOCALE)


@contextmanager
def use_language_of(part: ContextVar[str], language: str) -> Iterator[None]:
    """Use a language for every text of the interface, or of a report, inside this block."""
    token = part.set(language)
    try:
        yield
    finally:
        part.reset(token)


use_edition_language = partial(use_language_of, EDITION_LANGUAGE)


def edition_gettext(message: str) -> str:
    """A message of a report in the language in which it is put into words."""
    said = load_catalogue(edition_language(), "first_screen").gettext(message)
    return in_local_words(said, edition_language())


def edition_ngettext(singular: str, many: str, number: int) -> str:
    said = load_catalogue(edition_language(), "first_screen").ngettext(singular, many, number)
    return in_local_words(said, edition_language())


def translate_sentence(source: SentenceSource, values: Mapping[str, str]) -> str:
    """A stored sentence of an edition, in the language in which the report is put into words."""
    if source.plural:
        message = edition_ngettext(source.message, source.plural, source.number)
    else:
        message = edition_gettext(source.message)
    shown = {name: local_value(value, edition_locale()) for name, value in values.items()}
    return fill_message(message, shown, format_day)


def local_value(text: str, locale: str) -> str:
    """A stored value as a locale writes it: a number, which is stored as in English, in its form;
    a sign or a name is kept apart from words that are read from right to left.
    """
    if locale == LOCALE or ISO_DATE.fullmatch(text):
        return text
    if ENGLISH_NUMBER.fullmatch(text):
        signs = get_group_symbol(locale) + get_decimal_symbol(locale)
        text = text.translate(str.maketrans(",.", signs))
    if text[:1].isdigit() or Locale.parse(locale).text_direction == "ltr":
        return text
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def format_number(value: float, pattern: str = "#,##0.0", *, places: int = 1) -> str:
    """A number with one decimal; one that rounds to zero has no sign."""
    # Adding 0.0 makes 0.0 of -0.0, which would be printed with a minus.
    rounded = round(value, places) + 0.0
    return format_decimal(rounded, format=pattern, locale=edition_locale()).replace("-", "−")


def format_signed(value: float) -> str:
    """A whole number with its sign."""
    return format_number(round(value) + 0.0, "+#,##0;-#,##0") if round(value) else "0"


def format_whole(value: float) -> str:
    return format_decimal(round(value), format="#,##0", locale=edition_locale())


def format_count(value: int | None) -> str:
    """A count of persons, events or texts after disclosure control."""
    if value is None:
        return WITHHELD
    # A 0 that the gate lets through is a whole city's: in tables it is withheld like 1 to 4.
    return format_whole(value) if value else edition_gettext(NONE)


def format_share(value: float) -> str:
    """A share from 0 to 1 as a percentage."""
    share = format_percent(value, format="#,##0%", locale=edition_locale())
    return share if value else edition_gettext(NONE)


def format_interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return WITHHELD
    return format_range(format_number(low), format_number(high))


def format_range(low: str, high: str) -> str:
    """Two limits that stay on one line."""
    return (
        edition_gettext("{low} to {high}")
        .format(low=low, high=high)
        .replace(" ", "\N{NO-BREAK SPACE}")
    )


def format_share_limits(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return WITHHELD
    return format_range(format_whole(100 * low), f"{format_whole(100 * high)}%")


def format_sentence(sentence: str) -> str:
    """A sentence from the code with its dates in words and true minus signs."""
    worded = ISO_DATE.sub(lambda day: format_day(datetime.date.fromisoformat(day[0])), sentence)
    return HYPHEN.sub("−", worded)


def format_dates(start: datetime.date, end: datetime.date) -> str:
    return edition_gettext("{first} to {last}").format(
        first=format_short_day(start), last=format_short_day(end)
    )


def format_day(date: datetime.date, locale: Locale | str = "") -> str:
    """The day in words: 14 September 2026 in English."""
    return format_date(date, format="long", locale=locale or edition_locale())


def format_month(day: datetime.date) -> str:
    """The month of a day with its year: September 2026 in English."""
    return format_skeleton("yMMMM", day, locale=edition_locale())


def format_short_day(date: datetime.date) -> str:
    if edition_locale() == LOCALE:
        return f"{date:%-d %b %Y}"  # Babel writes Sept
    return format_date(date, format="d MMM y", locale=edition_locale())


def tactic_name(tactic: str) -> str:
    return edition_gettext(TACTICS.get(tactic, tactic.replace("_", " ").capitalize()))


def item_name(item: str) -> str:
    return edition_gettext(ITEMS.get(item, item.replace("_", " ").capitalize()))


@cache
def item_subjects(language: str) -> dict[str, str]:
    """What each item of the built-in surveys is about, in a few words, which name London."""
    with words_of(LONDON):
        instruments = load_ready_instruments()
    return {
        item.name: wording_text(item.short or item.text, language)
        for instrument in instruments
        for item in instrument.questions()
        if instrument.kind == "survey"
    }


def item_subject(item: str) -> str:
    language = edition_language()
    subject = item_subjects(language).get(item)
    return in_local_words(subject, language) if subject else item_name(item)


def dimension_name(dimension: str) -> str:
    return edition_gettext(DIMENSIONS.get(dimension, dimension.replace("_", " ")))


def benchmark_name(benchmark: str) -> str:
    """The words for what a rate is divided by: per resident, or per stop and search."""
    known = BENCHMARKS.get(benchmark)
    return edition_gettext(known.per) if known else f"per {benchmark.replace('_', ' ')}"


def category_name(category: str) -> str:
    """A kind of person in words: 'ethnicity_officer:black' is Black, '25-34' is 25 to 34."""
    kind = category.rpartition(":")[2]
    if kind in CATEGORIES:
        return edition_gettext(CATEGORIES[kind])
    if ages := AGE_BAND.fullmatch(kind):
        return edition_gettext("{low} to {high}").format(low=ages[1], high=ages[2])
    if oldest := OLDEST.fullmatch(kind):
        return edition_gettext("{age} and over").format(age=oldest[1])
    if outside := OPEN_BAND.fullmatch(kind):
        message = N_("Under {age}") if outside[1] == "under" else N_("Over {age}")
        return edition_gettext(message).format(age=outside[2])
    words = kind.replace("_", " ")
    return words[:1].upper() + words[1:]


def group_name(dimension: str, category: str) -> str:
    if dimension == "disability":
        return {"yes": edition_gettext("Disabled"), "no": edition_gettext("Not disabled")}.get(
            category, category
        )
    return category_name(category)


def format_ratio(value: float | None, low: float | None, high: float | None) -> str:
    """A ratio with its limits, to two decimals."""
    if value is None:
        return WITHHELD
    if low is None or high is None:
        return f"{value:.2f}"
    return f"{value:.2f} ({format_range(f'{low:.2f}', f'{high:.2f}')})"


def format_share_interval(value: float | None, low: float | None, high: float | None) -> str:
    """A share from 0 to 1 as a percentage with its limits."""
    if value is None:
        return WITHHELD
    limits = "" if low is None else f" ({format_share_limits(low, high)})"
    return f"{format_share(value)}{limits}"


def format_change(value: float, pattern: str = "+#,##0.0;-#,##0.0", *, places: int = 1) -> str:
    """A difference with its sign; one that rounds to zero has none."""
    return format_number(value, pattern, places=places) if round(value, places) else "0"
