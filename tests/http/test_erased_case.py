"""What its owner erases is in no table afterwards, wherever it had gone before."""

import msgspec
import pytest

from api import casework, intake, lodging
from api.casework import Deed
from api.jobs import campaigns, coding
from survey.codebooks import Exemplify
from survey.complaints import Event
from survey.contacts import Contact
from survey.edits import draft_of, edited
from survey.instruments import File
from survey.ready import COMPLAINT
from survey.responses import Submission
from survey.store import attachments, codebooks, complaints, instruments, people, quotes
from tests.attached import pdf
from tests.conftest import rolled_back
from tests.everywhere import found_in_tables
from tests.http.forms import send
from tests.lodged import ANSWERS, lodged
from tests.people import AMINA, CINDY, JOAN

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
    """As in conftest, at the level that an edition asks for."""
    async with rolled_back(connection, "repeatable_read") as one:
        yield one


async def quoted(connection, case, joan, cindy):
    [text] = await connection.fetch(
        "SELECT id FROM texts WHERE complaint = $1 AND item = 'narrative'", case["id"]
    )
    source = await quotes.source(connection, text["id"])
    number = await quotes.insert(connection, source, THEME, (0, 40), by=joan)
    await quotes.approve(connection, number, by=cindy)
    edit = Exemplify(theme=THEME, text=source.redacted)
    book = edited(draft_of(await codebooks.newest(connection)), edit)
    await codebooks.insert(connection, book)


async def lived(db, receipt, client):
    """Everything that can happen to the words of a case, with words of their own each."""
    connection = db.the_connection
    ids = [(await people.by_email(connection, who[0]))["id"] for who in (JOAN, CINDY)]
    case = await complaints.get(connection, receipt.reference)
    corrected = ANSWERS | {"narrative": STORY, "place": "by the kaleidoscope"}
    await lodging.correct(db, receipt.reference, Submission(borough="Hackney", answers=corrected))
    await coding.code_all(connection)
    await campaigns.run(connection, "")
    await quoted(connection, case, *ids)
    for kind, message in (("acknowledged", None), ("asked", "Was it the quagmire?")):
        case = await complaints.get(connection, receipt.reference)
        event = Event(kind=kind, note="flamingo")
        deed = Deed(event=event, side="reviewer", expected=case["version"], by=ids[0])
        written = msgspec.structs.replace(deed, message=message)
        await casework.act(connection, receipt.reference, written)
    form, _ = await instruments.get(connection, COMPLAINT)
    item = File(name="evidence_file", text={})
    mark = await intake.keep_file(db, form, item, PDF, quarantine=False)
    await attachments.take_for_case(
        connection, receipt.reference, form.slug, {mark: "evidence_file"}
    )
    opened = {"number": receipt.reference, "passphrase": receipt.passphrase}
    await send(client, "/case", opened, page="/case")
    await send(client, "/case/correct", {}, page="/case")  # a draft with everything in it


async def test_an_erased_case_is_in_no_table_and_on_no_page(client, db, signed_in):
    connection = db.the_connection
    contact = Contact(email="owner@zeppelin.example")
    first = "It was in wombat lane and a marmalade coloured Taser was aimed at my son."
    receipt = await lodged(db, narrative=first, contact=contact)
    await lived(db, receipt, client)
    before = {words for _, words in await found_in_tables(connection, PLANTED)}
    assert before == set(PLANTED) - {"owner@zeppelin.example", "zeppelin"}  # these are sealed
    page = await send(client, "/case/erase", {}, page="/case/erase")
    assert "Everything is erased" in page.text
    assert await found_in_tables(connection, [*PLANTED, receipt.reference]) == set()
    amina, joan = await signed_in(AMINA), await signed_in(JOAN)
    for asks, address in (
        (joan, "/work/complaints"),
        (joan, f"/work/themes/{THEME}/texts"),
        (joan, "/work/quotes"),
        (amina, "/work/surveys/complaint/answers.csv"),
    ):
        told = (await asks.get(address)).text
        assert not [words for words in [*PLANTED, receipt.reference] if words in told]
    stone = await connection.fetchrow("SELECT * FROM erased_cases")
    assert stone["area"] == "E09000012"
