"""One answer at a time, for whoever made the survey: read, flag and delete."""

from lxml import html

from survey.store.answers import sums
from tests.api.pages.forms import send
from tests.api.pages.organiser.results.test_results import HERE, amina, page_text, submit_answers
from tests.api.pages.organiser.results.test_words import code_texts
from tests.people import CINDY

__all__ = ["amina"]  # fixture
ANSWERS = f"{HERE}/answers"


async def age_answers(db):
    """The answers as if they had come on one day in May, so that their hour is over.

    A few hours ago would be another month in the small hours of its first day.
    """
    await db.the_connection.execute(
        "UPDATE responses SET received_at = '2026-05-14 12:00+01' WHERE NOT summed"
    )


async def first_answer(client):
    links = html.fromstring((await client.get(ANSWERS)).text).xpath("//main//a/@href")
    return next((one for one in links if one.startswith(f"{ANSWERS}/")), None)


async def test_answers_are_read_from_ten_on_without_their_time(amina, db):
    await submit_answers(db, 9)
    await age_answers(db)
    assert await first_answer(amina) is None
    await submit_answers(db, 1)
    await age_answers(db)
    await code_texts(db)
    said = page_text(await amina.get(await first_answer(amina)))
    assert "Answer 1 of 10" in said
    assert "16 to 24" in said
    assert "A van" in said
    assert "Hackney" in said
    assert "May 2026" in said
    assert "14 May" not in said
    acts = await db.the_connection.fetch("SELECT act, subject FROM audit ORDER BY id DESC LIMIT 1")
    assert [tuple(row) for row in acts] == [("single answer read", "estate")]


async def test_an_answer_is_flagged_and_found_again(amina, db):
    await submit_answers(db, 10)
    await age_answers(db)
    one = await first_answer(amina)
    assert (await send(amina, f"{one}/flag", {"flag": "yes"})).status_code == 303
    assert "Flagged" in page_text(await amina.get(ANSWERS))
    assert "Flagged" in page_text(await amina.get(one))
    await send(amina, f"{one}/flag", {"flag": "no"})
    assert "Flagged" not in page_text(await amina.get(ANSWERS))


async def test_an_answer_is_deleted_with_all_that_counts_it(amina, db):
    await submit_answers(db, 10)
    await age_answers(db)
    await sums.sum_batch(db.the_connection, 100)
    await code_texts(db)
    one = await first_answer(amina)
    await send(amina, f"{one}/flag", {"flag": "yes"})
    refused = await send(amina, f"{one}/delete", {})
    assert refused.status_code == 422
    assert 'href="#sure"' in refused.text
    gone = await send(amina, f"{one}/delete", {"sure": "yes"})
    assert gone.headers["location"] == f"{ANSWERS}?done=deleted"
    assert (await amina.get(one)).status_code == 404
    for table in ("responses", "texts"):
        assert await db.the_connection.fetchval(f"SELECT count(*) FROM {table}") == 9
    counted = await db.the_connection.fetchval(
        "SELECT answers FROM answer_counts WHERE instrument = 'estate' AND item = 'age'"
        " AND answer = ''"
    )
    assert counted == 9
    acts = await db.the_connection.fetch("SELECT act, subject FROM audit ORDER BY id DESC LIMIT 1")
    assert [tuple(row) for row in acts] == [("answer deleted", "estate")]


async def test_nobody_else_reads_or_deletes_an_answer(amina, db, signed_in):
    await submit_answers(db, 10)
    await age_answers(db)
    one = await first_answer(amina)
    cindy = await signed_in(CINDY)
    for path in (ANSWERS, one):
        assert (await cindy.get(path)).status_code in (403, 404)
    for act in ("flag", "delete"):
        answer = await send(cindy, f"{one}/{act}", {"sure": "yes", "flag": "yes"})
        assert answer.status_code in (403, 404)
