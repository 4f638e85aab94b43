"""Waves of asking people whom the police met: file, codes, reminder, response, and the end."""

import csv
import html
import io
import re

import msgspec
import pytest
from lxml import html as lxml_html

from api.operations.answers import submissions
from api.pages.organiser.samples.waves import dispositions
from api.security.limits import MOST_WRONG_CODES
from survey.problems import Problem
from survey.receipts import parse_case_number
from survey.store.surveys import encounters, instruments
from survey.store.surveys.encounters import NewlyAsked, NewWave
from survey.surveys.encounter_files import RULE_COLUMNS
from survey.surveys.encounters import AskingRules
from survey.surveys.responses import Submission
from tests.api.pages.forms import send, token_on
from tests.people import JOAN
from tests.survey.store.surveys.test_limits import CLUB

MET = msgspec.structs.replace(CLUB, slug="after-a-stop", mode="met")
PAGE = "/work/surveys/after-a-stop/encounters"
RULES = ["under_16", "open_complaint"]
HEAD = "reference,day,kind,borough,age,sex,open complaint,name,phone number"


def file_of(number, *, first=0, complaint="no"):
    lines = [
        f"R{place},2026-01-{1 + place % 28:02},Stop,Lambeth,{20 + place % 40},Male,{complaint},"
        f"Somebody {place},+44 7700 900{place:03}"
        for place in range(first, first + number)
    ]
    return "\n".join([HEAD, *lines]).encode()


@pytest.fixture
async def joan(db, signed_in):
    await instruments.insert(db.the_connection, MET)
    return await signed_in(JOAN)


async def upload(client, address, content, **fields):
    token = await token_on(client, PAGE)
    form = {"_csrf_token": token, "rules": RULES, "wait": "14"} | fields
    return await client.post(address, data=form, files={"file": ("people.csv", content)})


