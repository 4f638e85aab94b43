"""Templates: one environment, one shell and one choice of language for every page."""

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    Undefined,
    select_autoescape,
)
from litestar import Request
from litestar.response import Redirect
from markupsafe import Markup

from api import cookies, mail
from api.pages import translating
from api.pages.menu import menu_of
from api.pages.translating import LANGUAGE
from survey.contacts import is_email
from survey.formats.languages import NAMES
from survey.instruments import AnyPart, Wording, said
from survey.instruments.wordings import languages_of
from survey.problems import Problem
from survey.store import places
from survey.store.database import Connection

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = {"en": "English", "ar": "العربية"}
LOCALES = {"en": "en_GB", "ar": "ar"}
LENIENT = ("caller", "undefined", "null")  # names that the GOV.UK components ask for unset

AnyRequest = Request[Any, Any, Any]


class Shown(msgspec.Struct, frozen=True):
    """What every page says of the city that it speaks of."""

    name: str = ""
    attribution: tuple[str, ...] = ()
    synthetic: bool = False


class Operator(msgspec.Struct, frozen=True):
    """Who runs this installation, from its settings; `address` is where paper forms go."""

    name: str = ""
    contact: str = ""
    address: str = ""
    has_logo: bool = False


class Page(Template):
    """A template that is rendered in the reader's language, with what the shell needs."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        given = dict(*args, **kwargs)
        request = given.get("request")
        walk = given.get("walk")
        more = languages_of(walk.instrument) if walk else []
        with speaking(language_of(request)):
            return super().render(shell(request, more) | given | marked_safe(given))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What is said inside is said in this language."""
    token = LANGUAGE.set(language)
    try:
        yield
    finally:
        LANGUAGE.reset(token)


def marked_safe(given: Mapping[str, Any]) -> dict[str, Any]:
    """The framework's own field against forgery, which it hands over as plain text."""
    return {"csrf_input": Markup(given.get("csrf_input", ""))}  # noqa: S704 - escaped by Litestar


def shell(request: AnyRequest | None, more: Sequence[str] = ()) -> dict[str, Any]:
    """What every page has; a survey may be written in more languages than our own words are."""
    names = LANGUAGES | {code: own_name(code) for code in more if code not in LANGUAGES}
    return {
        "language": our_language(),
        "spoken_language": LANGUAGE.get(),
        "direction": direction(our_language()),
        "languages": [(code, name, in_language(request, code)) for code, name in names.items()],
        "city": request.app.state.get("shown", Shown()) if request else Shown(),
        "operator": operator_of(request),
        "sends_mail": bool(request and mail.server_of(request.app.state.settings)),
        **signed_in(request),
        "demo_door": bool(request and request.app.state.get("demo_door")),
    }


def signed_in(request: AnyRequest | None) -> dict[str, Any]:
    """Who is signed in and their menu, on pages that asked; error pages keep both."""
    person = request.scope["state"].get("person") if request else None
    return {"person": person, "menu": menu_of(person) if person else []}


def operator_of(request: AnyRequest | None) -> Operator:
    if request is None or "settings" not in request.app.state:
        return Operator()
    settings = request.app.state.settings
    has_logo = request.app.state.get("logo") is not None
    return Operator(settings.organisation, settings.contact, settings.postal_address, has_logo)


def our_language() -> str:
    """The language of our own words: the reader's, or English where we have not got it."""
    return LANGUAGE.get() if LANGUAGE.get() in LANGUAGES else "en"


def own_name(code: str) -> str:
    """What a language is called by those who speak it."""
    try:
        return Locale.parse(code, sep="-").get_language_name(code) or NAMES.get(code, code)
    except (UnknownLocaleError, ValueError):
        return NAMES.get(code, code)


