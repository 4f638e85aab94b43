"""Answers from a spreadsheet: tried out first, stored whole or not at all, and withdrawn whole."""

import csv
import html
import io
import re
from unittest import mock

from tests.api.pages.forms import send, token_on
from tests.api.pages.organiser.test_builder import amina, club
from tests.api.pages.organiser.test_survey_results import page_text, published
from tests.jobs import run_all_jobs

__all__ = ["amina", "club", "published"]  # fixtures
PAGE = "/work/surveys/police-in-our-estate/uploads"
HEAD = ["Borough", "Do you feel safe?", "What did you see?", "Why?"]
GOOD = [
    ["Hackney", "Always", "A van; A dog", "The lights"],
    ["Lambeth", "Never", "", ""],
]
BAD = [["Paris", "Never", "", ""], ["Hackney", "Sometimes", "", ""]]


def as_csv(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def check(client, rows, name="answers.csv"):
    fields = {"_csrf_token": await token_on(client, "/work")}
    files = {"file": (name, as_csv(rows))} if rows else None
    return await client.post(f"{PAGE}/check", data=fields, files=files)


def last_form(page):
    """The fields of the form that stores, as the browser would send them."""
    form = page.text.rpartition("<form")[2]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    rows = re.search(r"<textarea [^>]*>(.*?)</textarea>", form, re.DOTALL)[1]
    return fields | {"rows": html.unescape(rows)}


async def store(client, page):
    return await client.post(PAGE, data=last_form(page))


async def count_answers(db):
    sql = "SELECT count(*) FROM responses WHERE instrument = 'police-in-our-estate'"
    return await db.the_connection.fetchval(sql)


async def test_a_file_is_checked_stored_once_and_withdrawn(published, db):
    checked = await check(published, [HEAD, *GOOD])
    assert "Nothing is saved yet. 2 rows can be stored." in page_text(checked)
    assert await count_answers(db) == 0
    first = await store(published, checked)
    assert first.headers["location"] == f"{PAGE}?done=stored"
    # Sent twice, by Back or a second click, it is stored once.
    assert (await store(published, checked)).status_code == 303
    assert await count_answers(db) == 2
    again = await check(published, [HEAD, *GOOD, ["Hackney", "Always", "", ""]])
    assert "2 rows were stored from such a file before" in page_text(again)
    assert last_form(again)["leave_out"] == "0"
    await store(published, again)
    assert await count_answers(db) == 3
    await run_all_jobs(db)
    listed = await published.get(PAGE)
    _, oldest = re.findall(rf'href="({PAGE}/[^"]+)"', listed.text)
    assert "2 answers of" in page_text(await published.get(oldest))
    undone = await send(published, f"{oldest}/undo")
    assert undone.headers["location"] == f"{PAGE}?done=undone"
    await send(published, f"{oldest}/undo")
    assert await count_answers(db) == 1
    left = "SELECT (SELECT count(*) FROM texts) + (SELECT sum(answers) FROM week_counts)"
    assert await db.the_connection.fetchval(left) == 1
    assert "Withdrawn on" in page_text(await published.get(PAGE))
    assert (await check(published, [HEAD, *GOOD])).status_code == 200


async def test_wrong_rows_are_listed_and_only_left_out_if_somebody_says_so(published, db):
    checked = await check(published, [HEAD, *GOOD, *BAD])
    assert checked.status_code == 422
    said = page_text(checked)
    assert "2 rows of this file cannot be stored" in said
    assert re.search(r"4 Borough Paris This is not a borough of this city", said)
    assert re.search(r"5 Do you feel safe\? Sometimes Needs one of the options offered", said)
    assert "Store the 2 good rows and leave out 2" in said
    # Whoever did not agree to leave any out gets the same page, and nothing is stored.
    fields = last_form(checked) | {"leave_out": "0"}
    refused = await published.post(PAGE, data=fields)
    assert "Something changed since you looked" in page_text(refused)
    assert await count_answers(db) == 0
    assert (await store(published, checked)).status_code == 303
    assert await count_answers(db) == 2


async def test_rows_that_are_stored_before_can_be_other_people(published, db):
    await store(published, await check(published, [HEAD, GOOD[0]]))
    known = await check(published, [HEAD, GOOD[0]])
    assert "No row of this file can be stored" in page_text(known)
    fields = last_form(known)
    assert fields["again"] == "yes"
    wanted = await published.post(f"{PAGE}/check", data=fields)
    await store(published, wanted)
    assert await count_answers(db) == 2


async def test_a_quota_has_its_say_before_anything_is_stored(published, db):
    limits = PAGE.replace("uploads", "limits")
    await send(published, limits, {"one_each": "none", "most": "1"})
    checked = await check(published, [HEAD, *GOOD])
    assert "Store the 1 good row and leave out 1" in page_text(checked)
    fields = last_form(checked)
    await published.post(PAGE, data=fields)
    assert await count_answers(db) == 1
    # Full meanwhile: nothing is stored, and the page says what would be.
    fields["upload"] = ""
    assert (await published.post(PAGE, data=fields)).status_code == 422
    assert await count_answers(db) == 1


async def test_an_upload_that_fails_in_the_middle_stores_nothing(published, db):
    checked = await check(published, [HEAD, *GOOD])
    target = "survey.store.answers.entries.insert_uploaded"
    with mock.patch(target, side_effect=OSError):
        assert (await store(published, checked)).status_code == 500
    assert await count_answers(db) == 0


async def test_what_is_no_table_is_refused_at_the_field(published):
    assert "Choose a file with the answers" in page_text(await check(published, []))
    image = await check(published, [["\x00"]])
    assert "is not the file that was expected" in page_text(image)
    assert image.status_code == 422
