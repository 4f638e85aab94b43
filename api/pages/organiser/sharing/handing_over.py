"""Hands a survey over to a colleague: asks first, with the name of who gets it and what ends."""

import datetime
import re
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock, formatting
from api.dependencies import Slug
from api.operations import survey_rights
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from survey.cases.contacts import is_email
from survey.problems import Problem
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.surveys import instruments, surveys
from survey.surveys.instruments import Instrument, wording_text

ACCOUNT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN_FOR = datetime.timedelta(days=30)


class HandedOver(msgspec.Struct, frozen=True):
    """A survey that came to the reader, or went from them."""

    title: str
    address: str
    owner: str
    former_owner: str
    day: str
    is_gained: bool


async def load_handed_over(connection: Connection, person: Person) -> list[HandedOver]:
    """What was handed over to this person or by them, or for them, in the last month."""
    found = await surveys.load_handed_over(connection, person.id, clock.now() - SHOWN_FOR)
    return [
        HandedOver(
            wording_text(one.title) or one.slug,
            f"/work/{'surveys' if one.is_published else 'builder'}/{one.slug}",
            one.owner,
            one.former_owner,
            formatting.format_short_day(one.at.astimezone(clock.LONDON)),
            one.is_gained,
        )
        for one in found
    ]


@get("/work/surveys/{slug:str}/owner")
async def show_owner(page: FromPage, slug: Slug) -> Template:
    """Ask for the new owner; with `to` in the address, whether that account shall be it."""
    to = page.query.get("to", "")
    async with page.connection() as connection:
        new = await people.get(connection, to) if ACCOUNT_ID.fullmatch(to) else None
        if new:
            survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
            survey_rights.require_new_owner(survey, new, new.email)
    return await owner_page(page, slug, new=new)


async def owner_page(page: StaffRequest, slug: str, *, new: Person | None = None) -> Template:
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
        owner = await people.get(connection, survey.owner) if survey.owner else None
        shown, address = await load_shown(connection, slug)
    return page.show(
        "surveys/owner",
        slug=slug,
        owner=owner,
        title=wording_text(shown.title) or slug,
        instrument=shown,
        address=address,
        new=new,
    )


async def load_shown(connection: Connection, slug: str) -> tuple[Instrument, str]:
    """The newest version of a survey, or else its draft, and the address of its page."""
    if await instruments.load_history(connection, slug):
        return (await instruments.get(connection, slug))[0], f"/work/surveys/{slug}"
    return (await surveys.get_draft(connection, slug)).instrument, f"/work/builder/{slug}"


@post("/work/surveys/{slug:str}/owner")
async def hand_over_survey(page: FromPage, slug: Slug) -> Response[Any]:
    """Ask once more with the name of the new owner; hand the survey over once that is confirmed."""
    email, is_confirmed = page.form["email"], bool(page.form["confirmed"])
    page.form.require(is_email(email), "email", "Enter an email address, such as name@example.org")
    if page.form.errors:
        return await owner_page(page, slug)
    try:
        async with page.connection() as connection, connection.transaction():
            if is_confirmed:
                await survey_rights.hand_over(
                    connection, page.person, slug, email, former=page.form["former"]
                )
                return page.to("/work/surveys", "handed-over")
            survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
            new = await survey_rights.find_new_owner(connection, survey, email)
    except Problem as refused:
        page.form.refuse(refused, [("email", f"{refused.sentence} {refused.remedy}")])
        return await owner_page(page, slug)
    # By its id: an address would stay in the browser's history.
    return page.to(f"/work/surveys/{slug}/owner?to={new.id}")


PAGES = [
    StaffPage([show_owner, hand_over_survey], linked_from="/work/surveys/{slug:str}"),
]
