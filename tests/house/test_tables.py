"""The page of the tables is drawn from the schema, and has each key that a database has."""

from survey.store.database import SCHEMA
from tests.house.tables import PAGE, page_text, tables_of

KEYS = """
    SELECT c.conrelid::regclass::text AS name, c.confrelid::regclass::text AS target,
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
                  ORDER BY k.place) AS columns
      FROM pg_constraint c
     WHERE c.contype = $1 AND c.connamespace = 'public'::regnamespace
       AND c.conrelid <> 'migrations'::regclass
"""


def all_tables():
    return [table for file in SCHEMA.glob("*.sql") for table in tables_of(file.read_text())]


def test_the_page_is_what_the_schema_files_say():
    assert PAGE.read_text() == page_text(), "run `python -P -m tests.house.tables`"


async def test_every_primary_key_of_a_database_is_drawn(db):
    rows = await db.the_connection.fetch(KEYS, b"p")
    assert {table.name: table.key for table in all_tables()} == {
        row["name"]: row["columns"] for row in rows
    }


async def test_every_reference_of_a_database_is_drawn(db):
    rows = await db.the_connection.fetch(KEYS, b"f")
    drawn = {
        (table.name, target, column)
        for table in all_tables()
        for target, columns in table.references.items()
        for column in columns
    }
    assert drawn == {
        (row["name"], row["target"], column) for row in rows for column in row["columns"]
    }
