"""A reviewer gives all texts of a campaign one name, tone and themes; the edition follows."""

import re

import pytest

from analysis.text.campaigns import FEWEST
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.texts import discoveries
from survey.problems import Conflict
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks, quotes
from survey.store.themes import texts as text_store
from survey.themes.demands import CampaignCoding
from tests.api.pages.forms import send
from tests.api.pages.staff.test_campaigns import LETTER
from tests.api.pages.staff.test_theme_pages import NEW
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import send_coded_answer


@pytest.fixture
async def letters(db):
    """Twelve letters that the machine reads as praise on the first theme, and ten other texts."""
    for n in range(12):
        await send_coded_answer(db, LETTER.replace("ordinary", f"ordinary street {n}"))
    for n in range(10):
        word = chr(97 + n) * 6
        story = f"On the {n}th I met two officers at {word} and they were {word} to me."
        await send_coded_answer(db, story)
    return await found_campaign(db)


async def found_campaign(db):
    await discoveries.save_campaigns(db.the_connection, clock.today())
    [one] = await campaign_store.load_all(db.the_connection)
    return one


async def make_edition(db):
    start = kinds.this_week(clock.today())
    return (await editions.make_edition(db.the_connection, "weekly", start))[0]


async def two_themes(db):
    first, second, *_ = (await codebooks.get_newest(db.the_connection)).themes
    return first.id, second.id


def chosen(theme, step, **more):
    form = {"name": "No Taser near schools", "tone": "negative", "themes": theme, "step": step}
    return form | {"after": "0", "seen": f"negative {theme}"} | more


async def code_letters(db, client, one, theme):
    address = f"/work/campaigns/{one.id}"
    answer = await send(client, address, chosen(theme, "save"))
    assert answer.headers["location"] == f"{address}?done=coded"


async def city_theme(db, theme):
    edition = await make_edition(db)
    rows = [one for one in edition.themes if (one.stream, one.domain) == ("open", "London")]
    return edition, next(one for one in rows if one.theme == theme)


async def test_the_effect_is_shown_before_anything_is_saved(db, signed_in, letters):
    cindy, (_, second) = await signed_in(CINDY), await two_themes(db)
    answer = await send(cindy, f"/work/campaigns/{letters.id}", chosen(second, "look"))
    assert "Nothing is saved yet." in answer.text
    assert "0 negative, 0 neutral, 12 positive" in answer.text
    assert "12 negative, 0 neutral, 0 positive" in answer.text
    cells = re.findall(r'table__cell--numeric">([\d,]+)<', answer.text)
    # The first theme loses the letters, the second gains them: every text, and once.
    assert cells == ["22", "10", "11", "10", "0", "12", "0", "1"]
    assert (await found_campaign(db)).coding is None


async def test_a_change_after_the_effect_was_seen_shows_the_effect_again(db, signed_in, letters):
    cindy, (first, second) = await signed_in(CINDY), await two_themes(db)
    form = chosen(second, "save", seen=f"negative {first}")
    answer = await send(cindy, f"/work/campaigns/{letters.id}", form)
    assert "Nothing is saved yet." in answer.text
    assert (await found_campaign(db)).coding is None


def machine_tone(edition):
    """The tone of all open texts as the machine, or a person for a campaign, has it."""
    return next(one for one in edition.tones if not one.theme and not one.once).machine


async def test_the_edition_follows_the_person_in_themes_tone_and_figures(db, signed_in, letters):
    cindy, (first, second) = await signed_in(CINDY), await two_themes(db)
    edition, before = await city_theme(db, first)
    assert (before.texts, machine_tone(edition)) == (20, 100)
    await code_letters(db, cindy, letters, second)
    edition, after = await city_theme(db, second)
    assert (after.texts, machine_tone(edition)) == (10, round(100 * (10 - 12) / 22))
    rows = [one for one in edition.themes if (one.stream, one.domain) == ("open", "London")]
    assert next(one for one in rows if one.theme == first).texts == 10
    [one] = edition.campaigns
    assert (one.name, one.tone) == ("No Taser near schools", "negative")
    assert any(words.endswith(": No Taser near schools.") for words in edition.lead)


