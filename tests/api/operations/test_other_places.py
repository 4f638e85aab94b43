"""Two places, each with a service and a database of its own, and the page over both."""

import asyncio
import contextlib
import csv
import io

import httpx
import msgspec
import pytest

from api.operations import foundations, other_places
from api.settings import Settings, load_settings
from survey.editions.stored import edition_from_json
from survey.problems import Unavailable
from survey.store import database, places
from tests import alone
from tests.analysis.editions.full_editions import full_monthly_edition
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.second_place import PLACES
from tests.stored.published_editions import save_and_publish

MIDLANDS = "West Midlands"
PAGE = "/reports/places"


def of_midlands(edition):
    """An edition as the other place would have published it."""
    text = msgspec.json.encode(edition).decode().replace("London", MIDLANDS)
    return edition_from_json(text.encode())


@pytest.fixture(scope="module")
async def midlands(server, tmp_path_factory):
    """The address of the site of a place that published a weekly and a monthly edition."""
    async with alone.create_database(server, "midlands", seeded=False) as dsn:
        connection = await alone.connect(dsn)
        await database.migrate(connection)
        await foundations.load_city(connection, PLACES[MIDLANDS])
        await foundations.load_foundations(connection)
        for edition in (sample(number=1), full_monthly_edition()):
            await save_and_publish(connection, of_midlands(edition))
        await connection.close()
        with alone.run_server(dsn, tmp_path_factory.mktemp("midlands")) as (_, address):
            yield address


@pytest.fixture
def read_addresses(db, monkeypatch):
    """A function that runs the job with these addresses in the settings."""

    async def read(*addresses):
        other_places.choose_places(Settings(other_places=",".join(addresses)))
        await other_places.read_other_places(db.the_connection, "")

    monkeypatch.setattr(other_places, "ADDRESSES", [])
    return read


@contextlib.asynccontextmanager
async def answering(body):
    """The address of a site that answers everything with this."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            writer.write(head + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as site:
        yield f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}"


async def figures_in_file(client):
    body = (await client.get(f"{PAGE}.csv")).content.decode("utf-8-sig")
    return {
        (row["place"], row["kind"], row["figure"]): row for row in csv.DictReader(io.StringIO(body))
    }


async def test_alone_it_shows_one_place_and_the_list_has_no_link(client, db):
    await save_and_publish(db.the_connection, sample())
    page = (await client.get(PAGE)).text
    assert page.count("<section") == 1
    assert ">London<" in page
    assert PAGE not in (await client.get("/reports")).text


@pytest.mark.slow
async def test_both_places_show_what_their_own_editions_say(client, db, midlands, read_addresses):
    await save_and_publish(db.the_connection, sample())
    await read_addresses(f"{midlands}/", midlands)
    page = (await client.get(PAGE)).text
    assert page.count("<section") == 2
    assert page.index(">London<") < page.index(f">{MIDLANDS}<")
    assert f'href="{midlands}/reports/weekly/{WEEK}"' in page
    assert PAGE in (await client.get("/reports")).text
    found = await figures_in_file(client)
    there, june = [
        httpx.get(f"{midlands}/api/v1/reports/{which}").json()
        for which in (f"weekly/{WEEK}", "monthly/2008-06-01")
    ]
    whole = next(row for row in there["index"] if row["domain"] == MIDLANDS)
    shown = found[MIDLANDS, "weekly", "index"]
    assert [shown["value"], shown["low"], shown["high"]] == [
        f"{whole[name]:.1f}" for name in ("value", "low", "high")
    ]
    for name in ("complaints", "deployments"):
        rate = next(row for row in june[name] if row["domain"] == MIDLANDS)
        assert found[MIDLANDS, "monthly", name]["value"] == (
            f"{rate['per_10_000'] * 365.25 / 30:.2f}"
        )
    assert found["London", "weekly", "index"]["site"] != shown["site"]


@pytest.mark.slow
async def test_a_site_that_ends_keeps_its_figures_and_says_from_when(
    client, midlands, read_addresses
):
    await read_addresses(midlands)
    before = await figures_in_file(client)
    gone = f"http://127.0.0.1:{alone.free_port()}"
    await read_addresses(midlands, gone)
    page = (await client.get(PAGE)).text
    assert "This site did not answer." in page
    assert await figures_in_file(client) == before
    await read_addresses()
    assert (await client.get(PAGE)).text.count("<section") == 1


async def test_what_was_read_outlives_a_try_that_failed(client, db, read_addresses):
    gone = f"http://127.0.0.1:{alone.free_port()}"
    edition = other_places.decode_edition(msgspec.json.encode(of_midlands(sample())))
    await places.save_other(db.the_connection, gone, [edition], other_places.clock.now())
    await read_addresses(gone)
    page = (await client.get(PAGE)).text
    assert "This site did not answer. These figures were read on" in page
    assert MIDLANDS in page


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"<!doctype html><p>Welcome</p>", "unknown"),
        (b'{"items": [{"kind": 5}]}', "unknown"),
        (b'{"items": []}', "no_editions"),
        (b'{"items": "' + b"x" * other_places.MOST_READ + b'"}', "unreachable"),
    ],
    ids=["a page", "other JSON", "nothing published", "far too much"],
)
async def test_a_site_that_is_something_else_is_named(client, db, read_addresses, body, failure):
    async with answering(body) as address:
        await read_addresses(address)
    [other] = await places.load_others(db.the_connection)
    assert (other.failure, other.editions) == (failure, ())
    assert (await client.get(PAGE)).status_code == 200


@pytest.mark.parametrize("wrong", ["west.example.org", "https://a.example, ftp://b.example", "x"])
def test_an_address_that_is_none_is_refused_by_its_variable(wrong):
    with pytest.raises(Unavailable, match="SOUNDINGS_OTHER_PLACES"):
        load_settings(other_places=wrong)


def test_addresses_are_read_once_each():
    settings = load_settings(other_places="https://a.example/, https://b.example ,")
    assert other_places.other_addresses(settings.other_places) == [
        "https://a.example",
        "https://b.example",
    ]
