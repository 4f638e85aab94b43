"""Usual answers go past the framework's handler: nobody may notice it."""

import json

import httpx
import pytest

from api.app import build
from api.observing import metrics
from api.operations.answers import submissions
from api.settings import Settings
from tests.api.routes.test_intake import FEEDBACK, GOOD, KEY, check_refusal, row_counts
from tests.api.security.test_limits import WatchedBody

UNUSUAL = {  # requests that the handler stores or refuses, and the same ones as they usually come
    "a type with a charset": ({"Content-Type": "application/json; charset=utf-8"}, GOOD),
    "a value like a boolean": ({}, GOOD | {"may_quote": "false"}),
    "a type in capitals": ({"Content-Type": "Application/JSON"}, GOOD),
}


@pytest.mark.parametrize("name", UNUSUAL)
async def test_an_unusual_request_is_stored_like_the_usual_one(client, db, name):
    headers, content = UNUSUAL[name]
    usual = await client.post(FEEDBACK, json=GOOD)
    sent = {"Content-Type": "application/json"} | headers
    unusual = await client.post(FEEDBACK, content=json.dumps(content), headers=sent)
    assert unusual.status_code == usual.status_code == 201
    assert {*unusual.json()} == {*usual.json()}
    changing = dict.fromkeys(("ratelimit-remaining", "ratelimit-reset", "x-request-id"), "")
    assert {**unusual.headers, **changing} == {**usual.headers, **changing}
    assert (await row_counts(db))["responses"] == 2


async def test_one_key_is_one_answer_on_either_way(client, db):
    key = {"Idempotency-Key": KEY}
    usual = await client.post(FEEDBACK, json=GOOD, headers=key)
    unusual = await client.post(FEEDBACK, json=GOOD | {"may_quote": "false"}, headers=key)
    assert unusual.json() == usual.json() | {"again": True}


async def test_a_refusal_on_the_short_way_has_the_headers_of_every_answer(client):
    answer = await client.post(FEEDBACK, json=GOOD | {"borough": "Atlantis"})
    assert (answer.status_code, check_refusal(answer)["code"]) == (422, "area.unknown")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["ratelimit-limit"] == "100000"


async def test_a_sender_who_leaves_before_the_end_leaves_nothing(app, db):
    messages = iter(
        [{"type": "http.request", "body": b'{"bor', "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    sent = []
    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    scope = {
        "type": "http", "method": "POST", "path": FEEDBACK, "raw_path": FEEDBACK.encode(),
        "root_path": "", "query_string": b"", "headers": headers, "scheme": "http",
        "server": ("test", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent == []
    assert not any((await row_counts(db)).values())


@pytest.mark.parametrize("content", [GOOD, GOOD | {"may_quote": "false"}, "no answer"])
async def test_each_request_counts_once_on_either_way(client, content):
    left = [
        int((await client.post(FEEDBACK, json=content)).headers["ratelimit-remaining"])
        for _ in range(2)
    ]
    assert left[0] - left[1] == 1


async def test_a_request_over_the_limit_is_refused_unread(db):
    application = build(Settings(sends_per_minute=1), db)
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post(FEEDBACK, json=GOOD)).status_code == 201
        body = WatchedBody()
        sent = {"Content-Type": "application/json", "Content-Length": "4000"}
        answer = await client.post(FEEDBACK, content=body, headers=sent)
    assert (answer.status_code, check_refusal(answer)["code"]) == (429, "too.many")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-request-id"]
    assert not body.begun


async def test_either_way_is_counted_under_the_route(client, monkeypatch):
    seen = []
    monkeypatch.setattr(metrics, "count_request", lambda *given: seen.append(given[:3]))
    await client.post(FEEDBACK, json=GOOD)
    await client.post(FEEDBACK, json=GOOD | {"may_quote": "false"})
    assert seen == [("POST", "/api/v1/surveys/{slug}/responses", 201)] * 2


async def test_a_failure_of_ours_is_answered_like_every_other(client, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(submissions, "request_marks", fail)
    answer = await client.post(FEEDBACK, json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (500, "server.failed")
    assert answer.json()["request"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (FEEDBACK, {"Host": "a b"}, 400),
        (FEEDBACK + "?x=%00", {}, 400),
        ("/api/v1/surveys/Feedback/responses", {}, 400),
        (FEEDBACK + "/", {}, 201),
    ],
)
async def test_an_unusual_address_goes_the_whole_way(client, address, headers, status):
    assert (await client.post(address, json=GOOD, headers=headers)).status_code == status
