"""Usual answers go past the framework's handler: nobody may notice it."""

import json

import pytest

from tests.api.routes.test_intake import FEEDBACK, GOOD, KEY, check_refusal, row_counts

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