def hidden_rows(page):
    [rows] = re.findall(r"<textarea name=\"rows\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    return html.unescape(rows)


async def make_wave(client, content):
    """Make a wave from a file; returns the rows that come back, each with its code."""
    checked = await upload(client, PAGE, content)
    assert "This file is ready" in checked.text, checked.text
    form = {"rules": RULES, "wait": "14", "format": "csv", "rows": hidden_rows(checked.text)}
    made = await send(client, f"{PAGE}/waves", form)
    assert made.status_code == 200, made.text
    [body] = re.findall(r"<textarea[^>]*id=\"codes\"[^>]*>(.*?)</textarea>", made.text, re.DOTALL)
    return list(csv.DictReader(io.StringIO(html.unescape(body))))


def codes_on(made):
    [body] = re.findall(r"<textarea[^>]*id=\"codes\"[^>]*>(.*?)</textarea>", made.text, re.DOTALL)
    return list(csv.DictReader(io.StringIO(html.unescape(body))))


async def make_cards(client, number):
    form = {"number": str(number), "kind": "stop and search", "borough": "E09000022"}
    return [one["code"] for one in codes_on(await send(client, f"{PAGE}/cards", form))]


async def answer(db, code):
    given = {"years": "young", "sex": "male"}
    sent = Submission(area="Lambeth", answers=given, access_code=code)
    return await submissions.submit_response(db, MET.slug, sent)


async def test_the_page_names_every_column_and_gives_a_file_that_has_them(joan):
    page = await joan.get(PAGE)
    for heading in RULE_COLUMNS.values():
        assert f"Column: {heading}" in page.text
    example = await joan.get(f"{PAGE}/example.csv")
    assert example.headers["content-disposition"] == 'attachment; filename="example.csv"'
    checked = await upload(joan, PAGE, example.content, rules=[*RULE_COLUMNS], wait="1")
    assert checked.status_code == 200, checked.text
    assert "Too soon after the encounter" in checked.text


async def test_each_file_field_says_which_file_it_is_for(joan):
    await make_wave(joan, file_of(12))
    page = lxml_html.fromstring((await joan.get(PAGE)).text)
    fields = page.xpath("//input[@type='file']/@id")
    labels = {page.xpath(f"string(//label[@for='{one}'])") for one in fields}
    assert len(labels) == len(fields) == 3
    assert all(one.startswith("File ") for one in labels)


async def test_a_file_is_checked_asked_reminded_once_and_ended(joan, db):
    people = await make_wave(joan, file_of(12))
    assert len(people) == 12
    assert people[0]["name"] == "Somebody 0"
    assert people[0]["link"].endswith("#code=" + people[0]["code"])
    for one in people[:10]:
        await answer(db, one["code"])
    page = (await joan.get(PAGE)).text
    assert "12 asked" in page
    assert "10 or more" in page
    assert "83%" in page  # RR1, 10 of 12
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    table = io.StringIO()
    csv.writer(table).writerows([people[0].keys(), *(one.values() for one in people)])
    coded = table.getvalue().encode()
    reminder = await upload(joan, f"{PAGE}/waves/{found.id}/reminder", coded)
    assert [one["name"] for one in csv.DictReader(io.StringIO(reminder.text))] == [
        "Somebody 10",
        "Somebody 11",
    ]
    twice = await upload(joan, f"{PAGE}/waves/{found.id}/reminder", coded)
    assert twice.status_code == 409
    messages = await upload(joan, f"{PAGE}/waves/{found.id}/messages", coded)
    assert messages.text.splitlines()[1].startswith("07700900010,http")
    await send(joan, f"{PAGE}/waves/{found.id}/end")
    [over] = await encounters.load_all(db.the_connection, MET.slug)
    assert over.is_over
    assert over.sums == found.sums
    assert await db.the_connection.fetchval("SELECT count(*) FROM encounters") == 0
    with pytest.raises(Problem, match="code"):
        await answer(db, people[11]["code"])


async def test_nobody_is_asked_twice_about_one_encounter(joan, db):
    await make_wave(joan, file_of(3))
    again = await upload(joan, PAGE, file_of(3))
    assert "Nobody in this file is asked" in again.text
    assert "Asked before about the same encounter" in again.text
    more = await upload(joan, PAGE, file_of(5))
    assert "2 of 5 people" in more.text


async def test_two_windows_that_ask_the_same_people_ask_them_once(joan, db):
    checked = [hidden_rows((await upload(joan, PAGE, file_of(3))).text) for _ in range(2)]
    form = {"rules": RULES, "wait": "14", "format": "csv"}
    first, second = [await send(joan, f"{PAGE}/waves", form | {"rows": one}) for one in checked]
    assert "3 access codes" in first.text
    assert "Nobody in this file is asked" in second.text
    # As if both had looked before either stored.
    [wave] = await encounters.load_all(db.the_connection, MET.slug)
    mark = await db.the_connection.fetchval("SELECT mark FROM asked_encounters LIMIT 1")
    new = NewWave(
        survey=MET.slug, first_day=wave.first_day, last_day=wave.last_day, rules=AskingRules()
    )
    person = NewlyAsked(code_digest=b"c" * 32, kind="Stop", area="E09000022", mark=mark)
    with pytest.raises(Problem) as refused:
        await encounters.insert(db.the_connection, new, [person], wave.made_on)
    assert refused.value.code == "wave.asked_meanwhile"


async def test_a_file_of_others_reminds_nobody_and_may_be_corrected(joan, db):
    await make_wave(joan, file_of(2))
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    address = f"{PAGE}/waves/{found.id}/reminder"
    nobody = await upload(joan, address, b"code,name\nABCD-EFGH,Somebody else")
    assert nobody.status_code == 409
    assert f'href="#reminder-{found.id}"' in nobody.text
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    assert found.reminded_on is None
    acts = await db.the_connection.fetch("SELECT act FROM audit")
    assert "people reminded" not in {row["act"] for row in acts}


async def test_nothing_of_the_file_but_kind_place_and_group_is_stored(joan, db):
    await make_wave(joan, file_of(2))
    found = [
        str(dict(row))
        for table in ("encounter_waves", "encounters", "asked_encounters", "audit")
        for row in await db.the_connection.fetch(f"SELECT * FROM {table}")
    ]
    for secret in ("Somebody", "7700 900", "R0", "R1"):
        assert not any(secret in row for row in found), secret


async def test_without_a_code_or_before_a_wave_nobody_can_answer(joan, db):
    for code in (None, "ABCD-EFGH"):
        with pytest.raises(Problem) as refused:
            await answer(db, code)
        assert refused.value.status < 500
    [one] = await make_wave(joan, file_of(1))
    with pytest.raises(Problem):
        await answer(db, None)
    await answer(db, one["code"])
    with pytest.raises(Problem):
        await answer(db, one["code"])


async def test_few_answers_and_small_groups_are_not_shown(joan, db):
    people = await make_wave(joan, file_of(9))
    await answer(db, people[0]["code"])
    page = (await joan.get(PAGE)).text
    assert "Fewer than 10" in page
    assert "RR1" not in page
    assert "Response rates are shown from 10 answers on" in page


@pytest.mark.parametrize(
    ("form", "field"),
    [({"wait": "0"}, "wait"), ({"wait": "many"}, "wait")],
)
async def test_a_wrong_number_is_said_at_its_field_and_kept(joan, form, field):
    page = await upload(joan, PAGE, file_of(1), **form)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert f'value="{form[field]}"' in page.text


async def test_no_file_and_a_file_with_faults_say_what_to_do(joan):
    empty = await upload(joan, PAGE, b"")
    assert "Choose a file of encounters" in empty.text
    wrong = await upload(joan, PAGE, file_of(1).replace(b"Lambeth", b"Paris"))
    assert wrong.status_code == 422
    assert "Row 2" in wrong.text
    assert "Paris" in wrong.text
    # Found: the refusal has the address of the page, so a link with a fragment alone led nowhere.
    assert f'href="{PAGE}?again=yes#file-of-encounters"' in wrong.text
    assert (await joan.get(PAGE, params={"again": "yes"})).status_code == 200


async def test_cards_are_made_and_counted_as_asked(joan, db):
    form = {"number": "15", "kind": "stop and search", "borough": "E09000022"}
    made = await send(joan, f"{PAGE}/cards", form)
    assert "15 access codes for cards" in made.text
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    assert found.sums.everybody.asked == 15
    codes = [one["code"] for one in codes_on(made)]
    assert len({*codes}) == 15
    assert all(parse_case_number(code) == code for code in codes)
    empty = await send(joan, f"{PAGE}/cards", {"number": "", "kind": "", "borough": ""})
    assert empty.status_code == 422
    for field in ("number", "kind", "borough"):
        assert f'href="#{field}"' in empty.text


async def test_the_code_of_a_card_is_typed_at_a_short_address(joan, client, db):
    [code] = await make_cards(joan, 1)
    assert (await client.get("/c")).headers["location"] == "/access-code"
    # As somebody types it who reads 5 as S and V as U.
    typed = code.lower().replace("-", " ").replace("5", "s").replace("v", "u")
    found = await client.post("/access-code", data={"code": typed}, follow_redirects=True)
    assert found.url.path == f"/surveys/{MET.slug}"
    assert "There is a problem" not in found.text
    await answer(db, typed)
    with pytest.raises(Problem, match="code"):
        await answer(db, code)


async def test_a_mistyped_code_of_a_card_is_recognised_and_stays(joan, client):
    [code] = await make_cards(joan, 1)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for address in ("/access-code", f"/surveys/{MET.slug}"):
        asked = {"code": wrong, "answer": "E09000022"}
        again = await client.post(address, data=asked, follow_redirects=True)
        assert "One letter or number of this code is wrong" in again.text
        assert wrong in again.text


async def test_after_many_wrong_codes_a_source_waits_also_with_a_right_one(joan, client, db):
    [code] = await make_cards(joan, 1)
    for _ in range(MOST_WRONG_CODES):
        await client.post("/access-code", data={"code": "ABCD-2345"})
    for address in ("/access-code", f"/surveys/{MET.slug}"):
        fields = {"code": code, "answer": "E09000022"}
        late = await client.post(address, data=fields, follow_redirects=True)
        assert "There were too many wrong codes" in late.text
    await answer(db, code)  # nothing was used up


async def test_no_figure_of_the_page_moves_with_one_answer(joan, db):
    people = await make_wave(joan, file_of(20))
    seen = {}
    for number, one in enumerate(people[:14], 1):
        await answer(db, one["code"])
        if number in (8, 9, 10, 13, 14):
            page = lxml_html.fromstring((await joan.get(PAGE)).text)
            seen[number] = " ".join(page.xpath("//main")[0].text_content().split())
    assert seen[8] == seen[9] != seen[10] == seen[13] == seen[14]
    assert "Answered, of everybody asked who may be eligible (RR1 and RR2)50%" in seen[14]


async def test_letters_that_came_back_enter_the_rates(joan, db):
    await make_wave(joan, file_of(20))
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    address = f"{PAGE}/waves/{found.id}/outcomes"
    await send(joan, address, {"undelivered": "4", "ineligible": "2"})
    [found] = await encounters.load_all(db.the_connection, MET.slug)
    given = dispositions([found], found.sums.everybody)
    assert (given.invited, given.undelivered, given.ineligible, given.silent) == (20, 4, 2, 14)
    many = await send(joan, address, {"undelivered": "21"})
    assert many.status_code == 422
    assert f'href="#refused-{found.id}"' in many.text


async def test_a_survey_of_another_kind_has_no_waves(joan, db):
    await instruments.insert(db.the_connection, CLUB)
    assert (await joan.get("/work/surveys/the-club/encounters")).status_code == 409
