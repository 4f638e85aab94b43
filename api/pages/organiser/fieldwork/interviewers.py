"""Interviewers of a survey: added, shown with the address of their points, revoked."""

from typing import Any

import segno
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromKeyring, FromPerson, Slug
from api.pages.forms import read_form
from api.pages.interviewer.visiting import VISITS_PATH
from api.pages.organiser.fieldwork.points import BASE, fieldwork_page, get_sampled, load_fieldwork
from api.pages.organiser.phones import (
    GroupId,
    open_group,
    require_group_name,
    save_group,
    save_revoked,
)
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from api.site_address import site_address
from survey.store.surveys import phones


@post(BASE + "/interviewers")
async def add_interviewer(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    person: FromPerson,
    slug: Slug,
) -> Response[Any]:
    form = await read_form(request)
    found = await load_fieldwork(database, person, slug)
    name = require_group_name(form, [one.name for one in found.in_use])
    if form.errors:
        return await fieldwork_page(database, person, slug, form=form)
    group = await save_group(database, keyring, person, slug, name)
    return Redirect(f"/work/surveys/{slug}/fieldwork/interviewers/{group}", status_code=303)


@get(BASE + "/interviewers/{group:uuid}")
async def show_interviewer(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    person: FromPerson,
    slug: Slug,
    group: GroupId,
) -> Template:
    async with database.connection() as connection:
        instrument = await get_sampled(connection, person, slug)
        stored = await phones.find_group(connection, slug, str(group))
    found, address = open_group(stored, keyring, site_address(request) + VISITS_PATH)
    return staff_page(
        "surveys/fieldwork/interviewer",
        person,
        instrument=instrument,
        group=found,
        address=address,
        picture=segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4)
        if address
        else "",
    )


@post(BASE + "/interviewers/{group:uuid}/revoke")
async def revoke_interviewer(
    database: FromDatabase, person: FromPerson, slug: Slug, group: GroupId
) -> Redirect:
    await save_revoked(database, person, slug, group)
    return Redirect(f"/work/surveys/{slug}/fieldwork?done=revoked", status_code=303)


PAGES = [
    StaffPage(
        [add_interviewer, show_interviewer, revoke_interviewer],
        linked_from="/work/surveys/{slug:str}/fieldwork",
    )
]
