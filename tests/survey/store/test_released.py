"""A database of each released version is brought up to date: whole, as a new one, and usable."""

from typing import Any, NamedTuple

import asyncpg
import pytest

from survey.store import database
from tests import alone
from tests.populated import populate
from tests.released import (
    MOVED,
    QUEUE_OF_PGQUEUER,
    RELEASES,
    REWRITTEN,
    count_rows,
    dump,
    load_all_rows,
    load_release,
    lost_rows,
)

# No version of the program ever filled the first two; the third is empty while nobody works, and
# the fourth while nobody who was signed out waits to sign in again.
NEVER_FILLED = {"pgqueuer_schedules", "pgqueuer_statistics", "work_progress", "unsent_forms"}
# What later files make of the rows of earlier ones: each counts the rows of which it is not true.
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
# What is true of the databases that were made before something was known.
EARLIER = {
    "0.1.0": {
        "every edition is reviewed and published": """
            SELECT count(*) FROM editions_today
             WHERE reviewed_at IS DISTINCT FROM made_at OR published_at IS DISTINCT FROM made_at""",
        "nobody has said that they may be quoted": """
            SELECT (SELECT count(*) FROM responses WHERE may_quote <> 'no')
                 + (SELECT count(*) FROM complaints WHERE may_quote <> 'no')""",
        "a case is as its last event left it": """
            SELECT count(*) FROM complaints c
             WHERE status <> (SELECT CASE event ->> 'kind' WHEN 'acknowledged' THEN 'open'
                     WHEN 'outcome' THEN 'decided' WHEN 'closed' THEN 'closed' ELSE 'new' END
                FROM case_events e WHERE e.complaint = c.id ORDER BY version DESC LIMIT 1)""",
    },
    "2026-11-26": {},
}
BEFORE_KEYED_MARKS = {
    "no request is known by a bare mark": """
        SELECT (SELECT count(*) FROM request_marks)
             + (SELECT count(*) FROM complaints WHERE num_nonnulls(request_key, request_body) > 0)
    """,
    "of imports it is not known where they are public": """
        SELECT count(*) FROM imports WHERE origin <> 'unknown'""",
}


GROWN = {
    "2026-11-26": {"surveys"},  # a draft has its slug from now on
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


def test_every_row_is_there_as_it_was(upgraded):
    rewritten = REWRITTEN if upgraded.release in EARLIER else QUEUE_OF_PGQUEUER | MOVED
    assert list(lost_rows(upgraded.before, upgraded.after, rewritten)) == []


def test_only_expected_tables_have_more_rows_than_before(upgraded):
    grown = {
        table
        for table, rows in upgraded.before.items()
        if len(upgraded.after.get(table, rows)) > len(rows)
    }
    assert grown == GROWN.get(upgraded.release, set())


def test_jobs_that_waited_are_in_the_queue_of_now(upgraded):
    """After 0.1.0 its answers are yet to be summed; after others, which had a recalibration in
    force, the year's texts are yet to be read in one way.
    """
    waited = {(row["id"], row["entrypoint"]) for row in upgraded.before["pgqueuer"]}
    waiting = {(row["id"], row["kind"]) for row in upgraded.after["jobs"]}
    assert waited <= waiting
    (more,) = waiting - waited
    assert (more[1] == "reread_tones") == bool(upgraded.before.get("recalibrations"))


def test_requests_are_still_known(upgraded):
    """After an upgrade a program that sends its answer again gets the receipt it got before."""
    if upgraded.release in EARLIER:
        pytest.skip("its marks were made without a key, and are deleted")
    columns = ("request_key", "request_body", "reference", "received_at")
    answers = [row for row in upgraded.before["responses"] if row["request_key"]]
    marks = upgraded.after["request_marks"]
    assert count_rows(marks, columns) == count_rows(answers, columns)
    assert marks


async def test_what_later_files_make_of_it_is_true(upgraded):
    earlier = EARLIER.get(upgraded.release)
    true = MEANINGS | (earlier | BEFORE_KEYED_MARKS if earlier is not None else {})
    wrong = {what: await upgraded.connection.fetchval(count) for what, count in true.items()}
    assert wrong == dict.fromkeys(true, 0)


def test_its_tables_are_those_of_a_new_database(upgraded, new_dumps, tmp_path):
    assert dump(upgraded.dsn, tmp_path / "dump", "-s") == new_dumps["tables"]


@pytest.mark.slow
async def test_what_makes_the_next_one_fills_every_table(server):
    async with alone.create_database(server, "alone_and_next", seeded=False) as dsn:
        await populate(dsn)
        connection = await alone.connect(dsn)
        rows = await load_all_rows(connection)
        await connection.close()
    assert {table for table, found in rows.items() if not found} <= NEVER_FILLED
