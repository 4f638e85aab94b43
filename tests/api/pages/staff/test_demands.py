"""A demand is opened, people label texts about it, the machine learns, and editions report it."""

import re
import uuid

import pytest
from lxml import html

from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.texts import coding, discoveries, heads
from api.operations.answers import submissions
from survey.store.accounts import people
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks, demands
from survey.surveys.responses import Submission
from tests.analysis.text.test_stance import made_texts
from tests.api.pages.forms import send
from tests.api.pages.staff.test_campaigns import LETTER
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import send_coded_answer

OPENED = {"sentence": "No Taser in schools", "words": "school, pupil"}
MATTERS = ("our school", "the schools nearby", "a School gate")


async def open_demand(client, **more):
    answer = await send(client, "/work/demands/new", OPENED | more)
    assert answer.status_code == 303, re.findall(r"error-message.*", answer.text)
    return re.search(r"/work/demands/([0-9a-f-]{36})", answer.headers["location"])[1]


async def read(db, demand):
    await heads.read_stances(db.the_connection, demand)


async def account_id(db, who):
    return (await people.by_email(db.the_connection, who[0])).id


@pytest.fixture
async def texts(db):
    """Three texts with one of the words, and two without."""
    found = [
        (await send_coded_answer(db, f"An officer stood at {matter} today and I did not like it."))[
            1
        ]
        for matter in MATTERS
    ]
    await send_coded_answer(db, "An officer stood at the station and preschoolers saw it.")
    return found


async def test_a_demand_finds_its_texts_and_people_label_each_once(db, signed_in, texts):
    cindy = await signed_in(CINDY)
    demand = await open_demand(cindy)
    await read(db, demand)
    assert (await demands.get(db.the_connection, demand)).texts == 3
    seen = set()
    for _ in texts:
        page = (await cindy.get(f"/work/demands/{demand}/next")).text
        text = re.search(rf"/work/demands/{demand}/texts/([0-9a-f-]+)", page)[1]
        seen.add(text)
        await send(cindy, f"/work/demands/{demand}/texts/{text}", {"stance": "for"})
    assert seen == set(texts)
    last = await cindy.get(f"/work/demands/{demand}/next")
    assert last.headers["location"] == f"/work/demands/{demand}?done=finished"
    assert (await cindy.get(f"/work/demands/{demand}")).text.count("<strong>For it</strong>") == 3


async def test_a_label_can_be_changed_and_the_first_one_stays_on_record(db, signed_in, texts):
    cindy = await signed_in(CINDY)
    demand = await open_demand(cindy)
    await read(db, demand)
    address = f"/work/demands/{demand}/texts/{texts[0]}"
    for said in ("for", "against"):
        await send(cindy, address, {"stance": said})
    [label] = await demands.load_last_labels(db.the_connection, demand, 5)
    assert (label.stance, label.by) == ("against", CINDY[1])
    assert await demands.count_stance_labels(db.the_connection, demand) == 2
    assert (await demands.get(db.the_connection, demand)).labelled == 1


