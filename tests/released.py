"""Databases as released versions left them (tests/reference/databases), and how to compare two."""

import json
import lzma
import re
from collections import Counter
from pathlib import Path

import asyncpg

from api.commands.backups import run_program
from survey.store.connections import embedded

FOLDER = Path(__file__).parent / "reference" / "databases"
# The oldest first; the first was made before versions had numbers.
RELEASES = sorted(
    (file.name.removesuffix(".sql.xz") for file in FOLDER.glob("*.sql.xz")),
    key=lambda name: [int(part) for part in name.split(".")] if "." in name else [-1],
)
# Number and passphrase of one case in each.
RECEIPTS = {
    "2026-12-01": ("ZEP7-MWX5", "cover rebel panic ebay eaten wool"),
    "0.2.0": ("2XDT-YNC5", "aqua flirt truce relax match grave"),
    "0.3.0": ("9ZN5-DMGJ", "shed lunar pry trend value snort"),
}
# Newer servers and programs write what older ones do not know, or what is drawn anew each time.
NAMES_OF_NOT_NULL = re.compile(r" CONSTRAINT \w+ NOT NULL")  # PostgreSQL 18 has them, 17 not
NOT_COMPARED = ("--", "\\restrict", "\\unrestrict", "SET transaction_timeout")


def dump(dsn, file, *options):
    """The whole database as the SQL that makes it, rows as INSERTs; for its tables alone `-s`."""
    settings = ("--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=200")
    run_program(embedded.find_programs(), "pg_dump", *settings, *options, "-f", str(file), dsn)
    lines = file.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if line.strip() and not line.startswith(NOT_COMPARED))
    return NAMES_OF_NOT_NULL.sub(" NOT NULL", text)


async def load_release(dsn, release):
    """Fill an empty database with what it held under that release."""
    await load_dump(dsn, lzma.decompress((FOLDER / f"{release}.sql.xz").read_bytes()).decode())


async def load_dump(dsn, text):
    """Fill an empty database with what a dump holds."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(text)
    await connection.close()


async def load_all_rows(connection):
    """Every row of every table, as JSON."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'"
    )
    found = {}
    for (table,) in tables:
        rows = await connection.fetch(f"SELECT to_jsonb(t) AS row FROM {table} t")
        found[table] = [row["row"] for row in rows]
    return found


def lost_rows(before, after):
    """The rows that are missing now, compared by the columns that they had before."""
    for table, rows in before.items():
        if rows:
            lost = count_rows(rows, rows[0]) - count_rows(after.get(table, ()), rows[0])
            yield from ((table, row) for row in lost.elements())


def count_rows(rows, columns):
    """How often each row is there, by these columns."""
    return Counter(json.dumps([row.get(name) for name in columns], sort_keys=True) for row in rows)
