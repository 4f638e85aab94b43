"""The schema: each migration runs once, whoever comes first; and what its constraints refuse."""

import asyncio
import uuid

import asyncpg
import pytest

from survey.problems import Unavailable
from survey.store import database
from tests import alone
from tests.released import load_all_rows

LATEST = sorted(file.name for file in database.SCHEMA.glob("*.sql"))
OPEN, SAMPLED = "feedback", "taser-trial"


@pytest.fixture
async def empty(server):
    """The address of an empty database."""
    async with alone.create_database(server, "alone_and_empty", seeded=False) as dsn:
        yield dsn


@pytest.fixture
async def fresh(empty):
    connection = await alone.connect(empty)
    yield connection
    await connection.close()


async def test_each_file_is_applied_once_in_order(fresh):
    assert await database.migrate(fresh) == LATEST
    assert await database.migrate(fresh) == []


async def test_of_two_at_once_one_waits_and_finds_nothing_to_do(empty, fresh):
    other = await alone.connect(empty)
    applied = await asyncio.gather(database.migrate(fresh), database.migrate(other))
    await other.close()
    assert sorted(applied) == [[], LATEST]


async def test_a_file_that_fails_leaves_nothing_of_itself_nor_of_those_before(
    fresh, tmp_path, monkeypatch
):
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE good ()")
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE bad (); SELECT nonsense")
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    with pytest.raises(asyncpg.UndefinedColumnError):
        await database.migrate(fresh)
    assert await fresh.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'") == []


async def test_a_table_that_somebody_holds_is_a_sentence_and_no_endless_wait(
    empty, fresh, tmp_path, monkeypatch
):
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    monkeypatch.setattr(database, "MIGRATION_PATIENCE_S", 0.1)
    (tmp_path / "0001_held.sql").write_text("CREATE TABLE held ()")
    await database.migrate(fresh)
    (tmp_path / "0002_wider.sql").write_text("ALTER TABLE held ADD COLUMN wider text")
    reader = await alone.connect(empty)
    async with reader.transaction():
        await reader.fetch("SELECT FROM held")
        with pytest.raises(Unavailable, match="using a table") as refused:
            await database.migrate(fresh)
    assert refused.value.code == "database.busy"
    assert await database.migrate(fresh) == ["0002_wider.sql"]
    await reader.close()


async def test_a_new_database_has_one_row_and_replies_to_start_from(fresh):
    await database.migrate(fresh)
    rows = {table: rows for table, rows in (await load_all_rows(fresh)).items() if rows}
    assert len(rows.pop("reply_templates")) == 5
    assert rows == {"own_words_promise": [{"single": True, "since": "-infinity"}]}


async def test_a_database_of_a_newer_program_is_refused(fresh):
    await database.migrate(fresh)
    await fresh.execute("INSERT INTO migrations VALUES ('9999_later.sql', '')")
    with pytest.raises(Unavailable, match="9999_later") as refused:
        await database.migrate(fresh)
    assert refused.value.code == "database.newer"


async def test_a_file_that_was_edited_after_it_was_applied_is_refused(fresh):
    await database.migrate(fresh)
    await fresh.execute("UPDATE migrations SET sha256 = 'another' WHERE name = $1", LATEST[0])
    with pytest.raises(Unavailable, match=LATEST[0]) as refused:
        await database.migrate(fresh)
    assert refused.value.code == "database.edited"