def direction(code: str) -> str:
    try:
        return str(Locale.parse(code, sep="-").text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


def language_of(request: AnyRequest | None) -> str:
    """The language asked for in the address, else the one chosen before, else the browser's.

    One that only some surveys are written in has to be chosen.
    """
    if request is None:
        return "en"
    chosen = [request.query_params.get("lang"), cookies.read_cookie(request, cookies.LANGUAGE)]
    if code := next((code for code in chosen if code in NAMES), None):
        return code
    header = request.headers.get("accept-language", "")
    wishes = [wish.split(";")[0].strip()[:2].lower() for wish in header[:200].split(",")]
    return next(code for code in [*wishes, "en"] if code in LANGUAGES)


def in_language(request: AnyRequest | None, code: str) -> str:
    """This address in another language; what else it asks for stays."""
    query = [pair for pair in asked_for(request) if pair[0] != "lang"]
    return "?" + urlencode([*query, ("lang", code)])


def asked_for(request: AnyRequest | None) -> list[tuple[str, str]]:
    return list(request.query_params.multi_items()) if request else []


async def arrive(request: AnyRequest) -> Redirect | None:
    """Before a page: know the city, and keep a choice of language in a cookie that says no more."""
    await look_at_city(request)
    code = request.query_params.get("lang")
    if request.method != "GET" or code not in NAMES:
        return None
    query = [pair for pair in asked_for(request) if pair[0] != "lang"]
    cookie = cookies.build_cookie(request, cookies.LANGUAGE, code)
    path = quote("/" + request.url.path.lstrip("/"))
    return Redirect(
        path + ("?" + urlencode(query) if query else ""), status_code=303, cookies=[cookie]
    )


async def look_at_city(request: AnyRequest) -> None:
    """Keep at hand what the shell says of the city: error pages cannot ask for it."""
    with contextlib.suppress(Problem):
        request.app.state.shown = await request.app.state.database.remembered(shown_of)


async def shown_of(connection: Connection) -> Shown:
    city = await places.get_city(connection)
    return Shown(city.name, city.attribution, await places.is_synthetic(connection))


def missing(
    hint: str | None = None, obj: Any = None, name: str | None = None, *rest: Any
) -> Undefined:
    """A name nobody gave is a mistake; a component's option nobody set is not."""
    lenient = isinstance(obj, dict | Undefined) or name in LENIENT
    return (ChainableUndefined if lenient else StrictUndefined)(hint, obj, name, *rest)


class Missing(ChainableUndefined):
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return missing(*args, **kwargs)


def spoken(wording: Wording) -> Markup:
    """A wording for the reader; marked where it could only be said in another language."""
    language = LANGUAGE.get()
    found = language if wording.get(language) else next(iter(wording), language)
    text = said(wording, language)
    if found == our_language():
        return Markup("{}").format(text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(found, direction(found), text)


def plain(wording: Wording) -> str:
    return said(wording, LANGUAGE.get())


def long_date(day: datetime.date) -> str:
    return format_date(day, "long", locale=LOCALES[our_language()])


def day_in_words(day: str) -> str:
    return long_date(datetime.date.fromisoformat(day))


def kind(item: AnyPart) -> str:
    """The item's type as its template is named: choice, choices, agreement ..."""
    return str(type(item).__struct_config__.tag)


def field(values: Mapping[str, list[str]], name: str = "answer") -> str:
    """What a field of the form holds."""
    return next(iter(values.get(name, [])), "")


def about(errors: list[tuple[str, str]], name: str) -> str:
    """What is wrong with a field of the form."""
    return " ".join(sentence for where, sentence in errors if where == name)


def declining(at: str) -> str:
    """The field beside a question's own that says that one would rather not answer."""
    return "decline" if at == "answer" else f"{at}-decline"


def sized(at: str, part: str) -> str:
    """How large a question is set: as the heading of its page, or as one of several."""
    return f"govuk-{part}--{'l' if at == 'answer' else 'm'}"


def contact_link(contact: str) -> Markup:
    """An e-mail address or the address of a page as a link; anything else as it is written."""
    if is_email(contact):
        return Markup('<a class="govuk-link" href="mailto:{}" dir="ltr">{}</a>').format(
            contact, contact
        )
    if contact.startswith(("https://", "http://")):
        return Markup('<a class="govuk-link" href="{}" dir="ltr">{}</a>').format(contact, contact)
    return Markup('<bdi dir="auto">{}</bdi>').format(contact)


FILTERS = (
    contact_link,
    declining,
    sized,
    spoken,
    plain,
    long_date,
    day_in_words,
    kind,
    field,
    about,
)


def engine() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(["html"]),
        undefined=Missing,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.template_class = Page
    environment.globals["numbers"] = range  # a macro of ours is called range
    environment.filters |= {function.__name__: function for function in FILTERS}
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translating.gettext, translating.ngettext, newstyle=True
    )
    return environment
