"""`archive` and `sums --archive`, as an operator types them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from api.__main__ import main
from api.process import installation
from survey.store.answers import erasure, sums
from tests import alone

INSERT = """
INSERT INTO responses (reference, instrument, version, mode, area, language, answers, received_at)
SELECT 'R' || n, 'feedback', (SELECT max(version) FROM instruments WHERE slug = 'feedback'), 'open',
       'E09000012', 'en', '{}', '2026-01-05 12:00+00' FROM generate_series(1, 3) n
"""


@pytest.fixture
async def dsn(server, monkeypatch):
    for name in ("archive", "scheduler"):
        monkeypatch.setattr(installation.CHOSEN, name, "")
    async with alone.create_database(server, "archive_commands") as dsn:
        yield dsn


def run(dsn, data, *words, code=0, **settings):
    given = {"DATABASE_URL": dsn, "DATA": str(data)} | settings
    env = {f"SOUNDINGS_{name}": value for name, value in given.items()}
    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(CliRunner().invoke, main, words, env=env).result()
    assert ended.exit_code == code, ended.output
    return ended.output


async def test_months_are_written_and_summed_by_command(dsn, tmp_path):
    assert "Set SOUNDINGS_ARCHIVE" in run(dsn, tmp_path, "archive", code=1)
    assert "Set SOUNDINGS_ARCHIVE" in run(dsn, tmp_path, "sums", "--archive", code=1)
    place = {"ARCHIVE": str(tmp_path / "answers")}
    connection = await alone.connect(dsn)
    await connection.execute(INSERT)
    await sums.sum_batch(connection, 500)
    assert "January 2026: 3 people, files: 1, " in run(dsn, tmp_path, "archive", **place)
    await connection.execute("UPDATE answer_sums SET persons = 7")
    await connection.execute("UPDATE archive_months SET stale = false")
    output = run(dsn, tmp_path, "sums", "--archive", "--rebuild", **place)
    assert "Months calculated from the archive: 1.\n3 responses. Cells that differ" in output
    assert await connection.fetchval("SELECT persons FROM answer_sums") == 3
    await erasure.erase(connection, "R1")
    assert "January 2026: 2 people" in run(dsn, tmp_path, "archive", **place)
    await connection.close()
