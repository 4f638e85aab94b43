"""The page of a kiosk, and the door by which a device sends whole answers, each stored once."""

import json
import re

import msgspec
import pytest

from api.pages.resident import kiosk_form
from api.security.limits import BurstWatch
from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from survey.surveys.instruments import (
    Image,
    Instrument,
    Integer,
    Option,
    Postcode,
    QuestionPage,
    Repeat,
    SelectOne,
    Text,
)
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.files.uploads import plain_jpeg
from tests.people import AMINA, OMAR
from tests.stored.answers import load_answers

TOKEN = "kiosk-of-the-browsers-"
HERE = f"/kiosk/{TOKEN}"
JSON = {"Accept": "application/json"}
KEY = {"Idempotency-Key": "5f7d8a52-3d8e-4a1b-9d52-0a1b2c3d4e5f"}
ASKED = Instrument(
    slug="stall",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "At the stall"},
    summary={"en": "Five minutes."},
    items=(
        SelectOne(
            name="stopped",
            text={"en": "Were you stopped?"},
            options=(Option("yes", {"en": "Yes"}), Option("no", {"en": "No"})),
            required=True,
        ),
        QuestionPage(
            name="about",
            text={"en": "About it"},
            items=(
                Integer(name="age", text={"en": "How old are you?"}, most=120),
                Text(name="why", text={"en": "Why, at ${age}?"}, relevant="${age} > 15"),
            ),
        ),
        Image(name="photo", text={"en": "A photo"}),
        Repeat(
            name="papers", text={"en": "Papers"}, items=(Image(name="paper", text={"en": "Paper"}),)
        ),
    ),
)
FILLED = {"version": "1", "language": "en", "q-_home": "E09000012", "q-stopped": "yes"} | {
    "q-age": "17"
}


@pytest.fixture
async def kiosk(db):
    await instruments.insert(db.the_connection, ASKED)
    await sharing.insert_kiosk(db.the_connection, Kiosk("stall", TOKEN, "123456"))


async def send(client, fields=FILLED, files=(), headers=KEY):
    # A part without a name of a file is a plain field, as browsers send them.
    parts = [(name, (None, value)) for name, value in fields.items()]
    return await client.post(f"{HERE}/answers", files=[*parts, *files], headers=JSON | headers)


def definition_of(page):
    found = re.search(r'id="kiosk">(.*?)</script>', page.text)
    return json.loads(found[1])


async def test_an_organiser_makes_the_link_and_ends_it(client, signed_in, db):
    organiser = await signed_in(AMINA)
    survey = msgspec.structs.replace(ASKED, items=ASKED.items[:1])
    owner = await db.the_connection.fetchval("SELECT id FROM accounts WHERE email = $1", AMINA[0])
    await instruments.insert(db.the_connection, survey, by=owner)
    address = "/work/surveys/stall/kiosk"
    page = await organiser.get(address)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]
    made = await organiser.post(address, data={"_csrf_token": token}, follow_redirects=True)
    link = re.search(r"/kiosk/([A-Za-z0-9_-]{22})\"", made.text)[1]
    assert (await client.get(f"/kiosk/{link}", follow_redirects=True)).status_code == 200
    await organiser.post(address, data={"_csrf_token": token, "end": "yes"})
    assert (await client.get(f"/kiosk/{link}")).status_code == 404
    other = await signed_in(OMAR)
    assert (await other.get(address)).status_code in (403, 404)


async def test_the_page_has_every_question_and_its_rules(kiosk, client):
    page = await client.get(f"{HERE}/en")
    known = definition_of(page)
    names = [one["name"] for one in known["questions"]]
    assert names == ["_home", "stopped", "age", "why", "photo"]
    age = known["questions"][2]
    assert [(one["name"], one["bound"]) for one in age["rules"]] == [
        ("whole", 0), ("least", 0), ("most", 120),
    ]  # fmt: skip
    assert "must be a whole number from 0 to 120" in age["rules"][2]["message"]
    assert 'Why, at <span data-answer="age">' in page.text
    assert 'name="files-papers"' in page.text
    assert "123456" not in page.text
    arabic = await client.get(f"{HERE}/ar")
    assert 'dir="rtl"' in arabic.text


async def test_what_makes_it_installable_names_files_that_are_there(kiosk, client):
    manifest = (await client.get(f"{HERE}/kiosk.webmanifest")).json()
    worker = (await client.get(f"{HERE}/worker.js")).text
    kept = json.loads(re.match(r"const KIOSK = (.*?);\n", worker)[1])["files"]
    for address in [manifest["start_url"], *(one["src"] for one in manifest["icons"]), *kept]:
        assert (await client.get(address)).status_code == 200, address


async def test_its_first_page_says_who_asks_and_is_kept_with_the_logo(kiosk, client, db):
    one = db.the_connection
    asks = {"organisation": "Park Lane Youth Club", "contact": "020 7946 0000"}
    await sharing.save_shown(one, "stall", asks)
    await sharing.save_logo(one, "stall", plain_jpeg())
    page = (await client.get(f"{HERE}/en")).text
    assert "Park Lane Youth Club is asking." in page
    assert "Questions about this survey: <bdi>020 7946 0000</bdi>" in page
    logo = re.search(r'src="(/logos/stall/[^"]+)"', page)[1]
    worker = (await client.get(f"{HERE}/worker.js")).text
    kept = json.loads(re.match(r"const KIOSK = (.*?);\n", worker)[1])["files"]
    assert logo in kept
    for address in kept:
        assert (await client.get(address)).status_code == 200, address


