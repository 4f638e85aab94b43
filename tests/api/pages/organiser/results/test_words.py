"""What people wrote, for whoever made the survey: who may read it, when, tags, and the promise."""

import msgspec
from lxml import html

from api.pages.organiser.builder.drafts import survey_length
from api.pages.organiser.builder.publication import count_kept
from api.pages.organiser.results.answers import written_questions
from survey.store.surveys import instruments
from survey.store.themes import codes
from survey.surveys.instruments import Grid, GridRow, Instrument, Repeat, Text
from survey.surveys.instruments.versions import version_mapping
from tests.api.pages.forms import send
from tests.api.pages.organiser.results.test_results import (
    ESTATE,
    HERE,
    amina,
    page_text,
    submit_answers,
)
from tests.api.pages.staff.test_theme_pages import example_coding
from tests.people import CINDY, JOAN

__all__ = ["amina"]  # fixture
WORDS = f"{HERE}/words"


async def code_texts(db, hours=2):
    """Code every text as a machine would, `hours` after it came."""
    ids = [row["id"] for row in await db.the_connection.fetch("SELECT id::text FROM texts")]
    await codes.save(db.the_connection, ids, [example_coding() for _ in ids])
    await db.the_connection.execute(
        "UPDATE current_codings SET received_at = received_at - $1 * interval '1 hour'", hours
    )


async def shown_texts(client, query=""):
    page = await client.get(WORDS + query)
    assert page.status_code == 200, page.text
    return html.fromstring(page.text).xpath("//section[starts-with(@id, 'text-')]/@id")


async def test_texts_come_in_blocks_of_ten_whose_hours_are_over(amina, db):
    await submit_answers(db, 9, spread=False)
    await code_texts(db)
    assert await shown_texts(amina) == []
    await submit_answers(db, 1, spread=False)
    await code_texts(db, hours=0)
    assert await shown_texts(amina) == []
    await db.the_connection.execute(
        "UPDATE current_codings SET received_at = received_at - interval '1 hour'"
    )
    assert len(await shown_texts(amina)) == 10


async def test_what_was_promised_to_those_who_wrote_before_is_held(amina, db):
    await submit_answers(db, 12, spread=False)
    await code_texts(db)
    await db.the_connection.execute(
        "UPDATE own_words_promise SET since = date_trunc('hour', now()) - interval '1 hour'"
    )
    assert await shown_texts(amina) == []
    await db.the_connection.execute(
        "UPDATE own_words_promise SET since = date_trunc('hour', now()) - interval '2 hours'"
    )
    assert len(await shown_texts(amina)) == 12


async def test_only_whoever_made_the_survey_reads_it_and_each_look_is_written_down(
    amina, db, signed_in
):
    await submit_answers(db, 10, spread=False)
    await code_texts(db)
    await shown_texts(amina)
    acts = await db.the_connection.fetch("SELECT act, subject FROM audit ORDER BY id DESC LIMIT 1")
    assert [tuple(row) for row in acts] == [("survey words read", "estate")]
    cindy = await signed_in(CINDY)
    assert (await cindy.get(WORDS)).status_code in (403, 404)
    assert (await amina.get("/work/surveys/feedback/results/words")).status_code == 403
    joan = await signed_in(JOAN)
    assert len(await shown_texts(joan)) == 10
    text = (await shown_texts(amina))[0].removeprefix("text-")
    other = f"/work/surveys/feedback/results/words/{text}/tags"
    assert (await send(joan, other, {"tag": "mine"})).status_code == 404


async def test_tags_are_added_found_and_removed(amina, db):
    await submit_answers(db, 10, spread=False)
    await code_texts(db)
    text = (await shown_texts(amina))[0].removeprefix("text-")
    tags = f"{WORDS}/{text}/tags"
    refused = await send(amina, tags, {"tag": " ", "here": ""})
    assert refused.status_code == 422
    assert f'href="#tag-{text}"' in refused.text
    long = await send(amina, tags, {"tag": "x" * 41, "here": ""})
    assert "at most 40 characters" in long.text
    assert "x" * 41 in long.text
    added = await send(amina, tags, {"tag": " to  follow up ", "here": "words=rude"})
    assert added.headers["location"] == f"{WORDS}?words=rude#text-{text}"
    assert await shown_texts(amina, "?tag=to+follow+up") == [f"text-{text}"]
    assert await shown_texts(amina, "?tag=none") == []
    await send(amina, tags, {"remove": "to follow up", "here": ""})
    assert await shown_texts(amina, "?tag=to+follow+up") == []


async def test_texts_are_found_by_words_theme_tone_and_question(amina, db):
    await submit_answers(db, 10, spread=False)
    await code_texts(db)
    coding = example_coding()
    theme, word = coding.themes[0].theme, coding.redacted.split()[0]
    for query in (f"?theme={theme}", f"?words={word}", "?item=why"):
        assert len(await shown_texts(amina, query)) == 10, query
    for query in ("?theme=nothing", "?words=unheard", "?item=other", "?page=2"):
        assert await shown_texts(amina, query) == [], query
    assert (await amina.get(f"{WORDS}?page=0")).status_code == 422


async def test_residents_are_told_before_they_write_who_reads_it(client, amina, db):
    start = page_text(await client.get("/surveys/estate"))
    assert "The people who made this survey read your answers and what you write." in start
    built_in = page_text(await client.get("/surveys/feedback"))
    assert "The people who made this survey" not in built_in
    assert "The working group reads what people write." in built_in


async def test_the_page_of_a_question_says_it_too(client, amina, db):
    only = msgspec.structs.replace(
        ESTATE, slug="words-only", items=ESTATE.items[-1:], organisation="The club"
    )
    await instruments.insert(db.the_connection, only)
    begun = await client.post("/surveys/words-only", data={"answer": "E09000012"})
    said = page_text(await client.get(begun.headers["location"]))
    assert "The club and the working group read what you write." in said


def test_a_question_within_a_repeat_is_called_by_its_words():
    repeat = Repeat(
        name="kids", text={"en": "Children"}, items=(Text(name="kname", text={"en": "Name?"}),)
    )
    assert written_questions(survey_of(repeat)) == {"kname": "Name?"}


def test_a_table_of_statements_is_one_question_that_stays():
    grid = Grid(
        name="rates",
        text={"en": "How good?"},
        labels=tuple({"en": one} for one in "abcde"),
        rows=(GridRow("polite", {"en": "Polite"}), GridRow("quick", {"en": "Quick"})),
    )
    first, new = survey_of(grid), Text(name="why", text={"en": "Why?"})
    second = msgspec.structs.replace(survey_of(grid, new), version=2)
    now = msgspec.structs.replace(second, follows=version_mapping(first, second))
    assert (count_kept(now), survey_length(now).questions) == (1, 2)


def survey_of(*items):
    return Instrument(
        slug="one", version=1, mode="open", kind="survey", title={}, summary={}, items=items
    )
