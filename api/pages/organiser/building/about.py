"""Edit the title, languages and dates of a draft survey."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.pages.organiser.building.faults import form_errors
from api.pages.organiser.building.opening import BASE, load_survey_draft
from api.pages.organiser.building.parts import parse_wording
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import day_fields, parse_day, read_form, staff_page
from api.security.people import Person
from survey.formats.languages import ENGLISH_NAMES, OFFERED_NAMES
from survey.problems import Problem
from survey.store.surveys import instrument_drafts
from survey.surveys.instruments.drafts import InstrumentDraft

ACT_LABEL = "Changed title, languages and dates"
MOST_LINE = 200


@get(BASE + "/{slug:str}/about")
async def show_about(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    return about_page(person, draft)


def about_page(person: Person, draft: InstrumentDraft, **context: Any) -> Template:
    languages = [(code, ENGLISH_NAMES.get(code, code)) for code in draft.spoken()]
    one = draft.instrument
    days = (day_fields("opens", one.opens) if one.opens else {}) | (
        day_fields("closes", one.closes) if one.closes else {}
    )
    given: dict[str, Any] = {
        "typed": days,
        "draft": draft,
        "languages_of": languages,
        "names": OFFERED_NAMES,
        "chosen": draft.spoken(),
    }
    return staff_page("survey_about", person, **(given | context))


@post(BASE + "/{slug:str}/about")
async def save_about(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    chosen = [
        code for code in (await request.form()).getall("languages", []) if code in OFFERED_NAMES
    ]
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    changed, wrong = parse_about(draft, form, chosen)
    if not wrong:
        try:
            async with database.connection() as connection, connection.transaction():
                await load_survey_draft(connection, person, slug, form)
                await instrument_drafts.save(connection, changed, act=ACT_LABEL)
        except Problem as refused:
            wrong = form_errors(refused, changed.instrument)
    if wrong:
        shown = {"typed": form, "errors": wrong, "chosen": chosen}
        return about_page(person, draft, status=422, **shown)
    return Redirect(f"{BASE}/{slug}?done=about", status_code=303)


def parse_about(
    draft: InstrumentDraft, form: dict[str, str], languages: list[str]
) -> tuple[InstrumentDraft, list[tuple[str, str]]]:
    """The draft with what was typed, and what is wrong with it."""
    spoken = draft.spoken()
    title, summary = (parse_wording(form, field, spoken) for field in ("title", "summary"))
    wrong = [] if title else [(f"title-{spoken[0]}", "Enter a title")]
    days = {}
    for field in ("opens", "closes"):
        days[field] = parse_day(form, field)
        if days[field] is None and any(form.get(f"{field}-{p}") for p in ("day", "month", "year")):
            wrong.append((f"{field}-day", "Enter a real date, such as 10 12 2007"))
    wrong += [
        (field, f"Use {MOST_LINE} characters or fewer")
        for field in ("organisation", "contact")
        if len(form.get(field, "")) > MOST_LINE
    ]
    if days["opens"] and days["closes"] and days["closes"] < days["opens"]:
        wrong.append(("closes-day", "The last day must not be before the day it opens"))
    one = msgspec.structs.replace(
        draft.instrument,
        title=title,
        summary=summary,
        organisation=form.get("organisation", ""),
        contact=form.get("contact", ""),
        thanks=parse_wording(form, "thanks", spoken),
        **days,
    )
    kept = languages or spoken
    return msgspec.structs.replace(draft, instrument=one, languages=tuple(kept)), wrong


PAGES = [StaffPage([show_about, save_about], linked_from="/work/builder/{slug:str}")]
