"""Phones of collectors: what they load, what they send, and what is stored of it."""

import hashlib

import msgspec
import pytest
from lxml import etree

from api.pages.resident.home import Logo
from survey.store.answers import erasure
from survey.store.surveys import instruments, limits, sharing
from survey.surveys.instruments import (
    Borough,
    DateTime,
    Instrument,
    Integer,
    Postcode,
    Text,
    Time,
    Unsupported,
)
from tests.api.pages.forms import send
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.files.uploads import PLANTED, jpeg, plain_png
from tests.jobs import run_all_jobs
from tests.people import AMINA, JOAN
from tests.phones import Phone, fill_form, new_id
from tests.stored.answers import load_answers

HACKNEY = "E09000012"
SHORT = Instrument(
    slug="walk",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "A walk", "ar": "نزهة"},
    summary={"en": "About your street.", "ar": "عن شارعك."},
    organisation="Hackney Walkers",
    items=(
        Postcode(name="home", text={"en": "Postcode?", "ar": "الرمز؟"}, required=True),
        DateTime(name="seen_at", text={"en": "When?", "ar": "متى؟"}),
        Time(name="clock", text={"en": "What time?", "ar": "الوقت؟"}),
        Unsupported(name="spot", text={"en": "Where are you?", "ar": "أين؟"}, kind="geopoint"),
        Text(name="words", text={"en": "What?", "ar": "ماذا؟"}, required=True, may_decline=True),
        Integer(name="age", text={"en": "Age?", "ar": "العمر؟"}, least=16, most=120),
    ),
)


def message_of(answer):
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return etree.fromstring(answer.content).findtext("{*}message")


async def stored_answers(db, slug):
    return [one.answers for one in await load_answers(db.the_connection, slug)]


async def test_a_phone_loads_the_form_of_its_group_and_no_other(open_phone):
    phone = await open_phone(SHORT)
    listed = await phone.list_forms()
    assert list(listed) == ["walk"]
    row = listed["walk"]
    assert (row["name"], row["version"]) == ("A walk", "1")
    form = await phone.load_form("walk")
    assert row["hash"] == f"md5:{hashlib.md5(form).hexdigest()}"
    assert "manifestUrl" not in row
    other = await phone.client.get(f"{phone.address}/forms/feedback/form.xml")
    assert other.status_code == 404


async def test_the_key_of_a_group_opens_a_survey_with_a_password(open_phone, db):
    phone = await open_phone(SHORT)
    await sharing.save_password(db.the_connection, "walk", "$argon2id$of-another-password")
    form = await phone.load_form("walk")
    sent = await phone.send(fill_form(form, {"home": HACKNEY, "words": "Dark."}))
    assert sent.status_code == 201, sent.text
    assert len(await stored_answers(db, "walk")) == 1
    for query, found in (("walk", 1), ("other", 0)):
        asked = await phone.client.get(f"{phone.address}/formList?formID={query}")
        assert len(etree.fromstring(asked.content)) == found


async def test_the_form_asks_a_borough_and_a_language_and_never_a_position(open_phone):
    phone = await open_phone(SHORT)
    form = (await phone.load_form("walk")).decode()
    assert "geopoint" not in form
    assert "About your street." in form
    assert "Hackney Walkers is asking." in form
    assert "Hackney Walkers reads your answers and what you write." in form
    assert "but not what you write" not in form
    assert "language_of_answers" in form
    assert "borough_of_answers" not in form  # the postcode is a choice of boroughs
    assert "E09000012" in form
    assert "string-length(.) &lt;= 5000" in form


async def test_the_logo_of_the_site_is_the_media_of_a_form(open_phone, app):
    app.state["logo"] = Logo(plain_png(), "image/png")
    phone = await open_phone(SHORT)
    row = (await phone.list_forms())["walk"]
    listed = etree.fromstring((await phone.client.get(row["manifestUrl"])).content)
    [file] = [{etree.QName(one).localname: one.text for one in file} for file in listed]
    body = (await phone.client.get(file["downloadUrl"])).content
    assert body == plain_png()
    assert file["hash"] == f"md5:{hashlib.md5(body).hexdigest()}"
    assert f"jr://images/{file['filename']}" in (await phone.load_form("walk")).decode()


