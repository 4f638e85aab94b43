"""Edit the title, languages and dates of a draft survey."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.pages.forms import Form, day_fields, example_day, filled_form, read_form
from api.pages.organiser.building.faults import form_errors
from api.pages.organiser.building.opening import BASE, load_survey_draft
from api.pages.organiser.building.parts import parse_wording
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from api.security.people import Person
from survey.formats.languages import ENGLISH_NAMES, OFFERED_NAMES
from survey.problems import Problem
from survey.store.surveys import instrument_drafts, instruments
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.instrument import in_languages_only

ACT_LABEL = "Changed title, languages and dates"
MOST_LINE = 200


@get(BASE + "/{slug:str}/about")
async def show_about(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
        published = await instruments.load_history(connection, slug)
    return about_page(person, draft, published=bool(published))


def about_page(person: Person, draft: InstrumentDraft, **context: Any) -> Template:
    languages = [(code, ENGLISH_NAMES.get(code, code)) for code in draft.all_languages()]
    one = draft.instrument
    days = (day_fields("opens", one.opens) if one.opens else {}) | (
        day_fields("closes", one.closes) if one.closes else {}
    )
    given: dict[str, Any] = {
        "form": filled_form(days),
        "draft": draft,
        "languages_of": languages,
        "names": OFFERED_NAMES,
        "chosen": draft.all_languages(),
    }
    return staff_page("surveys/about", person, **(given | context))


@post(BASE + "/{slug:str}/about")
async def save_about(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    chosen = [code for code in form.all("languages") if code in OFFERED_NAMES]
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
        published = bool(await instruments.load_history(connection, slug))
    changed = parse_about(draft, form, chosen)
    if not form.errors:
        try:
            async with database.connection() as connection, connection.transaction():
                # Loaded once more inside the transaction: another window may have saved since.
                await load_survey_draft(connection, person, slug, form)
                await instrument_drafts.save(connection, changed, act=ACT_LABEL)
        except Problem as refused:
            form.errors += form_errors(refused, changed.instrument)
    if form.errors:
        return about_page(person, draft, form=form, chosen=chosen, published=published)
    return Redirect(f"{BASE}/{slug}?done=about", status_code=303)


def parse_about(draft: InstrumentDraft, form: Form, languages: list[str]) -> InstrumentDraft:
    """The draft with what was typed; what is wrong with it is added to the form."""
    spoken = draft.all_languages()
    title, summary = (parse_wording(form, field, spoken) for field in ("title", "summary"))
    form.require(title, f"title-{spoken[0]}", "Enter a title")
    opens, closes = form.day("opens"), form.day("closes")
    for field, day in (("opens", opens), ("closes", closes)):
        real = day or not form.has_day(field)
        form.require(real, f"{field}-day", f"Enter a real date, such as {example_day()}")
    for field in ("organisation", "contact"):
        form.require_length(field, 0, MOST_LINE, f"Use {MOST_LINE} characters or fewer")
    if opens and closes and closes < opens:
        form.add_error("closes-day", "The last day must not be before the day it opens")
    one = msgspec.structs.replace(
        draft.instrument, title=title, summary=summary, opens=opens, closes=closes
    )
    # The page of a published survey does not ask these: they are changed on its page Share.
    if "organisation" in form:
        one = msgspec.structs.replace(
            one,
            organisation=form["organisation"],
            contact=form["contact"],
            thanks=parse_wording(form, "thanks", spoken),
        )
    # Without a language no text could be shown, so an empty choice changes nothing.
    offered = languages or spoken
    # The form has no box for the others, so those were not unticked.
    if unticked := {*spoken} & {*OFFERED_NAMES} - {*offered}:
        one = in_languages_only(one, [code for code in spoken if code not in unticked])
    return msgspec.structs.replace(draft, instrument=one, languages=tuple(offered))


PAGES = [StaffPage([show_about, save_about], linked_from="/work/builder/{slug:str}")]
