"""What every page has: its templates, the menu, and the choice of language."""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
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

from api import notifications
from api.locales import LANGUAGE, gettext, is_confirmed, ngettext, use_language_of
from api.look import COLOUR
from api.pages import filters, public_copies
from api.pages.forms import field_options
from api.pages.public_copies import static_address
from api.security import cookies
from api.security.people import Person, Role
from survey import media
from survey.formats.languages import OFFERED_NAMES
from survey.problems import Problem
from survey.store import places
from survey.store.database import Connection
from survey.surveys.instruments import Instrument, languages_used
from survey.words import has_postcodes, in_local_words, is_london, local_words

# The `opt` of staff routes that names the group of the menu they belong to.
MENU_GROUP = "menu_group"
TEMPLATES = Path(__file__).parent / "templates"
# Bytes of files, for the script that looks at what is chosen.
FILE_LIMITS = {
    "film": media.MOST_MEDIA_BYTES,
    "document": media.MOST_BYTES,
    "together": media.MOST_TOGETHER,
}
MOST_SURVEYS = 500
SURVEY_LANGUAGES: dict[bytes, Sequence[str]] = {}
LENIENT_NAMES = (
    "caller",
    "undefined",
    "null",
)  # names that GOV.UK components read without setting them
AnyRequest = Request[Any, Any, Any]


class MenuEntry(msgspec.Struct, frozen=True):
    """An entry of the menu, who sees it, and the group it is in."""

    address: str
    label: str
    roles: tuple[Role, ...]
    group: str


class MenuGroup(msgspec.Struct, frozen=True):
    """The entries of a group that a person may open; `here` if the page shown belongs to it.

    A group of one entry is shown as that entry.
    """

    label: str
    entries: tuple[MenuEntry, ...]
    here: bool


def menu_groups(entries: Iterable[MenuEntry], person: Person, shown: str) -> list[MenuGroup]:
    """The menu of a person on a page of the group `shown`; groups in the order of their first
    entries.
    """
    groups: dict[str, list[MenuEntry]] = {}
    for entry in entries:
        if person.may(*entry.roles):
            groups.setdefault(entry.group, []).append(entry)
    return [
        MenuGroup(
            # An organiser has a single page of some groups, and its own name says more.
            label=group if len(mine) > 1 else mine[0].label,
            entries=tuple(mine),
            here=group == shown,
        )
        for group, mine in groups.items()
    ]


class PageCity(msgspec.Struct, frozen=True):
    """The name and attribution of the city, shown on every page."""

    name: str = ""
    attribution: tuple[str, ...] = ()
    synthetic: bool = False


class Operator(msgspec.Struct, frozen=True):
    """Who runs this installation, from its settings; `address` is where paper forms go."""

    name: str = ""
    contact: str = ""
    address: str = ""
    has_logo: bool = False


