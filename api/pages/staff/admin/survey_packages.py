"""Move a survey to another installation and back: download it whole, take one in."""

import tempfile
from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream, Template

from api.dependencies import FromQuarantine, Slug
from api.operations import survey_rights
from api.operations.answers import package_intake, packages
from api.operations.answers.package_intake import WantedUnpacking
from api.pages.forms import Form
from api.pages.organiser.exports import continue_with
from api.pages.work import FromPage, StaffPage
from survey.problems import Problem
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.instruments import wording_text

ADDRESS = "/work/move"
MOST_BYTES = 100_000_000  # larger ones are for the command
MOST_UNPACKED = 1_000_000_000


async def moving_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        listed = await instruments.load_overview(connection)
        accounts = await people.load_all(connection)
    return page.show(
        "admin/move",
        surveys=[
            (one.survey.slug, wording_text(one.instrument.title), one.answers)
            for one in listed
            if survey_rights.is_allowed(page.person, "move", one.survey)
        ],
        owners=[account for account in accounts if account.active and account.may("organiser")],
        lines=[],
        dry_run=False,
        stored="",
    )


@get(ADDRESS + "/{slug:str}/survey.zip")
async def download_package(page: FromPage, slug: Slug) -> Stream:
    """Download a survey with its answers; the download is logged."""
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "move", slug)
        await people.append_audit(connection, "survey packed", slug, by=page.person.id)
    parts = packages.stream_package(page.database, slug)
    # What stops it before its first byte is refused on a page, not by an empty file.
    first = await anext(parts)
    return Stream(
        continue_with(first, parts),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{slug}-survey.zip"'},
    )


@post(ADDRESS, request_max_body_size=MOST_BYTES)
async def take_in(page: FromPage, quarantine: FromQuarantine) -> Response[Any]:
    """Take in a package, or say what it would do."""
    chosen = (await page.request.form()).get("file")
    page.form.require(
        page.form["act"] in ("try", "store"), "act", "Select whether to try it or to store it"
    )
    page.form.require(isinstance(chosen, UploadFile) and chosen.filename, "file", "Choose a file")
    if page.form.errors or not isinstance(chosen, UploadFile):
        return await moving_page(page)
    dry_run = page.form["act"] == "try"
    try:
        with tempfile.TemporaryFile() as copy:
            # Write an upload to a file of ours, which can be read from anywhere.
            while part := await chosen.read(1 << 20):
                copy.write(part)
            copy.seek(0)
            package, manifest = await anyio.to_thread.run_sync(
                package_intake.check_package, copy, MOST_UNPACKED
            )
            owner = await page.load(
                package_intake.find_owner, page.form["owner"] or page.person.email
            )
            wanted = WantedUnpacking(
                by=page.person, owner=owner, dry_run=dry_run, quarantine=quarantine
            )
            done = await package_intake.unpack_survey(page.database, package, manifest, wanted)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await moving_page(page)
    lines = package_intake.unpacking_lines(done, dry_run=dry_run)
    # Whoever has stored one begins the next by trying it again.
    if not dry_run:
        page.form = Form()
    stored = "" if dry_run else done.slug
    return await moving_page(page.add(lines=lines, dry_run=dry_run, stored=stored))


PAGES = [
    StaffPage([get(ADDRESS)(moving_page), download_package, take_in], linked_from="/work/surveys")
]
