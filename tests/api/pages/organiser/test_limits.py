"""The organiser's page of limits: what it saves, what it refuses, what it shows of small groups."""

import csv
import io
import re

import msgspec
import pytest
from lxml import html

from survey.store.surveys import instruments, limits
from tests.api.pages.forms import send
from tests.people import AMINA, CINDY, JOAN
from tests.survey.store.surveys.test_limits import CLUB, LAMBETH, answer, submit

PAGE = "/work/surveys/the-club/limits"


@pytest.fixture
async def joan(db, signed_in):
    await instruments.insert(db.the_connection, CLUB)
    return await signed_in(JOAN)


async def test_days_a_number_and_one_answer_each_are_saved_and_shown(joan, db):
    form = {"closes-day": "24", "closes-month": "12", "closes-year": "2099", "most": "1,500"}
    saved = await send(joan, PAGE, form | {"one_each": "device"})
    assert saved.headers["location"] == f"{PAGE}?done=saved"
    found = await limits.find(db.the_connection, "the-club")
    assert (str(found.closes), found.one_each) == ("2099-12-24", "device")
    assert found.quotas[0].most == 1500
    page = (await joan.get(PAGE)).text
    assert 'value="1500"' in page
    assert 'value="2099"' in page
    assert "Open until 24 December 2099" in (await joan.get("/surveys/the-club")).text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"most": "many"}, "most"),
        ({"most": "0"}, "most"),
        ({"closes-day": "31", "closes-month": "2", "closes-year": "2030"}, "closes-day"),
    ],
)
async def test_what_cannot_be_saved_is_said_at_its_field_and_kept(joan, db, form, field):
    page = await send(joan, PAGE, {"one_each": "code"} | form)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert f'value="{next(iter(form.values()))}"' in page.text
    assert await limits.find(db.the_connection, "the-club") is None


async def test_a_group_is_limited_shown_without_a_small_number_and_removed(joan, db):
    for _ in range(3):
        await submit(db, answer())
    form = {"area": LAMBETH, "age": "16-24", "sex": "male", "places": "10"}
    await send(joan, f"{PAGE}/quotas", form)
    page = (await joan.get(PAGE)).text
    assert "Lambeth, 16 to 24, Male" in page
    assert "Fewer than 10 answers" in page
    for _ in range(7):
        await submit(db, answer())
    assert "Full" in (await joan.get(PAGE)).text
    [quota] = await limits.load_quotas(db.the_connection, "the-club")
    assert quota.answers == 10
    twice = await send(joan, f"{PAGE}/quotas", form)
    assert "already" in twice.text
    await send(joan, f"{PAGE}/quotas/{quota.id}/remove")
    assert await limits.load_quotas(db.the_connection, "the-club") == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"places": "50"}, "area"),
        ({"area": LAMBETH, "places": "9"}, "places"),
        ({"area": "nowhere", "places": "50"}, "area"),
        ({"area": LAMBETH, "age": "16", "places": "50"}, "age"),
    ],
)
async def test_a_limit_for_nobody_or_for_too_few_is_refused(joan, db, form, field):
    page = await send(joan, f"{PAGE}/quotas", form)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert await limits.find(db.the_connection, "the-club") is None


async def test_members_codes_are_shown_once_with_links_and_stored_as_digests(joan, db):
    early = await send(joan, f"{PAGE}/codes", {"number": "3"})
    assert early.status_code == 409
    await send(joan, PAGE, {"one_each": "code"})
    page = (await send(joan, f"{PAGE}/codes", {"number": "3"})).text
    table = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len({row["code"] for row in rows}) == 3
    assert all(row["link"].endswith(f"/surveys/the-club#code={row['code']}") for row in rows)
    stored = await db.the_connection.fetch("SELECT code_digest FROM member_codes")
    assert {row["code_digest"] for row in stored} == {
        instruments.code_digest(row["code"]) for row in rows
    }
    assert "3 made. Used: Fewer than 10." in (await joan.get(PAGE)).text
    await send(joan, f"{PAGE}/codes/withdraw")
    assert await db.the_connection.fetchval("SELECT count(*) FROM member_codes") == 0


async def test_no_count_of_the_page_moves_with_one_answer(joan, db):
    await send(joan, PAGE, {"one_each": "code", "most": "50"})
    for group in ({}, {"sex": "male"}):
        await send(joan, f"{PAGE}/quotas", {"area": LAMBETH, "places": "30"} | group)
    made = (await send(joan, f"{PAGE}/codes", {"number": "15"})).text
    table = re.search(r"<textarea[^>]*>(.*?)</textarea>", made, re.DOTALL)[1]
    codes = [row["code"] for row in csv.DictReader(io.StringIO(table))]
    seen = {}
    for number, code in enumerate(codes[:14], 1):
        await submit(db, msgspec.structs.replace(answer(), access_code=code))
        if number in (8, 9, 10, 13, 14):
            page = html.fromstring((await joan.get(PAGE)).text)
            seen[number] = " ".join(page.xpath("//main")[0].text_content().split())
    # It moves with the tenth answer, then with every fifth.
    assert seen[8] == seen[9] != seen[10] == seen[13] == seen[14]
    assert "Used: 10 or more." in seen[14]
    assert "Lambeth, Male 30 10 or more answers" in seen[14]


async def test_only_the_owner_of_a_survey_limits_it(joan, signed_in):
    for who, status in ((AMINA, 403), (CINDY, 403)):
        other = await signed_in(who)
        assert (await other.get(PAGE)).status_code == status