class LocalisedTemplate(Template):
    """A template that is rendered in the reader's language, with what the shell needs."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        given = dict(*args, **kwargs)
        request = given.get("request")
        walk = given.get("walk")
        more = survey_languages(walk.instrument) if walk else []
        # A page that a device stores has its language in its address.
        with use_language(given.get("in_language") or requested_language(request)):
            # Litestar gives the field as plain text, which would be escaped again.
            csrf = {"csrf_input": Markup(given.get("csrf_input", ""))}  # noqa: S704
            return super().render(shell_context(request, more) | given | csrf)


def survey_languages(instrument: Instrument) -> Sequence[str]:
    """Every language that a survey uses; worked out once for each version of it, by its digest."""
    digest = hashlib.sha256(msgspec.json.encode(instrument)).digest()
    if digest not in SURVEY_LANGUAGES:
        while len(SURVEY_LANGUAGES) >= MOST_SURVEYS:
            SURVEY_LANGUAGES.pop(next(iter(SURVEY_LANGUAGES)), None)
        SURVEY_LANGUAGES[digest] = languages_used(instrument)
    return SURVEY_LANGUAGES[digest]


def render_template(request: AnyRequest, name: str, context: Mapping[str, Any]) -> bytes:
    """The bytes of a page without a form; `context` must hold the request, which gives the
    language.
    """
    engine = request.app.template_engine
    assert engine is not None
    return str(engine.get_template(name).render(**context)).encode()


use_language = functools.partial(use_language_of, LANGUAGE)


def in_language(language: str, caller: Callable[[], str]) -> Markup:
    """A part of a page in a language of its own."""
    with use_language(language):
        part = Markup(caller())  # noqa: S704 - the template's own output, which is escaped
    return Markup('<div lang="{}" dir="{}">{}</div>').format(
        language, filters.text_direction(language), part
    )


def shell_context(request: AnyRequest | None, more: Sequence[str] = ()) -> dict[str, Any]:
    """The context of every page.

    A survey may be written in more languages than our interface has.
    """
    names = filters.LANGUAGES | {
        code: filters.native_name(code) for code in more if code not in filters.LANGUAGES
    }
    return {
        "language": filters.interface_language(),
        "spoken_language": LANGUAGE.get(),
        "language_name": names.get(LANGUAGE.get(), filters.LANGUAGES[filters.interface_language()]),
        "machine_drafted": not is_confirmed(filters.interface_language()),
        "direction": filters.text_direction(filters.interface_language()),
        "languages": [
            (code, name, address_in_language(request, code)) for code, name in names.items()
        ],
        "city": request.app.state.get("shown", PageCity()) if request else PageCity(),
        "operator": operator_of(request),
        "sends_mail": bool(
            request and notifications.find_subscriber_sender(request.app.state.settings)
        ),
        **staff_context(request),
        "drafts_offered": bool(request and request.app.state.settings.language_model_url),
        "demo_door": bool(request and request.app.state.get("demo_door")),
    }


def staff_context(request: AnyRequest | None) -> dict[str, Any]:
    """The signed-in person and their menu, if the request loaded the person; used on error pages
    too.
    """
    person = request.scope["state"].get("person") if request else None
    if request is None or person is None:
        return {"person": None, "menu": []}
    # A page that does not exist has no handler, and belongs to no group.
    handler = request.scope.get("route_handler")
    shown = handler.opt.get(MENU_GROUP, "") if handler else ""
    entries = request.app.state.get("menu", ())
    return {"person": person, "menu": menu_groups(entries, person, shown)}


def operator_of(request: AnyRequest | None) -> Operator:
    if request is None or "settings" not in request.app.state:
        return Operator()
    settings = request.app.state.settings
    has_logo = request.app.state.get("logo") is not None
    return Operator(settings.organisation, settings.contact, settings.postal_address, has_logo)


def requested_language(request: AnyRequest | None) -> str:
    """The language asked for in the address, else the one chosen before, else the browser's.

    A language that only some surveys have is used only if the reader chose it.
    """
    if request is None:
        return "en"
    chosen = [request.query_params.get("lang"), cookies.read_cookie(request, cookies.LANGUAGE)]
    if code := next((code for code in chosen if code in OFFERED_NAMES), None):
        return code
    header = request.headers.get("accept-language", "")
    wishes = [wish.split(";")[0].strip()[:2].lower() for wish in header[:200].split(",")]
    # English at the end, so that there is always a language.
    return next(code for code in [*wishes, "en"] if code in filters.LANGUAGES)


def address_in_language(request: AnyRequest | None, code: str) -> str:
    """The address of this page in another language, with the rest of its query."""
    query = [pair for pair in query_pairs(request) if pair[0] != "lang"]
    return "?" + urlencode([*query, ("lang", code)])


def query_pairs(request: AnyRequest | None) -> list[tuple[str, str]]:
    return list(request.query_params.multi_items()) if request else []


async def prepare_page(request: AnyRequest) -> Redirect | None:
    """Before each page: load the city, and save a chosen language in a cookie."""
    await remember_city(request)
    code = request.query_params.get("lang")
    # A redirect of a POST would lose what was sent with it.
    if request.method != "GET" or code not in OFFERED_NAMES:
        return None
    query = [pair for pair in query_pairs(request) if pair[0] != "lang"]
    cookie = cookies.build_cookie(request, cookies.LANGUAGE, code)
    # With one slash only: a path that begins with two would lead to another host.
    path = quote("/" + request.url.path.lstrip("/"))
    return Redirect(
        path + ("?" + urlencode(query) if query else ""), status_code=303, cookies=[cookie]
    )


async def remember_city(request: AnyRequest) -> None:
    """Keep what each page shows of the city in the app state, because error pages cannot load
    it.
    """
    # Without the database a page must still be able to say so, without the name of the city.
    with contextlib.suppress(Problem):
        request.app.state.shown = await request.app.state.database.load_cached(load_page_city)


async def load_page_city(connection: Connection) -> PageCity:
    city = await places.get_city(connection)
    return PageCity(city.name, city.attribution, await places.is_synthetic(connection))


def undefined_name(
    hint: str | None = None, obj: Any = None, name: str | None = None, *rest: Any
) -> Undefined:
    """The value of an undefined name: using it raises an error, except for the options that GOV.UK
    components leave unset.
    """
    lenient = isinstance(obj, dict | Undefined) or name in LENIENT_NAMES
    return (ChainableUndefined if lenient else StrictUndefined)(hint, obj, name, *rest)


class TemplateUndefined(ChainableUndefined):
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return undefined_name(*args, **kwargs)


def translate(message: str, **values: object) -> Markup:
    """A message in the reader's language, with these values escaped into it."""
    text = Markup(gettext(message))  # noqa: S704 - our own words
    # Most messages have neither values nor a percent sign; filling those in took a tenth of a page.
    return text % values if values or "%" in text else text


class PageEnvironment(Environment):
    """An environment whose templates share one set of globals.

    Jinja gives each template a chain of two dictionaries, and compares the keys of both for every
    import on a page: that alone took a tenth of the time of a page of questions.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


@functools.cache
def build_environment() -> Environment:
    """The environment of all pages, one for a process: it compiles each template once."""
    environment = PageEnvironment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(["html"]),
        undefined=TemplateUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", filters.LocalWords],
        trim_blocks=True,
        lstrip_blocks=True,
        # Looking for changed files took some fifty system calls a page.
        auto_reload=False,
        cache_size=-1,
    )
    environment.template_class = LocalisedTemplate
    environment.globals["numbers"] = range
    environment.globals["colour"] = COLOUR
    environment.globals["field_options"] = field_options
    environment.globals["question_options"] = filters.question_options
    environment.globals["file_limits"] = FILE_LIMITS
    environment.globals["in_edition_language"] = functools.partial(in_language, "en")
    environment.globals["in_language"] = in_language
    environment.globals["is_confirmed"] = is_confirmed
    environment.globals["static_address"] = static_address
    environment.globals["in_local_words"] = in_local_words
    environment.globals["text_in_local_words"] = filters.text_in_local_words
    environment.globals["place_words"] = local_words
    environment.globals["is_london"] = is_london
    environment.globals["has_postcodes"] = has_postcodes
    environment.globals["shared_part"] = public_copies.shared_part
    environment.globals["question_key"] = public_copies.question_key
    environment.globals["areas_key"] = public_copies.areas_key
    environment.filters |= {function.__name__: function for function in filters.FILTERS}
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
    environment.globals["_"] = translate
    return environment
