"""After a whole journey, nothing in the database, files or logs leads to who complained."""

import contextlib
import io
import pathlib
import re

import httpx
import pytest

from survey.store.accounts import people
from tests import alone
from tests.api.pages.forms import TOKEN
from tests.files.uploads import jpeg
from tests.leaks import find_exact_time_columns, find_in_files, find_in_tables
from tests.stored.complaint_forms import WORDS
from tests.waiting import until

AGENT = "PlantedPhone/7.1 (Xylophone)"
SOURCE = "203.0.113.77"
OTHER = "They kept me waiting for nine hours."
REFERER = "https://planted.example/search"
IDENTIFYING = [AGENT, SOURCE, REFERER, "PlantedPhone", "planted.example"]
# Tables that may hold times to the minute: acts of staff, and what the product does by itself.
STAFF_TABLES = re.compile(
    r"(accounts|audit|calendar|codebooks|editions|editions_today|instruments|sessions)\."
)
PHRASE = re.compile(r'class="passphrase"[^>]*><strong>([a-z -]+)<')


@pytest.fixture
async def running(server, tmp_path):
    """The product served with its worker: its address, its folder and a database connection."""
    async with alone.create_database(server, "traces") as dsn:
        with (
            (tmp_path / "product.log").open("w") as log,
            serve_product(dsn, tmp_path / "var", log) as address,
        ):
            connection = await alone.connect(dsn)
            yield address, tmp_path, connection
            await connection.close()


@contextlib.contextmanager
def serve_product(dsn, data, log):
    port = alone.free_port()
    words = ("serve", "--port", str(port))
    with alone.run_command(dsn, data, *words, log=log) as process:
        address = f"http://127.0.0.1:{port}"
        alone.wait_until_up(f"{address}/health", process)
        yield address


def browser(address):
    headers = {"user-agent": AGENT, "x-forwarded-for": SOURCE, "referer": REFERER}
    return httpx.AsyncClient(base_url=address, headers=headers, follow_redirects=True, timeout=60)


async def post(client, address, page, form=None, **given):
    token = TOKEN.search((await client.get(page)).text)[1]
    data = {"_csrf_token": token} | (form or {})
    return await client.post(address, data=data, **given)


async def submit_complaint(client):
    """Submit a complaint by page, as a resident does; its number and passphrase."""
    await client.post("/complaints")
    steps = {
        "borough": {"answer": "E09000012"},
        "what": {"q-narrative": WORDS},
        "matter": {"q-allegations": ["use_of_force_taser"]},
        "contact": {},
    }
    for step, form in steps.items():
        await client.post(f"/complaints/{step}", data=form)
    sent = await client.post("/complaints/send", data={})
    [phrase] = PHRASE.findall(sent.text)
    return sent.url.path.rpartition("/")[2], phrase


async def follow_case(client, number, phrase):
    await post(client, "/case", "/case", {"number": number, "passphrase": "wrong words"})
    opened = await post(client, "/case", "/case", {"number": number, "passphrase": phrase})
    assert number in opened.text
    await post(client, "/case/message", "/case", {"answered": "Is anybody there?"})
    picture = {"evidence": ("IMG_2007.jpg", io.BytesIO(jpeg()), "image/jpeg")}
    sent = await post(client, "/case/evidence", "/case", files=picture)
    assert "Picture" in sent.text


async def wait_until_coded(connection):
    """Wait until the worker has coded both texts."""
    await until(connection.fetchval, "SELECT count(*) >= 2 FROM codings")


async def no_minute_stays(connection):
    """Whether no table but those of staff holds a time to the minute.

    While a job runs, `work_progress` says since when. The next job may begin at any moment,
    so the test asks again until one look finds nothing: what stays would be found each time.
    """
    minutes = await find_exact_time_columns(connection)
    return not [column for column in minutes if not STAFF_TABLES.match(column)]


def cookie_keys(client):
    return [cookie.value for cookie in client.cookies.jar if len(cookie.value) > 20]


@pytest.mark.slow
async def test_nothing_leads_from_a_case_to_a_person_and_nothing_is_left_of_an_erased_one(running):
    address, folder, connection = running
    async with browser(address) as client:
        number, phrase = await submit_complaint(client)
        draft_key = cookie_keys(client)
        await follow_case(client, number, phrase)
        secrets = [*draft_key, *cookie_keys(client), phrase, phrase.replace(" ", "")]
        json = {"borough": "Hackney", "answers": {"narrative": OTHER, "allegations": ["custody"]}}
        by_json = await client.post("/api/v1/complaints", json=json)
        secrets.append(by_json.json()["passphrase"])
        assert (await client.post("/api/v1/complaints", json={"answers": 1})).status_code == 400
    await wait_until_coded(connection)
    logs = pathlib.Path(await connection.fetchval("SHOW data_directory")) / "server.log"
    written = (folder / "product.log").read_text() + logs.read_text(errors="replace")
    planted = [*IDENTIFYING, *secrets, "IMG_2007", "Xylophone"]
    assert [words for words in planted if words in written] == []
    assert WORDS not in written
    assert await find_in_tables(connection, planted) == set()
    assert find_in_files(folder / "var", [*IDENTIFYING, *secrets, WORDS]) == set()
    await until(no_minute_stays, connection)
    where = await find_in_tables(connection, [WORDS, number])
    assert ("codings", WORDS) in where, "the masked copy is readable"
    assert ("texts", WORDS) not in where, "what was written is encrypted"
    async with browser(address) as client:
        await post(client, "/case", "/case", {"number": number, "passphrase": phrase})
        await post(client, "/case/erase", "/case/erase")
    assert await find_in_tables(connection, [WORDS, number, "Is anybody there?"]) == set()
    assert find_in_files(folder, [WORDS, number, "Is anybody there?"]) == set()
    await check_that_searches_find(connection, folder)


async def check_that_searches_find(connection, folder):
    assert await find_in_tables(connection, [OTHER]) >= {("codings", OTHER)}
    (folder / "var" / "planted").write_bytes(b"..." + AGENT.encode())
    assert find_in_files(folder / "var", [AGENT]) == {("planted", AGENT)}
    await people.append_audit(connection, "planted", AGENT, by=None)
    assert await find_in_tables(connection, [AGENT]) == {("audit", AGENT)}
