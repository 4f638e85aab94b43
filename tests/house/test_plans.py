"""The most frequent statements find their rows by an index, also in tables of a million rows.

The tables have 20,000 rows; what the planner is told of their size says fifty times as many.
"""

import datetime
import uuid

import msgspec
import pytest

from survey.cases import ACTIVE_STATUSES
from survey.store import jobs
from survey.store.accounts import sessions
from survey.store.answers import counts, erasure, responses, sums
from survey.store.cases import case_owners, complaints, events, inbox
from survey.store.surveys import instruments
from survey.store.themes import codes, double_coding, texts

pytestmark = pytest.mark.slow  # filling the tables takes long

FILL_TABLES = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at, summed)
    SELECT n::text, 'feedback',
        (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
        'open', 'E09000012', 'en', '{}',
           date_trunc('hour', now()) - n * interval '1 hour', n > 20
      FROM generate_series(1, 20000) n;
    INSERT INTO week_counts
    SELECT instrument, week_of(received_at), count(*) FROM responses WHERE summed GROUP BY 1, 2;
    INSERT INTO request_marks (request_key, request_body, reference, received_at)
    SELECT sha256(reference::bytea), '', reference, greatest(
               received_at, date_trunc('hour', now()) - interval '10 hours')
      FROM responses;
    INSERT INTO answer_draws (area, stratum, psu, probability) SELECT code, '', '', 0 FROM areas;
    INSERT INTO answer_kinds (kind) VALUES ('{}');
    INSERT INTO answer_sums
    SELECT 'feedback',
        (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
        'open', since, draw, k.id, 1, '{}'
      FROM (SELECT DISTINCT ON (draw, since) id AS draw,
                   greatest(date_trunc('week', day), date_trunc('month', day))::date AS since
              FROM answer_draws
                   CROSS JOIN generate_series(now() - interval '9 years', now(), '1 day') day
           ) AS spans CROSS JOIN answer_kinds k;
    INSERT INTO texts (response, item, body, language, due)
    SELECT id, 'story', 'words', 'en', random() < 0.001 FROM responses;
    INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans, themes)
    SELECT id, 'machine', '1', 1, 'en', 'words', '[]', '[]' FROM texts;
    INSERT INTO redactions (text, number, spans, redacted, account)
    SELECT t.id, 1, '[]', 'words', a.id FROM texts t, (SELECT id FROM accounts LIMIT 1) a;
    INSERT INTO complaints (reference, instrument, version, area, language, answers, received_at)
    SELECT n::text, 'complaint',
        (SELECT max(version) FROM instruments WHERE slug = 'complaint'),
        'E09000012', 'en', '{}',
           date_trunc('hour', now()) - n * interval '1 hour'
      FROM generate_series(1, 20000) n;
    INSERT INTO case_events (complaint, version, event)
    SELECT id, 1, '{"kind": "received"}' FROM complaints;
    INSERT INTO allegations (complaint, kind) SELECT id, 'incivility' FROM complaints;
    INSERT INTO accounts (email, name, role)
    SELECT n || '@example.org', 'Somebody', 'reviewer' FROM generate_series(1, 2000) n;
    INSERT INTO surveys SELECT 'survey-' || n, 'open' FROM generate_series(1, 2000) n;
    INSERT INTO instruments (slug, version, mode, kind, definition)
    SELECT 'survey-' || n, 1, 'open', 'survey', definition
      FROM generate_series(1, 2000) n CROSS JOIN instruments WHERE slug = 'feedback';
    INSERT INTO survey_settings (slug) SELECT 'survey-' || n FROM generate_series(1, 2000) n;
    INSERT INTO survey_limits (survey) SELECT 'survey-' || n FROM generate_series(1, 2000) n;
    INSERT INTO member_codes (code_digest, survey)
    SELECT sha256(n::text::bytea), 'survey-1' FROM generate_series(1, 20000) n;
    INSERT INTO encounter_waves (survey, first_day, last_day, rules, left_out)
    SELECT 'survey-1', '2026-01-01', '2026-01-01', '{}', '{}' FROM generate_series(1, 2000) n;
    INSERT INTO encounters (code_digest, wave, kind, area, groups)
    SELECT sha256(n::text::bytea), w.id, 'Stop', 'E09000012', '{}'
      FROM generate_series(1, 20000) n CROSS JOIN (SELECT id FROM encounter_waves LIMIT 1) w;
    INSERT INTO asked_encounters (survey, mark, asked_on)
    SELECT 'survey-1', sha256(n::text::bytea), '2026-01-01' FROM generate_series(1, 20000) n;
    INSERT INTO sessions (key_digest, account, expires_at)
    SELECT sha256(n::text::bytea), a.id, now() + interval '1 day'
      FROM generate_series(1, 2000) n CROSS JOIN (SELECT id FROM accounts LIMIT 1) a;
    INSERT INTO jobs (kind, held) SELECT 'code_texts', n % 1000 <> 0
      FROM generate_series(1, 20000) n;
    ANALYZE;
    UPDATE pg_class SET reltuples = 50 * reltuples
     WHERE relnamespace = 'public'::regnamespace AND reltuples >= 20000
"""


class ExplainingConnection:
    """A connection that also collects PostgreSQL's plan of each statement."""

    def __init__(self, connection):
        self.connection, self.plans = connection, []

    async def explain(self, statement, values):
        (row,) = await self.connection.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *values)
        self.plans.append(msgspec.json.decode(row[0]))

    async def execute(self, statement, *values):
        await self.explain(statement, values)
        return await self.connection.execute(statement, *values)

    async def fetch(self, statement, *values):
        await self.explain(statement, values)
        return await self.connection.fetch(statement, *values)

    async def fetchrow(self, statement, *values):
        await self.explain(statement, values)
        return await self.connection.fetchrow(statement, *values)

    async def fetchval(self, statement, *values):
        await self.explain(statement, values)
        return await self.connection.fetchval(statement, *values)

    async def cursor(self, statement, *values):
        await self.explain(statement, values)
        return await self.connection.cursor(statement, *values)


