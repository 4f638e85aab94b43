"""The answers as an OData feed, for whoever has a key, read by a client that others wrote."""

import asyncio
import base64
import datetime
import re
from urllib.parse import unquote

import pytest
import uvicorn
from lxml import etree, html

from api import clock
from api.operations import exports
from api.operations.answers import submissions
from api.security.people import create_api_key
from survey.formats.odata import EDM, parse_filter
from survey.problems import Invalid
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.operations.exports.test_formats import ANSWERS, PATROLS
from tests.api.pages.forms import send
from tests.people import AMINA, JOAN, OMAR
from tests.stored.answers import end_their_hour

FEED = "/api/v1/odata/patrols"
LATER = clock.today() + datetime.timedelta(days=9)


async def make_key(db, who=JOAN, until=LATER):
    account = await people.by_email(db.the_connection, who[0])
    return await create_api_key(db.the_connection, account.id, "Excel", until)


@pytest.fixture
async def answered(db):
    await instruments.insert(db.the_connection, PATROLS)
    for answers in ANSWERS:
        sent = Submission(area="Hackney", answers=answers)
        await submissions.submit_response(db, "patrols", sent)
    await submissions.submit_response(
        db, "patrols", Submission(area="Camden", answers={"seen": "no"})
    )
    await end_their_hour(db.the_connection, "patrols")


@pytest.fixture
async def ask(client, db, answered):
    """Asks the feed with a key of an administrator."""
    key = await make_key(db)

    async def with_key(path="", **options):
        asked = {f"${name}": value for name, value in options.items()}
        headers = {"authorization": f"Bearer {key}"}
        return await client.get(f"{FEED}{path}", params=asked, headers=headers)

    return with_key


async def rows(ask, path="/Answers", **options):
    answer = await ask(path, **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["odata-version"] == "4.0"
    return answer.json()["value"]


async def test_the_feed_lists_its_tables_and_describes_their_columns(ask):
    listed = (await ask()).json()
    assert [one["name"] for one in listed["value"]] == ["Answers", "Answers_child"]
    answer = await ask("/$metadata")
    assert answer.headers["content-type"].startswith("application/xml")
    found = etree.fromstring(answer.content)
    types = {one.get("Name"): one.get("Type") for one in found.iter(f"{{{EDM}}}Property")}
    assert (types["age"], types["when"], types["seen"]) == ("Edm.Double", "Edm.Date", "Edm.String")
    assert (types["saw_van"], types["week"], types["years"]) == (
        "Edm.Int64", "Edm.Date", "Edm.Double",
    )  # fmt: skip
    assert not {"why", "called"} & set(types)


async def test_rows_are_in_words_and_hold_nothing_that_a_person_wrote(ask):
    answer = await ask("/Answers")
    assert "SECRET" not in answer.text
    found = {one["seen"]: one for one in answer.json()["value"] if one["borough"] == "Hackney"}
    assert found["-Yes “é”"]["safer"] == "Agree"
    assert (found["-Yes “é”"]["age"], found["-Yes “é”"]["saw_dog"]) == (-3, 1)
    assert found["Prefer not to say"]["age_no_answer"] == "Prefer not to say"
    children = await rows(ask, "/Answers_child")
    assert sorted(one["years"] for one in children) == [3, 5, 7]
    assert {one["id"] for one in children} < {one["id"] for one in found.values()}
    assert "SECRET" not in (await ask("/Answers_child")).text


async def test_rows_are_filtered_counted_and_chosen_from(ask):
    assert len(await rows(ask, filter="borough eq 'Hackney'")) == 3
    assert len(await rows(ask, filter="(area ne 'E09000012') and version eq 1")) == 1
    today = clock.today()
    yesterday = today - datetime.timedelta(days=1)  # it may be shortly after midnight
    assert len(await rows(ask, filter=f"day ge {yesterday} and week le {today}")) == 4
    assert await rows(ask, filter="day lt 2020-01-01") == []
    assert len(await rows(ask, top="1", skip="2")) == 1
    assert {*(await rows(ask, select="seen,id", orderby="id"))[0]} == {"id", "seen"}
    assert (await ask("/Answers", count="true", top="0")).json()["@odata.count"] == 4


def token_of(link):
    return unquote(re.search(r"skiptoken=([^&]*)", link)[1])


async def test_pages_lead_from_one_to_the_next_and_no_row_comes_twice(ask, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    whole = [one["id"] for one in await rows(ask, filter="version eq 1")]
    answer = (await ask("/Answers", filter="version eq 1", select="id")).json()
    found, link = answer["value"], answer["@odata.nextLink"]
    token = token_of(link)
    after = await ask("/Answers", filter="version eq 1", select="id", skiptoken=token)
    found += after.json()["value"]
    assert len({one["id"] for one in found}) == 4
    assert whole == [one["id"] for one in found][:2]
    assert "@odata.nextLink" not in after.json()
    most = (await ask("/Answers", top="3")).json()
    token = token_of(most["@odata.nextLink"])
    assert len((await ask("/Answers", skiptoken=token)).json()["value"]) == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"filter": "seen eq 'No'"}, "odata.filter"),
        ({"filter": "area eq 'x' or area eq 'y'"}, "odata.filter"),
        ({"filter": "version eq 'x'"}, "odata.filter"),
        ({"filter": "day eq 2026-13-40"}, "odata.filter"),
        ({"filter": "1=1; DROP TABLE responses"}, "odata.filter"),
        ({"orderby": "age"}, "odata.option"),
        ({"top": "-1"}, "odata.option"),
        ({"select": "why"}, "odata.option"),
        ({"skiptoken": "made up"}, "odata.option"),
        ({"expand": "x"}, "odata.option"),
    ],
)
async def test_what_the_feed_does_not_understand_is_refused(ask, options, code):
    answer = await ask("/Answers", **options)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await ask("/Nothing")).json()["code"] == "odata.unknown"