async def test_every_response_has_the_headers_of_the_protocol(open_phone):
    phone = await open_phone(SHORT)
    for path in ("formList", "forms/walk/form.xml", "submission", "nothing", "forms/x/manifest"):
        for method in ("GET", "HEAD", "DELETE"):
            answer = await phone.client.request(method, f"{phone.address}/{path}")
            assert answer.headers["x-openrosa-version"] == "1.0", path
            assert int(answer.headers["x-openrosa-accept-content-length"]) > 32_000_000
            assert answer.headers["content-language"] == "en"
            assert "set-cookie" not in answer.headers
    asked = await phone.client.head(f"{phone.address}/submission")
    assert asked.status_code == 204
    assert asked.headers["location"].endswith("/submission")


async def test_answers_of_every_type_are_stored_as_a_page_would_store_them(open_phone, db):
    phone = await open_phone(EVERYTHING)
    form = await phone.load_form("everything")
    xml = fill_form(
        form,
        {
            "borough_of_answers": HACKNEY,
            "which": "two",
            "several": "one three",
            "works": "dont_know",
            "polite": "2",
            "quick": "prefer_not_to_say",
            "safe": "0",
            "why": "",
            "line": "A <b> & c",
            "times": "3",
            "far": "2.5",
            "day": "2007-02-01",
            "order": "two three one",
            "agreed": "OK",
        },
    )
    answer = await phone.send(xml)
    assert (answer.status_code, message_of(answer)) == (201, "The answer was received.")
    [row] = await load_answers(db.the_connection, "everything")
    assert (row.area, row.mode, row.language) == (HACKNEY, "open", "en")
    assert row.answers == {
        "which": "two", "several": ["one", "three"], "works": "dont_know", "polite": 2,
        "quick": "prefer_not_to_say", "safe": 0, "times": 3, "far": 2.5, "day": "2007-02-01",
        "order": ["two", "three", "one"], "agreed": True,
    }  # fmt: skip
    words = await db.the_connection.fetchval("SELECT body FROM texts WHERE item = 'line'")
    assert words == "A <b> & c"


async def test_times_are_stored_as_the_clock_of_the_phone_showed_them(open_phone, db):
    phone = await open_phone(SHORT)
    xml = fill_form(
        await phone.load_form("walk"),
        {
            "home": HACKNEY,
            "language_of_answers": "ar",
            "seen_at": "2026-05-01T23:30:00.000+01:00",
            "clock": "09:05:00.000Z",
        },
    )
    assert (await phone.send(xml)).status_code == 201
    [row] = await load_answers(db.the_connection, "walk")
    assert (row.area, row.language) == (HACKNEY, "ar")
    # Nobody is forced to write: an empty answer to a question that may be declined is that.
    assert row.answers == {"home": HACKNEY, "seen_at": "2026-05-01T23:30", "clock": "09:05"}


async def test_the_same_form_again_is_received_and_stored_once(open_phone, db):
    phone = await open_phone(SHORT)
    form = await phone.load_form("walk")
    same = new_id()
    xml = fill_form(form, {"home": HACKNEY, "age": "20"}, instance=same)
    for words in ("The answer was received.", "This answer was received before."):
        answer = await phone.send(xml)
        assert (answer.status_code, message_of(answer)) == (201, words)
    changed = fill_form(form, {"home": HACKNEY, "age": "21"}, instance=same)
    refused = await phone.send(changed)
    assert refused.status_code == 409
    assert "was a different one" in message_of(refused)
    assert await stored_answers(db, "walk") == [{"home": HACKNEY, "age": 20}]


async def test_what_was_stored_is_known_again_after_its_request_is_forgotten(open_phone, db):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY})
    assert (await phone.send(xml)).status_code == 201
    await db.the_connection.execute("DELETE FROM request_marks")
    assert (await phone.send(xml)).status_code == 201
    assert len(await stored_answers(db, "walk")) == 1


