"""A published edition is rendered once for each language, and never served when out of date."""

import datetime
import gzip
import re

import brotli
import pytest

from analysis.editions import make_edition
from api.pages.reports import editions as reader
from survey.editions.actions import EditionKey
from survey.problems import Unavailable
from survey.store import editions
from survey.store.accounts import people
from survey.store.editions import edition_work
from tests.analysis.editions.made_up_edition import WEEK, bare_edition, sample
from tests.analysis.editions.simulated_inputs import inputs_of_city
from tests.api.pages.watching import read_raw, statements_of
from tests.people import CINDY
from tests.stored.published_editions import save_and_publish

ADDRESS = f"/reports/weekly/{WEEK}"
FIRST = EditionKey("weekly", WEEK, 1)


@pytest.fixture
async def published(db):
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=1))


@pytest.fixture
def rendered(monkeypatch):
    """The editions that were rendered, by number and language."""
    found = []
    render = reader.render_public_page

    async def note(request, database, shown):
        found.append((shown.which.number, shown.language))
        return await render(request, database, shown)

    monkeypatch.setattr(reader, "render_public_page", note)
    return found


async def withdraw(db, which, reason="A figure was wrong."):
    cindy = await people.by_email(db.the_connection, CINDY[0])
    assert await edition_work.insert_mark(
        db.the_connection, which, "withdrawn", by=cindy.id, reason=reason
    )


async def test_an_edition_is_rendered_once_for_each_language(client, published, rendered):
    english = {(await client.get(ADDRESS)).text for _ in range(3)}
    arabic = {(await client.get(ADDRESS, headers={"accept-language": "ar"})).text for _ in range(2)}
    assert [len(english), len(arabic)] == [1, 1]
    assert 'lang="ar" dir="rtl"' in arabic.pop()
    assert rendered == [(1, "en"), (1, "ar")]
    # A survey's language that no edition has: the page is in English, and is the English one.
    client.cookies.set("soundings_language", "hi")
    assert (await client.get(ADDRESS)).text == english.pop()
    assert len(rendered) == 2


async def test_whoever_has_the_page_gets_304_and_asks_each_time(client, published, rendered):
    first = await client.get(ADDRESS)
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert "set-cookie" not in first.headers
    again = await client.get(ADDRESS, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    # Another language has another tag.
    header = {"if-none-match": first.headers["etag"], "accept-language": "ar"}
    assert (await client.get(ADDRESS, headers=header)).status_code == 200
    assert len(rendered) == 2


async def test_a_withdrawal_takes_effect_at_once_for_everyone(client, db, published):
    first = await client.get(ADDRESS)
    assert "has withdrawn" not in first.text
    await withdraw(db, FIRST)
    page = await client.get(ADDRESS, headers={"if-none-match": first.headers["etag"]})
    assert page.status_code == 200
    assert "has withdrawn this edition: A figure was wrong." in page.text
    assert "has withdrawn" in (await client.get(f"{ADDRESS}?number=1")).text


async def test_a_correction_takes_effect_at_once(client, db, published):
    stale = await client.get(f"{ADDRESS}?number=1")
    newest = await client.get(ADDRESS)
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=2, headline=("Corrected.",)))
    header = {"if-none-match": f"{stale.headers['etag']}, {newest.headers['etag']}"}
    assert "Corrected." in (await client.get(ADDRESS, headers=header)).text
    old = await client.get(f"{ADDRESS}?number=1", headers=header)
    assert "There is a later edition of this period" in old.text


async def test_a_new_neighbour_and_a_stricter_gate_make_a_new_page(
    client, db, published, rendered, monkeypatch
):
    tags = [(await client.get(ADDRESS)).headers["etag"]]
    before = WEEK - datetime.timedelta(days=7)
    earlier = sample(number=1, start=before, end=before + datetime.timedelta(days=6))
    async with db.connection() as connection:
        await save_and_publish(connection, earlier)
    tags.append((await client.get(ADDRESS)).headers["etag"])
    monkeypatch.setattr(reader.gate, "GATE_VERSION", reader.gate.GATE_VERSION + 1)
    tags.append((await client.get(ADDRESS)).headers["etag"])
    assert len(set(tags)) == len(rendered) == 3
    # One page a language and address is stored: the page of before is gone.
    count = "SELECT count(*) FROM edition_pages WHERE start_on = $1"
    assert await db.the_connection.fetchval(count, WEEK) == 1


