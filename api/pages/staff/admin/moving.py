"""Move a survey to another installation and back: download it whole, take one in."""

import tempfile
from typing import IO, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream, Template

from api.dependencies import FromDatabase, FromPerson, FromQuarantine, Slug
from api.operations import moving, survey_rights
from api.operations.moving import WantedUnpacking
from api.pages.forms import Form, read_form
from api.pages.organiser.exports import continue_with
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from api.security.people import Person
from survey.problems import Problem
from survey.store.accounts import people
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import wording_text

ADDRESS = "/work/move"
MOST_BYTES = 100_000_000  # larger ones are for the command
MOST_UNPACKED = 1_000_000_000


@get(ADDRESS)
async def show_moving(database: FromDatabase, person: FromPerson) -> Template:
    return await moving_page(database, person)


async def moving_page(
    database: Database, person: Person, *, form: Form | None = None, **context: Any
) -> Template:
    async with database.connection() as connection:
        listed = await instruments.load_overview(connection)
        accounts = await people.load_all(connection)
    given: dict[str, Any] = {"lines": [], "dry_run": False, "stored": "", "form": form} | context
    return staff_page(
        "admin/move",
        person,
        surveys=[
            (one.survey.slug, wording_text(one.instrument.title), one.answers)
            for one in listed
            if survey_rights.is_allowed(person, "move", one.survey)
        ],
        owners=[one for one in accounts if one.active and one.may("organiser")],
        **given,
    )


@get(ADDRESS + "/{slug:str}/survey.zip")
async def download_package(database: FromDatabase, person: FromPerson, slug: Slug) -> Stream:
    """Download a survey with its answers; the download is logged."""
    async with database.connection() as connection:
        await survey_rights.require_right(connection, person, "move", slug)
        await people.append_audit(connection, "survey packed", slug, by=person.id)
    parts = moving.stream_package(database, slug)
    # What stops it before its first byte is refused on a page, not by an empty file.
    first = await anext(parts)
    return Stream(
        continue_with(first, parts),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{slug}-survey.zip"'},
    )


@post(ADDRESS, request_max_body_size=MOST_BYTES)
async def take_in(
    request: AnyRequest, database: FromDatabase, person: FromPerson, quarantine: FromQuarantine
) -> Response[Any]:
    """Take in a package, or say what it would do."""
    form = await read_form(request)
    chosen = (await request.form()).get("file")
    form.require(form["act"] in ("try", "store"), "act", "Select whether to try it or to store it")
    form.require(isinstance(chosen, UploadFile) and chosen.filename, "file", "Choose a file")
    if form.errors or not isinstance(chosen, UploadFile):
        return await moving_page(database, person, form=form)
    dry_run = form["act"] == "try"
    try:
        with tempfile.TemporaryFile() as copy:
            await write_copy(chosen, copy)
            package, manifest = await anyio.to_thread.run_sync(
                moving.check_package, copy, MOST_UNPACKED
            )
            async with database.connection() as connection:
                owner = await moving.find_owner(connection, form["owner"] or person.email)
            wanted = WantedUnpacking(by=person, owner=owner, dry_run=dry_run, quarantine=quarantine)
            done = await moving.unpack_survey(database, package, manifest, wanted)
    except Problem as refused:
        form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await moving_page(database, person, form=form)
    lines = moving.unpacking_lines(done, dry_run=dry_run)
    # Whoever has stored one begins the next by trying it again.
    more: dict[str, Any] = {"form": form} if dry_run else {"stored": done.slug}
    return await moving_page(database, person, lines=lines, dry_run=dry_run, **more)


async def write_copy(chosen: UploadFile, copy: IO[bytes]) -> None:
    """Write an upload to a file of ours, which can be read from anywhere."""
    while part := await chosen.read(1 << 20):
        copy.write(part)
    copy.seek(0)


PAGES = [StaffPage([show_moving, download_package, take_in], linked_from="/work/surveys")]
