"""The files of closed months give the sums that the rows give, and hold nobody who was erased."""

import asyncio
import datetime
import sys

import duckdb
import pytest

from api.operations import closed_months
from api.process import installation
from survey.store import jobs
from survey.store.answers import archive_files, archive_months, erasure, responses, sums
from survey.store.surveys import instruments
from tests import alone
from tests.survey.store.surveys.test_sums import RandomHistory
from tests.survey.store.surveys.test_sums import forms as forms
from tests.waiting import until

DECEMBER, JANUARY = datetime.date(2025, 12, 1), datetime.date(2026, 1, 1)
TODAY = datetime.date(2026, 2, 1)


@pytest.fixture
async def history(db, forms):
    """Random answers of the last days of December and the first of January, all of them summed."""
    happening = RandomHistory(db.the_connection, forms, seed=8)
    for _ in range(40):
        await happening.next()
    while await sums.sum_batch(db.the_connection, 50):
        pass
    return happening


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "answers")


async def write_all(connection, place, today=TODAY):
    await closed_months.delete_stale(connection, place)
    while await closed_months.archive_next_month(connection, place, today):
        pass
    return {one.month: one for one in await archive_months.load_months(connection)}


async def queued(connection):
    return [one.kind for one in await jobs.load_pending(connection, ["archive_months"])]


@pytest.mark.parametrize("where", ["folder", "memory://answers"])
async def test_sums_from_files_are_those_from_rows(db, history, place, where):
    place = place if where == "folder" else where
    written = await write_all(db.the_connection, place)
    assert {*written} == {DECEMBER, JANUARY}
    kept = await sums.load_all(db.the_connection)
    await db.the_connection.execute("UPDATE answer_sums SET persons = persons + 1")
    await db.the_connection.execute("UPDATE archive_months SET stale = false")
    rebuilt = await closed_months.rebuild_sums(db.the_connection, place)
    assert rebuilt == (len(history.references), 2)
    assert await sums.load_all(db.the_connection) == kept
    assert not any(one.stale for one in await archive_months.load_months(db.the_connection))


async def test_sums_are_made_here_where_the_cluster_cannot_be_used(db, history, place, monkeypatch):
    await write_all(db.the_connection, place)
    kept = await sums.load_all(db.the_connection)
    monkeypatch.setattr(installation.CHOSEN, "scheduler", "tcp://127.0.0.1:1")
    monkeypatch.setattr(installation, "FEWEST_PERSONS", 1)
    monkeypatch.setitem(sys.modules, "distributed", None)
    await closed_months.rebuild_sums(db.the_connection, place)
    assert await sums.load_all(db.the_connection) == kept


async def test_a_month_that_is_not_over_or_waits_to_be_summed_is_not_written(db, history, place):
    written = await write_all(db.the_connection, place, datetime.date(2026, 1, 31))
    assert {*written} == {DECEMBER}
    row = (*history.row()[:-1], datetime.datetime(2026, 1, 3, 12, tzinfo=datetime.UTC))
    await responses.copy_responses_in(db.the_connection, [row])
    assert {*await write_all(db.the_connection, place)} == {DECEMBER}
    await sums.sum_batch(db.the_connection, 500)
    assert {*await write_all(db.the_connection, place)} == {DECEMBER, JANUARY}


async def test_files_hold_what_editions_need_in_the_layout_of_hive(db, history, place, tmp_path):
    await write_all(db.the_connection, place)
    found = duckdb.sql(
        f"SELECT * FROM read_parquet('{place}/*/*.parquet', hive_partitioning = true)"
    )
    assert found.columns == [*archive_files.COLUMNS, "month"]
    people = duckdb.sql("SELECT month, sum(persons) FROM found GROUP BY month ORDER BY month")
    assert people.fetchall() == [
        (f"{one.month:%Y-%m}", one.persons)
        for one in await archive_months.load_months(db.the_connection)
    ]
    assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o700
    content = b"".join(file.read_bytes() for file in (tmp_path / "answers").rglob("*.parquet"))
    assert not any(reference.encode() in content for reference in history.references)


async def test_who_is_erased_is_in_no_file_once_the_job_ran(db, history, place, monkeypatch):
    monkeypatch.setattr(installation.CHOSEN, "archive", place)
    before = await write_all(db.the_connection, place)
    gone = history.references[0]
    await erasure.erase(db.the_connection, gone)
    stale = [one for one in await archive_months.load_months(db.the_connection) if one.stale]
    assert len(stale) == 1
    assert await queued(db.the_connection) == ["archive_months"]
    await closed_months.archive_months(db.the_connection, "")
    after = {one.month: one for one in await archive_months.load_months(db.the_connection)}
    assert after[stale[0].month].persons == before[stale[0].month].persons - 1
    # The people who are in the files that are there now, whatever is recorded of them.
    held = duckdb.sql(f"SELECT sum(persons) FROM read_parquet('{place}/*/*.parquet')")
    assert held.fetchall() == [(len(history.references) - 1,)]


async def test_files_that_nothing_records_are_deleted(db, history, place):
    await write_all(db.the_connection, place)
    await db.the_connection.execute("DELETE FROM archive_months WHERE month = $1", JANUARY)
    assert archive_files.load_folders(place) == ["month=2025-12", "month=2026-01"]
    await closed_months.delete_stale(db.the_connection, place)
    assert archive_files.load_folders(place) == ["month=2025-12"]


