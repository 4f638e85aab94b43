"""Access codes of a sampled survey: shown once, stored as digests; and what became of letters."""

import base64
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect, Template

from analysis.disclosure import rounded_base
from api import paper
from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.pages.forms import Form, read_file
from api.pages.organiser import survey_page
from api.pages.organiser.builder.drafts import survey_address
from api.pages.organiser.limits import BASE, letter_languages, limits_page, parse_number
from api.pages.resident.home import SHORT_ADDRESS
from api.pages.work import FromPage, StaffPage, StaffRequest, example_response
from api.paper import LetterText
from api.process.installation import import_lock
from api.security.requests import site_address
from survey.files.delimited import write_csv
from survey.problems import Conflict, Problem
from survey.receipts import case_number
from survey.store import places
from survey.store.database import Connection
from survey.store.surveys import instruments, limits
from survey.store.surveys import limits as limit_store
from survey.store.surveys.instruments import code_digest
from survey.surveys import samples
from survey.surveys.instruments import Instrument, languages_used
from survey.words import in_local_words

CODE_GROUPS = 5  # of four letters: 97 bits, so that no code is found by trying
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DRAWN_HEAD: list[object] = [
    *("code", "survey", "version", "stratum", "sampling unit", "probability", "link")
]
MOST_SENT = 3_000_000  # a table of 2 MB, and the form around it
# Two thousand letters keep a core busy for half a minute: one organiser's at a time.
PRINTING_LIMIT = anyio.CapacityLimiter(1)
LONGEST_WORDS = 4_000
MOST_UNWRITTEN = 2  # languages of a letter without words of one's own: it has one page
LONGEST_CODE = 60  # a QR code holds little; ours have 24 signs
MEMBER_HEAD: list[object] = ["code", "link"]


@post("/work/surveys/{slug:str}/codes")
async def draw_codes(page: FromPage, slug: Slug) -> Response[Any]:
    drawn = samples.SampleDraw(
        number=parse_whole(page.form["number"]),
        stratum=page.form["stratum"],
        psu=page.form["psu"],
        probability=parse_decimal(page.form["probability"].replace(",", ".")),
    )
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(
            connection, page.person, "draw codes", slug
        )
        strata = {
            area.code: area.name for area in (await places.get_city(connection)).local_areas()
        }
    if instrument.mode != "sampled" or closed:
        raise unneeded_codes()
    for fault in samples.draw_faults(drawn, set(strata)):
        page.form.add_error(fault.where, fault.sentence)
    if page.form.errors:
        return await survey_page(page, slug)
    codes = [new_access_code() for _ in range(drawn.number)]
    design = drawn.stratum, drawn.psu, drawn.probability
    detail = {"number": drawn.number, "stratum": drawn.stratum}
    async with page.write("access codes drawn", slug, detail) as connection:
        await instruments.insert_invitations(
            connection, instrument, [(code, *design) for code in codes]
        )
    address = survey_address(page.request, slug)
    rows = [
        [code, slug, instrument.version, *design, samples.code_link(address, code)]
        for code in codes
    ]
    heading = f"{codes_in_words(drawn.number)} for {strata[drawn.stratum]}"
    name = f"{slug}-codes-{drawn.psu.replace(' ', '-')}"
    return await codes_page(page, instrument, heading, name, [DRAWN_HEAD, *rows])


def codes_in_words(number: int) -> str:
    return f"{number:,} access {'code' if number == 1 else 'codes'}"


async def codes_page(
    page: StaffRequest,
    instrument: Instrument,
    heading: str,
    stem: str,
    rows: Sequence[Sequence[object]],
    is_workbook: bool = False,
) -> Template:
    """The page that shows new codes, once only: as a file, as text to copy, and as letters or
    cards.
    """
    body = write_csv(rows)
    file, kind = body, "text/csv"
    if is_workbook:
        file, kind = await anyio.to_thread.run_sync(to_workbook, rows), XLSX
    return page.show(
        "surveys/codes",
        instrument=instrument,
        heading=heading,
        number=len(rows) - 1,
        body=body.decode(),
        # In the page itself: a file at an address would have to be stored until it is fetched.
        file=f"data:{kind};base64," + base64.b64encode(file).decode(),
        file_name=f"{stem}.{'xlsx' if is_workbook else 'csv'}",
        letter_languages=letter_languages(instrument),
    )


