"""docker-compose.yml under steady answers and pages: applications stop, come, die, are replaced.

Size: a thousand requests for each act, of which none may fail; at a kill only those in flight do.
"""

import asyncio
import collections
import contextlib
import statistics

import httpx
import pytest

from tests.campaigns.crowd import Crowd, open_client
from tests.campaigns.sizes import log
from tests.campaigns.test_compose import (  # noqa: F401 - fixtures
    DATABASE_TOO,
    address_of_database,
    engine,
    is_up,
    next_version,
    site,
)
from tests.waiting import until, until_sync

pytestmark = [pytest.mark.long, pytest.mark.allow_hosts(DATABASE_TOO)]
PAGES = ("/", "/surveys", "/complaints")
READERS, SENDERS = 1, 2
THOUSAND = 600  # answers, beside which at least 400 pages are read


class Traffic(Crowd):
    """Residents who send answers and read pages."""

    def __init__(self, name):
        super().__init__(name)
        self.pages = []  # the status of each

    async def keep_reading(self, address, stop):
        async with open_client(1) as client:
            while not stop.is_set():
                for page in PAGES:
                    read = await client.get(address + page)
                    self.pages.append(read.status_code)
                    self.seconds.append(read.elapsed.total_seconds())

    @contextlib.asynccontextmanager
    async def passing(self, address):
        stop = asyncio.Event()
        async with self.sending(address, clients=SENDERS), asyncio.TaskGroup() as group:
            group.create_task(self.keep_reading(address, stop))
            try:
                yield self
            finally:
                stop.set()
                self.log_summary()

    async def pass_a_thousand(self):
        read = len(self.pages)
        await self.receive(THOUSAND)
        await until(lambda: len(self.pages) >= read + 1000 - THOUSAND)

    def log_summary(self):
        """The log in short; nothing here judges the times."""
        statuses = dict(self.answers + collections.Counter(self.pages))
        middle, most = (1000 * statistics.quantiles(self.seconds, n=20)[n] for n in (9, 18))
        log.info("%s: %s, median %.0f ms, 95%% within %.0f ms", self.name, statuses, middle, most)

    def has_no_failure(self):
        return set(self.answers) == {201} and set(self.pages) == {200}


class Service:
    """The service of Compose, and the commands of Docker, which run while traffic goes on."""

    def __init__(self, containers, address):
        self.engine, self.address = containers, address

    async def run(self, *words):
        return await asyncio.to_thread(self.engine.run, *words)

    async def list_applications(self):
        mark = "label=com.docker.compose.service=app"
        return (await self.run("docker", "ps", "--quiet", "--filter", mark)).split()

    async def scale(self, number):
        """Have so many applications; those that run already stay as they are."""
        words = ("--detach", "--wait", "--no-deps", "--no-recreate", "--scale", f"app={number}")
        await self.run("docker", "compose", "up", *words, "app")


@pytest.fixture
def service(engine, site):  # noqa: F811
    with httpx.Client(base_url=site, trust_env=False) as client:
        until_sync(is_up, client)
    return Service(engine, site)


async def test_none_of_a_thousand_fails_when_an_application_stops_in_order(service):
    async with Traffic("stopped").passing(service.address) as traffic:
        first, _ = await service.list_applications()
        await service.run("docker", "stop", first)
        await traffic.pass_a_thousand()
        await service.run("docker", "start", first)
    assert traffic.has_no_failure(), (traffic.answers, set(traffic.pages))


async def test_none_of_a_thousand_fails_when_an_application_is_added(service):
    async with Traffic("added").passing(service.address) as traffic:
        await service.scale(3)
        await traffic.pass_a_thousand()
        await service.scale(2)
    assert traffic.has_no_failure(), (traffic.answers, set(traffic.pages))


async def test_a_release_with_the_same_tables_replaces_one_application_after_the_other(service):
    older = await service.list_applications()
    with next_version(service.engine, schema=False):
        async with Traffic("replaced").passing(service.address) as traffic:
            await service.scale(4)
            for container in older:
                await service.run("docker", "stop", container)
                await service.run("docker", "rm", container)
            await traffic.pass_a_thousand()
        assert not set(older) & set(await service.list_applications())
        assert traffic.has_no_failure(), (traffic.answers, set(traffic.pages))
        await service.run("docker", "compose", "up", "--detach", "--wait")
    await service.run("docker", "compose", "up", "--detach", "--wait")


async def test_at_a_kill_only_what_was_in_flight_fails_and_a_page_says_so(service):
    async with Traffic("killed").passing(service.address) as traffic:
        await traffic.receive(100)
        first, *_ = await service.list_applications()
        state = await service.run("docker", "inspect", first, "--format", "{{.State.Pid}}")
        await service.run("kill", "-9", state.strip())
        await traffic.pass_a_thousand()
    assert traffic.answers.keys() <= {201, 502}
    assert traffic.answers[502] <= SENDERS
    assert traffic.pages.count(502) <= READERS
    assert set(traffic.pages) <= {200, 502}
    assert all("Go back in your browser and send it again" in page for page in traffic.refusals)
    await traffic.send_the_doubtful(service.address)
    await traffic.check(address_of_database(service.engine))