async def test_a_correction_takes_the_place_of_the_answer_also_in_the_sums(open_phone, db):
    phone = await open_phone(SHORT)
    form, first, second = await phone.load_form("walk"), new_id(), new_id()
    await phone.send(fill_form(form, {"home": HACKNEY, "age": "20"}, instance=first))
    await run_all_jobs(db)
    summed = "SELECT sum(persons) FROM answer_sums WHERE instrument = 'walk'"
    assert await db.the_connection.fetchval(summed) == 1
    corrected = fill_form(form, {"home": HACKNEY, "age": "30"}, instance=second, earlier=first)
    assert (await phone.send(corrected)).status_code == 201
    assert await stored_answers(db, "walk") == [{"home": HACKNEY, "age": 30}]
    await run_all_jobs(db)
    assert await db.the_connection.fetchval(summed) == 1
    # The first form again, after its correction, changes nothing.
    again = await phone.send(fill_form(form, {"home": HACKNEY, "age": "20"}, instance=first))
    assert again.status_code == 201
    other = fill_form(form, {"home": HACKNEY, "age": "40"}, earlier=first)
    assert (await phone.send(other)).status_code == 409
    assert await stored_answers(db, "walk") == [{"home": HACKNEY, "age": 30}]


async def test_a_correction_of_what_was_refused_is_stored_as_an_answer(open_phone, db):
    phone = await open_phone(SHORT)
    form, first = await phone.load_form("walk"), new_id()
    bad = fill_form(form, {"home": HACKNEY, "age": "200"}, instance=first)
    refused = await phone.send(bad)
    assert refused.status_code == 422
    assert message_of(refused).startswith("Age?: needs a whole number from 16 to 120")
    good = fill_form(form, {"home": HACKNEY, "age": "20"}, earlier=first)
    assert (await phone.send(good)).status_code == 201
    assert len(await stored_answers(db, "walk")) == 1


async def test_what_was_erased_does_not_come_back_from_a_phone(open_phone, db):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY, "words": "Secret"})
    await phone.send(xml)
    reference = await db.the_connection.fetchval("SELECT reference FROM responses")
    await erasure.erase(db.the_connection, reference)
    left = await db.the_connection.fetch("SELECT content_digest, reference FROM phone_answers")
    assert [tuple(row) for row in left] == [(None, None)]
    assert (await phone.send(xml)).status_code == 201
    assert await stored_answers(db, "walk") == []


PHOTOS = {"photo": "1.jpg", "scene": [{"seen": "2.jpg", "told": "A"}, {"seen": "3.jpg"}]}


async def test_files_come_with_the_form_or_in_later_requests(open_phone, db):
    phone = await open_phone(FILE_SURVEY)
    form = await phone.load_form("sending")
    xml = fill_form(form, {"borough_of_answers": HACKNEY, "line": "x", **PHOTOS})
    connection = db.the_connection
    attached = "SELECT count(*) FROM attachments WHERE response IS NOT NULL"
    first = await phone.send(xml, {"1.jpg": jpeg()}, **{"*isIncomplete*": "yes"})
    assert first.status_code == 201
    assert await connection.fetchval(attached) == 1
    assert await connection.fetchval("SELECT count(*) FROM phone_files") == 2
    for _ in range(2):  # the second request is lost on its way back, and sent again
        assert (await phone.send(xml, {"2.jpg": jpeg(), "3.jpg": plain_png()})).status_code == 201
    assert await connection.fetchval(attached) == 3
    assert await connection.fetchval("SELECT count(*) FROM phone_files") == 0
    bodies = [row[0] for row in await connection.fetch("SELECT body FROM attachments")]
    assert not any(PLANTED in body for body in bodies)
    [answers] = await stored_answers(db, "sending")
    marks = {row[0] for row in await connection.fetch("SELECT mark FROM attachments")}
    assert {answers["photo"], *(one["seen"] for one in answers["scene"])} == marks


async def test_a_file_that_is_no_picture_is_refused_with_its_answer(open_phone, db):
    phone = await open_phone(FILE_SURVEY)
    form = await phone.load_form("sending")
    xml = fill_form(form, {"borough_of_answers": HACKNEY, "line": "x", "photo": "1.jpg"})
    refused = await phone.send(xml, {"1.jpg": b"MZ a program"})
    assert refused.status_code == 422
    assert await stored_answers(db, "sending") == []


async def test_an_answer_to_an_earlier_version_is_stored_under_it(open_phone, db):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY})
    later = msgspec.structs.replace(SHORT, version=2, items=SHORT.items[:-1])
    await instruments.insert(db.the_connection, later)
    assert (await phone.send(xml)).status_code == 201
    [row] = await load_answers(db.the_connection, "walk")
    assert row.version == 1
    assert (await phone.list_forms())["walk"]["version"] == "2"