async def test_the_page_is_the_same_in_every_encoding(client, app, published):
    whole = (await client.get(ADDRESS)).text
    for encoding, decode in (("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes)):
        headers, raw = await read_raw(app, ADDRESS, encoding)
        assert headers.get("content-encoding", "") == encoding
        assert decode(raw).decode() == whole


async def test_nothing_of_the_address_that_was_asked_for_is_in_the_stored_page(client, published):
    first = await client.get(f"{ADDRESS}?name=Robin&page=secret-word")
    assert "secret-word" not in first.text
    assert (await client.get(ADDRESS)).text == first.text
    numbered = (await client.get(f"{ADDRESS}?number=1")).text
    assert 'href="?number=1&amp;lang=ar"' in numbered
    assert 'href="?lang=ar"' in first.text


async def test_who_is_signed_in_gets_the_page_that_everyone_gets(
    client, published, signed_in, rendered
):
    cindy = await signed_in(CINDY)
    assert (await cindy.get(ADDRESS)).text == (await client.get(ADDRESS)).text
    assert "Cindy" not in (await client.get(ADDRESS)).text
    assert len(rendered) == 1


async def test_a_draft_has_no_stored_page(client, db):
    async with db.connection() as connection:
        await editions.save(connection, sample(number=1))
        assert (await client.get(ADDRESS)).status_code == 404
        await edition_work.save_page(connection, FIRST, "en", "tag", b"body", by_number=False)
        found = await edition_work.find_page(connection, FIRST, "en", "tag", by_number=False)
    assert found is None


async def test_a_database_that_takes_no_writes_still_shows_the_edition(
    client, db, published, rendered, monkeypatch
):
    async def refuse(*given, **named):
        raise Unavailable("database.read_only", "The database takes no writes.")

    monkeypatch.setattr(edition_work, "save_page", refuse)
    assert [(await client.get(ADDRESS)).status_code for _ in range(2)] == [200, 200]
    assert len(rendered) == 2


async def test_a_stored_page_takes_three_statements_and_304_takes_two(client, db, published):
    tag = (await client.get(ADDRESS)).headers["etag"]
    assert len(await statements_of(db, client.get(ADDRESS))) == 3
    asking = client.get(ADDRESS, headers={"if-none-match": tag})
    assert len(await statements_of(db, asking)) == 2


async def test_the_smallest_edition_is_stored_too(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, bare_edition())
    address = f"/reports/monthly/{bare_edition().start}"
    assert (await client.get(address)).text == (await client.get(address)).text


@pytest.fixture
async def translatable(client, db):
    """The address of a published edition whose sentences can be translated."""
    edition = make_edition(inputs_of_city(kind="weekly"))
    async with db.connection() as connection:
        await save_and_publish(connection, edition)
    return f"/reports/weekly/{edition.start}"


DRAFTED = "ترجمت آلة هذا الملخص"


async def test_the_first_screen_is_in_the_language_of_the_page_and_the_rest_says_it_is_english(
    client, translatable
):
    page = (await client.get(translatable, headers={"accept-language": "ar"})).text
    assert '<html lang="ar" dir="rtl"' in page
    first, chapters = page.split('<div class="edition-chapters">')
    assert "التقرير الأسبوعي" in first
    assert "نظرة السكان إلى الشرطة" in first
    assert f'href="{translatable}?number=1&amp;lang=en" hreflang="en"' in first
    assert first.rstrip().endswith('<div lang="en" dir="ltr">')
    assert "The main figures in words" in chapters


@pytest.mark.parametrize(("language", "confirmed"), [("ar", False), ("ar", True), ("en", True)])
async def test_a_translated_first_screen_is_marked_until_a_person_confirms_it(
    client, translatable, monkeypatch, language, confirmed
):
    names = reader.shell.build_environment().globals
    monkeypatch.setitem(names, "is_confirmed", lambda *catalogue: confirmed)
    page = (await client.get(translatable, headers={"accept-language": language})).text
    assert (DRAFTED in page) == (language == "ar" and not confirmed)


async def test_the_home_page_writes_numbers_as_its_language_does(client, translatable):
    english = (await client.get("/")).text
    value = re.search(r"see the police: (\d+\.\d) out of 100", english)[1]
    french = (await client.get("/", headers={"accept-language": "fr"})).text
    assert value.replace(".", ",") in french
