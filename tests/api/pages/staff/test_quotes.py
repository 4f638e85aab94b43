"""From the consent to quote on the form to a quote in an edition, and all that can stop it."""

import re

import pytest

from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from survey.problems import Conflict
from survey.store.accounts import people
from survey.store.answers import erasure, responses
from survey.store.editions import edition_work
from tests.api.pages.forms import send
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import STORY, load_first_theme, send_coded_answer
from tests.stored.published_editions import publish_saved

SENTENCE = STORY[:49]


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture
async def approved(db, cindy, joan):
    """A quote proposed by Cindy and approved by Joan, among ten texts: reference, text, number."""
    for n in range(9):
        await send_coded_answer(
            db, f"Story number {n} of its own, about what happened at house {n * 7}."
        )
    reference, text = await send_coded_answer(db, may_quote=True)
    number = await propose_quote(db, cindy, text)
    answer = await send(joan, f"/work/quotes/{number}/approve")
    assert answer.headers["location"] == "/work/quotes?done=approved"
    return reference, text, number


async def propose_quote(db, cindy, text, sentence="0-49"):
    theme = await load_first_theme(db)
    form = {"theme": theme.id, "text": text, "sentence": sentence}
    answer = await send(cindy, "/work/quotes", form)
    assert answer.headers.get("location") == "/work/quotes?done=proposed", answer.text
    return await db.the_connection.fetchval("SELECT max(id) FROM quotes")


async def publish_edition(db):
    start = kinds.this_week(clock.today())
    edition, _ = await editions.make_edition(db.the_connection, "weekly", start)
    await publish_saved(db.the_connection, edition)
    return edition


async def check_not_printed(db, number, code):
    with pytest.raises(Conflict, match=f"Quote {number} may not be printed") as found:
        await publish_edition(db)
    assert found.value.code == code


async def test_an_approved_quote_is_printed_with_its_theme_and_no_more(db, client, approved):
    edition = await publish_edition(db)
    assert [one.words for one in edition.quotes] == [SENTENCE]
    address = f"/reports/weekly/{edition.start}"
    page = (await client.get(address)).text
    assert f"“{SENTENCE}”" in page
    assert SENTENCE in (await client.get(f"{address}/edition.csv")).text
    assert SENTENCE in (await client.get(f"/api/v1{address}")).text
    assert (await client.get(f"{address}/edition.pdf")).content[:5] == b"%PDF-"


@pytest.mark.slow
async def test_the_page_tells_who_approved_it_and_where_it_was_printed(db, cindy, approved):
    edition = await publish_edition(db)
    page = (await cindy.get("/work/quotes")).text
    assert "approved by Joan Adeyemi" in page
    assert f"/work/editions/weekly/{edition.start}/{edition.number}" in page


async def test_every_decision_is_logged_with_a_name(db, approved):
    acts = await db.the_connection.fetch(
        "SELECT act, a.name FROM audit JOIN accounts a ON a.id = audit.account"
        " WHERE act LIKE 'quote %' ORDER BY audit.id"
    )
    assert [tuple(row) for row in acts] == [
        ("quote proposed", "Cindy Marsh"),
        ("quote approved", "Joan Adeyemi"),
    ]


@pytest.mark.slow
async def test_one_character_changed_in_the_redacted_text_stops_the_edition(db, approved):
    await db.the_connection.execute(
        "UPDATE codings SET redacted = replace(redacted, 'calm', 'balm') WHERE text = $1",
        approved[1],
    )
    await check_not_printed(db, approved[2], "quote.changed")


@pytest.mark.slow
async def test_an_edited_answer_stops_the_edition(db, approved):
    await db.the_connection.execute(
        "UPDATE texts SET body = body || '!' WHERE id = $1", approved[1]
    )
    await check_not_printed(db, approved[2], "quote.changed")


@pytest.mark.slow
async def test_an_erased_answer_stops_the_edition_until_the_quote_is_withdrawn(db, cindy, approved):
    reference, _, number = approved
    await erasure.erase(db.the_connection, reference)
    await send_coded_answer(db, "One more story of its own, so that ten texts stand.")
    await check_not_printed(db, number, "quote.changed")
    await send(cindy, f"/work/quotes/{number}/withdraw")
    assert (await publish_edition(db)).quotes == ()


@pytest.mark.slow
async def test_consent_taken_back_stops_the_edition_and_the_page_names_the_quote(
    db, cindy, approved
):
    reference, _, number = approved
    answer = await send(cindy, "/work/quotes/consent", {"reference": reference.lower()})
    assert answer.headers["location"] == "/work/quotes?done=consent"
    await check_not_printed(db, number, "quote.withdrawn")
    assert f"Quote {number} may not be printed" in (await cindy.get("/work/quotes")).text


@pytest.mark.slow
async def test_consent_taken_back_takes_the_words_out_of_what_editions_were_made_from(
    db, cindy, approved
):
    edition = await publish_edition(db)
    address = edition.kind, edition.start, edition.number
    assert (await edition_work.get_inputs(db.the_connection, *address)).body
    await send(cindy, "/work/quotes/consent", {"reference": approved[0]})
    with pytest.raises(Conflict, match="were deleted"):
        await edition_work.get_inputs(db.the_connection, *address)


@pytest.mark.slow
async def test_consent_to_words_that_nobody_chose_leaves_the_inputs_be(db, cindy, approved):
    reference, _ = await send_coded_answer(db, STORY.replace("calm", "quick"), may_quote=True)
    edition = await publish_edition(db)
    await send(cindy, "/work/quotes/consent", {"reference": reference})
    row = await edition_work.get_inputs(
        db.the_connection, edition.kind, edition.start, edition.number
    )
    assert row.body