def to_workbook(rows: Sequence[Sequence[object]]) -> bytes:
    with import_lock("survey.files.sheets"):
        from survey.files import sheets
    return sheets.to_workbook([[str(cell) for cell in row] for row in rows])


@post("/work/surveys/{slug:str}/letters")
async def save_letters(page: FromPage, slug: Slug) -> Response[Any]:
    stratum = page.form["letters_stratum"]
    letters = {name: parse_whole(page.form.get(name) or "0") for name in samples.LETTER_OUTCOMES}
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "draw codes", slug)
        drawn = await instruments.count_codes_by_stratum(connection, slug)
    # From the number that the page shows: a refusal tells nobody how many answered.
    unanswered = {row.stratum: row.drawn - (rounded_base(row.used) or 0) for row in drawn}
    if stratum not in unanswered:
        page.form.add_error(
            "letters_stratum", in_local_words("Choose the borough that the letters went to")
        )
    # Without a borough nobody knows how many letters there can be.
    most = unanswered.get(stratum, sum(letters.values()))
    for fault in samples.letter_faults(letters, most):
        page.form.add_error(fault.where, fault.sentence)
    if page.form.errors:
        return await survey_page(page, slug)
    detail = {"stratum": stratum} | letters
    async with page.write("letters recorded", slug, detail) as connection:
        await instruments.save_letter_outcomes(connection, slug, stratum, letters)
    return page.to(f"/work/surveys/{slug}", "letters#letters")


unneeded_codes = Conflict.of(
    "codes.unneeded",
    "Access codes are only for surveys of people chosen at random, while they are open.",
    "Anyone can answer an open survey without a code.",
)


def parse_whole(text: str) -> int:
    decimal = parse_decimal(text.replace(",", ""))
    # Minus one is refused by the rules of a draw, with a sentence at its field.
    return int(decimal) if decimal == int(decimal) else -1


def parse_decimal(text: str) -> float:
    try:
        number = float(text[:40])
    except ValueError:
        return -1.0
    # Not a number and infinity, which `float` reads too, fail this comparison as well.
    return number if abs(number) < 1e9 else -1.0


def new_access_code() -> str:
    return "-".join(submissions.random_letters(4) for _ in range(CODE_GROUPS))


async def new_card_codes(connection: Connection, number: int) -> list[str]:
    """Short codes that no card has yet: seven random letters and their check letter."""
    codes: set[str] = set()
    while len(codes) < number:
        more = {case_number(submissions.random_letters(7)) for _ in range(number - len(codes))}
        digests = {code: instruments.code_digest(code) for code in more}
        taken = await limits.load_taken_codes(connection, list(digests.values()))
        codes |= {code for code, digest in digests.items() if digest not in taken}
    return list(codes)


@get(BASE + "/sample.csv")
async def download_sample_example(page: FromPage, slug: Slug) -> Response[bytes]:
    """A file with every column that is read of a sample, and one made-up person."""
    _, strata = await load_sampled(page, slug)
    return example_response(samples.example_table(next(iter(strata.values()))))


@post(BASE + "/sample", request_max_body_size=MOST_SENT)
async def check_sample(page: FromPage, slug: Slug) -> Response[Any]:
    """Show what a file holds and which rows are wrong; nothing is stored."""
    name, content = await read_file(page.request)
    instrument, strata = await load_sampled(page, slug)
    if not content:
        page.form.add_error("file", "Choose a file with your sample, as CSV or XLSX")
        return await limits_page(page, slug)
    try:
        table = await anyio.to_thread.run_sync(read_table, name, content)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await limits_page(page, slug)
    sample = samples.read_sample(table, strata)
    return sample_page(page, instrument, strata, sample, content[:2] == b"PK")


