"""Letters and cards for codes: made from the file with the codes, which is not stored."""

from typing import Any

import anyio
import anyio.to_thread
from litestar import Response, post

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import Form, read_file, read_form
from api.pages.organiser.building.opening import survey_address
from api.pages.organiser.limiting.samples import MOST_SENT, raw_field, read_table
from api.pages.organiser.limiting.settings import BASE, limits_page
from api.pages.registry import StaffPage
from api.pages.resident.home import SHORT_ADDRESS
from api.pages.templating import AnyRequest
from api.paper import letters
from api.paper.letters import LetterText
from api.site_address import site_address
from survey.problems import Problem
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.samples import MOST_DRAWN, LetterRow, read_letter_rows

# Two thousand letters keep a core busy for half a minute: one organiser's at a time.
PRINTING_LIMIT = anyio.CapacityLimiter(1)
LONGEST_WORDS = 4_000
MOST_UNWRITTEN = 2  # languages of a letter without words of one's own: it has one page
LONGEST_CODE = 60  # a QR code holds little; ours have 24 signs


@post(BASE + "/letters.pdf", request_max_body_size=MOST_SENT)
async def make_letters(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    name, content = await read_file(request)
    async with database.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, person, "draw codes", slug)
    rows = await read_codes(form, name, content or raw_field(form.values, "rows"))
    texts = letter_texts(form, instrument)
    if form.errors:
        return await limits_page(database, person, slug, form=form)
    cards = form["as"] == "cards"
    address = survey_address(request, slug)
    typed = site_address(request) + SHORT_ADDRESS if cards else ""
    made = await anyio.to_thread.run_sync(
        lambda: letters.render_letters_pdf(
            instrument, address, rows, texts, cards=cards, typed=typed
        ),
        limiter=PRINTING_LIMIT,
    )
    file = f"{slug}-{'cards' if cards else 'letters'}.pdf"
    named = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return Response(made, media_type="application/pdf", headers=named)


async def read_codes(form: Form, name: str, content: bytes) -> list[LetterRow]:
    """The codes in the file, or none with an error at its field."""
    rows: list[LetterRow] = []
    try:
        rows = read_letter_rows(await anyio.to_thread.run_sync(read_table, name, content))
    except Problem as refused:
        form.refuse(refused, [("letters_file", f"{refused.sentence} {refused.remedy}")])
        return rows
    wanted = "Choose the file that you saved when the codes were made: it has a column “code”"
    form.require(rows, "letters_file", wanted)
    long = "A code in it is too long. Choose the file as it was saved when the codes were made"
    form.require(all(len(row.code) <= LONGEST_CODE for row in rows), "letters_file", long)
    many = f"There are {len(rows):,} codes in it: print {MOST_DRAWN:,} at a time"
    form.require(len(rows) <= MOST_DRAWN, "letters_file", many)
    return rows


def letter_texts(form: Form, instrument: Instrument) -> list[LetterText]:
    """What is to be printed in each language; in the first two if nothing was written."""
    spoken = languages_used(instrument) or ["en"]
    written = []
    for code in spoken:
        words = raw_field(form.values, f"words-{code}").decode()
        long = f"Use {LONGEST_WORDS:,} characters or fewer"
        form.require(len(words) <= LONGEST_WORDS, f"words-{code}", long)
        written.append(LetterText(code, words))
    return [one for one in written if one.words.strip()] or written[:MOST_UNWRITTEN]


PAGES = [StaffPage([make_letters], linked_from="/work/surveys/{slug:str}/limits")]
