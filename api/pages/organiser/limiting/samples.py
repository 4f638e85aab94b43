"""Import a sample from a file: a dry run first, then a code for each row, given back once."""

from typing import Any

import anyio.to_thread
from litestar import Response, post
from litestar.response import Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import read_file, read_form
from api.pages.organiser.building.opening import survey_address
from api.pages.organiser.codes import (
    codes_in_words,
    codes_page,
    new_access_code,
    unneeded_codes,
)
from api.pages.organiser.limiting.settings import BASE, limits_page
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.process.loading import import_lock
from api.security.people import Person
from survey.formats.csv_files import write_csv
from survey.problems import Problem
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from survey.surveys.samples import SampleFile, code_link, read_sample, table_with_codes

MOST_SENT = 3_000_000  # a table of 2 MB, and the form around it


@post(BASE + "/sample", request_max_body_size=MOST_SENT)
async def check_sample(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Show what a file holds and which rows are wrong; nothing is stored."""
    form = await read_form(request)
    name, content = await read_file(request)
    instrument, strata = await load_sampled(database, person, slug)
    if not content:
        form.add_error("file", "Choose a file with your sample, as CSV or XLSX")
        return await limits_page(database, person, slug, form=form)
    try:
        table = await anyio.to_thread.run_sync(read_table, name, content)
    except Problem as refused:
        form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await limits_page(database, person, slug, form=form)
    found = read_sample(table, strata)
    return sample_page(person, instrument, strata, found, content[:2] == b"PK")


def read_table(name: str, content: bytes) -> list[list[str]]:
    with import_lock("survey.sources.reading.sheets"):
        from survey.sources.reading import sheets
    return sheets.read_table(name, content)


async def load_sampled(
    database: Database, person: Person, slug: str
) -> tuple[Instrument, dict[str, str]]:
    """The survey, if this person may make codes for it, and the boroughs by code."""
    async with database.connection() as connection:
        instrument, closed = await survey_rights.get_survey(connection, person, "draw codes", slug)
        boroughs = (await places.get_city(connection)).boroughs()
    if instrument.mode != "sampled" or closed:
        raise unneeded_codes()
    return instrument, {area.code: area.name for area in boroughs}


def sample_page(
    person: Person,
    instrument: Instrument,
    strata: dict[str, str],
    found: SampleFile,
    is_workbook: bool,
) -> Template:
    counts = {
        name: sum(one.stratum == code for one in found.people) for code, name in strata.items()
    }
    return staff_page(
        "surveys/limits/sample",
        person,
        status=422 if found.faults else 200,
        instrument=instrument,
        found=found,
        counts={name: number for name, number in counts.items() if number},
        rows=write_csv(found.table).decode(),
        format="xlsx" if is_workbook else "csv",
    )


@post(BASE + "/sample/codes", request_max_body_size=MOST_SENT)
async def make_sample_codes(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Store the sample with a code each; the file comes back with codes and is not stored."""
    form = await read_form(request)
    instrument, strata = await load_sampled(database, person, slug)
    # Read again from what the browser sends: between two pages nothing of the file is stored.
    table = await anyio.to_thread.run_sync(read_table, "rows.csv", raw_field(form.values, "rows"))
    found = read_sample(table, strata)
    is_workbook = form["format"] == "xlsx"
    if found.faults:
        return sample_page(person, instrument, strata, found, is_workbook)
    codes = [new_access_code() for _ in found.people]
    detail = {"number": len(codes)}
    drawn = [
        (code, one.stratum, one.psu, one.probability)
        for code, one in zip(codes, found.people, strict=True)
    ]
    async with audited_transaction(
        database, person, "access codes drawn", slug, detail
    ) as connection:
        await instruments.insert_invitations(connection, instrument, drawn)
    address = survey_address(request, slug)
    links = [code_link(address, code) for code in codes]
    given = table_with_codes(found.table, codes, links)
    heading = f"{codes_in_words(len(codes))} for your sample"
    return await codes_page(person, instrument, heading, f"{slug}-sample", given, is_workbook)


def raw_field(values: dict[str, Any], name: str) -> bytes:
    """A field as it was sent, with its lines, which a form's usual reading would join."""
    return "".join(str(one) for one in values.get(name, [])[-1:]).encode()


PAGES = [
    StaffPage([check_sample, make_sample_codes], linked_from="/work/surveys/{slug:str}/limits")
]