def scanned_tables(plan):
    """The tables that a plan reads from end to end (sequential scans)."""
    if isinstance(plan, list):
        return [table for part in plan for table in scanned_tables(part)]
    if not isinstance(plan, dict):
        return []
    own = [plan["Relation Name"]] if plan.get("Node Type") == "Seq Scan" else []
    return own + [table for part in plan.values() for table in scanned_tables(part)]


@pytest.fixture
async def many(db):
    await db.the_connection.execute(FILL_TABLES)
    return ExplainingConnection(db.the_connection)


async def load_week_of_sums(connection):
    today = await connection.connection.fetchval("SELECT current_date")
    start = await connection.connection.fetchval("SELECT current_date - 7")
    await sums.load_span_counts(connection, "open", start, today)


async def export_first_batch(connection, survey="feedback"):
    async for _ in counts.read_in_batches(connection, survey, 50):
        return


TEXTS = texts.TextSelection(version=1, sampled="taser-trial", themes=())
OF_A_THEME = msgspec.structs.replace(TEXTS, themes=("use-of-force",))


INBOX = inbox.InboxSearch(today=datetime.date(2026, 11, 27), statuses=ACTIVE_STATUSES)


async def load_theme_counts(connection):
    now = await connection.connection.fetchval("SELECT now()")
    eight_weeks, four_weeks = (now - datetime.timedelta(weeks=n) for n in (8, 4))
    await texts.count_by_theme(connection, "taser-trial", {}, eight_weeks, four_weeks)
    await texts.load_examples(connection, "taser-trial", four_weeks, {"use-of-force": ""})


async def load_text_page(connection):
    await texts.load_page(connection, TEXTS, None, 26)