async def test_rows_of_a_repeat_are_not_skipped_by_the_response(ask):
    """It would leave out the rounds of whole responses, and a client would read others twice."""
    name = next(one for one in await tables(ask) if one != "Answers")
    answer = await ask(f"/{name}", skip="1")
    assert (answer.status_code, answer.json()["code"]) == (422, "odata.option")
    assert (await ask(f"/{name}", skip="0")).status_code == 200


async def tables(ask):
    return [one["name"] for one in (await ask()).json()["value"]]


async def test_what_was_sealed_for_another_use_is_no_token(ask, app):
    token = app.state.keyring.seal_words(b"words", 0)
    answer = await ask("/Answers", skiptoken=token)
    assert (answer.status_code, answer.json()["code"]) == (422, "odata.option")


def test_filters_are_comparisons_joined_by_and():
    one, two = parse_filter("(area eq 'O''Neill (x)') and (day ge 2026-11-02)")
    assert (one.name, one.operator, one.value) == ("area", "eq", "O'Neill (x)")
    assert two.value == datetime.date(2026, 11, 2)
    assert parse_filter("") == []
    for wrong in ("area eq", "area eq 'x' and", "and", "not (area eq 'x')", "contains(area,'x')"):
        with pytest.raises(Invalid):
            parse_filter(wrong)


async def test_only_a_key_opens_the_feed_and_only_to_what_its_owner_may_export(
    client, db, answered, signed_in
):
    async def status(header, path=FEED):
        headers = {"authorization": header} if header else {}
        return (await client.get(path, headers=headers)).status_code

    key = await make_key(db)
    refused = await client.get(FEED)
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key.needed")
    assert refused.headers["www-authenticate"].startswith("Basic ")
    basic = base64.b64encode(f"anything:{key}".encode()).decode()
    assert await status(f"Basic {basic}") == await status(f"Bearer {key}") == 200
    assert await status("Bearer wrong") == await status("Basic ???") == 401
    # A session opens nothing here, not even an administrator's.
    assert (await (await signed_in(JOAN)).get(FEED)).status_code == 401
    old = await make_key(db, until=clock.today() - datetime.timedelta(days=1))
    assert await status(f"Bearer {old}") == 401
    others = await make_key(db, AMINA)
    assert await status(f"Bearer {others}", "/api/v1/odata/feedback") == 403
    assert await status(f"Bearer {key}", "/api/v1/odata/complaint") == 404
    await people.set_active(db.the_connection, JOAN[0], active=False)
    assert await status(f"Bearer {key}") == 401


