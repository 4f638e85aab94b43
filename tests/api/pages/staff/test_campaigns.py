"""A campaign among the responses counts as one voice, next to the count of all texts; none is
dropped.
"""

import datetime

import numpy as np
import pytest

from analysis.text.campaigns import FEWEST
from analysis.text.model import reading
from analysis.text.model.passages import PassageVectors, pack_passages
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.texts import discoveries
from survey.store.accounts import people
from survey.store.answers import erasure
from survey.store.themes import campaigns as campaign_store
from survey.themes.demands import CampaignCoding
from tests.api.pages.forms import send
from tests.people import CINDY
from tests.stored.coded_texts import send_coded_answer
from tests.stored.published_editions import publish_saved

LETTER = (
    "I am writing to ask that officers in our borough stop carrying Taser on ordinary patrol, "
    "because children walk past them every day on the way to school and are frightened."
)


@pytest.fixture
async def sent(db):
    """Twelve near-copies of one letter, and ten stories that differ; returns the letters."""
    letters = [
        await send_coded_answer(
            db, LETTER.replace("ordinary", f"ordinary street {n}"), label="negative"
        )
        for n in range(12)
    ]
    for n in range(10):
        word = chr(97 + n) * 6
        await send_coded_answer(
            db, f"On the {n}th I met two officers at {word} and they were {word} to me."
        )
    return letters


async def find_campaigns(db):
    await discoveries.save_campaigns(db.the_connection, clock.today())
    return await campaign_store.load_all(db.the_connection)


async def publish_edition(db):
    start = kinds.this_week(clock.today())
    edition, _ = await editions.make_edition(db.the_connection, "weekly", start, why="Asked again.")
    await publish_saved(db.the_connection, edition)
    return edition


async def test_the_letters_are_one_campaign_of_one_stream(db, sent):
    [one] = await find_campaigns(db)
    assert (one.texts, one.streams) == (12, {"open": 12})
    assert sum(one.days.values()) == 12


async def test_an_edition_gives_every_figure_with_and_without_it(db, sent):
    edition = await publish_edition(db)
    city = next(one for one in edition.themes if (one.stream, one.domain) == ("open", "London"))
    assert (city.texts, city.voices) == (20, 10)  # of 22 and 11
    # Nobody has coded any of them, so no tone stands in the edition but as a machine count.
    tones = {one.once: one for one in edition.tones}
    assert (tones[False].value, tones[False].machine) == (None, round(100 * (10 - 12) / 22))
    assert (tones[True].value, tones[True].machine) == (None, round(100 * (10 - 1) / 11))
    assert (edition.received[0].open, edition.received[0].open_voices) == (20, 10)
    assert [(one.texts, one.stream) for one in edition.campaigns] == [(10, "open")]


@pytest.mark.slow
async def test_page_pdf_csv_and_api_show_both_counts(db, client, sent):
    edition = await publish_edition(db)
    address = f"/reports/weekly/{edition.start}"
    page = (await client.get(address)).text
    assert "Each campaign once" in page
    assert "With each campaign counted once, about 10 were received instead of about 20." in page
    table = (await client.get(f"{address}/edition.csv")).text
    assert "each campaign counted once" in table
    assert "texts of campaign" in table
    body = (await client.get(f"/api/v1{address}")).json()
    assert body["campaigns"][0]["texts"] == 10
    assert (await client.get(f"{address}/edition.pdf")).content[:5] == b"%PDF-"


async def test_it_keeps_its_name_when_it_grows(db, sent):
    [before] = await find_campaigns(db)
    await send_coded_answer(db, LETTER.replace("ordinary", "any"))
    [after] = await find_campaigns(db)
    assert (after.id, after.texts) == (before.id, 13)


@pytest.mark.slow
async def test_a_person_can_say_that_it_is_not_a_campaign_and_that_holds(db, sent, signed_in):
    cindy = await signed_in(CINDY)
    [one] = await find_campaigns(db)
    address = f"/work/campaigns/{one.id}/standing"
    await send(cindy, address, {"standing": "not"})
    edition = await publish_edition(db)
    city = next(one for one in edition.themes if (one.stream, one.domain) == ("open", "London"))
    assert (city.texts, city.voices, edition.campaigns) == (20, 20, ())
    assert "Not a campaign" in (await cindy.get("/work/campaigns")).text
    await send(cindy, address, {"standing": "campaign"})
    assert len((await publish_edition(db)).campaigns) == 1


