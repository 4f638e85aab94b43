"""What is read on a replica, and what happens to a request when the replica fails."""

import pytest

from api.dependencies import provide_replica
from api.settings import Settings
from survey.store.connections.refusals import lost_replica
from tests.analysis.editions.made_up_edition import WEEK, bare_edition
from tests.conftest import OneConnection
from tests.people import CINDY
from tests.stored.published_editions import save_and_publish

# Reports, exports and dashboards. Whatever is not here is read from the primary.
READ_ON_THE_REPLICA = {
    "/reports", "/reports/{kind:str}", "/reports/{kind:str}/{start:date}",
    "/reports/{kind:str}/{start:date}/edition.csv", "/reports/feed.xml", "/reports/boroughs",
    "/explore", "/explore/figures.csv", "/api/v1/reports", "/api/v1/deployments",
    "/api/v1/reports/{kind:str}/{start:date}", "/work/surveys", "/work/surveys/{slug:str}",
    "/work/themes",
    "/work/answers", "/work/deployments", "/work/campaigns",
}  # fmt: skip


def handlers_on_the_replica(app):
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            found = handler.resolve_dependencies().get("database")
            if found and found.dependency is provide_replica:
                yield route.path, handler


def test_reports_and_dashboards_are_read_on_the_replica(built):
    found = {path for path, _ in handlers_on_the_replica(built)}
    assert found >= READ_ON_THE_REPLICA


def test_nothing_that_writes_gets_the_replica(built):
    methods = {method for _, one in handlers_on_the_replica(built) for method in one.http_methods}
    assert methods <= {"GET", "OPTIONS"}


class LostDatabase(OneConnection):
    """A replica that fails at the first read of each request."""

    reads = 0

    def connection(self):
        self.reads += 1
        raise lost_replica()

    async def load_cached(self, read):
        raise lost_replica()


@pytest.fixture
def lost(app, db):
    app.state.read_database = LostDatabase(db.the_connection)
    return app.state.read_database


async def test_a_request_whose_replica_fails_is_done_again_on_the_primary(client, db, lost):
    await save_and_publish(db.the_connection, bare_edition())
    page = await client.get("/reports/monthly/2026-10-01")
    assert (page.status_code, lost.reads) == (200, 1)
    assert page.text.count("<!DOCTYPE html>") + page.text.count("<!doctype html>") == 1
    listed = await client.get("/api/v1/reports")
    assert (listed.status_code, len(listed.json()["items"]), lost.reads) == (200, 1, 2)


async def test_a_refusal_of_the_primary_is_the_answer(client, lost):
    page = await client.get(f"/reports/weekly/{WEEK}")
    assert (page.status_code, lost.reads) == (404, 1)


async def test_staff_pages_are_done_again_too(signed_in, lost):
    cindy = await signed_in(CINDY)
    for address in ("/work/themes", "/work/answers", "/work/deployments", "/work/campaigns"):
        assert (await cindy.get(address)).status_code == 200
    assert lost.reads == 4


def test_an_address_of_its_own_for_what_needs_one_says_that_the_other_is_pooled():
    own = Settings(database_url="postgresql://a@db/a")
    assert (own.is_pooled, own.direct_url) == (False, "postgresql://a@db/a")
    pooled = Settings(
        database_url="postgresql://a@pgbouncer/a", direct_database_url="postgresql://a@db/a"
    )
    assert (pooled.is_pooled, pooled.direct_url) == (True, "postgresql://a@db/a")