async def test_lists_of_texts_and_the_page_of_a_text_have_what_the_person_decided(
    db, signed_in, letters
):
    cindy, (first, second) = await signed_in(CINDY), await two_themes(db)
    await code_letters(db, cindy, letters, second)
    of_first, of_second = [
        (await cindy.get(f"/work/themes/{theme}/texts")).text for theme in (first, second)
    ]
    text = await db.the_connection.fetchval("SELECT text FROM campaign_members LIMIT 1")
    assert f"/work/texts/{text}" in of_second
    assert f"/work/texts/{text}" not in of_first
    page = (await cindy.get(f"/work/texts/{text}")).text
    assert f'href="/work/campaigns/{letters.id}">No Taser near schools</a>: negative.' in page


@pytest.mark.slow
async def test_a_new_copy_that_joins_gets_it_too(db, signed_in, letters):
    _, second = await two_themes(db)
    await code_letters(db, await signed_in(CINDY), letters, second)
    for n in range(FEWEST):
        await send_coded_answer(db, LETTER.replace("ordinary", f"any road {n}"))
    _, after = await city_theme(db, second)
    assert after.texts == 15


@pytest.mark.slow
async def test_it_can_be_undone_and_what_held_before_holds_again(db, signed_in, letters):
    cindy, (first, second) = await signed_in(CINDY), await two_themes(db)
    await code_letters(db, cindy, letters, second)
    await send(cindy, f"/work/campaigns/{letters.id}", chosen(first, "save", after="1"))
    assert (await found_campaign(db)).coding.themes == (first,)
    for number, themes in (("2", (second,)), ("1", None)):
        await send(cindy, f"/work/campaigns/{letters.id}/undo", {"number": number})
        held = (await found_campaign(db)).coding
        assert (held and held.themes) == themes
    edition, after = await city_theme(db, first)
    assert (after.texts, machine_tone(edition)) == (20, 100)


async def test_both_steps_are_in_the_audit_with_a_name(db, signed_in, letters):
    cindy, (_, second) = await signed_in(CINDY), await two_themes(db)
    await code_letters(db, cindy, letters, second)
    await send(cindy, f"/work/campaigns/{letters.id}/undo", {"number": "1"})
    rows = await db.the_connection.fetch(
        "SELECT act, subject, detail FROM audit ORDER BY id DESC LIMIT 2"
    )
    assert [row["act"] for row in rows] == ["campaign coding undone", "campaign coded"]
    assert rows[1]["detail"]["name"] == "No Taser near schools"
    assert {row["subject"] for row in rows} == {letters.id}


async def test_of_two_who_decide_at_once_the_second_is_refused(db, signed_in, letters):
    cindy, joan = await signed_in(CINDY), await signed_in(JOAN)
    _, second = await two_themes(db)
    await code_letters(db, cindy, letters, second)
    answer = await send(joan, f"/work/campaigns/{letters.id}", chosen(second, "save"))
    assert answer.status_code == 409
    assert "Someone else has changed what holds for this campaign." in answer.text
    assert "Decided by" in answer.text
    assert 'value="No Taser near schools"' in answer.text


async def test_what_is_missing_is_said_and_the_rest_is_kept(db, signed_in, letters):
    cindy = await signed_in(CINDY)
    form = {"name": "No Taser", "step": "save", "after": "0"}
    answer = await send(cindy, f"/work/campaigns/{letters.id}", form)
    assert answer.status_code == 422
    assert "Select the tone" in answer.text
    assert "Select the themes, or none of these" in answer.text
    assert 'value="No Taser"' in answer.text
    form = chosen("no-such-theme", "save", name="x" * 81)
    answer = await send(cindy, f"/work/campaigns/{letters.id}", form)
    assert "Enter a short name of up to 80 characters" in answer.text


