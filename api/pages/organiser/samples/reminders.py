"""A wave that was made: one reminder, text messages, what became of letters, and its end."""

from typing import Any
from uuid import UUID

import anyio.to_thread
from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from api import clock
from api.dependencies import Slug
from api.pages.forms import read_file
from api.pages.organiser.limits import parse_number
from api.pages.organiser.samples import MOST_SENT, read_table
from api.pages.organiser.samples.waves import BASE, load_survey, waves_page
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.files.delimited import write_csv
from survey.problems import Problem
from survey.store.database import Connection
from survey.store.surveys import encounters
from survey.store.surveys.encounters import OpenWave
from survey.store.surveys.instruments import code_digest
from survey.surveys.encounters import missing_wave, nobody_to_remind, second_reminder
from survey.surveys.samples import (
    CODE,
    LETTER_OUTCOMES,
    LINK,
    PHONE,
    cell_at,
    find_column,
    letter_faults,
)

WAVE = BASE + "/waves/{wave:uuid}"
PHONE_HEADS = (PHONE, "phone", "mobile", "telephone")
Table = list[list[str]]


async def find_wave(connection: Connection, slug: str, ident: UUID) -> OpenWave:
    wave = await encounters.find_open(connection, slug, ident)
    if wave is None:
        raise missing_wave()
    return wave


async def read_coded_table(page: StaffRequest, slug: str, field: str) -> Table:
    """The rows of the file with the codes; if it has no column “code”, no rows, and an error at its
    field.
    """
    name, content = await read_file(page.request)
    await load_survey(page, slug)
    rows: Table = []
    try:
        table = await anyio.to_thread.run_sync(read_table, name, content) if content else []
        rows = [row for row in table if any(cell.strip() for cell in row)]
    except Problem as refused:
        page.form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])
        return []
    has_codes = bool(rows) and find_column(rows[0], (CODE,)) >= 0
    wanted = "Choose the file that you saved when the codes were made: it has a column “code”"
    page.form.require(has_codes, field, wanted)
    return rows if has_codes else []


def rows_with_codes(table: Table, digests: set[bytes]) -> Table:
    """The head of a table, and its rows whose code has one of these digests."""
    head, *lines = table
    place = find_column(head, (CODE,))
    return [head, *(line for line in lines if code_digest(cell_at(line, place)) in digests)]


def file_response(name: str, rows: Table) -> Response[bytes]:
    named = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(write_csv(rows), media_type="text/csv", headers=named)


@post(WAVE + "/reminder", request_max_body_size=MOST_SENT)
async def make_reminder(page: FromPage, slug: Slug, wave: FromPath[UUID]) -> Response[Any]:
    """The rows of people who have not answered, from the file with the codes; each wave is reminded
    only once.
    """
    field = f"reminder-{wave}"
    table = await read_coded_table(page, slug, field)
    if page.form.errors:
        return await waves_page(page, slug)
    try:
        async with page.write("people reminded", slug) as connection:
            open_wave = await find_wave(connection, slug, wave)
            if open_wave.reminded_on is not None:
                raise second_reminder()
            left = rows_with_codes(table, await encounters.load_unused(connection, wave))
            if len(left) == 1:
                raise nobody_to_remind()
            await encounters.set_reminded(connection, wave, clock.today())
    except Problem as refused:
        page.form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])
        return await waves_page(page, slug)
    return file_response(f"{slug}-reminder.csv", left)


@post(WAVE + "/messages", request_max_body_size=MOST_SENT)
async def make_messages(page: FromPage, slug: Slug, wave: FromPath[UUID]) -> Response[Any]:
    """A file for a service that sends text messages: number, link and code, for unused codes."""
    field = f"messages-{wave}"
    table = await read_coded_table(page, slug, field)
    phone = find_column(table[0], PHONE_HEADS) if table else -1
    page.form.require(not table or phone >= 0, field, "The file needs a column “phone number”")
    if not page.form.errors:
        async with page.connection() as connection, connection.transaction():
            await find_wave(connection, slug, wave)
            left = rows_with_codes(table, await encounters.load_unused(connection, wave))
        head, *lines = left
        code, link = find_column(head, (CODE,)), find_column(head, (LINK,))
        rows = [
            [PHONE, LINK, CODE],
            *(
                [number, cell_at(line, link), cell_at(line, code)]
                for line in lines
                if (number := phone_number(cell_at(line, phone)))
            ),
        ]
        if len(rows) > 1:
            return file_response(f"{slug}-messages.csv", rows)
        page.form.add_error(field, "Nobody in this file has a phone number and has not answered")
    return await waves_page(page, slug)


def phone_number(text: str) -> str:
    """A number without a plus, which a spreadsheet would take for the start of a sum."""
    digits = "".join(c for c in text if c.isdigit() or c == "+")
    return digits.replace("+44", "0", 1).replace("+", "00", 1)


@post(WAVE + "/outcomes")
async def save_outcomes(page: FromPage, slug: Slug, wave: FromPath[UUID]) -> Response[Any]:
    """Save how many invitations brought no answer, and why: the response rates need it."""
    await load_survey(page, slug)
    typed = {name: parse_number(page.form.get(name) or "0") for name in LETTER_OUTCOMES}
    numbers = {name: -1 if number is None else number for name, number in typed.items()}
    async with page.connection() as connection, connection.transaction():
        await find_wave(connection, slug, wave)
        unused = len(await encounters.load_unused(connection, wave))
    for fault in letter_faults(numbers, sum(numbers.values())):
        page.form.add_error(f"{fault.where}-{wave}", fault.sentence)
    said = f"{unused:,} people of this wave have not answered: these are more"
    page.form.require(sum(numbers.values()) <= unused, f"{LETTER_OUTCOMES[0]}-{wave}", said)
    if page.form.errors:
        return await waves_page(page, slug)
    async with page.write("letters recorded", slug) as connection:
        await find_wave(connection, slug, wave)
        named: dict[str, int] = {name: number for name, number in numbers.items() if number}
        await encounters.save_outcomes(connection, wave, named)
    return page.to(f"/work/surveys/{slug}/encounters", "outcomes")


@post(WAVE + "/end")
async def end_wave(page: FromPage, slug: Slug, wave: FromPath[UUID]) -> Redirect:
    """End a wave: codes that nobody used no longer work, and of its people only sums are left."""
    await load_survey(page, slug)
    async with page.write("asking ended", slug) as connection:
        await find_wave(connection, slug, wave)
        await encounters.end(connection, slug, wave)
    return page.to(f"/work/surveys/{slug}/encounters", "ended")


PAGES = [
    StaffPage(
        [make_reminder, make_messages, save_outcomes, end_wave],
        linked_from="/work/surveys/{slug:str}/encounters",
    )
]
