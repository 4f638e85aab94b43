"""Clock changes in spring and autumn, jumps of a day, differing clocks, and leap days.

Real processes and a real PostgreSQL see the clock that this file sets. Size: both nights of a
year once; needs Debian's package faketime.
"""

import asyncio
import datetime
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest

from api import clock as our_clock
from api.security import people as people_room
from api.security.cookies import SESSION
from survey.store.accounts import people
from survey.store.answers.counts import count_by_week
from tests.campaigns.crowd import SENDS, open_client
from tests.campaigns.processes import Service
from tests.campaigns.sizes import DEADLINE_S, log
from tests.campaigns.wrong_clocks import FakeClock, wrap_programs
from tests.people import CINDY

pytestmark = pytest.mark.slow
LONDON, UTC = ZoneInfo("Europe/London"), datetime.UTC
DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)


def london_time(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def utc_time(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


class FakeClocks:
    """A clock for the program and one for the database; most tests set both."""

    def __init__(self, folder):
        self.ours, self.database = FakeClock(folder / "ours"), FakeClock(folder / "database")

    def set_to(self, moment):
        self.ours.set_to(moment)
        self.database.set_to(moment)


@pytest.fixture(scope="module")
def clocks(folder):
    return FakeClocks(folder)


@pytest.fixture(scope="module")
def service(folder, clocks):
    clocks.set_to(utc_time("2026-03-28 12:00"))
    bin_folder = wrap_programs(clocks.database, folder / "programs")
    running = Service(folder, PG_BIN=str(bin_folder))
    running.environment |= clocks.ours.environment
    with running:
        yield running


@pytest.fixture
async def asking(service, embedded_dsn):
    connection = await asyncpg.connect(embedded_dsn, server_settings={"timezone": "Europe/London"})
    yield connection
    await connection.close()


async def send_answer(service, number, **headers):
    """Send an answer; the reference of its receipt."""
    sent = {
        "borough": "Hackney",
        "answers": {"subject": "taser", "story": f"They explained it, number {number}."},
    }
    async with open_client(1) as client:
        answer = await client.post(service.address + SENDS, json=sent, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["reference"]


async def wait_for_row(asking, statement, *values):
    async with asyncio.timeout(DEADLINE_S):
        while not await asking.fetchval(statement, *values):
            await asyncio.sleep(0.1)


async def load_received_at(asking, reference):
    return await asking.fetchval(
        "SELECT received_at FROM responses WHERE reference = $1", reference
    )


NIGHTS = {  # the night, the Monday before, the Monday after at six by the clock on the wall
    "2026-03-29": ("2026-03-23", "2026-03-30 06:00"),
    "2026-10-25": ("2026-10-19", "2026-10-26 06:00"),
}


@pytest.mark.parametrize("night", NIGHTS)
async def test_a_night_of_the_clocks_has_every_hour_and_its_week_once(
    night, service, clocks, asking
):
    monday, due = datetime.date.fromisoformat(NIGHTS[night][0]), london_time(NIGHTS[night][1])
    hours = [
        utc_time(f"{night} 00:30") + step * 60 * MINUTE for step in (-2, -1, 0, 1, 2, 3, 23, 24)
    ]
    hours.sort()
    for number, hour in enumerate(hours):
        clocks.set_to(hour)
        reference = await send_answer(service, f"{night} {number}")
        assert await load_received_at(asking, reference) == hour.replace(minute=0)
    weeks = {one.week: one.answers for one in await count_by_week(asking, "feedback")}
    expected = sum(hour.astimezone(LONDON).date() < monday + 7 * DAY for hour in hours)
    assert weeks[monday] == expected
    assert weeks[monday + 7 * DAY] == len(hours) - expected
    asked = "SELECT EXISTS (SELECT FROM calendar WHERE key = $1)"
    clocks.set_to(due - 2 * MINUTE)
    await wait_for_row(
        asking, asked, f"retention {(due - 2 * MINUTE).astimezone(LONDON):%Y-%m-%d %H}"
    )
    assert not await asking.fetchval(asked, f"weekly_edition {monday}")
    clocks.set_to(due + MINUTE / 6)
    made = "SELECT count(*) FROM editions WHERE kind = 'weekly' AND start_on = $1"
    await wait_for_row(asking, made, monday)
    assert await asking.fetchval(made, monday) == 1
    log.info("%s: %d answers, %d in the week that ended, one edition", night, len(hours), expected)


async def test_a_leap_day_is_the_last_of_its_month(service, clocks, asking):
    clocks.set_to(london_time("2028-02-29 23:30"))
    reference = await send_answer(service, "leap day")
    assert await load_received_at(asking, reference) == utc_time("2028-02-29 23:00")
    clocks.set_to(london_time("2028-03-01 06:00") + MINUTE)
    february = datetime.date(2028, 2, 1)
    end = "SELECT end_on FROM editions WHERE kind = 'monthly' AND start_on = $1"
    await wait_for_row(asking, end, february)
    assert await asking.fetchval(end, february) == datetime.date(2028, 2, 29)


@pytest.mark.parametrize("step", [DAY, -DAY], ids=["a day on", "a day back"])
async def test_a_step_of_a_day_stops_nothing(step, service, clocks, asking):
    clocks.set_to(utc_time("2028-05-10 12:00"))
    before = await send_answer(service, f"before {step}")
    clocks.set_to(utc_time("2028-05-10 12:05") + step)
    after = await send_answer(service, f"after {step}")
    coded = """
        SELECT count(*) = 2 FROM responses r JOIN texts t ON t.response = r.id
         WHERE r.reference = ANY($1) AND NOT t.due
    """
    await wait_for_row(asking, coded, [before, after])
    assert await load_received_at(asking, after) - await load_received_at(asking, before) == step
    assert (await asking.fetchval("SELECT count(*) FROM jobs WHERE held")) == 0


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 31 Dec 2099 23:59:59 GMT"])
async def test_what_time_a_client_believes_it_is_changes_nothing(date, service, clocks, asking):
    clocks.set_to(utc_time("2028-05-12 12:10"))
    given = {"Date": date, "If-Modified-Since": date}
    assert await load_received_at(asking, await send_answer(service, date, **given)) == utc_time(
        "2028-05-12 12:00"
    )


APART = datetime.timedelta(minutes=5)


@pytest.mark.parametrize("apart", [APART, -APART], ids=["ahead", "behind"])
async def test_program_and_database_five_minutes_apart(apart, service, clocks, asking, monkeypatch):
    """Hours come from the database; a session started by one clock is valid by the other."""
    noon = utc_time("2028-05-16 12:00")
    clocks.database.set_to(noon - APART / 2)
    clocks.ours.set_to(noon - APART / 2 + apart)
    assert await load_received_at(asking, await send_answer(service, f"apart {apart}")) == utc_time(
        "2028-05-16 11:00"
    )
    monkeypatch.setattr(our_clock, "now", lambda: clocks.ours.now().astimezone(LONDON))
    if not await people.by_email(asking, CINDY[0]):
        await people.insert(asking, *CINDY, None)
    account = await people.by_email(asking, CINDY[0])
    cookies = {SESSION: await people_room.begin_session(asking, account.id)}
    async with httpx.AsyncClient(base_url=service.address, cookies=cookies) as client:
        assert (await client.get("/work")).status_code == 200
        start = await client.get("/surveys/feedback")
        assert start.status_code == 200