async def test_another_place_is_left_alone(db, history, place, tmp_path):
    await write_all(db.the_connection, place)
    await db.the_connection.execute("UPDATE archive_months SET stale = true")
    await closed_months.delete_stale(db.the_connection, str(tmp_path / "elsewhere"))
    assert len(await archive_months.load_months(db.the_connection)) == 2
    assert archive_files.load_folders(place) == ["month=2025-12", "month=2026-01"]


async def test_a_month_that_changes_while_it_is_written_is_not_recorded(
    db, history, place, monkeypatch
):
    write = closed_months.write_month

    async def write_and_erase(connection, *rest):
        found = await write(connection, *rest)
        await erasure.erase(connection, history.references.pop())
        return found

    monkeypatch.setattr(closed_months, "write_month", write_and_erase)
    month = await archive_months.find_closed_month(db.the_connection, TODAY)
    recorded = []
    while not recorded and history.references:
        assert await closed_months.archive_next_month(db.the_connection, place, TODAY)
        recorded = await archive_months.load_months(db.the_connection)
        left = len(archive_files.load_folders(place))
        assert left == len(recorded)
    # The one who was erased last had answered in the other month.
    assert [one.month for one in recorded] == [month]
    held = sum(
        one.persons for one in await sums.load_all(db.the_connection) if one.alike.since < JANUARY
    )
    assert [one.persons for one in recorded] == [held]


@pytest.mark.parametrize("harm", [bytes.swapcase, lambda content: content[:-9], None])
async def test_a_damaged_file_is_noticed_and_its_month_comes_from_rows(db, history, place, harm):
    written = await write_all(db.the_connection, place)
    kept = await sums.load_all(db.the_connection)
    system, root = archive_files.open_place(place)
    name = f"{root}/{written[JANUARY].files[0].name}"
    content = system.cat_file(name)
    system.rm_file(name)
    if harm:
        system.pipe_file(name, harm(content))
    rebuilt = await closed_months.rebuild_sums(db.the_connection, place)
    assert rebuilt == (len(history.references), 1)
    assert await sums.load_all(db.the_connection) == kept
    stale = [one.month for one in await archive_months.load_months(db.the_connection) if one.stale]
    assert stale == [JANUARY]
    assert await queued(db.the_connection) == ["archive_months"]


@pytest.mark.slow
async def test_a_file_ends_between_cells_and_is_read_in_pieces(db, history, place, monkeypatch):
    monkeypatch.setattr(archive_files, "ROWS_OF_A_FILE", 5)
    monkeypatch.setattr(archive_files, "AT_ONCE", 2)
    written = await write_all(db.the_connection, place)
    assert len(written[DECEMBER].files) > 3
    kept = await sums.load_all(db.the_connection)
    await closed_months.rebuild_sums(db.the_connection, place)
    assert await sums.load_all(db.the_connection) == kept


WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"
INSERT = """
INSERT INTO responses (reference, instrument, version, mode, area, language, answers, received_at)
SELECT 'R' || n, 'feedback', (SELECT max(version) FROM instruments WHERE slug = 'feedback'), 'open',
       'E09000012', 'en', '{}', '2026-01-05 12:00+00' FROM generate_series(1, 3) n
"""


@pytest.mark.slow
async def test_an_erasure_that_is_not_committed_yet_is_not_missed(server, place):
    """Whoever erases while a month is recorded finds the record, or the record finds them."""
    async with alone.create_database(server, "archive_of_two") as dsn:
        writer, eraser, watcher = [await alone.connect(dsn) for _ in range(3)]
        await writer.execute(INSERT)
        await sums.sum_batch(writer, 500)

        async def write():
            async with writer.transaction():
                return await closed_months.archive_next_month(writer, place, TODAY)

        async with eraser.transaction():
            await erasure.erase(eraser, "R1")
            recording = asyncio.create_task(write())
            await until(watcher.fetchval, WAITS, writer.get_server_pid())
        assert await recording
        assert await archive_months.load_months(watcher) == []
        assert await write()
        assert [one.persons for one in await archive_months.load_months(watcher)] == [2]
        await erasure.erase(eraser, "R2")
        assert [one.stale for one in await archive_months.load_months(watcher)] == [True]
        for one in (writer, eraser, watcher):
            await one.close()


@pytest.mark.slow
async def test_a_second_worker_deletes_no_file_that_the_first_has_not_recorded_yet(server, place):
    async with alone.create_database(server, "archive_of_workers") as dsn:
        first, second, watcher = [await alone.connect(dsn) for _ in range(3)]
        await first.execute(INSERT)
        await sums.sum_batch(first, 500)

        async def update(connection):
            async with connection.transaction():
                return await closed_months.update_archive(connection, place, TODAY)

        async with first.transaction():
            assert await closed_months.update_archive(first, place, TODAY)
            other = asyncio.create_task(update(second))
            await until(watcher.fetchval, WAITS, second.get_server_pid())
        assert not await other
        [written] = await archive_months.load_months(watcher)
        surveys = archive_files.encode_surveys((await instruments.load_versions(watcher)).values())
        cells = archive_files.load_cells(archive_files.FilePart(place, written.files[0], surveys))
        assert sum(one.persons for one in cells) == 3
        for one in (first, second, watcher):
            await one.close()