async def test_an_answer_that_no_button_has_is_refused(db, signed_in, texts):
    cindy = await signed_in(CINDY)
    demand = await open_demand(cindy)
    await read(db, demand)
    answer = await send(cindy, f"/work/demands/{demand}/texts/{texts[0]}", {"stance": "maybe"})
    assert answer.status_code == 422
    assert "Select one of the four answers" in answer.text
    assert 'href="#stance-1"' in answer.text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sentence", "", "Enter what is asked"),
        ("words", "", "Enter words that texts about this contain"),
        ("words", "a|b", "Enter up to 12 words"),
        ("themes", "none-such", "Select themes from the list"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_stays(db, signed_in, field, value, said):
    form = OPENED | {field: value}
    answer = await send(await signed_in(CINDY), "/work/demands/new", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(form[one] in answer.text for one in ("sentence", "words"))


async def test_a_sentence_is_opened_once(db, signed_in, texts):
    cindy = await signed_in(CINDY)
    await open_demand(cindy)
    answer = await send(cindy, "/work/demands/new", OPENED)
    assert answer.status_code == 409
    assert "already a demand with this sentence" in answer.text


async def test_the_letters_of_its_campaign_count_as_for_it_and_are_not_asked_about(db, signed_in):
    for n in range(12):
        await send_coded_answer(db, LETTER.replace("ordinary", f"ordinary street {n}"))
    other = (await send_coded_answer(db, "No officer should carry a weapon in a school."))[1]
    await discoveries.save_campaigns(db.the_connection, clock.today())
    [one] = await campaign_store.load_all(db.the_connection)
    cindy = await signed_in(CINDY)
    campaign = await cindy.get(f"/work/campaigns/{one.id}")
    assert f"/work/demands/new?campaign={one.id}" in campaign.text
    form = await cindy.get(f"/work/demands/new?campaign={one.id}")
    assert "Copies of its letter will count as for the demand" in form.text
    demand = await open_demand(cindy, campaign=one.id)
    await read(db, demand)
    found = await demands.get(db.the_connection, demand)
    assert (found.texts, found.own) == (13, 12)
    page = await cindy.get(f"/work/demands/{demand}/next")
    assert f"/texts/{other}" in page.text
    # What only comes near the letter may say the opposite of it, and is asked about.
    await db.the_connection.execute(
        "UPDATE campaign_members SET likeness = 0.9"
        " WHERE text = (SELECT max(text::text)::uuid FROM campaign_members)"
    )
    found = await demands.get(db.the_connection, demand)
    assert (found.texts, found.own) == (13, 11)
    # A campaign that was opened leads to its demand.
    again = await cindy.get(f"/work/demands/new?campaign={one.id}")
    assert again.headers["location"] == f"/work/demands/{demand}"
    await campaign_store.set_dismissed(db.the_connection, one.id, by=await account_id(db, CINDY))
    await read(db, demand)
    assert (await demands.get(db.the_connection, demand)).own == 0


async def test_a_text_recoded_to_another_theme_leaves_the_demand(db, signed_in, texts):
    theme = (await codebooks.get_newest(db.the_connection)).themes[1].id
    demand = await open_demand(await signed_in(CINDY), themes=theme)
    await read(db, demand)
    assert (await demands.get(db.the_connection, demand)).texts == 0


async def labelled_world(db, client):
    """45 texts that the machine has coded, of which 30 have a label, and five that are left."""
    said = {}
    for words, stance in made_texts():
        sent = Submission(area="Hackney", answers={"subject": "taser", "story": words})
        await submissions.submit_response(db, "feedback", sent)
        said[words] = stance
    await coding.code_all(db.the_connection)
    demand = await open_demand(client, words="school, sixth form")
    await read(db, demand)
    return demand, said


async def label_next(db, demand, said, many, *, teaching=False):
    by = await account_id(db, CINDY)
    for _ in range(many):
        text = await demands.find_next_text(db.the_connection, demand, by, teaching=teaching)
        stance = said[text.redacted]
        await demands.insert_stance_label(db.the_connection, demand, text.text, stance, by=by)


async def label_first(db, demand, said, many):
    """Label the first texts by chance. A person is given one of the next three, so the one that is
    left could be any, and labels beyond it count for no figure.
    """
    by = await account_id(db, CINDY)
    rows = await db.the_connection.fetch(
        "SELECT o.text::text, t.body FROM demand_texts o JOIN texts t ON t.id = o.text"
        " WHERE o.demand = $1::uuid ORDER BY o.chance, o.text LIMIT $2",
        demand,
        many,
    )
    for row in rows:
        await demands.insert_stance_label(
            db.the_connection, demand, row["text"], said[row["body"]], by=by
        )


@pytest.mark.slow
async def test_the_machine_learns_from_labels_and_reads_the_others(db, signed_in):
    cindy = await signed_in(CINDY)
    demand, said = await labelled_world(db, cindy)
    await label_next(db, demand, said, 19)
    await read(db, demand)
    assert await demands.find_stance_head(db.the_connection, demand) is None
    await label_next(db, demand, said, 11)
    await read(db, demand)
    head = await demands.find_stance_head(db.the_connection, demand)
    assert head.labels == 30
    assert head.accuracy.value > 0.6
    rows = await db.the_connection.fetch(
        "SELECT body, stance, labels FROM demand_texts o JOIN texts t ON t.id = o.text"
    )
    assert {row["labels"] for row in rows} == {30}
    assert sum(said[row["body"]] == row["stance"] for row in rows) >= 40
    page = (await cindy.get(f"/work/demands/{demand}")).text
    assert "After 30 labels" in page
    heads = html.fromstring(page).xpath("//th[@scope='col']")
    assert all(head.text_content().strip() for head in heads)
    assert re.search(r"Label \d+ more that chance chooses", page)
    # What teaches most comes in between, and a new head reads every text again.
    await label_next(db, demand, said, 1, teaching=True)
    await label_next(db, demand, said, 14)
    await read(db, demand)
    assert (await demands.find_stance_head(db.the_connection, demand)).labels == 45
    page = (await cindy.get(f"/work/demands/{demand}")).text
    assert "About 45 of 45 texts say what they think of it." in page
    assert "33% (33 to 33%)" in page.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.slow
async def test_an_edition_reports_a_demand_once_a_person_decided_so(db, signed_in):
    joan = await signed_in(JOAN)
    demand, said = await labelled_world(db, joan)
    await label_first(db, demand, said, 44)
    start = kinds.this_week(clock.today())
    made, _ = await editions.make_edition(db.the_connection, "weekly", start)
    assert made.tables_of("demands") == ()
    await send(joan, f"/work/demands/{demand}/reporting", {"reported": "yes"})
    made, _ = await editions.make_edition(db.the_connection, "weekly", start)
    [one] = made.tables_of("demands")
    shares = [*one.column("share")]
    assert (one.text("sentence"), one.key[-1]) == ("No Taser in schools", "open")
    assert one.number("labels") == 44
    assert (one.count("texts"), [share.row for share in shares]) == (
        45,
        ["for", "against", "conditions"],
    )
    assert all(share.low <= 1 / 3 <= share.high + 0.005 for share in shares)
    await send(joan, f"/work/demands/{demand}/reporting", {"reported": "no"})
    made, _ = await editions.make_edition(db.the_connection, "weekly", start)
    assert made.tables_of("demands") == ()


async def test_a_demand_that_is_not_there_is_not_found(signed_in):
    cindy = await signed_in(CINDY)
    for address in ("", "/next"):
        assert (await cindy.get(f"/work/demands/{uuid.uuid4()}{address}")).status_code == 404
