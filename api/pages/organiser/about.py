"""What a survey is called, in which languages, and when it is open."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.pages.organiser.faults import errors_in_words
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.parts import wording_in
from api.pages.templating import AnyRequest
from api.pages.work import day_in, day_typed, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats.languages import ENGLISH, NAMES
from survey.instruments.drafts import Draft
from survey.problems import Problem
from survey.store import instrument_drafts

ACT = "Changed title, languages and dates"
MOST_LINE = 200


@get(BASE + "/{slug:str}/about", guards=organisers, include_in_schema=False)
async def about(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    return about_page(person, draft)


def about_page(person: Person, draft: Draft, **context: Any) -> Template:
    languages = [(code, ENGLISH.get(code, code)) for code in draft.spoken()]
    one = draft.instrument
    days = (day_typed("opens", one.opens) if one.opens else {}) | (
        day_typed("closes", one.closes) if one.closes else {}
    )
    given: dict[str, Any] = {
        "typed": days,
        "draft": draft,
        "languages_of": languages,
        "names": NAMES,
        "chosen": draft.spoken(),
    }
    return page("survey_about", person, **(given | context))


@post(BASE + "/{slug:str}/about", guards=organisers, include_in_schema=False)
async def keep_about(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await typed(request)
    chosen = [code for code in (await request.form()).getall("languages", []) if code in NAMES]
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    changed, wrong = about_in(draft, form, chosen)
    if not wrong:
        try:
            async with database.connection() as connection, connection.transaction():
                await open_draft(connection, person, slug, form)
                await instrument_drafts.save(connection, changed, act=ACT)
        except Problem as refused:
            wrong = errors_in_words(refused, changed.instrument)
    if wrong:
        shown = {"typed": form, "errors": wrong, "chosen": chosen}
        return about_page(person, draft, status=422, **shown)
    return Redirect(f"{BASE}/{slug}?done=about", status_code=303)


def about_in(
    draft: Draft, form: dict[str, str], languages: list[str]
) -> tuple[Draft, list[tuple[str, str]]]:
    """The draft with another title and so on, or what of it cannot be."""
    spoken = draft.spoken()
    title, summary = (wording_in(form, field, spoken) for field in ("title", "summary"))
    wrong = [] if title else [(f"title-{spoken[0]}", "Enter a title")]
    days = {}
    for field in ("opens", "closes"):
        days[field] = day_in(form, field)
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
        thanks=wording_in(form, "thanks", spoken),
        **days,
    )
    kept = languages or spoken
    return msgspec.structs.replace(draft, instrument=one, languages=tuple(kept)), wrong


HANDLERS = [about, keep_about]
