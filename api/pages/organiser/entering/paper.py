"""Forms on paper: where to send them, numbered copies to print, and what waits to be decided."""

from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, RowNumber, Slug
from api.operations import survey_rights
from api.pages.forms import Form, filled_form, read_form
from api.pages.organiser.entering.keying import differing_fields
from api.pages.organiser.entering.uploads import load_survey
from api.pages.registry import StaffPage
from api.pages.staff.texts.texts import language_name
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.paper.qr_codes import draw_qr
from api.process.loading import import_lock
from api.security.people import Person
from api.site_address import site_address
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.surveys import sharing
from survey.store.surveys.entering import paper
from survey.store.surveys.entering.paper import PaperBatch, PaperForm, PaperSettings
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.item_types.doors import first_language
from survey.surveys.paper_numbers import form_code
from survey.surveys.refusals import unknown_paper_form

BASE = "/work/surveys/{slug:str}/paper"
MOST_COPIES = 200  # in one file, which takes some seconds
MOST_FORMS = 1_000_000
LONGEST_ADDRESS, MOST_LINES = 400, 8


@get(BASE)
async def show_paper(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await paper_page(database, person, slug, done=done_word(request))


async def paper_page(
    database: Database, person: Person, slug: str, *, form: Form | None = None, **context: Any
) -> Template:
    instrument = await load_survey(database, person, slug)
    async with database.connection() as connection:
        settings = await paper.find_settings(connection, slug)
        batches = await paper.load_batches(connection, slug)
        waiting = await paper.load_forms(connection, slug)
        counted = await paper.count_counted(connection, slug)
    stored = {"send_to": settings.send_to, "twice": "yes" if settings.twice else ""}
    return staff_page(
        "surveys/entering/paper",
        person,
        form=form or filled_form(stored),
        instrument=instrument,
        settings=settings,
        batches=[(one, batch_words(one)) for one in batches],
        languages_printed={code: language_name(code) for code in languages_used(instrument)},
        printed=sum(one.last_number - one.first_number + 1 for one in batches),
        counted=counted,
        once=[form_code(one.number) for one in waiting if one.second_copy is None],
        decide=[(one.number, form_code(one.number), count_differences(one))
                for one in waiting if one.second_copy],
        most=MOST_COPIES,
        may_type_twice=instrument.mode == "open",
        **context,
    )  # fmt: skip


def batch_words(batch: PaperBatch) -> str:
    return f"{form_code(batch.first_number)} to {form_code(batch.last_number)}"


def count_differences(form: PaperForm) -> int:
    if form.first_copy is None or form.second_copy is None:
        return 0
    return len(differing_fields(form.first_copy, form.second_copy))


@post(BASE)
async def save_paper_settings(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    raw = "".join(str(one) for one in form.values.get("send_to", [])[-1:])
    lines = [" ".join(line.split()) for line in raw.replace(";", ",").splitlines()]
    send_to = "\n".join(line for line in lines if line)
    form.require(
        len(send_to) <= LONGEST_ADDRESS and send_to.count("\n") < MOST_LINES,
        "send_to",
        f"Enter {MOST_LINES} lines and {LONGEST_ADDRESS} characters at most",
    )
    if form.errors:
        return await paper_page(database, person, slug, form=form)
    async with audited_transaction(database, person, "paper forms set up", slug) as connection:
        instrument, _ = await survey_rights.get_survey(connection, person, "collect", slug)
        twice = form["twice"] == "yes" and instrument.mode == "open"
        await paper.save_settings(connection, slug, PaperSettings(send_to, twice))
    return Redirect(f"/work/surveys/{slug}/paper?done=saved", status_code=303)


@post(BASE + "/batches")
async def add_batch(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Give the next numbers to so many forms, which can then be printed, also again."""
    form = await read_form(request)
    number = form.number("copies") or 0
    said = f"Enter a whole number from 1 to {MOST_COPIES}"
    form.require(1 <= number <= MOST_COPIES, "copies", said)
    await load_survey(database, person, slug)
    async with database.connection() as connection:
        batches = await paper.load_batches(connection, slug)
    if batches and batches[0].last_number + number > MOST_FORMS:
        form.add_error("copies", f"A survey has {MOST_FORMS:,} numbered forms at most")
    if form.errors:
        return await paper_page(database, person, slug, form=form)
    detail = {"forms": number}
    async with audited_transaction(
        database, person, "paper forms numbered", slug, detail
    ) as connection:
        await survey_rights.require_right(connection, person, "collect", slug)
        await paper.insert_batch(connection, slug, number)
    return Redirect(f"/work/surveys/{slug}/paper?done=numbered#batches", status_code=303)


@get(BASE + "/batches/{number:int}/forms.pdf")
async def download_batch(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, number: RowNumber
) -> Response[bytes]:
    """The forms of a batch as one PDF, each with its number."""
    instrument = await load_survey(database, person, slug)
    async with database.connection() as connection:
        batch = await find_batch(connection, slug, number)
        settings = await paper.find_settings(connection, slug)
        logo = await sharing.find_logo(connection, slug)
    city = await database.load_cached(places.get_city)
    address = f"{site_address(request)}/work/surveys/{slug}/paper/typing"
    language = request.query_params.get("in", "en")
    with import_lock("api.paper.form"):
        from api.paper import form

    def render() -> bytes:
        numbers = range(batch.first_number, batch.last_number + 1)
        codes = [form_code(one) for one in numbers]
        drawn = [draw_qr(f"{address}?form={one}", "svg").decode() for one in codes]
        copies = [form.NumberedCopy(one, qr) for one, qr in zip(codes, drawn, strict=True)]
        return form.render_form_pdf(
            instrument, language, city.boroughs(), settings.send_to, logo, copies
        )

    content = await anyio.to_thread.run_sync(render)
    name = f"{slug}-{instrument.version}-forms-{batch.first_number}-{batch.last_number}.pdf"
    disposition = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=disposition)


async def find_batch(connection: Connection, slug: str, first: int) -> PaperBatch:
    for one in await paper.load_batches(connection, slug):
        if one.first_number == first:
            return one
    raise unknown_paper_form()


PAGES = [
    StaffPage(
        [show_paper, save_paper_settings, add_batch, download_batch],
        linked_from="/work/surveys/{slug:str}",
    )
]


def survey_language(instrument: Instrument, wanted: str) -> str:
    """The language of a form: the wanted one if the survey has it, else its first."""
    spoken = languages_used(instrument)
    return wanted if wanted in spoken else first_language(instrument.title)
