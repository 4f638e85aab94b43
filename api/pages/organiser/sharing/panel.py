"""The page on which an organiser shares a survey; each part of it has a module and a template."""

from typing import Any

from litestar import get
from litestar.response import Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import submissions, survey_rights
from api.pages.forms import Form, filled_form
from api.pages.organiser.building.lengths import survey_length
from api.pages.organiser.building.opening import survey_address
from api.pages.organiser.sharing import addresses, counts, words
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import done_word, staff_page
from api.security.people import Person
from survey.formats.languages import ENGLISH_NAMES
from survey.store.database import Connection, Database
from survey.store.surveys import instruments, sharing, ways
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.item_types.doors import first_language
from survey.surveys.sharing import CODE_LETTERS, USUAL_WAYS, SurveySettings, Way

PANEL = "/work/surveys/{slug:str}/share"


@get(PANEL)
async def show_panel(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await panel_page(request, database, person, slug, done=done_word(request))


async def panel_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    slug: str,
    *,
    form: Form | None = None,
    **context: Any,
) -> Template:
    async with database.connection() as connection:
        survey = await survey_rights.require_right(connection, person, "share", slug)
        instrument, closed = await instruments.get(connection, slug)
        settings = await sharing.get_settings(connection, slug)
        found = await load_all_ways(connection, slug)
        weeks = await ways.load_weeks(connection, slug)
    minutes = survey_length(instrument).minutes
    usual = settings_form(instrument, settings)
    if form is not None:  # only one form of the page was sent: the others stay as they were
        form.values = usual.values | form.values
    links: dict[str, str] = {
        way.kind: addresses.short_link(request, way) for way in found if not way.name
    }
    return staff_page(
        "surveys/share",
        person,
        form=form or usual,
        instrument=instrument,
        closed=closed,
        is_house=survey.is_house,
        settings=settings,
        is_local=addresses.is_local(request),
        address=survey_address(request, slug),
        links=links,
        ways={way.kind: way for way in found if not way.name},
        languages_of=[(one, ENGLISH_NAMES.get(one, one)) for one in survey_languages(instrument)],
        messages=words.messages(instrument, survey_languages(instrument), minutes, links),
        counted=counts.count_ways(request, found, weeks),
        weeks=counts.count_weeks(found, weeks),
        **context,
    )


async def load_all_ways(connection: Connection, slug: str) -> list[Way]:
    """The ways of a survey; the usual ones are made when they are first looked at."""
    found = await ways.load_ways(connection, slug)
    missing = set(USUAL_WAYS) - {way.kind for way in found}
    if missing:
        await ways.insert_missing(connection, [Way(new_code(), slug, kind) for kind in missing])
        found = await ways.load_ways(connection, slug)
    return sorted(found, key=lambda way: ([*USUAL_WAYS, "named"].index(way.kind), way.name))


def new_code() -> str:
    return submissions.random_letters(CODE_LETTERS)


def survey_languages(instrument: Instrument) -> list[str]:
    """The languages of a survey, its first one first."""
    used = languages_used(instrument)
    first = first_language(instrument.title)
    return sorted(used, key=lambda code: code != first) or [first]


def settings_form(instrument: Instrument, settings: SurveySettings) -> Form:
    """The forms of the page as they are filled in at first."""
    typed = {
        "listing": "unlisted" if instrument.unlisted else "listed",
        "proof": "yes" if settings.asks_proof else "",
        "organisation": instrument.organisation,
        "contact": instrument.contact,
        "origins": "\n".join(settings.embedded_by),
    }
    for code in survey_languages(instrument):
        typed[f"thanks-{code}"] = wording_in(instrument.thanks, code)
        typed[f"next_step-{code}"] = wording_in(instrument.next_step, code)
    return filled_form(typed)


def wording_in(wording: dict[str, str], code: str) -> str:
    """The words in exactly this language; empty if they are not translated."""
    return wording_text(wording, code) if wording.get(code) else ""


PAGES = [StaffPage([show_panel], linked_from="/work/surveys/{slug:str}")]