def read_table(name: str, content: bytes) -> list[list[str]]:
    with import_lock("survey.files.sheets"):
        from survey.files import sheets
    return sheets.read_table(name, content)


async def load_sampled(page: StaffRequest, slug: str) -> tuple[Instrument, dict[str, str]]:
    """The survey, if this person may make codes for it, and the boroughs by code."""
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(
            connection, page.person, "draw codes", slug
        )
        areas = (await places.get_city(connection)).local_areas()
    if instrument.mode != "sampled" or closed:
        raise unneeded_codes()
    return instrument, {area.code: area.name for area in areas}


def sample_page(
    page: StaffRequest,
    instrument: Instrument,
    strata: dict[str, str],
    file: samples.SampleFile,
    is_workbook: bool,
) -> Template:
    counts = {
        name: sum(person.stratum == code for person in file.people) for code, name in strata.items()
    }
    return page.show(
        "surveys/limits/sample",
        status=422 if file.faults else 200,
        instrument=instrument,
        file=file,
        counts={name: number for name, number in counts.items() if number},
        rows=write_csv(file.table).decode(),
        format="xlsx" if is_workbook else "csv",
    )


@post(BASE + "/sample/codes", request_max_body_size=MOST_SENT)
async def make_sample_codes(page: FromPage, slug: Slug) -> Response[Any]:
    """Store the sample with a code for each row; the rows come back with codes in a file that is
    not stored.
    """
    instrument, strata = await load_sampled(page, slug)
    # Read again from what the browser sends: between two pages nothing of the file is stored.
    table = await anyio.to_thread.run_sync(
        read_table, "rows.csv", raw_field(page.form.values, "rows")
    )
    sample = samples.read_sample(table, strata)
    is_workbook = page.form["format"] == "xlsx"
    if sample.faults:
        return sample_page(page, instrument, strata, sample, is_workbook)
    codes = [new_access_code() for _ in sample.people]
    detail = {"number": len(codes)}
    drawn = [
        (code, person.stratum, person.psu, person.probability)
        for code, person in zip(codes, sample.people, strict=True)
    ]
    async with page.write("access codes drawn", slug, detail) as connection:
        await instruments.insert_invitations(connection, instrument, drawn)
    address = survey_address(page.request, slug)
    links = [samples.code_link(address, code) for code in codes]
    given = samples.table_with_codes(sample.table, codes, links)
    heading = f"{codes_in_words(len(codes))} for your sample"
    return await codes_page(page, instrument, heading, f"{slug}-sample", given, is_workbook)


def raw_field(values: dict[str, Any], name: str) -> bytes:
    """A field as it was sent, with its lines, which a form's usual reading would join."""
    return "".join(str(text) for text in values.get(name, [])[-1:]).encode()


@get(BASE + "/codes.csv")
async def download_codes_example(page: FromPage, slug: Slug) -> Response[bytes]:
    """A file as it is saved when codes are made, with every column that is read of it."""
    await page.load(survey_rights.get_survey, page.person, "draw codes", slug)
    address = survey_address(page.request, slug)
    return example_response(samples.example_codes(address))


