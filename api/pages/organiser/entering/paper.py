"""Forms on paper: where to send them, numbered copies to print, and what waits to be decided."""

from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import RowNumber, Slug
from api.operations import survey_rights
from api.pages.organiser.entering.keying import differing_fields
from api.pages.organiser.entering.uploads import load_survey
from api.pages.registry import StaffPage
from api.pages.staff.texts.texts import language_name
from api.pages.work import FromPage
from api.paper.documents import draw_qr
from api.process.installation import import_lock
from api.security.requests import site_address
from survey.receipts import form_code
from survey.store import places
from survey.store.answers import entries
from survey.store.answers.entries import PaperBatch, PaperForm, PaperSettings
from survey.store.database import Connection
from survey.store.surveys import sharing
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.item_types.answers import first_language
from survey.surveys.refusals import unknown_paper_form

BASE = "/work/surveys/{slug:str}/paper"
MOST_COPIES = 200  # in one file, which takes some seconds
MOST_FORMS = 1_000_000
LONGEST_ADDRESS, MOST_LINES = 400, 8


async def paper_page(page: FromPage, slug: Slug) -> Template:
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        settings = await entries.find_paper_settings(connection, slug)
        batches = await entries.load_paper_batches(connection, slug)
        waiting = await entries.load_paper_forms(connection, slug)
        counted = await entries.count_counted_forms(connection, slug)
    stored = {"send_to": settings.send_to, "twice": "yes" if settings.twice else ""}
    page.fill(stored)
    return page.show(
        "surveys/entering/paper",
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
    )  # fmt: skip


def batch_words(batch: PaperBatch) -> str:
    return f"{form_code(batch.first_number)} to {form_code(batch.last_number)}"


def count_differences(form: PaperForm) -> int:
    if form.first_copy is None or form.second_copy is None:
        return 0
    return len(differing_fields(form.first_copy, form.second_copy))


@post(BASE)
async def save_paper_settings(page: FromPage, slug: Slug) -> Response[Any]:
    raw = "".join(str(one) for one in page.form.values.get("send_to", [])[-1:])
    lines = [" ".join(line.split()) for line in raw.replace(";", ",").splitlines()]
    send_to = "\n".join(line for line in lines if line)
    page.form.require(
        len(send_to) <= LONGEST_ADDRESS and send_to.count("\n") < MOST_LINES,
        "send_to",
        f"Enter {MOST_LINES} lines and {LONGEST_ADDRESS} characters at most",
    )
    if page.form.errors:
        return await paper_page(page, slug)
    async with page.write("paper forms set up", slug) as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        twice = page.form["twice"] == "yes" and instrument.mode == "open"
        await entries.save_paper_settings(connection, slug, PaperSettings(send_to, twice))
    return page.to(f"/work/surveys/{slug}/paper", "saved")


@post(BASE + "/batches")
async def add_batch(page: FromPage, slug: Slug) -> Response[Any]:
    """Give the next numbers to so many forms, which can then be printed, also again."""
    number = page.form.number("copies") or 0
    said = f"Enter a whole number from 1 to {MOST_COPIES}"
    page.form.require(1 <= number <= MOST_COPIES, "copies", said)
    await load_survey(page, slug)
    batches = await page.load(entries.load_paper_batches, slug)
    if batches and batches[0].last_number + number > MOST_FORMS:
        page.form.add_error("copies", f"A survey has {MOST_FORMS:,} numbered forms at most")
    if page.form.errors:
        return await paper_page(page, slug)
    detail = {"forms": number}
    async with page.write("paper forms numbered", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        await entries.insert_paper_batch(connection, slug, number)
    return page.to(f"/work/surveys/{slug}/paper", "numbered#batches")


@get(BASE + "/batches/{number:int}/forms.pdf")
async def download_batch(page: FromPage, slug: Slug, number: RowNumber) -> Response[bytes]:
    """The forms of a batch as one PDF, each with its number."""
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        batch = await find_batch(connection, slug, number)
        settings = await entries.find_paper_settings(connection, slug)
        logo = await sharing.find_logo(connection, slug)
    city = await page.database.load_cached(places.get_city)
    address = f"{site_address(page.request)}/work/surveys/{slug}/paper/typing"
    language = page.query.get("in", "en")
    with import_lock("api.paper.documents"):
        from api.paper import documents

    def render() -> bytes:
        numbers = range(batch.first_number, batch.last_number + 1)
        codes = [form_code(one) for one in numbers]
        drawn = [draw_qr(f"{address}?form={one}", "svg").decode() for one in codes]
        copies = [documents.NumberedCopy(one, qr) for one, qr in zip(codes, drawn, strict=True)]
        return documents.render_form_pdf(
            instrument, language, city.local_areas(), settings.send_to, logo, copies
        )

    content = await anyio.to_thread.run_sync(render)
    name = f"{slug}-{instrument.version}-forms-{batch.first_number}-{batch.last_number}.pdf"
    disposition = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=disposition)


async def find_batch(connection: Connection, slug: str, first: int) -> PaperBatch:
    for one in await entries.load_paper_batches(connection, slug):
        if one.first_number == first:
            return one
    raise unknown_paper_form()


PAGES = [
    StaffPage(
        [get(BASE)(paper_page), save_paper_settings, add_batch, download_batch],
        linked_from="/work/surveys/{slug:str}",
    )
]


def survey_language(instrument: Instrument, wanted: str) -> str:
    """The language of a form: the wanted one if the survey has it, else its first."""
    spoken = languages_used(instrument)
    return wanted if wanted in spoken else first_language(instrument.title)
