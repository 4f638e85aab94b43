"""A database of each released version is used once it is up to date: cases, answers, editions."""

from typing import NamedTuple

import pytest
from litestar import Litestar

from api.commands.report import rebuild_from_inputs
from api.jobs.edition_inputs import editions
from api.jobs.texts import coding
from api.operations import foundations
from survey.store.accounts import people
from survey.store.cases import case_owners, complaints
from survey.store.database import Database, open_database
from tests import alone
from tests.api.pages.forms import send
from tests.people import CINDY
from tests.populated import CONTACT, KEYRING, STORY, build_site, open_browser
from tests.released import RECEIPTS, RELEASES, load_release


class ReleasedSite(NamedTuple):
    """The application on a database of a release that was brought up to date."""

    release: str
    database: Database
    app: Litestar


@pytest.fixture(scope="module", params=RELEASES)
async def site(request, server):
    async with alone.create_database(server, "alone_and_used", seeded=False) as dsn:
        await load_release(dsn, request.param)
        async with open_database(dsn) as database:
            async with database.connection() as connection:
                await foundations.load_foundations(connection)
            yield ReleasedSite(request.param, database, build_site(database))


@pytest.fixture
async def cindy(site):
    async with site.database.connection() as connection:
        account = await people.by_email(connection, CINDY[0])
    async with open_browser(site.app, account.id) as client:
        yield client


@pytest.mark.slow
async def test_the_working_group_opens_a_case(site, cindy):
    number, _ = RECEIPTS[site.release]
    page = await cindy.get(f"/work/complaints/{number}")
    assert page.status_code == 200
    assert "a red dot" in page.text
    async with site.database.connection() as connection:
        case = await complaints.get(connection, number)
        sealed = await case_owners.find_contact(connection, case.id)
    assert KEYRING.unseal(number, sealed) == CONTACT


async def test_who_complained_opens_the_case(site):
    number, phrase = RECEIPTS[site.release]
    async with open_browser(site.app) as client:
        opened = {"number": number, "passphrase": phrase}
        answer = await send(client, "/case", opened, page="/case")
        assert answer.status_code == 303
        assert "a red dot" in (await client.get("/case")).text


async def test_a_survey_is_answered(site):
    answers = {"borough": "Hackney", "answers": {"subject": "taser", "story": STORY}}
    async with open_browser(site.app) as client:
        sent = await client.post("/api/v1/surveys/feedback/responses", json=answers)
    assert sent.status_code == 201
    async with site.database.connection() as connection:
        count = "SELECT count(*) FROM responses WHERE reference = $1"
        assert await connection.fetchval(count, sent.json()["reference"]) == 1


async def load_editions(site):
    """Kind, first day, number and stored inputs of each edition."""
    async with site.database.connection() as connection:
        return await connection.fetch(
            "SELECT kind, start_on, number, i.body FROM editions"
            " LEFT JOIN edition_inputs i USING (kind, start_on, number) ORDER BY 1, 2, 3"
        )


async def test_its_editions_are_shown(site):
    found = [tuple(row)[:3] for row in await load_editions(site)]
    assert found
    async with open_browser(site.app) as client:
        for kind, start, number in found:
            page = await client.get(f"/reports/{kind}/{start}?number={number}")
            assert page.status_code == 200
            assert f"{start.year}" in page.text


@pytest.mark.slow
async def test_its_newest_edition_is_rebuilt_from_its_inputs(site):
    kind, start, number, body = (await load_editions(site))[-1]
    made, _ = rebuild_from_inputs(body)
    assert (made.kind, made.start, made.number) == (kind, start, number)


@pytest.mark.slow
async def test_a_new_edition_is_made_of_it(site):
    kind, start, number, _ = (await load_editions(site))[-1]
    async with site.database.connection() as connection:
        await coding.code_all(connection)
        async with connection.transaction(isolation="repeatable_read"):
            made, _ = await editions.make_edition(connection, kind, start, why="A file came late.")
    assert made.number == number + 1