async def test_a_closed_survey_is_not_listed_and_takes_nothing(open_phone, db):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY})
    await instruments.set_closed(db.the_connection, "walk", closed=True)
    assert await phone.list_forms() == {}
    refused = await phone.send(xml)
    assert refused.status_code == 410
    assert "is closed" in message_of(refused)
    assert await stored_answers(db, "walk") == []


BAD = {
    b"no xml": "not valid XML",
    b'<!DOCTYPE a [<!ENTITY x "y">]><data id="walk" version="1">&x;</data>': "document type",
    b'<data id="walk" version="1"/>': "no instanceID",
    b'<data id="walk" version="1"><meta><instanceID>1</instanceID></meta></data>': "guessed",
    b'<data id="walk" version="1" encrypted="yes"/>': "encrypted",
    b"<a>" * 300 + b"</a>" * 300: "not valid XML",
    b"<data>" + b" " * 1_000_001 + b"</data>": "larger than 1 MB",
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode(
        "utf-16"
    ): "valid XML in UTF-8",
}


@pytest.mark.parametrize("xml", BAD, ids=list(BAD.values()))
async def test_what_is_no_filled_form_is_refused_in_plain_words(open_phone, xml):
    refused = await (await open_phone(SHORT)).send(xml)
    assert refused.status_code == 400
    assert BAD[xml] in message_of(refused)


async def test_a_request_without_the_form_and_one_that_is_too_large_are_refused(open_phone):
    phone = await open_phone(SHORT)
    where = f"{phone.address}/submission"
    missing = await phone.client.post(where, files={"other": ("a.xml", b"<a/>")})
    assert (missing.status_code, "xml_submission_file" in message_of(missing)) == (400, True)
    assert (await phone.client.post(where, content=b"<a/>")).status_code == 415
    large = await phone.client.post(where, files={"xml_submission_file": b"x" * 40_000_001})
    assert large.status_code == 413
    assert "too large" in message_of(large)


async def test_other_forms_versions_and_keys_are_refused(open_phone):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY})
    for changed in (
        xml.replace(b'version="1"', b'version="9"'),
        xml.replace(b'id="walk"', b'id="feedback"'),
    ):
        refused = await phone.send(changed)
        assert (refused.status_code, "does not have the form" in message_of(refused)) == (404, True)
    wrong = Phone(phone.client, "/key/" + "x" * 43)
    refused = await wrong.send(xml)
    assert refused.status_code == 403
    assert "Ask the organiser" in message_of(refused)


async def test_a_revoked_group_can_load_and_send_nothing_and_others_go_on(
    open_phone, signed_in, db
):
    first, second = await open_phone(SHORT, "First"), await open_phone(SHORT, "Second")
    xml = fill_form(await first.load_form("walk"), {"home": HACKNEY})
    await first.send(xml)
    amina, page = await signed_in(AMINA), "/work/surveys/walk/phones"
    group = await db.the_connection.fetchval(
        "SELECT id::text FROM collector_groups WHERE name = 'First'"
    )
    gone = await send(amina, f"{page}/{group}/revoke", page="/work")
    assert gone.headers["location"] == f"{page}?done=revoked"
    shown = (await amina.get(page)).text
    assert "Revoked" in shown
    for path in ("formList", "submission", "forms/walk/form.xml"):
        assert (await first.client.get(f"{first.address}/{path}")).status_code == 403
    assert (await first.send(xml)).status_code == 403
    assert (await second.send(xml)).status_code == 201
    assert "revoked already" in (await send(amina, f"{page}/{group}/revoke", page="/work")).text


async def test_a_group_counts_answers_and_a_correction_once_and_shows_none_of_few(
    open_phone, signed_in, db
):
    phone = await open_phone(SHORT)
    form, first = await phone.load_form("walk"), new_id()
    for earlier in ({"instance": first}, {"earlier": first}, {}):
        await phone.send(fill_form(form, {"home": HACKNEY}, **earlier))
    amina, page = await signed_in(AMINA), "/work/surveys/walk/phones"
    group = await db.the_connection.fetchrow("SELECT id::text, answers FROM collector_groups")
    assert group["answers"] == 2
    for answers, shown in ((2, "Fewer than 10"), (12, "10 or more")):
        await db.the_connection.execute("UPDATE collector_groups SET answers = $1", answers)
        for address in (page, f"{page}/{group['id']}"):
            assert shown in (await amina.get(address)).text