async def test_a_key_is_shown_once_its_use_is_seen_by_the_day_and_deleting_ends_it(
    signed_in, client, db, answered
):
    joan = await signed_in(JOAN)
    wrong = await send(joan, "/work/keys", {"name": "", "days": ""})
    assert wrong.status_code == 422
    assert "Select how long the key lasts" in wrong.text
    made = await send(joan, "/work/keys", {"name": "Excel", "days": "30"})
    (key,) = html.fromstring(made.text).xpath("//input[@id='key']/@value")
    assert made.headers["cache-control"] == "no-store"
    page = (await joan.get("/work/keys")).text
    assert key not in page
    assert "Not used yet." in page
    headers = {"authorization": f"Bearer {key}"}
    assert (await client.get(FEED, headers=headers)).status_code == 200
    page = (await joan.get("/work/keys")).text
    assert f"Last used on {clock.today():%-d %b %Y}." in page
    stored = await db.the_connection.fetchval("SELECT string_agg(k::text, '') FROM api_keys k")
    assert key not in stored
    (number,) = html.fromstring(page).xpath("//input[@name='id']/@value")
    amina = await signed_in(AMINA)
    await send(amina, "/work/keys/delete", {"id": number})
    assert (await client.get(FEED, headers=headers)).status_code == 200
    await send(joan, "/work/keys/delete", {"id": number})
    assert (await client.get(FEED, headers=headers)).status_code == 401


@pytest.mark.slow
async def test_a_client_that_others_wrote_reads_the_feed(app, db, answered, monkeypatch):
    from odata import ODataService

    monkeypatch.setattr(exports, "PAGE", 2)
    key = await make_key(db)
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]

    def read():
        service = ODataService(
            f"http://127.0.0.1:{port}{FEED}/", auth=("any", key), reflect_entities=True,
            quiet_progress=True,
        )  # fmt: skip
        table = service.entities["Answers"]
        query = service.query(table).filter(table.borough == "Hackney")
        return [(one.seen, one.age, one.day) for one in query]

    try:
        found = await asyncio.to_thread(read)
    finally:
        server.should_exit = True
        await running
    assert len(found) == 3
    assert {seen for seen, _, _ in found} == {"-Yes “é”", "No", "Prefer not to say"}


async def audit_lines(db):
    return await db.the_connection.fetchval(
        "SELECT count(*) FROM audit WHERE act = 'answers read by key'"
    )


async def test_no_row_is_read_without_a_line_in_the_audit(ask, db, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    assert (await ask("/Answers", skiptoken="")).status_code == 422
    assert await audit_lines(db) == 0
    link = (await ask("/Answers")).json()["@odata.nextLink"]
    assert await audit_lines(db) == 1
    assert (await ask("/Answers", skiptoken=token_of(link))).status_code == 200
    assert await audit_lines(db) == 1


async def test_a_token_goes_on_with_its_own_reading_only(ask, client, db, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    token = token_of((await ask("/Answers")).json()["@odata.nextLink"])
    table = await ask("/Answers_child", skiptoken=token)
    assert (table.status_code, table.json()["code"]) == (422, "odata.option")
    head = {"authorization": f"Bearer {await make_key(db, OMAR)}"}
    person = await client.get(f"{FEED}/Answers", params={"$skiptoken": token}, headers=head)
    assert person.status_code in (403, 404, 422)
    days = clock.today() + datetime.timedelta(days=2)
    monkeypatch.setattr(clock, "today", lambda: days)
    late = await ask("/Answers", skiptoken=token)
    assert (late.status_code, late.json()["code"]) == (422, "odata.option")


async def test_nobody_sees_a_row_come_while_somebody_answers(ask, db):
    before = (await ask("/Answers", count="true")).json()
    sent = Submission(area="Camden", answers={"seen": "no"})
    await submissions.submit_response(db, "patrols", sent)
    assert (await ask("/Answers", count="true")).json() == before
    await end_their_hour(db.the_connection, "patrols")
    assert (await ask("/Answers", count="true")).json()["@odata.count"] == 5
