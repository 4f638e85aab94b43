"""The distribution file for a Citus cluster, by the catalogue of a database that it was run in.

Citus itself is not here: two functions of its names write down what the file asks for. What Citus
then refuses is known from its manual, and looked for in the catalogue of the real tables.
"""

import contextlib

import pytest

from survey.store import database
from survey.store.answers import erasure
from tests import alone
from tests.populated import populate

FILE = database.SCHEMA.parent / "distribution.sql"
FUNCTIONS_OF_CITUS = """
    CREATE SCHEMA asked;
    CREATE TABLE asked.tables (name text PRIMARY KEY, by text, with_table text);
    CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE sql
        AS $$ INSERT INTO asked.tables VALUES (name::text) $$;
    CREATE FUNCTION create_distributed_table(name regclass, by text, colocate_with text)
        RETURNS void LANGUAGE sql AS $$
        INSERT INTO asked.tables VALUES (
            name::text, by, CASE colocate_with WHEN 'none' THEN name::text ELSE colocate_with END)
        $$;
"""
UNIQUE_KEYS = """
    SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS held_by,
           (SELECT array_agg(attname::text) FROM pg_attribute
             WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey)) AS columns
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
     WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
"""
FOREIGN_KEYS = """
    SELECT conname AS name, conrelid::regclass::text AS source, confrelid::regclass::text AS target,
           (SELECT array_agg((a.attname::text, b.attname::text))
              FROM unnest(conkey, confkey) AS pair (one, other)
              JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = one
              JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = other) AS pairs
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
UNFIT_COLUMNS = """
    SELECT name, by FROM asked.tables
      JOIN pg_attribute ON attrelid = name::regclass AND attname = by
     WHERE NOT attnotnull OR attgenerated <> ''
"""


async def distribute(connection):
    """Run the file as on a cluster; returns the foreign keys that it drops, by name."""
    before = {row["name"]: row for row in await connection.fetch(FOREIGN_KEYS)}
    await connection.execute(FUNCTIONS_OF_CITUS)
    await connection.execute(FILE.read_text())
    after = {row["name"] for row in await connection.fetch(FOREIGN_KEYS)}
    return {name: row for name, row in before.items() if name not in after}


@pytest.fixture(scope="module")
async def spread(server):
    """A database in which the file was run, and its tables as asked for, by name."""
    async with alone.create_database(server, "alone_and_spread", seeded=False) as dsn:
        connection = await alone.connect(dsn)
        await database.migrate(connection)
        await distribute(connection)
        rows = await connection.fetch("SELECT name, by, with_table FROM asked.tables")
        yield connection, {row["name"]: row for row in rows}
        await connection.close()


def is_distributed(asked, table):
    return table in asked and asked[table]["by"] is not None


async def test_every_unique_key_of_a_distributed_table_has_its_distribution_column(spread):
    connection, asked = spread
    keys = [
        row for row in await connection.fetch(UNIQUE_KEYS) if is_distributed(asked, row["held_by"])
    ]
    assert {row["held_by"] for row in keys} == {
        name for name in asked if is_distributed(asked, name)
    }
    assert [row["name"] for row in keys if asked[row["held_by"]]["by"] not in row["columns"]] == []


async def test_a_distribution_column_is_never_empty_and_never_generated(spread):
    connection, _ = spread
    assert await connection.fetch(UNFIT_COLUMNS) == []


def is_allowed(asked, key):
    """Whether Citus has this foreign key: to a copied table, or between rows on one machine."""
    source, target = key["source"], key["target"]
    if not is_distributed(asked, target):
        return target in asked or not is_distributed(asked, source)
    if not is_distributed(asked, source):
        return False
    one, other = asked[source], asked[target]
    return one["with_table"] == other["with_table"] and (one["by"], other["by"]) in {
        tuple(pair) for pair in key["pairs"]
    }


async def test_every_foreign_key_is_one_that_citus_has(spread):
    connection, asked = spread
    keys = await connection.fetch(FOREIGN_KEYS)
    assert [key["name"] for key in keys if not is_allowed(asked, key)] == []


async def test_a_table_that_grows_with_texts_is_distributed(spread):
    """A new table with the id of a text in its key would otherwise grow on the coordinator."""
    connection, asked = spread
    by_text = {
        row["held_by"]
        for row in await connection.fetch(UNIQUE_KEYS)
        if row["columns"] and "text" in row["columns"]
    }
    assert by_text - {"transcripts"} == {name for name in asked if asked[name]["by"] == "text"}


TRIGGERS = """
    SELECT DISTINCT tgfoid::regproc::text AS function FROM pg_trigger
     WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY($1)
"""
REFUSING = {"never_again", "stays_as_summed"}
ON_ONE_MACHINE = {"keep_case_words"}  # the words of a text, by its id


async def test_it_is_known_what_triggers_of_distributed_tables_do(spread):
    connection, asked = spread
    tables = [name for name in asked if is_distributed(asked, name)]
    found = {row["function"] for row in await connection.fetch(TRIGGERS, tables)}
    assert found == REFUSING | ON_ONE_MACHINE


async def count_orphans(connection, dropped):
    """How many rows refer to a row that is not there, by the foreign keys that were dropped."""
    found = {}
    for name, key in dropped.items():
        [(column, of)] = key["pairs"]
        found[name] = await connection.fetchval(
            f"SELECT count(*) FROM {key['source']} s WHERE {column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {key['target']} t WHERE t.{of} = s.{column})"
        )
    return found


ATTACH = """
    INSERT INTO attachments (mark, instrument, item, media_type, body, expires_at, response)
    SELECT repeat('a', 26), instrument, 'photo', 'image/png', 'bytes', NULL, id
      FROM responses ORDER BY id LIMIT 1
"""


@pytest.mark.slow
async def test_erasure_needs_none_of_the_foreign_keys_that_are_dropped(server):
    async with (
        alone.create_database(server, "alone_and_filled", seeded=False) as dsn,
        contextlib.AsyncExitStack() as stack,
    ):
        connection = await alone.connect(dsn)
        stack.push_async_callback(connection.close)
        await database.migrate(connection)
        dropped = await distribute(connection)
        await populate(dsn)
        await connection.execute(ATTACH)
        for key in dropped.values():
            assert await connection.fetchval(
                f"SELECT EXISTS (SELECT FROM {key['source']} WHERE {key['pairs'][0][0]} NOTNULL)"
            ), key["name"]
        found = "SELECT reference FROM responses UNION ALL SELECT reference FROM complaints"
        for row in await connection.fetch(found):
            async with connection.transaction():
                assert await erasure.erase(connection, row["reference"])
        assert await count_orphans(connection, dropped) == dict.fromkeys(dropped, 0)
        assert await connection.fetchval("SELECT count(*) FROM texts") == 0
