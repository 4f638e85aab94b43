"""Small doors: odd heads, links that lead out, keys of another kind, short links by trying."""

import httpx
import pytest

from api.security import limits
from tests.analysis.editions.made_up_edition import sample
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.api.security.test_leaving import client_from
from tests.stored.published_editions import save_and_publish


async def test_a_request_of_http_1_1_names_one_host(app):
    async def status(*hosts):
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "path": "/health/live", "raw_path": b"/health/live", "query_string": b"",
            "scheme": "http", "root_path": "", "client": ("192.0.2.1", 1), "server": ("test", 80),
            "headers": [(b"host", one) for one in hosts],
        }  # fmt: skip
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)
        return sent[0]["status"]

    assert await status(b"test") == 200
    assert await status() == 400
    assert await status(b"test", b"other") == 400


@pytest.mark.parametrize(
    "file", ["..%2f..%2f..%2fwork", "../../x", "a/..%2F..%2Fb", "%2e%2e/%2e%2e/work"]
)
async def test_the_newest_edition_leads_to_its_own_files_only(app, db, file):
    await save_and_publish(db.the_connection, sample(number=1))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        # As it is typed: the client would take the dots away.
        url = httpx.URL("http://test").copy_with(raw_path=f"/reports/weekly/latest/{file}".encode())
        found = await client.send(httpx.Request("GET", url))
    assert found.status_code in (400, 404), found.headers.get("location")


async def test_the_key_of_a_phone_opens_no_visits(open_phone):
    phone = await open_phone(EVERYTHING)
    key = phone.address.rpartition("/")[2]
    assert (await phone.client.get(f"/visits/{key}")).status_code in (403, 404)


async def test_short_links_are_not_found_by_trying(app, client, db):
    tried = [f"/s/2345{a}{b}7" for a in "23456789" for b in "23456789"]
    async with client_from(app, "198.51.100.1") as guesser:
        found = [(await guesser.get(one)).status_code for one in tried]
        assert found[: limits.MOST_WRONG_CODES] == [404] * limits.MOST_WRONG_CODES
        assert set(found[limits.MOST_WRONG_CODES :]) == {429}
        assert (await guesser.get("/embed/2345677")).status_code == 429
    assert (await client.get("/s/2345677")).status_code == 404


async def test_nothing_but_files_of_the_page_is_stored_by_a_browser(client):
    for address in ("/docs", "/docs/openapi.json", "/health", "/sign-in"):
        assert "no-store" in (await client.get(address)).headers["cache-control"], address
