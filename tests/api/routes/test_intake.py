"""What a program may send for a resident; all else is refused, and nothing of it is stored."""

import base64
import io
import json

import httpx
import msgspec
import pytest

from api import clock
from api.app import build
from api.settings import Settings
from survey.store.connections.refusals import taken_reference
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from survey.surveys.ready import load_ready_instruments
from tests.jobs import run_all_jobs

FEEDBACK = "/api/v1/surveys/feedback/responses"
SAMPLED = "/api/v1/surveys/taser-trial/responses"
COMPLAINTS = "/api/v1/complaints"
ANSWERS = {"subject": "taser", "story": "They explained it."}
GOOD = {"borough": "Hackney", "answers": ANSWERS}
CASE = {
    "postcode": "E8 1EA",
    "answers": {"narrative": "It was aimed at him.", "allegations": ["use_of_force_taser"]},
}
KEY = "f3b1e2d4-9c58-4a67-8b10-6d2f7e9a0c35"
CODE = "ABCD-2345"
TABLES = ["responses", "texts", "complaints", "allegations", "case_events", "jobs", "drafts"]


async def row_counts(db):
    tables = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in TABLES)
    return dict(await db.the_connection.fetch(tables))


def json_request(text):
    return {"content": text, "headers": {"Content-Type": "application/json"}}


def request_with_answers(**answers):
    return json_request(json.dumps(GOOD | {"answers": ANSWERS | answers}))


@pytest.fixture
async def drawn(db):
    """One access code that opens the sampled survey."""
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    await instruments.insert_invitations(db.the_connection, sampled, [(CODE, "inner", "u1", 0.01)])


@pytest.fixture
async def publish(db):
    """Publishes the feedback form under another slug, with some fields changed."""

    async def published(slug, **changed):
        feedback = next(one for one in load_ready_instruments() if one.slug == "feedback")
        plain = msgspec.to_builtins(feedback) | {"slug": slug} | changed
        await instruments.insert(db.the_connection, msgspec.convert(plain, Instrument))
        return f"/api/v1/surveys/{slug}/responses"

    return published


async def test_a_good_answer_is_kept_and_has_a_receipt(client, db):
    sent = await client.post(FEEDBACK, json=GOOD)
    assert sent.status_code == 201
    assert sent.json()["again"] is False
    row = await db.the_connection.fetchrow("SELECT * FROM responses")
    assert row["reference"] == sent.json()["reference"]
    assert (row["area"], row["mode"]) == ("E09000012", "open")
    assert row["answers"] == {"subject": "taser"}
    assert await db.the_connection.fetchval("SELECT body FROM texts") == ANSWERS["story"]


async def test_a_complaint_is_a_case_with_its_allegations_and_first_event(client, db):
    sent = await client.post(COMPLAINTS, json=CASE)
    assert sent.status_code == 201
    row = await db.the_connection.fetchrow("SELECT * FROM complaints")
    assert row["reference"] == sent.json()["reference"]
    assert row["answers"] == {"allegations": ["use_of_force_taser"]}
    assert await db.the_connection.fetchval("SELECT kind FROM allegations") == "use_of_force_taser"
    assert await db.the_connection.fetchval("SELECT event->>'kind' FROM case_events") == "received"


async def test_the_postcode_goes_no_further_than_the_borough(client, db):
    await client.post(FEEDBACK, json={"postcode": "E8 4RT", "answers": ANSWERS})
    assert await db.the_connection.fetchval("SELECT area FROM responses") == "E09000012"
    assert "E8 4RT" not in await dump_tables(db.the_connection)


@pytest.mark.parametrize(("url", "sent"), [(FEEDBACK, GOOD), (COMPLAINTS, CASE)])
async def test_the_same_request_again_gives_the_same_receipt(client, db, url, sent):
    key = {"Idempotency-Key": KEY}
    first = await client.post(url, json=sent, headers=key)
    before = await row_counts(db)
    again = await client.post(url, json=sent, headers=key)
    assert again.status_code == 201
    assert again.json() == first.json() | {"again": True}
    assert await row_counts(db) == before


