"""A live server beside the test, on a database of its own."""

import pytest

from tests import alone


@pytest.fixture(scope="module")
async def live(server, tmp_path_factory):
    """The address of our application in a process of its own."""
    async with alone.database_of_its_own(server, "alone_over_http") as dsn:
        with alone.served(dsn, tmp_path_factory.mktemp("data")) as (_, address):
            yield address
