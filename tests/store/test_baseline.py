"""The baseline makes exactly the tables of the older files, and takes their place."""

import pytest

from survey.problems import Unavailable
from survey.store import database
from tests import alone
from tests.released import dump

BEFORE = database.SCHEMA / "before_baseline"
OLDER = sorted(file.name for file in BEFORE.glob("*.sql"))
LATER = sorted(
    file.name for file in database.SCHEMA.glob("*.sql") if file.name[:2] > database.BASELINE
)


@pytest.fixture
async def older(server):
    """The address of an empty database."""
    async with alone.create_database(server, "alone_and_older", seeded=False) as dsn:
        yield dsn


@pytest.mark.parametrize("until", ["0010", "0029", "~"])
async def test_of_an_older_database_the_rest_is_applied_and_it_is_as_a_new_one(
    older, new_dumps, tmp_path, until
):
    connection = await alone.connect(older)
    first = await alone.migrate_before_baseline(connection, until)
    assert first + await database.migrate(connection) == OLDER + LATER
    assert await database.migrate(connection) == []
    await connection.close()
    assert dump(older, tmp_path / "dump") == new_dumps["whole"]


async def test_the_program_of_before_refuses_the_baseline(older, monkeypatch):
    connection = await alone.connect(older)
    await database.migrate(connection)
    monkeypatch.setattr(database, "SCHEMA", BEFORE)
    with pytest.raises(Unavailable, match="01_places") as refused:
        await database.migrate(connection)
    await connection.close()
    assert refused.value.code == "database.newer"


async def test_an_older_file_that_was_edited_is_refused_and_nothing_is_recorded(older):
    connection = await alone.connect(older)
    await alone.migrate_before_baseline(connection)
    await connection.execute("UPDATE migrations SET sha256 = 'another' WHERE name = $1", OLDER[3])
    with pytest.raises(Unavailable, match=OLDER[3]) as refused:
        await database.migrate(connection)
    assert refused.value.code == "database.edited"
    assert await connection.fetchval("SELECT count(*) FROM migrations") == len(OLDER)
    await connection.close()
