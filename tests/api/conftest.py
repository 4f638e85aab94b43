"""A live server for a test, on a database of its own; a phone of a group of collectors."""

import pytest

from survey.store.surveys import instruments
from tests import alone
from tests.api.pages.forms import send
from tests.people import AMINA
from tests.phones import Phone


@pytest.fixture(scope="module")
async def live(server, tmp_path_factory):
    """Address of our application, running in its own process."""
    async with alone.create_database(server, "alone_over_http") as dsn:
        with alone.run_server(dsn, tmp_path_factory.mktemp("data")) as (_, address):
            yield address


@pytest.fixture
async def open_phone(client, signed_in, db):
    """Publishes a survey of Amina's and gives a phone of a group of hers."""

    async def opened(instrument, name="Tuesday"):
        amina = await signed_in(AMINA)
        owner = await db.the_connection.fetchval(
            "SELECT id::text FROM accounts WHERE email = $1", AMINA[0]
        )
        if not await instruments.load_history(db.the_connection, instrument.slug):
            await instruments.insert(db.the_connection, instrument, by=owner)
        page = f"/work/surveys/{instrument.slug}/phones"
        made = await send(amina, page, {"name": name}, page="/work")
        assert made.status_code == 303, made.text
        shown = await amina.get(made.headers["location"])
        address = shown.text.partition('value="http://test/key/')[2].partition('"')[0]
        return Phone(client, f"/key/{address}")

    return opened
