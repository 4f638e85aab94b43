"""Codes for the members of a group: one each, for an open survey, without a sample."""

from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import read_form
from api.pages.organiser.building.opening import survey_address
from api.pages.organiser.codes import (
    codes_in_words,
    codes_page,
    new_access_code,
    unneeded_codes,
)
from api.pages.organiser.limiting.settings import BASE, limits_page, parse_number
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from survey.store.surveys import limits as limit_store
from survey.store.surveys.instruments import code_digest
from survey.store.surveys.limits import member_codes
from survey.surveys.samples import MOST_DRAWN, code_link

CSV_HEAD: list[object] = ["code", "link"]


@post(BASE + "/codes")
async def make_member_codes(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    number = parse_number(form["number"]) or 0
    fits = 1 <= number <= MOST_DRAWN
    form.require(fits, "number", f"How many: enter a whole number from 1 to {MOST_DRAWN:,}")
    if form.errors:
        return await limits_page(database, person, slug, form=form)
    codes = [new_access_code() for _ in range(number)]
    detail = {"number": number}
    async with audited_transaction(
        database, person, "access codes drawn", slug, detail
    ) as connection:
        instrument, closed = await survey_rights.get_survey(connection, person, "draw codes", slug)
        limits = await limit_store.find(connection, slug)
        if closed or limits is None or limits.one_each != "code":
            raise unneeded_codes()
        await member_codes.insert_many(connection, slug, [code_digest(code) for code in codes])
    address = survey_address(request, slug)
    rows: list[list[object]] = [[code, code_link(address, code)] for code in codes]
    heading = f"{codes_in_words(number)} for members"
    name = f"{slug}-member-codes"
    return await codes_page(person, instrument, heading, name, [CSV_HEAD, *rows])


@post(BASE + "/codes/withdraw")
async def withdraw_member_codes(database: FromDatabase, person: FromPerson, slug: Slug) -> Redirect:
    async with audited_transaction(database, person, "access codes withdrawn", slug) as connection:
        await survey_rights.require_right(connection, person, "draw codes", slug)
        await member_codes.delete_unused(connection, slug)
    return Redirect(f"/work/surveys/{slug}/limits?done=withdrawn#codes", status_code=303)


PAGES = [
    StaffPage(
        [make_member_codes, withdraw_member_codes], linked_from="/work/surveys/{slug:str}/limits"
    )
]
