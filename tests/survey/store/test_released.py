"""A database of each released version is brought up to date: whole, as a new one, and usable."""

from typing import Any, NamedTuple

import asyncpg
import pytest

from survey.store import database
from tests import alone
from tests.populated import populate
from tests.released import RELEASES, dump, load_all_rows, load_release, lost_rows

# The first is empty while nobody works, and the second while nobody who was signed out waits to
# sign in again.
NEVER_FILLED = {"work_progress", "unsent_forms"}
# What is true of the rows whatever made them: each counts the rows of which it is not true.
MEANINGS = {
    "a survey has mode, kind and owner of its first version": """
        SELECT count(*) FROM instruments i
          LEFT JOIN surveys s USING (slug, mode, kind)
         WHERE s.slug IS NULL OR s.owner IS DISTINCT FROM i.owner""",
    "an import covers what it holds figures of": """
        SELECT count(*) FROM deployment_counts c WHERE NOT EXISTS (
            SELECT FROM told_figures t WHERE (t.import, t.start_on, t.end_on, t.measure)
                                           = (c.import, c.start_on, c.end_on, c.measure)
               AND t.dimension = split_part(c.category, ':', 1))""",
    "a case is found by its words": """
        SELECT count(*) FROM texts t LEFT JOIN case_words w ON w.text = t.id
         WHERE t.complaint IS NOT NULL AND w.text IS NULL
           AND EXISTS (SELECT FROM codings d WHERE d.text = t.id)""",
    "an answer that is in the sums says so": """
        SELECT abs((SELECT count(*) FROM responses r WHERE summed)
                 - (SELECT coalesce(sum(persons), 0) FROM answer_sums)) """,
    "a coded text is counted by its last codes": """
        SELECT count(*) FROM (
            SELECT stream, instrument, codebook, tone, themes
              FROM (SELECT stream, instrument, codebook, tone, themes, 1 AS n FROM current_codings
                     UNION ALL
                    SELECT stream, instrument, codebook, tone, themes, -texts FROM text_counts) e
             GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0) d""",
    "an answer that is in the sums is counted": """
        SELECT abs((SELECT count(*) FROM responses r WHERE summed)
                 - (SELECT coalesce(sum(answers), 0) FROM week_counts))
             + (SELECT count(*) FROM (
                SELECT r.instrument, r.version, c.item, c.answer, count(*)
                  FROM responses r
                  JOIN instruments i ON (i.slug, i.version) = (r.instrument, r.version)
                 CROSS JOIN LATERAL counted_answers(
                       r.answers, counted_questions(i.definition)) c
                 WHERE summed GROUP BY 1, 2, 3, 4
                EXCEPT SELECT instrument, version, item, answer, answers FROM answer_counts) d)""",
    "a text has the last of its codes in one row": """
        SELECT count(*) FROM (
            (SELECT * FROM newest_codings EXCEPT SELECT * FROM current_codings)
            UNION ALL (SELECT * FROM current_codings EXCEPT SELECT * FROM newest_codings)) d""",
    "sums have a place and a kind of people": """
        SELECT count(*) FROM answer_sums a
          LEFT JOIN answer_draws d ON d.id = a.draw
          LEFT JOIN answer_kinds k ON k.id = a.kind
         WHERE d.id IS NULL OR k.id IS NULL""",
}


class UpgradedDatabase(NamedTuple):
    """A database of a release, and its rows before and after it was brought up to date."""

    release: str
    dsn: str
    connection: asyncpg.Connection
    before: dict[str, list[dict[str, Any]]]
    after: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=RELEASES)
async def upgraded(request, server):
    async with alone.create_database(server, "alone_and_released", seeded=False) as dsn:
        await load_release(dsn, request.param)
        connection = await alone.connect(dsn)
        before = await load_all_rows(connection)
        await database.migrate(connection)
        after = await load_all_rows(connection)
        yield UpgradedDatabase(request.param, dsn, connection, before, after)
        await connection.close()


def test_every_table_of_the_release_has_rows(upgraded):
    assert {table for table, rows in upgraded.before.items() if not rows} <= NEVER_FILLED


def test_every_row_is_there_as_it_was_and_no_other(upgraded):
    assert list(lost_rows(upgraded.before, upgraded.after)) == []
    # A table that is new since that release begins empty.
    none = dict.fromkeys(upgraded.after, 0)
    assert count_by_table(upgraded.after) == none | count_by_table(upgraded.before)


def count_by_table(rows_by_table):
    return {table: len(rows) for table, rows in rows_by_table.items()}


@pytest.mark.parametrize("meaning", MEANINGS)
async def test_what_its_rows_mean_is_true(upgraded, meaning):
    assert await upgraded.connection.fetchval(MEANINGS[meaning]) == 0


def test_its_tables_are_those_of_a_new_database(upgraded, new_tables, tmp_path):
    assert dump(upgraded.dsn, tmp_path / "dump", "-s") == new_tables


@pytest.mark.slow
async def test_what_makes_the_next_one_fills_every_table(server):
    async with alone.create_database(server, "alone_and_next", seeded=False) as dsn:
        await populate(dsn)
        connection = await alone.connect(dsn)
        rows = await load_all_rows(connection)
        await connection.close()
    assert {table for table, found in rows.items() if not found} <= NEVER_FILLED