async def test_what_nobody_approved_is_never_printed(db, cindy, approved):
    _, text = await send_coded_answer(db, STORY.replace("calm", "kind"), may_quote=True)
    await propose_quote(db, cindy, text)
    assert len((await publish_edition(db)).quotes) == 1


@pytest.mark.slow
async def test_a_theme_of_nine_texts_has_no_quote(db, cindy, joan):
    _, text = await send_coded_answer(db, may_quote=True)
    number = await propose_quote(db, cindy, text)
    await send(joan, f"/work/quotes/{number}/approve")
    assert (await publish_edition(db)).quotes == ()


async def test_words_of_a_writer_who_did_not_agree_cannot_be_proposed(db, cindy):
    _, text = await send_coded_answer(db)
    theme = await load_first_theme(db)
    assert STORY[:20] not in (await cindy.get(f"/work/quotes/new?theme={theme.id}")).text
    form = {"theme": theme.id, "text": text, "sentence": "0-49"}
    answer = await send(cindy, "/work/quotes", form)
    assert answer.status_code == 422
    assert "does not agree" in answer.text


async def test_only_sentences_that_say_something_are_offered_tones_in_turn(db, cindy):
    opening = "We talked about this at our youth club."
    for label, words in (
        ("negative", "Nobody told our estate that officers carry Taser now."),
        ("negative", "Children should never have a Taser aimed at them."),
        ("positive", "The school officer talks to the kids with respect."),
    ):
        await send_coded_answer(db, f"{opening} {words}", may_quote=True, label=label)
    await send_coded_answer(db, f"{opening} I am a student.", may_quote=True)
    theme = (await load_first_theme(db)).id
    page = (await cindy.get(f"/work/quotes/new?theme={theme}")).text
    assert f"{opening}</label>" not in "".join(page.split("\n"))
    # Each is in the legend of its text and in the hidden words of its button.
    found = re.findall(r"reads it as (\w+)", page)[::2]
    assert sorted(found) == ["negative", "negative", "positive"]
    assert found[-1] == "negative"


@pytest.mark.parametrize("sentence", ["", "0-10", "5-49", "50-79", "0-9999", "x"])
async def test_only_a_sentence_can_be_chosen(db, cindy, sentence):
    _, text = await send_coded_answer(db, may_quote=True)
    form = {"theme": (await load_first_theme(db)).id, "text": text, "sentence": sentence}
    assert (await send(cindy, "/work/quotes", form)).status_code == 422


@pytest.mark.parametrize("text", ["", "none", "00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_text_is_refused(db, cindy, text):
    form = {"theme": (await load_first_theme(db)).id, "text": text, "sentence": "0-49"}
    assert (await send(cindy, "/work/quotes", form)).status_code == 422


async def test_a_quote_is_decided_once(cindy, joan, approved):
    number = approved[2]
    assert (await send(joan, f"/work/quotes/{number}/approve")).status_code == 409
    await send(cindy, f"/work/quotes/{number}/withdraw")
    assert (await send(cindy, f"/work/quotes/{number}/withdraw")).status_code == 409


@pytest.mark.parametrize("reference", ["", "ABCD-2345", "\x00"])
async def test_a_reference_without_consent_is_refused(cindy, reference):
    answer = await send(cindy, "/work/quotes/consent", {"reference": reference})
    assert answer.status_code == 422


async def test_the_form_asks_and_takes_silence_for_no(db, client):
    for may_quote, consent in ((None, "no"), (True, "yes")):
        answers = {"subject": "taser", "story": "I saw it."}
        body = {"borough": "Hackney", "answers": answers}
        body |= {} if may_quote is None else {"may_quote": may_quote}
        sent = await client.post("/api/v1/surveys/feedback/responses", json=body)
        permission = await db.the_connection.fetchval(
            "SELECT may_quote FROM responses WHERE reference = $1", sent.json()["reference"]
        )
        assert permission == consent


async def test_a_complaint_keeps_the_consent_too(db, client):
    answers = {"narrative": "He swore.", "allegations": ["incivility"], "concerning": "self"}
    body = {"borough": "Hackney", "may_quote": True, "answers": answers}
    reference = (await client.post("/api/v1/complaints", json=body)).json()["reference"]
    assert await responses.has_consent(db.the_connection, reference)


async def test_nobody_approves_a_quote_of_their_own(db, cindy, joan):
    _, text = await send_coded_answer(db, may_quote=True)
    number = await propose_quote(db, cindy, text)
    address = f"/work/quotes/{number}/approve"
    page = (await cindy.get("/work/quotes")).text
    assert "You proposed this quote. Another reviewer" in page
    assert address not in page
    refused = await send(cindy, address)
    assert refused.status_code == 409
    assert "quote.own" in refused.text
    assert address in (await joan.get("/work/quotes")).text
    assert (await send(joan, address)).status_code == 303


async def test_the_only_reviewer_approves_alone_and_the_audit_says_so(db, cindy):
    _, text = await send_coded_answer(db, may_quote=True)
    number = await propose_quote(db, cindy, text)
    await people.set_active(db.the_connection, JOAN[0], active=False)
    assert "There is only one reviewer" in (await cindy.get("/work/quotes")).text
    assert (await send(cindy, f"/work/quotes/{number}/approve")).status_code == 303
    [line] = await people.load_audit(db.the_connection, 2**31, 1)
    assert line.act == "quote approved"
    assert "there is only one reviewer" in line.detail["by_one_person"]


@pytest.mark.parametrize("act", ["approve", "withdraw"])
async def test_a_number_larger_than_the_database_holds_is_refused(joan, act):
    assert (await send(joan, f"/work/quotes/{2**31}/{act}")).status_code in (400, 404)