async def test_an_answer_comes_whole_and_is_stored_once(kiosk, client, db):
    photo = ("q-photo", ("a.jpg", plain_jpeg(), "image/jpeg"))
    papers = [("files-papers", (f"{n}.jpg", plain_jpeg(), "image/jpeg")) for n in range(2)]
    for again in (False, True):
        answer = await send(client, files=[photo, *papers])
        assert (answer.status_code, answer.json()) == (201, {"again": again})
    # Long after the usual marks are gone.
    await db.the_connection.execute("DELETE FROM request_marks")
    assert (await send(client, files=[photo, *papers])).json() == {"again": True}
    (response,) = await load_answers(db.the_connection, "stall")
    stored = response.answers
    assert (stored["stopped"], stored["age"], len(stored["papers"])) == ("yes", 17, 2)
    attached = await db.the_connection.fetchval(
        "SELECT count(*) FROM attachments WHERE response IS NOT NULL"
    )
    assert attached == 3


async def test_a_refused_answer_says_why_and_leaves_nothing(kiosk, client, db):
    for fields, code in [
        ({**FILLED, "q-age": "130"}, "answers.invalid"),
        ({**FILLED, "q-stopped": ""}, "answers.invalid"),
        ({**FILLED, "q-_home": "nowhere"}, "area.unknown"),
    ]:
        answer = await send(client, fields)
        assert (answer.status_code, answer.json()["code"]) == (422, code), fields
    await instruments.set_closed(db.the_connection, "stall", closed=True)
    assert (await send(client)).json()["code"] == "survey.closed"
    await sharing.delete_kiosk(db.the_connection, "stall")
    assert (await send(client)).json()["code"] == "kiosk.unknown"
    assert await load_answers(db.the_connection, "stall") == []


async def test_a_key_that_can_be_guessed_is_refused(kiosk, client):
    assert (await send(client, headers={"Idempotency-Key": "1"})).status_code == 422
    assert (await send(client, headers={})).status_code == 400


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ((Text(name="a", text={"en": "A"}, relevant="random() > 0.5"),), "cannot be worked out"),
        (
            (Repeat(name="child", text={"en": "C"}, items=(Integer(name="n", text={"en": "N"}),)),),
            "several times (child)",
        ),
    ],
)
def test_a_survey_that_no_device_can_ask_says_why(items, why):
    assert why in kiosk_form.why_not(msgspec.structs.replace(ASKED, items=items))
    assert kiosk_form.why_not(ASKED) == kiosk_form.why_not(EVERYTHING) == ""
    assert "access code" in kiosk_form.why_not(ASKED, "code")


async def test_a_postcode_is_asked_as_a_borough(db, client):
    home = Postcode(name="home", text={"en": "Where do you live?"}, required=True)
    await instruments.insert(db.the_connection, msgspec.structs.replace(ASKED, items=(home,)))
    await sharing.insert_kiosk(db.the_connection, Kiosk("stall", TOKEN, "123456"))
    assert '<option value="E09000012"' in (await client.get(f"{HERE}/en")).text
    sent = {"version": "1", "language": "en", "q-home": "E09000012"}
    assert (await send(client, sent)).status_code == 201


def lines_of_page(page):
    return definition_of(page) | {"questions": [], "form": None}


async def test_nothing_on_the_public_page_tells_the_code(kiosk, client):
    """Six digits are tried in a second: no digest of them, of whatever kind, is on the page."""
    page = await client.get(f"{HERE}/en")
    assert set(lines_of_page(page)) >= {"code_address", "address"}
    assert "digest" not in page.text
    assert re.findall(r"[0-9a-f]{32,}", json.dumps(lines_of_page(page))) == []


async def test_the_site_says_whether_a_code_is_right_and_counts_guesses(kiosk, client):
    address = definition_of(await client.get(f"{HERE}/en"))["code_address"]

    async def try_code(code):
        return (await client.post(address, data={"code": code}, headers=JSON)).status_code

    assert await try_code("123456") == 204
    tried = [await try_code(f"{number:06}") for number in range(9)] + [await try_code("é\x00")]
    assert tried == [422] * 10
    assert await try_code("123456") == 429
    other = await client.post(f"/kiosk/{'x' * 22}/code", data={"code": "123456"}, headers=JSON)
    assert other.status_code == 404


async def test_more_than_a_device_gathers_in_a_day_waits_for_the_organiser(kiosk, client, app, db):
    app.state.kiosk_bursts = BurstWatch(3, 10_800)

    async def send_number(number, files=()):
        key = {"Idempotency-Key": f"5f7d8a52-3d8e-4a1b-9d52-{number:012x}"}
        return (await send(client, files=files, headers=key)).status_code

    assert [await send_number(number) for number in range(5)] == [201] * 5
    # What was sent before is told so, and counts no more.
    assert [await send_number(number) for number in range(5)] == [201] * 5
    held = await db.the_connection.fetch("SELECT why FROM held_answers WHERE survey = 'stall'")
    assert [one["why"] for one in held] == ["burst"] * 2
    assert len(await load_answers(db.the_connection, "stall")) == 3
    photo = [("q-photo", ("p.jpg", plain_jpeg(), "image/jpeg"))]
    assert await send_number(9, photo) == 429
    app.state.kiosk_bursts = BurstWatch(3, 10_800)
    assert await send_number(9, photo) == 201