async def test_the_group_is_stored_without_its_key_and_an_answer_without_its_group(open_phone, db):
    phone = await open_phone(SHORT)
    await phone.send(fill_form(await phone.load_form("walk"), {"home": HACKNEY}))
    key = phone.address.removeprefix("/key/")
    group = await db.the_connection.fetchval("SELECT id::text FROM collector_groups")
    row = await db.the_connection.fetchval("SELECT t::text FROM collector_groups t")
    assert key not in row
    for table in ("responses", "phone_answers", "texts"):
        rows = await db.the_connection.fetch(f"SELECT t::text FROM {table} t")
        assert rows or table == "texts"
        assert not any(group in one[0] or "collect:abc" in one[0] for one in rows)


async def test_only_who_owns_a_survey_that_anyone_may_answer_gets_a_group(signed_in, db, client):
    amina, joan = await signed_in(AMINA), await signed_in(JOAN)
    for slug in ("feedback", "taser-trial", "nothing"):
        answer = await send(amina, f"/work/surveys/{slug}/phones", {"name": "A"}, page="/work")
        assert answer.status_code in (403, 404)
    sampled = await send(joan, "/work/surveys/taser-trial/phones", {"name": "A"}, page="/work")
    assert sampled.status_code == 409
    assert "access code" in (await joan.get("/work/surveys/taser-trial/phones")).text
    assert await db.the_connection.fetchval("SELECT count(*) FROM collector_groups") == 0


async def test_a_survey_that_each_answers_with_a_code_takes_nothing_from_phones(
    open_phone, signed_in, db
):
    phone = await open_phone(SHORT)
    xml = fill_form(await phone.load_form("walk"), {"home": HACKNEY})
    await limits.save(db.the_connection, "walk", opens=None, closes=None, one_each="code")
    refused = await phone.send(xml)
    assert refused.status_code == 409
    assert "access code" in message_of(refused)
    assert await phone.list_forms() == {}
    amina, page = await signed_in(AMINA), "/work/surveys/walk/phones"
    assert "cannot check a code" in (await amina.get(page)).text
    assert (await send(amina, page, {"name": "B"}, page="/work")).status_code == 409
    # What was collected before is sent once the limit has ended.
    await limits.save(db.the_connection, "walk", opens=None, closes=None, one_each="none")
    assert (await phone.send(xml)).status_code == 201


async def test_a_correction_has_the_place_of_what_it_corrects(open_phone, db):
    phone = await open_phone(SHORT)
    form, first = await phone.load_form("walk"), new_id()
    await limits.save(db.the_connection, "walk", opens=None, closes=None, one_each="none")
    await limits.save_most(db.the_connection, "walk", 1)
    await phone.send(fill_form(form, {"home": HACKNEY, "age": "20"}, instance=first))
    assert (await phone.send(fill_form(form, {"home": HACKNEY}))).status_code == 410
    corrected = fill_form(form, {"home": HACKNEY, "age": "30"}, earlier=first)
    assert (await phone.send(corrected)).status_code == 201
    assert await stored_answers(db, "walk") == [{"home": HACKNEY, "age": 30}]


async def test_a_group_needs_a_name_of_its_own(open_phone, signed_in):
    await open_phone(SHORT, "Tuesday")
    amina, page = await signed_in(AMINA), "/work/surveys/walk/phones"
    for name, said in (("", "Enter a name"), ("x" * 81, "80 characters"), (" Tuesday ", "exists")):
        answer = await send(amina, page, {"name": name}, page="/work")
        assert (answer.status_code, said in answer.text) == (422, True)


def test_borough_is_asked_once():
    """A survey that asks for the borough itself gets no second question."""
    from survey.formats.xform import names_on_phones

    own = msgspec.structs.replace(SHORT, items=(Borough(name="b", text={"en": "B"}),))
    assert names_on_phones(own).area == ""
    assert names_on_phones(EVERYTHING).area == "borough_of_answers"
