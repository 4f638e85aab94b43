"""The statistician's file: who may have it, for what it is asked, and what the audit then says."""

import csv
import functools
import hashlib
import io
import zipfile

import pytest
from lxml import html

from analysis.editions import compress_inputs, serialise
from api.jobs.edition_inputs.editions import edition_from_inputs
from survey.store import editions
from survey.store.accounts import people
from survey.store.editions import edition_work as inputs_store
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.analysis.editions.simulated_inputs import inputs_of_city
from tests.api.pages.forms import send
from tests.people import CINDY, JOAN, OMAR
from tests.reading_age import reading_age
from tests.stored.published_editions import publish_saved, save_and_publish

PURPOSE = "To check the error of the index <for> Hackney"
LIST = "/work/statistician"


@functools.cache
def edition_with_inputs():
    body = serialise(inputs_of_city(kind="weekly", weeks=10))
    return edition_from_inputs(body), body


@pytest.fixture
async def draft(db):
    edition, body = edition_with_inputs()
    await editions.save(db.the_connection, edition)
    packed = compress_inputs(body)
    await inputs_store.save_inputs(
        db.the_connection, edition, packed, first=edition.start, last_import=0
    )
    return edition


@pytest.fixture
async def published(db, draft):
    await publish_saved(db.the_connection, draft)
    return f"{LIST}/weekly/{draft.start}/1"


@pytest.fixture
async def omar(signed_in):
    return await signed_in(OMAR)


async def newest_line(db):
    return (await people.load_audit(db.the_connection, 2**31, 1))[0]


async def exports(db):
    lines = await people.load_audit(db.the_connection, 2**31, 50)
    return [one for one in lines if one.act == "statistician file exported"]


@pytest.mark.slow
async def test_the_list_leads_to_the_file_of_a_published_edition(omar, published):
    assert published in (await omar.get(LIST)).text
    page = await omar.get(published)
    assert "to publish nothing from it that the report withholds" in page.text
    assert reading_age(page.text) <= 14
    assert LIST in (await omar.get("/work")).text


async def test_the_file_comes_for_a_purpose_and_the_audit_says_which_file(omar, db, published):
    answer = await send(omar, published, {"purpose": f"  {PURPOSE} "}, page=published)
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    tables = ["answers.csv", "margins.csv", "categories.csv", "edition.csv"]
    assert packed.namelist() == ["README.txt", *tables]
    rows = list(csv.DictReader(io.StringIO(packed.read("answers.csv").decode())))
    line = await newest_line(db)
    assert (line.act, line.name) == ("statistician file exported", OMAR[1])
    assert line.detail == {
        "purpose": PURPOSE,
        "answers": len(rows),
        "alone": sum(row["alike"] == "1" for row in rows),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
    }
    assert (
        f"{line.detail['alone']:,} of them are the only one" in packed.read("README.txt").decode()
    )
    again = await send(omar, published, {"purpose": PURPOSE}, page=published)
    assert again.content == answer.content


@pytest.mark.parametrize("purpose", ["", " " * 40, "to look", "x" * 501])
async def test_without_a_purpose_there_is_no_file_and_what_was_typed_stays(
    omar, db, published, purpose
):
    answer = await send(omar, published, {"purpose": purpose}, page=published)
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert page.xpath('//*[@class="govuk-list govuk-error-summary__list"]//a/@href') == ["#purpose"]
    assert page.get_element_by_id("purpose").text_content().strip() == purpose.strip()
    assert await exports(db) == []


async def test_a_draft_has_no_file(omar, db, draft):
    answer = await send(omar, f"{LIST}/weekly/{draft.start}/1", {"purpose": PURPOSE})
    assert answer.status_code == 404
    assert str(draft.start) not in (await omar.get(LIST)).text
    assert await exports(db) == []


async def test_a_statistician_sees_nothing_else(omar, published, draft):
    for address in ("/work/complaints", "/work/surveys", "/work/people", "/work/answers"):
        assert (await omar.get(address)).status_code == 403
    assert (await omar.get(f"/work/editions/weekly/{draft.start}/1")).status_code == 403


async def test_the_page_of_an_edition_links_to_it_for_whoever_may_have_it(
    signed_in, published, draft
):
    page = f"/work/editions/weekly/{draft.start}/1"
    assert published in (await (await signed_in(JOAN)).get(page)).text
    cindy = await signed_in(CINDY)
    assert published not in (await cindy.get(page)).text
    assert (await send(cindy, published, {"purpose": PURPOSE})).status_code == 403


async def test_what_the_edition_was_made_from_may_be_gone_or_too_old(omar, db, published, draft):
    change = "UPDATE edition_inputs SET body = $1 WHERE kind = 'weekly' AND start_on = $2"
    older = compress_inputs(b"\x81\xa4kind\xa6weekly")
    await db.the_connection.execute(change, older, draft.start)
    answer = await send(omar, published, {"purpose": PURPOSE}, page=published)
    assert answer.status_code == 409
    assert "this version cannot read it" in answer.text
    typed = html.fromstring(answer.text).get_element_by_id("purpose").text_content()
    assert typed.strip() == PURPOSE
    assert await exports(db) == []


async def test_an_edition_without_stored_inputs_has_no_form(omar, db):
    await save_and_publish(db.the_connection, sample(number=1))
    page = await omar.get(f"{LIST}/weekly/{WEEK}/1")
    assert "is no longer stored" in page.text
    assert 'name="purpose"' not in page.text