KEY, SOMETHING = b"\x00" * 32, str(uuid.UUID(int=7))
# Some rows a borough, a survey or a quarter, and tables that are empty here.
ALLOWED_SCANS = {
    *("answer_draws", "answer_kinds", "answer_counts", "week_counts", "double_coding_samples"),
    *("case_keys", "drafts", "invitations", "text_counts", "campaigns", "campaign_members"),
}
HOT_STATEMENTS = {
    "the survey that is answered": lambda c: instruments.get(c, "survey-77"),
    "whether a request came before": lambda c: responses.load_marks(c, [b"\x00" * 32]),
    "old marks of answers' requests": responses.delete_request_marks,
    "old marks of complaints": complaints.clear_request_marks,
    "what people may have seen of an answer": lambda c: erasure.load_shown_texts(c, "77"),
    "who is signed in": lambda c: sessions.find(c, b"\x00" * 32, datetime.timedelta(hours=1)),
    "the texts that wait": lambda c: codes.claim_texts(c, 500),
    "the sums of a week": load_week_of_sums,
    "an export": export_first_batch,
    "a case": lambda c: complaints.get(c, "77"),
    "the next job": lambda c: jobs.claim(c, ["code_texts"]),
    "answers that enter the sums": lambda c: sums.sum_batch(c, 20),
    "an answer that leaves the sums": lambda c: sums.subtract_response(c, "77"),
    "an answer that is erased": lambda c: responses.erase(c, "77"),
    "answers by week": lambda c: counts.count_by_week(c, "feedback"),
    "answers by choice": lambda c: counts.count_by_answer(c, "feedback"),
    "answers of every survey": counts.count_by_survey,
    "answers of past hours": lambda c: counts.count_of_past_hours(c, "feedback"),
    "a page of texts": load_text_page,
    "texts by tone": lambda c: texts.count_by_tone(c, TEXTS),
    "texts of a theme by tone": lambda c: texts.count_by_tone(c, OF_A_THEME),
    "texts of each theme": load_theme_counts,
    "texts of each theme of a codebook": lambda c: codes.count_by_theme(c, 1),
    "the inbox": lambda c: inbox.load_page(c, INBOX, None, 26),
    "quarters whose sample is not drawn": lambda c: double_coding.load_quarters_to_draw(
        c, datetime.date(2026, 11, 27)
    ),
    "what somebody typed": lambda c: sessions.find_draft(c, KEY, dict),
    "the history of a case": lambda c: events.load_history(c, SOMETHING),
    "a case that was opened": lambda c: case_owners.find_opened_case(c, KEY),
    "the passphrase of a case": lambda c: case_owners.find_passphrase(c, "77"),
    "whether a code opens a survey": lambda c: instruments.find_by_code(c, "ABCD"),
}


async def test_the_hottest_statements_read_no_table_from_end_to_end(many):
    found = {}
    for name, ask in HOT_STATEMENTS.items():
        many.plans.clear()
        await ask(many)
        assert many.plans, name
        found[name] = set(scanned_tables(many.plans)) - ALLOWED_SCANS
    assert {name: tables for name, tables in found.items() if tables} == {}


def sort_keys(plan):
    """What a plan sorts rows by, instead of reading them in the order of an index."""
    if isinstance(plan, list):
        return [key for part in plan for key in sort_keys(part)]
    if not isinstance(plan, dict):
        return []
    return [*plan.get("Sort Key", ()), *sort_keys(list(plan.values()))]


async def test_an_export_reads_in_the_order_of_an_index(many):
    """Sorting a million rows first would keep whoever exports them waiting."""
    await export_first_batch(many)
    assert sort_keys(many.plans) == []


def used_indexes(plan):
    if isinstance(plan, list):
        return {name for part in plan for name in used_indexes(part)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own | used_indexes(list(plan.values()))


async def test_the_export_of_a_small_survey_reads_its_own_answers(many):
    """In the order of all hours it would read every answer to every other survey too."""
    await export_first_batch(many, "survey-7")
    # The last: before it, the answers of this hour are counted.
    assert "responses_instrument" in used_indexes(many.plans[-1])
    assert "responses_received" not in used_indexes(many.plans[-1])


async def test_a_table_read_from_end_to_end_would_be_seen(many):
    await many.fetch("SELECT FROM responses WHERE language = 'ar'")
    assert scanned_tables(many.plans) == ["responses"]