@pytest.mark.parametrize(
    ("dsn", "code"),
    [
        ("postgresql:///x?host=/nowhere", "database.unreachable"),
        ("nonsense", "database.bad_address"),
        ("http://x/y", "database.bad_address"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_a_sentence(dsn, code):
    with pytest.raises(Unavailable) as refused:
        async with database.open_database(dsn):
            pass
    assert refused.value.code == code
    assert "SOUNDINGS_DATABASE_URL" in f"{refused.value} {refused.value.remedy}"


@pytest.fixture
async def rows(db):
    """One row in each table whose rows must never change."""
    await db.the_connection.execute(
        """
        INSERT INTO editions (kind, start_on, number, end_on, body, sha256)
        VALUES ('weekly', '2007-12-10', 1, '2007-12-16', 'as read', 'hash');
        INSERT INTO audit (act, subject) VALUES ('signed in', 'Amina');
        INSERT INTO complaints (id, reference, instrument, version, area, language, answers)
        VALUES ('00000000-0000-0000-0000-000000000001', 'AAAA-2222', 'complaint',
                (SELECT max(version) FROM instruments WHERE slug = 'complaint'), 'E09000012',
                'en', '{}');
        INSERT INTO case_events (complaint, version, event)
        VALUES ('00000000-0000-0000-0000-000000000001', 1, '{"kind": "received"}');
        """
    )
    return db.the_connection


FORBIDDEN_CHANGES = [
    "UPDATE editions SET body = 'rewritten'",
    "DELETE FROM editions",
    "UPDATE audit SET act = 'nothing happened'",
    "DELETE FROM audit",
    "UPDATE codebooks SET definition = '{}'",
    "DELETE FROM codebooks",
    "UPDATE case_events SET event = '{}'",
    "DELETE FROM case_events",
    "UPDATE instruments SET definition = '{}'",
    "UPDATE instruments SET mode = 'sampled'",
    "UPDATE instruments SET kind = 'survey' WHERE slug = 'complaint'",
]


@pytest.mark.parametrize("act", FORBIDDEN_CHANGES)
async def test_rows_that_must_never_change_cannot_be_changed(rows, act):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await rows.execute(act)


async def test_a_survey_may_still_be_closed(rows):
    assert await rows.execute("UPDATE instruments SET closed = true") != "UPDATE 0"


async def test_erasing_a_complaint_takes_its_events_with_it(rows):
    await rows.execute("DELETE FROM complaints")
    assert await rows.fetchval("SELECT count(*) FROM case_events") == 0


async def insert_response(connection, **given):
    """Insert a response with the given values; all others are valid."""
    good = {"instrument": OPEN, "mode": "open", "drawn": (None, None, None), "minute": "00:00"}
    row = good | given
    await connection.execute(
        """
        INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                               stratum, psu, probability, received_at)
        VALUES ($1, $2, (SELECT max(version) FROM instruments WHERE slug = $2), $3,
                'E09000012', 'en', '{}', $4, $5, $6,
                ('2007-12-10 10:' || $7)::timestamptz)
        """,
        str(uuid.uuid4()),
        row["instrument"],
        row["mode"],
        *row["drawn"],
        row["minute"],
    )


DRAWN = ("inner", "u1", 0.01)


async def test_each_stream_keeps_its_own(db):
    await insert_response(db.the_connection)
    await insert_response(db.the_connection, instrument=SAMPLED, mode="sampled", drawn=DRAWN)


STREAMS_MIXED = {
    "a sampled answer to an open survey": {"mode": "sampled", "drawn": DRAWN},
    "an open answer to a sampled survey": {"instrument": SAMPLED},
    "an open answer with a chance of being drawn": {"drawn": DRAWN},
    "an open answer with a stratum alone": {"drawn": ("inner", None, None)},
    "a sampled answer without its chance": {
        "instrument": SAMPLED, "mode": "sampled", "drawn": ("inner", "u1", None),
    },
    "a stream of its own": {"mode": "other"},
}  # fmt: skip


@pytest.mark.parametrize("case", STREAMS_MIXED)
async def test_streams_never_mix(db, case):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await insert_response(db.the_connection, **STREAMS_MIXED[case])


@pytest.mark.parametrize("minute", ["00:01", "30:00", "00:00.001"])
async def test_the_minute_of_an_answer_cannot_be_kept(db, minute):
    with pytest.raises(asyncpg.CheckViolationError):
        await insert_response(db.the_connection, minute=minute)


@pytest.mark.parametrize("chance", [0, -0.1, 1.1, float("nan")])
async def test_a_chance_of_being_drawn_is_a_probability(db, chance):
    with pytest.raises(asyncpg.CheckViolationError):
        await db.the_connection.execute(
            "INSERT INTO invitations VALUES ('\\x00', $1, 1, 'sampled', 's', 'u', $2)",
            SAMPLED,
            chance,
        )