@pytest.mark.slow
async def test_what_was_decided_does_not_count_for_a_dismissed_campaign(db, signed_in, letters):
    cindy, (first, second) = await signed_in(CINDY), await two_themes(db)
    await code_letters(db, cindy, letters, second)
    await send(cindy, f"/work/campaigns/{letters.id}/standing", {"standing": "not"})
    edition, after = await city_theme(db, first)
    assert (after.texts, after.voices, edition.campaigns) == (20, 20, ())


async def test_a_decision_of_a_later_codebook_is_not_used_under_an_older_one(db, letters):
    book = await codebooks.get_newest(db.the_connection)
    assert await campaign_store.load_codings(db.the_connection, book.version) == []
    coding = CampaignCoding(
        campaign=letters.id, name="x", tone="neutral", themes=(), codebook=book.version
    )
    cindy = await db.the_connection.fetchval("SELECT id::text FROM accounts LIMIT 1")
    await campaign_store.insert_coding(db.the_connection, coding, after=0, by=cindy)
    assert await campaign_store.load_codings(db.the_connection, book.version) == [coding]
    assert await campaign_store.load_codings(db.the_connection, book.version - 1) == []
    with pytest.raises(Conflict):
        await campaign_store.insert_coding(db.the_connection, coding, after=0, by=cindy)


@pytest.mark.slow
async def test_its_words_are_printed_with_it_once_a_second_person_approved_them(
    db, client, signed_in, letters
):
    cindy, joan = await signed_in(CINDY), await signed_in(JOAN)
    _, second = await two_themes(db)
    await code_letters(db, cindy, letters, second)
    page = (await cindy.get(f"/work/campaigns/{letters.id}")).text
    assert "No writer of these texts agreed to be quoted." in page
    await db.the_connection.execute(
        "UPDATE responses SET may_quote = 'yes' WHERE id IN"
        " (SELECT response FROM texts WHERE body LIKE '%street 3%')"
    )
    page = (await cindy.get(f"/work/campaigns/{letters.id}")).text
    text = re.search(r'name="text" value="([^"]+)"', page)[1]
    place = re.search(r'name="sentence" type="radio" value="([^"]+)"', page)[1]
    sent = {"theme": second, "text": text, "sentence": place}
    await send(cindy, "/work/quotes", sent)
    [waiting] = await quotes.load_all(db.the_connection, 9)
    assert (await make_edition(db)).quotes == ()
    await send(joan, f"/work/quotes/{waiting.id}/approve")
    [quote] = (await make_edition(db)).quotes
    assert quote.campaign == letters.id
    assert quote.name == "No Taser near schools"
    assert quote.words.startswith("I am writing to ask")


async def test_the_page_of_themes_marks_what_a_campaign_makes(db, signed_in, letters):
    page = (await (await signed_in(CINDY)).get("/work/themes")).text
    assert "12 of a campaign" in page
    assert "10 without" in page


async def test_campaigns_are_left_out_of_the_change_of_a_theme(db, letters):
    first, _ = await two_themes(db)
    since = clock.midnight(clock.today())
    rows = await text_store.count_by_theme(
        db.the_connection, "taser-trial", {first: first}, since, since
    )
    assert sum(row.lately for row in rows) - sum(row.lately_sent for row in rows) == 10


async def test_a_proposal_that_waits_is_in_the_edition_with_its_number_alone(db, letters):
    book = await codebooks.get_newest(db.the_connection)
    week = kinds.this_week(clock.today())
    await codebooks.insert_proposals(db.the_connection, [NEW], codebook=book.version, key=str(week))
    [made] = await codebooks.load_open_theme_proposals(db.the_connection, week)
    before = kinds.last_week(clock.today())
    assert await codebooks.load_open_theme_proposals(db.the_connection, before) == []
    assert (made.size, made.week) == (NEW.theme.size, week)
    start = kinds.last_week(clock.today())
    edition, _ = await editions.make_edition(db.the_connection, "weekly", start)
    assert edition.proposed == ()
