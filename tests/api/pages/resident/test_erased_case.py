"""After its owner erases a case, no table holds its words, wherever they had been copied."""

import msgspec
import pytest

from api.jobs.texts import coding, discoveries
from api.operations import cases
from api.operations.answers import submissions
from api.operations.cases import CaseCommand
from survey.cases import CaseEvent
from survey.cases.contacts import Contact
from survey.store.accounts import people
from survey.store.answers import attachments
from survey.store.cases import complaints
from survey.store.surveys import instruments
from survey.store.themes import codebooks, quotes
from survey.surveys.instruments import File
from survey.surveys.ready import COMPLAINT
from survey.surveys.responses import Submission
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import Exemplify
from tests.api.pages.forms import send
from tests.conftest import roll_back_at_end
from tests.files.uploads import pdf
from tests.leaks import find_in_tables
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import ANSWERS, create_case

STORY = "A marmalade coloured Taser was aimed at my son outside the Zanzibar bakery."
PLANTED = [
    "marmalade",
    "Zanzibar",
    "wombat lane",
    "kaleidoscope",
    "quagmire",
    "flamingo",
    "owner@zeppelin.example",
    "zeppelin",
    "ABRACADABRA",
]
PDF = pdf(words=b"ABRACADABRA")
THEME = "accountability-and-complaints"


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an edition needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


async def quote_case(connection, case, joan, cindy):
    [text] = await connection.fetch(
        "SELECT id FROM texts WHERE complaint = $1 AND item = 'narrative'", case.id
    )
    source = await quotes.get_source(connection, text["id"])
    number = await quotes.insert(connection, source, THEME, (0, 40), by=joan)
    await quotes.approve(connection, number, by=cindy)
    edit = Exemplify(theme=THEME, text=source.redacted)
    book = apply_edit(next_draft(await codebooks.get_newest(connection)), edit)
    await codebooks.insert(connection, book)


async def run_every_step(db, receipt, client):
    """Take a case through every step that copies its words, each with words of its own."""
    connection = db.the_connection
    ids = [(await people.by_email(connection, who[0])).id for who in (JOAN, CINDY)]
    case = await complaints.get(connection, receipt.reference)
    corrected = ANSWERS | {"narrative": STORY, "place": "by the kaleidoscope"}
    await cases.correct_complaint(
        db, receipt.reference, Submission(area="Hackney", answers=corrected)
    )
    await coding.code_all(connection)
    await discoveries.find_campaigns(connection, "")
    await quote_case(connection, case, *ids)
    for kind, message in (("acknowledged", None), ("asked", "Was it the quagmire?")):
        case = await complaints.get(connection, receipt.reference)
        event = CaseEvent(kind=kind, note="flamingo")
        deed = CaseCommand(event=event, side="reviewer", expected=case.version, by=ids[0])
        written = msgspec.structs.replace(deed, message=message)
        await cases.apply_command(connection, receipt.reference, written)
    form, _ = await instruments.get(connection, COMPLAINT)
    item = File(name="evidence_file", text={})
    mark = await submissions.save_file(db, form, item, PDF, quarantine=False)
    await attachments.attach(
        connection, receipt.reference, form.slug, {mark: "evidence_file"}, to_case=True
    )
    opened = {"number": receipt.reference, "passphrase": receipt.passphrase}
    await send(client, "/case", opened, page="/case")
    await send(client, "/case/correct", {}, page="/case")  # a draft with everything in it


async def test_an_erased_case_is_in_no_table_and_on_no_page(client, db, signed_in):
    connection = db.the_connection
    contact = Contact(email="owner@zeppelin.example")
    first = "It was in wombat lane and a marmalade coloured Taser was aimed at my son."
    receipt = await create_case(db, narrative=first, contact=contact)
    await run_every_step(db, receipt, client)
    before = {words for _, words in await find_in_tables(connection, PLANTED)}
    assert before == set(PLANTED) - {"owner@zeppelin.example", "zeppelin"}  # these are sealed
    page = await send(client, "/case/erase", {}, page="/case/erase")
    assert "Everything is erased" in page.text
    assert await find_in_tables(connection, [*PLANTED, receipt.reference]) == set()
    amina, joan = await signed_in(AMINA), await signed_in(JOAN)
    for asks, address in (
        (joan, "/work/complaints"),
        (joan, f"/work/themes/{THEME}/texts"),
        (joan, "/work/quotes"),
        (amina, "/work/surveys/complaint/answers.csv"),
    ):
        text = (await asks.get(address)).text
        assert not [words for words in [*PLANTED, receipt.reference] if words in text]
    stone = await connection.fetchrow("SELECT * FROM erased_cases")
    assert stone["area"] == "E09000012"