async def test_what_was_said_of_it_is_logged_with_a_name(db, sent, signed_in):
    [one] = await find_campaigns(db)
    await send(await signed_in(CINDY), f"/work/campaigns/{one.id}/standing", {"standing": "not"})
    row = await db.the_connection.fetchrow(
        "SELECT act, subject, a.name FROM audit JOIN accounts a ON a.id = audit.account"
        " ORDER BY audit.id DESC LIMIT 1"
    )
    assert tuple(row) == ("not a campaign", one.id, "Cindy Marsh")


async def test_an_erased_answer_leaves_its_campaign(db, sent):
    await find_campaigns(db)
    await erasure.erase(db.the_connection, sent[0][0])
    [one] = await campaign_store.load_all(db.the_connection)
    assert one.texts == 11


@pytest.mark.parametrize("decision", ["coded", "dismissed", ""])
async def test_a_decision_holds_when_too_few_texts_are_left_to_find_it_again(db, sent, decision):
    [one] = await find_campaigns(db)
    cindy = (await people.by_email(db.the_connection, CINDY[0])).id
    if decision == "coded":
        named = {"name": "No Taser near schools", "tone": "negative", "themes": (), "codebook": 1}
        coding = CampaignCoding(campaign=one.id, **named)
        await campaign_store.insert_coding(db.the_connection, coding, after=0, by=cindy)
    if decision == "dismissed":
        await campaign_store.set_dismissed(db.the_connection, one.id, by=cindy)
    for reference, *_ in sent[FEWEST - 1 :]:
        await erasure.erase(db.the_connection, reference)
    left = await find_campaigns(db)
    assert [(kept.id, kept.texts) for kept in left] == ([(one.id, 4)] if decision else [])
    coded = await campaign_store.load_coded_texts(db.the_connection)
    assert len(coded) == (4 if decision == "coded" else 0)
    await send_coded_answer(db, LETTER.replace("ordinary", "any"))
    assert [kept.texts for kept in await find_campaigns(db)] == [5]


async def test_a_campaign_whose_texts_are_all_erased_is_gone(db, sent, signed_in):
    await find_campaigns(db)
    for reference, *_ in sent:
        await erasure.erase(db.the_connection, reference)
    assert await campaign_store.load_all(db.the_connection) == []
    answer = await (await signed_in(CINDY)).get("/work/campaigns")
    assert answer.status_code == 200


async def test_a_campaign_of_fewer_than_ten_counts_once_and_is_not_listed(db):
    for n in range(6):
        await send_coded_answer(db, LETTER.replace("ordinary", f"ordinary street {n}"))
    for n in range(12):
        word = chr(97 + n) * 6
        await send_coded_answer(
            db, f"On the {n}th I met two officers at {word} and they were {word} to me."
        )
    edition = await publish_edition(db)
    city = next(one for one in edition.themes if (one.stream, one.domain) == ("open", "London"))
    assert (city.texts, city.voices, edition.campaigns) == (20, 15, ())


async def test_a_small_count_of_texts_outside_a_campaign_is_withheld(db, sent):
    for _ in range(2):
        await db.the_connection.execute(
            "DELETE FROM responses WHERE id IN (SELECT response FROM texts"
            " WHERE body LIKE 'On the%' LIMIT 1)"
        )
    edition = await publish_edition(db)
    city = next(one for one in edition.themes if (one.stream, one.domain) == ("open", "London"))
    assert (city.texts, city.voices, city.voice_share) == (20, None, None)
    assert (city.voice_low, city.voice_high) == (None, None)


