"""Files that came with answers, the kiosk of a survey, and the help page."""

import re
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import kiosks
from api.pages.handing_out import FileRow, download_response, file_row
from api.pages.registry import StaffPage
from api.pages.resident.kiosk import laying
from api.pages.work import FromPage
from api.security.requests import site_address
from survey.store.answers import attachments
from survey.store.database import Connection
from survey.store.surveys import limits, sharing
from survey.surveys.instruments import Instrument, wording_text


@get("/work/surveys/{slug:str}/attachments/{attachment:uuid}")
async def download_answer_file(
    page: FromPage, slug: Slug, attachment: Annotated[UUID, PathParameter()]
) -> Response[bytes]:
    """Download one file, never shown in our pages; the download is written to the audit."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with page.write("attachment downloaded", slug, detail) as connection:
        # Inside the transaction, so that a refused download leaves no line in the audit.
        await survey_rights.require_right(connection, page.person, "export", slug)
        found = await attachments.find_for_survey(connection, slug, ident)
        return download_response(slug, ident, found)


ON_A_PAGE = 50


class AnswerFilesPage(msgspec.Struct, frozen=True):
    """One page of the list, and whether there is another."""

    shown: list[FileRow]
    total: int
    page: int
    more: bool


async def load_files_page(
    connection: Connection, chain: list[Instrument], page: int
) -> AnswerFilesPage:
    """The files with answers to any version of a survey."""
    slug = chain[-1].slug
    # Over all versions: a file may answer a question that the newest one does not have.
    asked = {name: wording_text(item.text) for one in chain for name, item in one.files().items()}
    total = await attachments.count_for_survey(connection, slug)
    found = await attachments.load_answer_files(connection, slug, (page - 1) * ON_A_PAGE, ON_A_PAGE)
    folder = f"/work/surveys/{slug}/attachments"
    shown = [file_row(slug, folder, one, asked.get(one.item, one.item)) for one in found]
    return AnswerFilesPage(shown, total, page, total > page * ON_A_PAGE)


def parse_page_number(asked: str) -> int:
    """The page number in the address; 1 if it is not a number."""
    return max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1


@get("/work/surveys/{slug:str}/kiosk")
async def show_survey_kiosk(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(connection, page.person, "close", slug)
        kiosk = await sharing.find_kiosk(connection, slug)
        limited = await limits.find(connection, slug)
    return page.show(
        "surveys/kiosk",
        instrument=instrument,
        closed=closed,
        kiosk=kiosk,
        address=f"{site_address(page.request)}/kiosk/{kiosk.token}" if kiosk else "",
        why_not=laying.why_not(instrument, limited.one_each if limited else "none"),
    )


@post("/work/surveys/{slug:str}/kiosk")
async def save_survey_kiosk(page: FromPage, slug: Slug) -> Redirect:
    """Make the link of the kiosk, or end it."""
    ends = "end" in page.form
    act = "kiosk ended" if ends else "kiosk made"
    async with page.write(act, slug) as connection:
        await survey_rights.require_right(connection, page.person, "close", slug)
        if ends:
            await sharing.delete_kiosk(connection, slug)
        else:
            await sharing.insert_kiosk(connection, kiosks.new_kiosk(slug))
    return page.to(f"/work/surveys/{slug}/kiosk", "ended" if ends else "made")


@get("/work/help")
async def show_guide(page: FromPage) -> Template:
    return page.show("home/help")


PAGES = [
    StaffPage(
        [download_answer_file],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    ),
    StaffPage([show_survey_kiosk, save_survey_kiosk], linked_from="/work/surveys/{slug:str}"),
    StaffPage([show_guide], menu="Help", place=150, group="Help"),
]
