"""Access codes for a sampled survey: created here, shown once, stored only as digests; and what
became of the letters that carried them.
"""

import base64
from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from litestar import Response, post
from litestar.response import Template

from analysis.disclosure.counts import rounded_base
from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.pages.forms import Form
from api.pages.organiser.building.opening import survey_address
from api.pages.organiser.surveys import survey_page
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.process.installation import import_lock
from survey.files.delimited import write_csv
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import Conflict
from survey.receipts import case_number
from survey.store import places
from survey.store.database import Connection
from survey.store.surveys import instruments, limits
from survey.surveys import samples
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.samples import LETTER_OUTCOMES, SampleDraw, code_link

CODE_GROUPS = 5  # of four letters: 97 bits, so that no code is found by trying
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_HEAD: list[object] = [
    *("code", "survey", "version", "stratum", "sampling unit", "probability", "link")
]


@post("/work/surveys/{slug:str}/codes")
async def draw_codes(page: FromPage, slug: Slug) -> Response[Any]:
    drawn = parse_draw(page.form)
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
    rows = [[code, slug, instrument.version, *design, code_link(address, code)] for code in codes]
    heading = f"{codes_in_words(drawn.number)} for {strata[drawn.stratum]}"
    name = f"{slug}-codes-{drawn.psu.replace(' ', '-')}"
    return await codes_page(page, instrument, heading, name, [CSV_HEAD, *rows])


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
    """The page that shows new codes once: as a file, to be copied, and as letters or cards."""
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


def letter_languages(instrument: Instrument) -> list[tuple[str, str]]:
    """The languages in which a letter can be written, by code, with their English names."""
    return [(code, ENGLISH_NAMES.get(code, code)) for code in languages_used(instrument) or ["en"]]


@post("/work/surveys/{slug:str}/letters")
async def save_letters(page: FromPage, slug: Slug) -> Response[Any]:
    stratum = page.form["letters_stratum"]
    letters = {name: parse_whole(page.form.get(name) or "0") for name in LETTER_OUTCOMES}
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "draw codes", slug)
        drawn = await instruments.count_codes_by_stratum(connection, slug)
    # From the number that the page shows: a refusal tells nobody how many answered.
    unanswered = {one.stratum: one.drawn - (rounded_base(one.used) or 0) for one in drawn}
    if stratum not in unanswered:
        page.form.add_error("letters_stratum", "Choose the borough that the letters went to")
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


def parse_draw(form: Form) -> SampleDraw:
    """The draw that was typed; text that is not a number becomes a number that will be refused."""
    return SampleDraw(
        number=parse_whole(form["number"]),
        stratum=form["stratum"],
        psu=form["psu"],
        probability=parse_number(form["probability"].replace(",", ".")),
    )


def parse_whole(text: str) -> int:
    found = parse_number(text.replace(",", ""))
    # Minus one is refused by the rules of a draw, with a sentence at its field.
    return int(found) if found == int(found) else -1


def parse_number(text: str) -> float:
    try:
        found = float(text[:40])
    except ValueError:
        return -1.0
    # Not a number and infinity, which `float` reads too, fail this comparison as well.
    return found if abs(found) < 1e9 else -1.0


def new_access_code() -> str:
    return "-".join(submissions.random_letters(4) for _ in range(CODE_GROUPS))


async def new_card_codes(connection: Connection, number: int) -> list[str]:
    """So many short codes that no card has: seven random letters and their check letter."""
    codes: set[str] = set()
    while len(codes) < number:
        more = {case_number(submissions.random_letters(7)) for _ in range(number - len(codes))}
        digests = {code: instruments.code_digest(code) for code in more}
        taken = await limits.load_taken_codes(connection, list(digests.values()))
        codes |= {code for code, digest in digests.items() if digest not in taken}
    return list(codes)


PAGES = [StaffPage([draw_codes, save_letters], linked_from="/work/surveys/{slug:str}")]