@pytest.mark.slow
async def test_people_drawn_by_chance_are_never_put_together(db, sent):
    await db.the_connection.execute(
        "UPDATE responses SET instrument = 'taser-trial', mode = 'sampled', version ="
        " (SELECT max(version) FROM instruments WHERE slug = 'taser-trial'),"
        " stratum = 's', psu = 'u', probability = 0.1"
    )
    assert await find_campaigns(db) == []
    edition = await publish_edition(db)
    city = next(one for one in edition.themes if (one.stream, one.domain) == ("sampled", "London"))
    assert (city.texts, city.voices) == (20, None)


async def test_the_page_shows_the_central_text_redacted_and_asks_for_another_look(
    db, sent, signed_in
):
    cindy = await signed_in(CINDY)
    assert "No campaigns." in (await cindy.get("/work/campaigns")).text
    await find_campaigns(db)
    page = (await cindy.get("/work/campaigns")).text
    assert "12 near-identical texts" in page
    assert "“I am writing to ask that officers in our…”" in page
    assert "12 negative, 0 neutral, 0 positive" in page
    assert "On these days 10 other texts arrived." in page
    assert "With every text counted there are 22; with this campaign as one voice, 11." in page
    assert "stop carrying Taser" in page
    answer = await send(cindy, "/work/campaigns")
    assert answer.headers["location"] == "/work/campaigns?done=asked"
    assert "search for campaigns is running" in (await cindy.get("/work/campaigns")).text


async def test_a_long_campaign_is_charted_in_steps_of_several_days():
    from api.pages.staff.themes.campaigns import texts_over_time

    first = datetime.date(2026, 1, 1)
    found = texts_over_time({first: 2, first + datetime.timedelta(days=299): 3})
    assert len(found) == 60
    assert (found[0][1], found[-1][1]) == (2, 3)


async def test_a_handful_of_like_texts_is_no_campaign_by_name(db, signed_in):
    for n in range(6):
        await send_coded_answer(db, LETTER.replace("ordinary", f"ordinary street {n}"))
    await find_campaigns(db)
    page = (await (await signed_in(CINDY)).get("/work/campaigns")).text
    assert "No campaigns." in page
    assert "Smaller groups of similar texts" in page
    assert "6 near-identical texts" in page


@pytest.fixture
async def reworded(db):
    """Twelve copies of a letter, ten that say it in other words, and thirty texts of strangers."""
    near = np.eye(384, dtype=np.float32)
    copies = [
        await send_coded_answer(db, f"{LETTER} That is what I ask of you on day {n} of this month.")
        for n in range(12)
    ]
    other_words = [await send_coded_answer(db, f"{n} {words_of(n)}") for n in range(10)]
    for n, (_, text) in enumerate([*copies, *other_words]):
        await save_vector(db, text, 0.9 * near[0] + 0.435 * near[n + 1])
    for n in range(30):
        _, text = await send_coded_answer(db, f"{n} {words_of(100 + n)}")
        await save_vector(db, text, near[n + 100])


def words_of(number):
    """Forty words that no other number has."""
    return " ".join(f"w{number}x{place}" for place in range(40))


async def save_vector(db, text, vector):
    found = PassageVectors(((0, 5),), vector[None])
    packed = pack_passages(reading.VERSION, found)
    await db.the_connection.execute(
        "INSERT INTO passages (text, reader, spans, vectors) VALUES ($1, $2, '[[0, 5]]', $3)",
        text,
        packed.reader,
        packed.vectors,
    )


@pytest.mark.slow
async def test_a_letter_in_other_words_counts_with_its_copies_and_pages_say_so(
    db, reworded, signed_in
):
    [one] = await find_campaigns(db)
    assert (one.texts, one.reworded) == (22, 10)
    cindy = await signed_in(CINDY)
    said = "22 texts that say the same</strong>, 12 in the same words, 10 in other words (9"
    assert said in (await cindy.get("/work/campaigns")).text
    page = (await cindy.get(f"/work/campaigns/{one.id}")).text
    assert said in page
    assert "In other words, the least alike first" in page
    assert "cannot tell a demand from its opposite" in page
    edition = await publish_edition(db)
    assert [(seen.texts, seen.reworded) for seen in edition.campaigns] == [(20, True)]
    assert any("The same letter, partly in other words, was rec" in line for line in edition.lead)
