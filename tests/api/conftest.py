"""A live server for a test, on a database of its own."""

import pytest

from tests import alone


@pytest.fixture(scope="module")
async def live(server, tmp_path_factory):
    """Address of our application, running in its own process."""
    async with alone.create_database(server, "alone_over_http") as dsn:
        with alone.run_server(dsn, tmp_path_factory.mktemp("data")) as (_, address):
            yield address