@pytest.mark.parametrize(("url", "sent"), [(FEEDBACK, GOOD), (COMPLAINTS, CASE)])
async def test_the_same_key_with_other_content_is_a_conflict(client, db, url, sent):
    key = {"Idempotency-Key": KEY}
    await client.post(url, json=sent, headers=key)
    before = await row_counts(db)
    other = await client.post(url, json=sent | {"language": "ar"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.conflict")
    assert await row_counts(db) == before


async def test_without_a_key_each_request_is_kept(client, db):
    for _ in range(2):
        await client.post(FEEDBACK, json=GOOD)
    assert (await row_counts(db))["responses"] == 2


async def test_a_code_opens_the_sampled_survey_once(client, db, drawn):
    sent = {"borough": "Hackney", "access_code": CODE.lower(), "answers": {"listens": 4}}
    first = await client.post(SAMPLED, json=sent)
    assert first.status_code == 201
    row = await db.the_connection.fetchrow("SELECT mode, stratum, psu, probability FROM responses")
    assert tuple(row) == ("sampled", "inner", "u1", 0.01)
    again = await client.post(SAMPLED, json=sent)
    assert (again.status_code, again.json()["code"]) == (422, "access_code.unknown")
    assert (await row_counts(db))["responses"] == 1


async def test_a_sampled_answer_sent_again_under_its_key_gives_its_receipt(client, db, drawn):
    sent = {"borough": "Hackney", "access_code": CODE, "answers": {"listens": 4}}
    key = {"Idempotency-Key": KEY}
    first = await client.post(SAMPLED, json=sent, headers=key)
    again = await client.post(SAMPLED, json=sent, headers=key)
    assert again.json() == first.json() | {"again": True}


async def test_a_wrong_answer_does_not_use_the_code_up(client, db, drawn):
    sent = {"borough": "Hackney", "access_code": CODE, "answers": {"listens": 6}}
    assert (await client.post(SAMPLED, json=sent)).json()["code"] == "answers.invalid"
    assert await db.the_connection.fetchval("SELECT used FROM invitations") is False


async def test_nothing_kept_tells_which_code_opened_which_answer(client, db, drawn):
    sent = {"borough": "Hackney", "access_code": CODE, "answers": {"listens": 4}}
    await client.post(SAMPLED, json=sent)
    columns = await db.the_connection.fetch("SELECT * FROM invitations")
    assert set(columns[0].keys()) == {
        "code_digest", "instrument", "version", "mode", "stratum", "psu", "probability", "used",
        "drawn_on",
    }  # fmt: skip
    assert "reference" not in str(columns)


HOSTILE = {
    "nothing at all": json_request(""),
    "half a document": json_request('{"borough": "Hack'),
    "a list": json_request("[]"),
    "null": json_request("null"),
    "letters that are not UTF-8": json_request(b'{"borough": "\xff", "answers": {}}'),
    "an unknown field": json_request(json.dumps(GOOD | {"extra": 1})),
    "a number for a borough": json_request(json.dumps(GOOD | {"borough": 12})),
    "a list of answers": json_request(json.dumps(GOOD | {"answers": []})),
    "an answer within an answer": request_with_answers(story={"a": 1}),
    "a list for one choice": request_with_answers(subject=["taser"]),
    "true for words": request_with_answers(story=True),
    "NaN": request_with_answers(story=float("nan")),
    "infinity": request_with_answers(story=float("-inf")),
    "1e400": json_request('{"borough": "Hackney", "answers": {"subject": 1e400}}'),
    "a number beyond 64 bits": request_with_answers(subject=2**70),
    "a number of 4,000 digits": request_with_answers(subject=10**4000),
    "brackets 10,000 deep": json_request('{"answers": ' + "[" * 10_000 + "]" * 10_000 + "}"),
    "objects 10,000 deep": json_request(
        '{"answers": ' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}"
    ),
    "brackets that never close": json_request("[" * 100_000),
    "10 MB": json_request(b" " * 10_000_000),
    "a comment of a million characters": request_with_answers(story="x" * 990_000),
    "a comment one too long": request_with_answers(story="x" * 5_001),
    "a comment of blanks": request_with_answers(story=" \n "),
    "half a surrogate pair": json_request(
        rb'{"borough": "Hackney", "answers": {"story": "a\ud800"}}'
    ),
    "a NUL in the words": request_with_answers(story="a\0b"),
    "a NUL in the language": json_request(json.dumps(GOOD | {"language": "e\0n"})),
    "a NUL in the borough": json_request(json.dumps(GOOD | {"borough": "\0"})),
    "a language without end": json_request(json.dumps(GOOD | {"language": "e" * 10_000})),
    "a borough without end": json_request(json.dumps(GOOD | {"borough": "e" * 10_000})),
    "3,000 questions that nobody asked": request_with_answers(**{f"q{n}": 1 for n in range(3000)}),
    "a form": {"data": {"borough": "Hackney"}},
    "JSON that calls itself text": {
        "content": json.dumps(GOOD), "headers": {"Content-Type": "text/plain"},
    },
    "a key without end": {"json": GOOD, "headers": {"Idempotency-Key": "x" * 201}},
    "squeezed content": json_request(b"\x1f\x8b\x08\x00") ,
}  # fmt: skip

SERVER_FIELDS = [
    "id",
    "status",
    "received_at",
    "mode",
    "probability",
    "area",
    "owner",
    "reference",
    "theme",
]


def check_refusal(answer):
    """Check for problem details with a stable code, a sentence and a remedy; return them."""
    assert answer.headers["content-type"] == "application/problem+json"
    refusal = answer.json()
    assert refusal["status"] == answer.status_code
    assert msgspec.convert(refusal, dict[str, object])
    assert refusal["code"].count(".") == 1
    assert refusal["detail"].rstrip(".:")
    assert refusal["remedy"].endswith(".")
    assert len(answer.content) < 8_000
    return refusal


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_content_is_refused_and_nothing_is_kept(client, db, case):
    answer = await client.post(FEEDBACK, **HOSTILE[case])
    assert answer.status_code in (400, 413, 415, 422)
    check_refusal(answer)
    assert not any((await row_counts(db)).values())


@pytest.mark.parametrize("name", SERVER_FIELDS)
@pytest.mark.parametrize("url", [FEEDBACK, COMPLAINTS])
async def test_fields_that_only_the_server_sets_cannot_be_sent(client, db, url, name):
    answer = await client.post(url, json=GOOD | {name: "x"})
    assert name in check_refusal(answer)["faults"][0]["sentence"]
    assert not any((await row_counts(db)).values())


@pytest.mark.parametrize("name", SERVER_FIELDS)
async def test_fields_that_only_the_server_sets_cannot_be_sent_as_answers(client, db, name):
    answer = await client.post(FEEDBACK, **request_with_answers(**{name: "x"}))
    assert check_refusal(answer)["faults"] == [
        {"where": name, "sentence": "is not a question in this survey"}
    ]
    assert not any((await row_counts(db)).values())


async def test_of_a_field_that_is_sent_twice_the_last_counts(client, db):
    twice = '{"borough": "Barnet", "borough": "Hackney", "answers": ' + json.dumps(ANSWERS) + "}"
    assert (await client.post(FEEDBACK, **json_request(twice))).status_code == 201
    assert await db.the_connection.fetchval("SELECT area FROM responses") == "E09000012"


async def test_a_survey_that_was_closed_takes_no_more(client, db):
    await instruments.set_closed(db.the_connection, "feedback", closed=True)
    answer = await client.post(FEEDBACK, json=GOOD)
    assert (answer.status_code, check_refusal(answer)["code"]) == (410, "survey.closed")
    assert not any((await row_counts(db)).values())


@pytest.mark.parametrize("dates", [{"opens": "2999-01-01"}, {"closes": "2007-12-10"}])
async def test_before_its_first_day_and_after_its_last_a_survey_takes_nothing(
    client, db, publish, dates
):
    answer = await client.post(await publish("another-day", **dates), json=GOOD)
    assert answer.status_code == 410
    check_refusal(answer)
    assert not any((await row_counts(db)).values())


async def test_a_survey_that_opens_and_closes_today_takes_answers(client, publish):
    today = str(clock.today())
    url = await publish("today-only", opens=today, closes=today)
    assert (await client.post(url, json=GOOD)).status_code == 201


def encoded_cursor(key):
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


FORGED = [
    "é", "a", "====", "AAAA", encoded_cursor(3), encoded_cursor("a\0b"), encoded_cursor([1, 2]),
    encoded_cursor([["["] * 9]),
    encoded_cursor(["2020-01-01", "weekly", 2**31]), encoded_cursor(["2020-01-01", "wee\0kly", 1]),
    encoded_cursor(["2020-01-01", "weekly", -1]), encoded_cursor(["2020-02-31", "weekly", 1]),
    encoded_cursor([2**63, "", "0001-01-01", "", "", ""]), encoded_cursor([1, "\0", "0001-01-01",
    "", "", ""]),
]  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("what", ["surveys", "reports", "deployments"])
async def test_a_forged_cursor_is_refused(client, what, forged):
    answer = await client.get(f"/api/v1/{what}?after={forged}")
    assert answer.status_code == 400
    assert check_refusal(answer)["code"] == "cursor.invalid"


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1e3", "x", "99999999999999999999"])
async def test_a_page_has_its_limits(client, limit):
    answer = await client.get(f"/api/v1/surveys?limit={limit}")
    assert answer.status_code == 400
    check_refusal(answer)


async def test_the_pages_of_a_list_follow_each_other(client):
    found, after = [], ""
    while after is not None:
        page = (await client.get(f"/api/v1/surveys?limit=1{after and '&after=' + after}")).json()
        found += [one["slug"] for one in page["items"]]
        after = page["next"]
    assert found == sorted(one.slug for one in load_ready_instruments())


STRANGE = [
    "/api/v1/surveys/%00", "/api/v1/surveys/a%00b/responses", "/api/v1/places/%00/population",
    "/api/v1/reports/weekly/%00", "/api/v1/%00", "/api/v1/surveys/..%2f..%2fetc", "/api/v1/nothing",
    "/api/v1/reports/weekly/9999999-01-01", "/api/v1/reports/daily/2020-01-01",
    "/api/v1/surveys/" + "x" * 5_000, "/api/v1/surveys/%ff%fe", "/api/v1/places/X/population",
]  # fmt: skip


@pytest.mark.parametrize("url", STRANGE, ids=lambda url: url[:40])
async def test_a_strange_address_is_refused(client, url):
    answer = await client.get(url)
    assert answer.status_code in (400, 404, 405, 422)
    check_refusal(answer)


@pytest.mark.parametrize("url", ["/static/%00", "/static/fonts/%00", "/static/a%00.css"])
async def test_a_file_with_a_nul_in_its_name_is_not_there(client, url):
    assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_other_methods_get_405_with_the_allowed_ones(client, db, method):
    answer = await client.request(method, FEEDBACK)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    assert method == "HEAD" or check_refusal(answer)["code"] == "method.unknown"


async def test_options_do_nothing_and_open_nothing_to_other_sites(client, db):
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = await client.request("OPTIONS", FEEDBACK, headers=origin)
    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert not any((await row_counts(db)).values())


async def test_every_answer_carries_the_headers_that_harden_a_browser(client):
    for answer in (await client.get("/api/v1/surveys"), await client.get("/api/v1/nothing")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


async def test_the_api_sets_no_cookie(client):
    for answer in (await client.post(FEEDBACK, json=GOOD), await client.get("/api/v1/surveys")):
        assert "set-cookie" not in answer.headers


async def dump_tables(connection):
    """The content of every table, as a backup would hold it."""
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    held = io.BytesIO()
    for (table,) in tables:
        await connection.copy_from_table(table, output=held)
    return held.getvalue().decode()


TRACKING_HEADERS = {
    "User-Agent": "Odd-Browser/77 (Tricorder)",
    "X-Forwarded-For": "203.0.113.77",
    "X-Real-IP": "203.0.113.78",
    "Forwarded": "for=203.0.113.79",
    "Referer": "https://referring.example/page",
    "Accept-Language": "tlh-KX",
    "Cookie": "tracked=odd-cookie-99",
    "X-Device-Id": "odd-device-55",
    "Idempotency-Key": "odd-key-33-0123456789",
}
TRACES = ["Tricorder", "203.0.113", "referring", "tlh-KX", "odd-cookie", "odd-device", "odd-key"]


async def test_nothing_that_identifies_a_device_is_stored(client, db, drawn, caplog):
    sent = {"borough": "Hackney", "access_code": CODE, "answers": {"listens": 4, "why": "Kind."}}
    for url, content in ((FEEDBACK, GOOD), (COMPLAINTS, CASE), (SAMPLED, sent)):
        assert (await client.post(url, json=content, headers=TRACKING_HEADERS)).status_code == 201
    for url in (FEEDBACK, COMPLAINTS):
        assert (await client.post(url, json={}, headers=TRACKING_HEADERS)).status_code == 400
    dump = await dump_tables(db.the_connection)
    assert ANSWERS["story"] in dump
    for trace in [*TRACES, "127.0.0.1", CODE, CODE.replace("-", "")]:
        assert trace not in dump
        assert trace not in caplog.text
    for words in (ANSWERS["story"], CASE["answers"]["narrative"], CASE["postcode"], "Kind."):
        assert words not in caplog.text


async def test_nothing_kept_tells_the_minute_of_an_answer(client, db):
    """Not the row, nor the job that codes its text, nor the log of that job."""
    columns = await db.the_connection.fetch(
        """
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type LIKE 'timestamp%'
           AND table_name IN ('responses', 'complaints', 'case_events', 'texts', 'codings',
                              'jobs', 'jobs_finished')
        """
    )
    for sent in ((FEEDBACK, GOOD), (COMPLAINTS, CASE)):
        await client.post(sent[0], json=sent[1])
    for _ in range(2):
        for table, column in columns:
            exact = f"SELECT count(*) FROM {table} WHERE {column} <> date_trunc('hour', {column})"
            assert await db.the_connection.fetchval(exact) == 0, (table, column)
        await run_all_jobs(db)
    assert (await row_counts(db))["jobs"] == 0


async def test_what_was_sent_is_not_in_the_log_when_we_fail(client, db, monkeypatch, caplog):
    async def broken(connection, arrivals):
        raise RuntimeError(arrivals[0].response.texts["story"])

    monkeypatch.setattr("survey.store.answers.responses.insert_many", broken)
    answer = await client.post(FEEDBACK, json=GOOD)
    assert answer.status_code == 500
    assert check_refusal(answer)["code"] == "server.failed"
    assert "RuntimeError" in caplog.text
    assert ANSWERS["story"] not in caplog.text + answer.text


async def test_whoever_finds_no_free_reference_is_told_when_to_send_again(client, monkeypatch):
    async def taken(connection, arrivals):
        return [taken_reference() for _ in arrivals]

    monkeypatch.setattr("survey.store.answers.responses.insert_many", taken)
    answer = await client.post(FEEDBACK, json=GOOD)
    assert answer.status_code == 503
    assert check_refusal(answer)["code"] == "reference.taken"
    assert answer.headers["retry-after"] == "5"


async def test_more_than_a_few_a_minute_from_one_place_are_too_many(db):
    transport = httpx.ASGITransport(build(Settings(sends_per_minute=3), db))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answers = [await client.post(FEEDBACK, json=GOOD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert check_refusal(answers[3])["code"] == "too.many"
    assert answers[3].headers["retry-after"] == "60"