@post(BASE + "/letters.pdf", request_max_body_size=MOST_SENT)
async def make_letters(page: FromPage, slug: Slug) -> Response[Any]:
    name, content = await read_file(page.request)
    instrument, _ = await page.load(survey_rights.get_survey, page.person, "draw codes", slug)
    rows = await read_codes(page.form, name, content or raw_field(page.form.values, "rows"))
    # What is to be printed in each language; in the first two if nothing was written.
    spoken = languages_used(instrument) or ["en"]
    written = []
    for code in spoken:
        words = raw_field(page.form.values, f"words-{code}").decode()
        long = f"Use {LONGEST_WORDS:,} characters or fewer"
        page.form.require(len(words) <= LONGEST_WORDS, f"words-{code}", long)
        written.append(LetterText(code, words))
    texts = [text for text in written if text.words.strip()] or written[:MOST_UNWRITTEN]
    if page.form.errors:
        return await limits_page(page, slug)
    cards = page.form["as"] == "cards"
    address = survey_address(page.request, slug)
    typed = site_address(page.request) + SHORT_ADDRESS if cards else ""
    made = await anyio.to_thread.run_sync(
        lambda: paper.render_letters_pdf(
            instrument, address, rows, texts, cards=cards, typed=typed
        ),
        limiter=PRINTING_LIMIT,
    )
    file = f"{slug}-{'cards' if cards else 'letters'}.pdf"
    named = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return Response(made, media_type="application/pdf", headers=named)


async def read_codes(form: Form, name: str, content: bytes) -> list[samples.LetterRow]:
    """The rows with codes in the file; what is wrong with the file becomes an error at its
    field.
    """
    rows: list[samples.LetterRow] = []
    try:
        rows = samples.read_letter_rows(await anyio.to_thread.run_sync(read_table, name, content))
    except Problem as refused:
        form.refuse(refused, [("letters_file", f"{refused.sentence} {refused.remedy}")])
        return rows
    wanted = "Choose the file that you saved when the codes were made: it has a column “code”"
    form.require(rows, "letters_file", wanted)
    long = "A code in it is too long. Choose the file as it was saved when the codes were made"
    form.require(all(len(row.code) <= LONGEST_CODE for row in rows), "letters_file", long)
    many = f"There are {len(rows):,} codes in it: print {samples.MOST_DRAWN:,} at a time"
    form.require(len(rows) <= samples.MOST_DRAWN, "letters_file", many)
    return rows


@post(BASE + "/codes")
async def make_member_codes(page: FromPage, slug: Slug) -> Response[Any]:
    number = parse_number(page.form["number"]) or 0
    fits = 1 <= number <= samples.MOST_DRAWN
    page.form.require(
        fits, "number", f"How many: enter a whole number from 1 to {samples.MOST_DRAWN:,}"
    )
    if page.form.errors:
        return await limits_page(page, slug)
    codes = [new_access_code() for _ in range(number)]
    detail = {"number": number}
    async with page.write("access codes drawn", slug, detail) as connection:
        instrument, closed = await survey_rights.get_survey(
            connection, page.person, "draw codes", slug
        )
        limits = await limit_store.find(connection, slug)
        if closed or limits is None or limits.one_each != "code":
            raise unneeded_codes()
        await limit_store.insert_member_codes(
            connection, slug, [code_digest(code) for code in codes]
        )
    address = survey_address(page.request, slug)
    rows: list[list[object]] = [[code, samples.code_link(address, code)] for code in codes]
    heading = f"{codes_in_words(number)} for members"
    name = f"{slug}-member-codes"
    return await codes_page(page, instrument, heading, name, [MEMBER_HEAD, *rows])


@post(BASE + "/codes/withdraw")
async def withdraw_member_codes(page: FromPage, slug: Slug) -> Redirect:
    async with page.write("access codes withdrawn", slug) as connection:
        await survey_rights.require_right(connection, page.person, "draw codes", slug)
        await limit_store.delete_unused_codes(connection, slug)
    return page.to(f"/work/surveys/{slug}/limits", "withdrawn#codes")


PAGES = [
    StaffPage([draw_codes, save_letters], linked_from="/work/surveys/{slug:str}"),
    StaffPage(
        [download_sample_example, check_sample, make_sample_codes],
        linked_from="/work/surveys/{slug:str}/limits",
    ),
    StaffPage(
        [download_codes_example, make_letters], linked_from="/work/surveys/{slug:str}/limits"
    ),
    StaffPage(
        [make_member_codes, withdraw_member_codes], linked_from="/work/surveys/{slug:str}/limits"
    ),
]
