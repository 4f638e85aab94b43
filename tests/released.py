"""Databases as released versions left them (tests/reference/databases), and how to compare two."""

import json
import lzma
import re
from collections import Counter
from pathlib import Path

import asyncpg

from api.commands.backups import run_program
from survey.store import embedded

FOLDER = Path(__file__).parent / "reference" / "databases"
RELEASES = sorted(file.name.removesuffix(".sql.xz") for file in FOLDER.glob("*.sql.xz"))
# Number and passphrase of one case in each; 0.1.0 gave no passphrases.
RECEIPTS = {
    "0.1.0": ("6GWQ-3PY7", ""),
    "2026-11-26": ("TZA9-YFM8", "coma chip chomp aids curvy amino"),
    "2026-11-27": ("KRKQ-6CXT", "mop list veto oak erupt sedan"),
}
# Tables and columns that a later file changes on purpose; all others must stay as they are.
REQUEST_MARKS = {"responses.request_key", "responses.request_body"}
REQUEST_MARKS |= {"complaints.request_key", "complaints.request_body"}
QUEUE_OF_PGQUEUER = {"pgqueuer", "pgqueuer_log"}  # see test_jobs_of_an_older_queue_are_still_there
# The marks of answers' requests are in a table of their own now: see test_requests_are_still_known.
MOVED = {"responses.request_key", "responses.request_body"}
REWRITTEN = {"answer_sums", "case_attempts", "complaints.status", *REQUEST_MARKS}
REWRITTEN |= QUEUE_OF_PGQUEUER
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
    text = lzma.decompress((FOLDER / f"{release}.sql.xz").read_bytes()).decode()
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


def lost_rows(before, after, rewritten=REWRITTEN):
    """The rows that are missing now, compared by the columns that they had before."""
    for table, rows in before.items():
        if rows and table not in rewritten:
            same = [name for name in rows[0] if f"{table}.{name}" not in rewritten]
            lost = count_rows(rows, same) - count_rows(after.get(table, ()), same)
            yield from ((table, row) for row in lost.elements())


def count_rows(rows, columns):
    """How often each row is there, by these columns."""
    return Counter(json.dumps([row.get(name) for name in columns], sort_keys=True) for row in rows)
