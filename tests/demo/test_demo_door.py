"""The demonstration's entrance: one click signs in, six stops; in no other installation."""

import os
import re
import subprocess
import sys

import httpx
import msgspec
import pytest

from api import app as app_module
from api import clock
from api.commands.serving import serve
from api.settings import ROOT, Settings
from demo import command, london, steps
from demo.door import ADDRESS, DEMO_PEOPLE, STOPS, demo_door
from survey.problems import Conflict
from survey.store import places
from survey.store.accounts import people
from tests.api.pages.forms import send, token_on
from tests.conftest import UNLIMITED, OneConnection

ROLES = {role: name for _, name, role in DEMO_PEOPLE}


@pytest.fixture(scope="module")
def with_door():
    return app_module.build(UNLIMITED, OneConnection(None), door=demo_door())


@pytest.fixture
async def visitor(with_door, db):
    """Makes a client for a host name; `any_host` lets the entrance answer under any name."""

    def under(host, *, any_host=False):
        with_door.state.update({"database": db, "demo_door": demo_door(any_host=any_host)})
        with_door.state.pop("shown", None)
        transport = httpx.ASGITransport(with_door, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")

    return under


@pytest.fixture
async def guest(visitor, db):
    await places.mark_synthetic(db.the_connection, "It is made up.")
    async with visitor("127.0.0.1:8000") as client:
        yield client


async def enter_as(client, role, stop=""):
    return await send(client, ADDRESS, {"role": role, "stop": stop}, page=ADDRESS)


@pytest.mark.parametrize("role", ROLES)
async def test_one_click_looks_around_as_each_of_them(guest, role):
    answer = await enter_as(guest, role)
    assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert ROLES[role] in (await guest.get("/work")).text


async def test_a_resident_is_nobody_again(guest):
    await enter_as(guest, "administrator")
    assert (await enter_as(guest, "resident")).headers["location"] == "/"
    assert (await guest.get("/work")).headers["location"].startswith("/sign-in")


async def test_the_six_stops_are_there_and_open(guest, db, monkeypatch):
    monkeypatch.setattr("demo.door.SHOWN", {"ABCD-EFGH": "six plain words"})
    monkeypatch.setattr("demo.door.case_owners.find_passphrase", always_true)
    page = (await guest.get(ADDRESS)).text
    assert page.count('class="tour__stop"') == len(STOPS) == 6
    assert "six plain words" in page
    for stop in STOPS:
        answer = await enter_as(guest, stop.role, stop.name)
        assert answer.headers["location"] == stop.address
        opened = await guest.get(stop.address, follow_redirects=True)
        assert opened.status_code == 200, stop


async def test_the_door_says_how_many_reports_are_still_to_come(guest, db):
    connection = db.the_connection
    assert "still to come" not in (await guest.get(ADDRESS)).text
    months = steps.demo_months(clock.today())
    await steps.queue_following(connection, months)
    assert f"{len(months) + 1} reports are still to come." in (await guest.get(ADDRESS)).text
    last = f"monthly {months[-1]}"
    await connection.execute("DELETE FROM jobs WHERE key <> $1", last)
    assert "One report is still to come." in (await guest.get(ADDRESS)).text
    await steps.make_following(connection)
    assert "still to come" not in (await guest.get(ADDRESS)).text
    assert f"/reports/{last.replace(' ', '/')}" in (await guest.get("/reports")).text


async def always_true(*_):
    return True


async def test_no_address_but_those_of_the_stops_is_gone_to(guest):
    answer = await enter_as(guest, "reviewer", "https://example.org/")
    assert answer.headers["location"] == "/work"
    assert (await enter_as(guest, "stranger")).status_code == 404


async def test_every_page_of_the_demonstration_leads_back_to_the_door(guest):
    assert "as someone else" not in (await guest.get(ADDRESS)).text
    for address in ("/", "/reports", "/nowhere"):
        page = (await guest.get(address)).text
        assert f'href="{ADDRESS}"' in page
        assert page.count("Everything here is made up") == 1


async def test_no_other_installation_has_the_door(client, db):
    """No setting adds it either: none is named for it, and only `demo` asks `build` for it."""
    await client.get("/sign-in")
    for method in ("GET", "POST"):
        sent = {"_csrf_token": await token_on(client, "/sign-in"), "role": "administrator"}
        data = sent if method == "POST" else None
        assert (await client.request(method, ADDRESS, data=data)).status_code == 404
    assert ADDRESS not in (await client.get("/")).text
    assert not [one.name for one in msgspec.structs.fields(Settings) if "door" in one.name]


async def test_only_the_demonstration_starts_pages_with_the_door(monkeypatch):
    started = []

    async def keep_running(children):
        started.extend(one.words for one in children)

    monkeypatch.setattr(serve, "keep_running", keep_running)

    class Listener:
        @staticmethod
        def fileno():
            return 3

    await serve.keep_serving(Settings(), [Listener])
    assert not [words for words in started if steps.CHILD in words]
    await serve.keep_serving(Settings(), [Listener], jobs=steps.CHILD)
    assert started[-1][-2:] == (steps.CHILD, "worker")


def test_the_worker_of_the_demonstration_makes_its_editions():
    check = (
        "import demo.child; from api.jobs import kinds, worker; from demo.steps import FOLLOWING;"
        "print(worker.JOBS[FOLLOWING.name].function.__name__, kinds.job_label(FOLLOWING.name))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", check], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "make_following_edition Making an edition of the demonstration\n"


@pytest.mark.parametrize(
    ("host", "anyone", "pages"),
    [
        ("127.0.0.1", False, (steps.CHILD, "pages")),
        ("localhost", False, (steps.CHILD, "pages")),
        ("0.0.0.0", False, serve.PAGES),
        ("192.168.1.7", False, serve.PAGES),
        ("0.0.0.0", True, (steps.CHILD, command.FOR_ANYONE)),
    ],
)
def test_what_other_machines_reach_has_a_door_only_where_it_was_asked_for(host, anyone, pages):
    assert command.pages_of_demo(host, anyone) == pages


async def test_under_another_name_there_is_no_door_unless_it_was_asked_for(visitor):
    for any_host, status in ((False, 404), (True, 200)):
        async with visitor("evil.example", any_host=any_host) as client:
            assert (await client.get(ADDRESS)).status_code == status


async def test_a_form_of_another_site_opens_no_door(guest):
    await guest.get(ADDRESS)
    answer = await guest.post(ADDRESS, data={"role": "administrator"})
    assert answer.status_code == 403


async def test_the_demonstration_refuses_a_database_with_accounts_of_others(db):
    connection = db.the_connection
    await command.require_demo_accounts(connection)
    await connection.execute("DELETE FROM accounts")
    await command.require_demo_accounts(connection)
    await people.insert(connection, "somebody@example.org", "Some Body", "administrator", None)
    with pytest.raises(Conflict, match="People have accounts"):
        await command.require_demo_accounts(connection)


def test_what_is_made_up_is_said_shortly():
    assert len(re.findall(r"\w+", command.WARNING)) < 15
    assert london.WEEKS == 40
