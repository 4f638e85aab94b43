"""An answer comes to be seen, in every file and every number of answers, once its hour is over."""

import shutil

import pytest
from lxml import html

from api.operations.answers import submissions
from api.operations.exports import FORMATS, WantedExport, stream_export
from api.operations.exports.typed_tables import load_dictionary
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.instruments import File, Instrument, Option, SelectOne
from survey.surveys.responses import Submission
from tests.conftest import roll_back_at_end
from tests.files.exported_tables import READERS
from tests.people import AMINA
from tests.stored.answers import end_their_hour, spread_over_days

SLUG = "stall"
HERE = f"/work/surveys/{SLUG}"
STALL = Instrument(
    slug=SLUG, version=1, mode="open", kind="survey", title={"en": "The stall"}, summary={},
    items=(
        SelectOne(name="safe", text={"en": "Safe?"},
                  options=(Option("yes", {"en": "Yes"}), Option("no", {"en": "No"}))),
        File(name="photo", text={"en": "A photo"}, required=False),
    ),
)  # fmt: skip
READABLE = [name for name in FORMATS if name != "r" or shutil.which("Rscript")]


@pytest.fixture
async def db(connection):
    """As in conftest, at the isolation level of an export."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def amina(signed_in, db):
    client = await signed_in(AMINA)
    account = await people.by_email(db.the_connection, AMINA[0])
    await instruments.insert(db.the_connection, STALL, by=account.id)
    return client


async def submit_answers(db, number, said="yes"):
    for _ in range(number):
        sent = Submission(area="Hackney", answers={"safe": said})
        receipt = await submissions.submit_response(db, SLUG, sent)
    return receipt.reference


async def attach_file(db, reference):
    await db.the_connection.execute(
        """
        INSERT INTO attachments
            (mark, instrument, item, media_type, body, expires_at, scan, response)
        SELECT repeat('a', 26), instrument, 'photo', 'image/png', 'x', NULL, 'clean', id
          FROM responses WHERE reference = $1
        """,
        reference,
    )


async def rows_by_format(db, folder):
    """How many rows each format has, read with the program that it is for, words and codes."""
    found = {}
    for name in READABLE:
        for words in (True, False):
            (folder / name).mkdir(exist_ok=True)
            wanted = WantedExport(slug=SLUG, format=name, words=words, every_table=True)
            content = b"".join([part async for part in stream_export(db, wanted)])
            table = next(iter(READERS[name](content, folder / name).values()))
            found[name, words] = len(table if name == "json" else table[1])
    return found


async def said_on_pages(client):
    """What the organiser's pages say, without the tokens of their forms."""
    pages = {}
    for address in ("/work/surveys", HERE, f"{HERE}/results", f"{HERE}/results/coverage",
                    f"{HERE}/take-away"):  # fmt: skip
        page = html.fromstring((await client.get(address)).text)
        pages[address] = " ".join(page.xpath("//main")[0].text_content().split())
    return pages


@pytest.mark.slow
async def test_no_file_has_an_answer_of_this_hour_and_each_has_it_afterwards(amina, db, tmp_path):
    await submit_answers(db, 3)
    await end_their_hour(db.the_connection, SLUG)
    assert {*(await rows_by_format(db, tmp_path)).values()} == {3}
    await submit_answers(db, 1, "no")
    assert {*(await rows_by_format(db, tmp_path)).values()} == {3}
    assert (await load_dictionary(db.the_connection, SLUG)).answers == 3
    await end_their_hour(db.the_connection, SLUG)
    assert {*(await rows_by_format(db, tmp_path)).values()} == {4}


@pytest.mark.parametrize("before", [0, 3, 12])
async def test_no_page_changes_when_somebody_answers_and_all_do_afterwards(amina, db, before):
    await submit_answers(db, before) if before else None
    await spread_over_days(db.the_connection, SLUG)
    await end_their_hour(db.the_connection, SLUG)
    earlier = await said_on_pages(amina)
    await attach_file(db, await submit_answers(db, 1, "no"))
    assert await said_on_pages(amina) == earlier
    await end_their_hour(db.the_connection, SLUG)
    later = await said_on_pages(amina)
    # The shares are of ten people or more, and move by as many.
    still = {f"{HERE}/results/coverage"} if before == 12 else set()
    assert {address for address in later if later[address] == earlier[address]} == still
    assert "1 in all" in later[HERE]


async def test_figures_that_ten_moved_are_never_of_more_people_than_the_page_counts(amina, db):
    await submit_answers(db, 12)
    page = (await said_on_pages(amina))[f"{HERE}/results"]
    assert "12 answers. The figures move" in page
