"""`backup` overwrites nothing; `restore` does all or nothing and brings back no erased person."""

import asyncio
import hashlib
import json
import os
import stat

import asyncpg
import pytest
from click.testing import CliRunner

from api.__main__ import main
from api.commands import backups, doctor
from api.commands import restores as restore_command
from api.commands.backups import EXCLUDED_TABLES, write_backup
from api.settings import Settings
from survey.problems import Conflict, Unavailable
from survey.store import database as schema
from survey.store.answers import erasure
from survey.store.answers.erasure import ErasureMark
from survey.store.connections import embedded, restores
from tests import alone
from tests.released import RELEASES, load_all_rows, load_release, lost_rows


@pytest.fixture
async def database(server):
    """A migrated database of its own on the tests' server."""
    connection = await asyncpg.connect(server)
    await connection.execute("DROP DATABASE IF EXISTS backups WITH (FORCE)")
    await connection.execute("CREATE DATABASE backups")
    await connection.close()
    dsn = server.replace("///soundings?", "///backups?")
    async with schema.open_database(dsn):
        pass
    return dsn


@pytest.fixture
def run(database, tmp_path):
    async def command(*arguments, code=0, **given):
        environment = {
            "SOUNDINGS_DATABASE_URL": database,
            "SOUNDINGS_DATA": str(tmp_path / "data"),
            **given,
        }
        done = await asyncio.to_thread(
            CliRunner().invoke, main, arguments, prog_name="soundings", env=environment
        )
        assert done.exit_code == code, done.output
        return done.output

    return command


async def execute(dsn, *statements):
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def fetch(dsn, statement):
    connection = await asyncpg.connect(dsn)
    found = [tuple(row) for row in await connection.fetch(statement)]
    await connection.close()
    return found


async def load_rows_of(dsn):
    connection = await alone.connect(dsn)
    found = await load_all_rows(connection)
    await connection.close()
    return found


PERSON = "INSERT INTO accounts (email, name, role) VALUES ('{0}@example.org', '{0}', 'reviewer')"
ANSWER = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers)
    VALUES ('{}', 'feedback',
        (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
        'open', 'E09000012', 'en', '{{}}')
"""


def settings_of(folder):
    return Settings(data=folder / "data")


def write_checksum(file):
    """Write the SHA-256 of the file as it is now next to it."""
    sums = file.with_name(file.name + ".sha256")
    sums.write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")


async def test_a_backup_overwrites_no_file_no_link_and_no_device(run, tmp_path):
    file, pipe, link = tmp_path / "there", tmp_path / "pipe", tmp_path / "link"
    file.write_text("dear")
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "nowhere")
    (tmp_path / "half.sha256").write_text("of another")
    for path in (file, pipe, link, tmp_path / "half"):
        assert "[backup.exists]" in await run("backup", str(path), code=1)
    assert "[backup.no_folder]" in await run("backup", str(tmp_path / "none" / "file"), code=1)
    assert file.read_text() == "dear"
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "data", "half.sha256", "link", "pipe", "there"
    ]  # fmt: skip


async def test_a_backup_into_a_folder_is_named_for_the_minute_and_remembered(run, tmp_path):
    folder = tmp_path / "safe"
    folder.mkdir()
    assert "Saved" in await run("backup", str(folder))
    file, sums = sorted(folder.iterdir())
    assert file.name.startswith("soundings-20")
    assert sums.name == file.name + ".sha256"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    remembered = json.loads((tmp_path / "data" / "last-backup.json").read_text())
    assert remembered["path"] == str(file)
    assert remembered["size"] == file.stat().st_size


async def test_a_good_backup_ends_well_where_nothing_can_be_noted(run, tmp_path):
    """Else a nightly script in a read-only container reports a failure each night."""
    (tmp_path / "data").write_text("not a folder")
    output = await run("backup", str(tmp_path / "file"))
    assert "Saved" in output
    assert "`doctor` will not know of it" in output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file", "file.sha256"]


async def test_a_backup_is_restored_on_trial_and_every_table_compared(run, database, tmp_path):
    await execute(database, PERSON.format("zoe"))
    assert "restored on trial" in await run("backup", "--verify", str(tmp_path / "file"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file", "file.sha256"]
    assert "restored on trial, not copied" in doctor.backup_finding(settings_of(tmp_path)).what


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE accounts SET name = 'other'", "accounts"),
        pytest.param(
            "ALTER TABLE accounts DROP CONSTRAINT accounts_email_key",
            "the schema",
            marks=pytest.mark.slow,
        ),
    ],
)
async def test_what_a_restored_backup_lacks_is_named(database, tmp_path, statement, name):
    await execute(database, PERSON.format("zoe"))
    before = await restores.load_contents(database)
    await execute(database, statement)
    await asyncio.to_thread(write_backup, database, tmp_path / "file")
    with pytest.raises(Unavailable) as refused:
        await asyncio.to_thread(backups.check_restored, tmp_path / "file", before)
    assert refused.value.code == "backup.differs"
    assert refused.value.sentence.endswith(f"differs from the database: {name}.")


async def test_a_command_of_the_operators_copies_each_backup(run, tmp_path):
    second = tmp_path / "second place"
    second.mkdir()
    command = f"cp {{}} {{}}.sha256 '{second}'"
    assert "Copied" in await run("backup", str(tmp_path / "file"), SOUNDINGS_BACKUP_COPY=command)
    assert (second / "file").read_bytes() == (tmp_path / "file").read_bytes()
    assert doctor.backup_finding(settings_of(tmp_path)).what.endswith(", copied")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("ls /none {}", "No such file"),
        pytest.param("/none {}", "No such file", marks=pytest.mark.slow),
        pytest.param("false {}", "status 1", marks=pytest.mark.slow),
    ],
)
async def test_the_doctor_tells_of_a_copy_that_failed_until_one_succeeds(
    run, tmp_path, command, said
):
    output = await run("backup", str(tmp_path / "file"), code=1, SOUNDINGS_BACKUP_COPY=command)
    assert "[backup.not_copied]" in output
    assert said in output
    assert (tmp_path / "file.sha256").exists()
    refused = doctor.backup_finding(settings_of(tmp_path))
    assert refused.mark == "FAIL"
    assert "SOUNDINGS_BACKUP_COPY did not copy it" in refused.what
    await run("backup", str(tmp_path / "next"), SOUNDINGS_BACKUP_COPY="true {}")
    assert doctor.backup_finding(settings_of(tmp_path)).mark == "OK"


async def test_a_backup_that_failed_at_night_is_told_in_the_morning(run, tmp_path):
    await run("backup", str(tmp_path / "good"))
    await run("backup", str(tmp_path / "none" / "file"), code=1)
    refused = doctor.backup_finding(settings_of(tmp_path))
    assert (refused.mark, "There is no folder" in refused.what) == ("FAIL", True)


async def test_a_command_without_a_place_for_the_path_is_refused(run, tmp_path):
    output = await run("backup", str(tmp_path / "file"), code=1, SOUNDINGS_BACKUP_COPY="rsync")
    assert "SOUNDINGS_BACKUP_COPY has to be a command with {} in place" in output


async def test_a_trial_that_is_not_possible_saves_nothing(run, tmp_path, monkeypatch):
    """Where there are programs for a backup, but none of a server."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (programs / name).symlink_to(embedded.find_programs() / name)
    output = await run(
        "backup", "--verify", str(tmp_path / "file"), code=1, SOUNDINGS_PG_BIN=str(programs)
    )
    assert "[backup.untried]" in output
    assert not (tmp_path / "file").exists()


def test_what_stopped_a_program_is_its_error_and_not_its_last_line():
    said = """
pg_restore: while INITIALIZING:
pg_restore: error: could not execute query: ERROR:  unrecognized parameter "x"
Command was: SET x = 0;
"""
    refused = backups.stopped_backup_program("pg_restore", said)
    assert refused.sentence == (
        'pg_restore stopped: could not execute query: ERROR:  unrecognized parameter "x"'
    )
    assert backups.stopped_backup_program("pg_dump", "killed\n").sentence.endswith(": killed")
    assert "did not say why" in backups.stopped_backup_program("pg_dump", "").sentence


async def test_an_upgrade_does_not_begin_where_nothing_could_start_afterwards(run):
    """With Compose `migrate` runs first; the applications would only end again and again."""
    refused = await run("migrate", code=1, SOUNDINGS_SECRET="short")
    assert "[secret.weak]" in refused
    assert "with Docker Compose in .env" in refused


@pytest.mark.parametrize("password", ["a/b", "12#b", "x?y/z"])
async def test_a_password_that_cannot_stand_in_an_address_is_refused_in_words(run, password):
    address = f"postgresql://soundings:{password}@127.0.0.1:1/soundings"
    for words in (["migrate"], ["backup", "/tmp/none/x"], ["restore", __file__]):
        output = await run(*words, code=1, SOUNDINGS_DATABASE_URL=address)
        assert "Traceback" not in output
        assert password not in output
    assert "[database.bad_address]" in await run("migrate", code=1, SOUNDINGS_DATABASE_URL=address)


@pytest.mark.slow
async def test_a_damaged_backup_is_refused_and_nothing_is_changed(run, database, tmp_path):
    await execute(database, PERSON.format("zoe"))
    file = tmp_path / "soundings.backup"
    await run("backup", str(file))
    assert "database.not_empty" in await run("restore", str(file), code=1)
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    file.write_bytes(flipped)
    assert "[backup.damaged]" in await run("restore", "--replace", str(file), code=1)
    for damaged in (whole[: len(whole) // 2], whole[:4], b"", b"not a backup at all"):
        file.write_bytes(damaged)
        write_checksum(file)  # as if it had been damaged before its sum was made
        assert "Nothing was changed" in await run("restore", "--replace", str(file), code=1)
    (tmp_path / "soundings.backup.sha256").unlink()
    assert "There is no soundings.backup.sha256" in await run(
        "restore", "--replace", str(file), code=1
    )
    assert await fetch(database, "SELECT name FROM accounts") == [("zoe",)]


# A schema file that is recorded in a backup, and the code of the refusal.
OTHER_PROGRAMS = {"9999_later.sql": "database.newer", "01_places.sql": "database.older"}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER_PROGRAMS)
async def test_a_backup_of_a_newer_or_too_old_program_is_refused_and_what_was_here_comes_back(
    run, database, tmp_path, name
):
    other = f"INSERT INTO migrations VALUES ('{name}', 'x')"
    await execute(database, other, PERSON.format("other"))
    file = tmp_path / "other"
    await run("backup", str(file))
    ours = f"DELETE FROM migrations WHERE name = '{name}'"
    await execute(database, ours, "DELETE FROM accounts", PERSON.format("here"))
    output = await run("restore", "--replace", str(file), code=1)
    assert f"[{OTHER_PROGRAMS[name]}]" in output
    assert await fetch(database, "SELECT name FROM accounts") == [("here",)]
    assert "up to date" in await run("migrate")


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
async def test_a_backup_of_a_release_is_restored_and_brought_up_to_date(
    run, database, tmp_path, release
):
    await execute(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    await load_release(database, release)
    before = await load_rows_of(database)
    await asyncio.to_thread(write_backup, database, tmp_path / release)
    assert "Restored" in await run("restore", "--replace", str(tmp_path / release))
    after = await load_rows_of(database)
    saved = {table: rows for table, rows in before.items() if table not in EXCLUDED_TABLES}
    assert list(lost_rows(saved, after)) == []
    assert "up to date" in await run("migrate")


async def test_who_was_erased_after_the_backup_does_not_come_back(run, database, tmp_path):
    await run("migrate")
    await execute(database, *(ANSWER.format(one) for one in ("AAAA-AAAA", "BBBB-BBBB")))
    file = tmp_path / "before"
    await run("backup", str(file))
    await run("erase", "AAAA-AAAA")
    output = await run("restore", "--replace", str(file))
    assert "erased after this backup: 1" in output
    assert await fetch(database, "SELECT reference FROM responses") == [("BBBB-BBBB",)]
    output = await run("restore", "--replace", str(file))  # the mark outlives a restore
    assert "erased after this backup: 1" in output
    assert await fetch(database, "SELECT count(*) FROM erasure_marks") == [(1,)]
    marks = await fetch(database, "SELECT t::text FROM erasure_marks t")
    assert "AAAA-AAAA" not in str(marks)
    assert b"AAAA-AAAA".hex() not in str(marks)


@pytest.mark.slow
async def test_a_restore_elsewhere_is_told_where_people_were_erased(run, database, tmp_path):
    await run("migrate")
    await execute(database, *(ANSWER.format(one) for one in ("AAAA-AAAA", "BBBB-BBBB")))
    file = tmp_path / "before"
    await run("backup", str(file))
    old = tmp_path / "old"
    with embedded.open_server(old / "postgres", throwaway=True) as dsn:
        async with schema.open_database(dsn) as there, there.connection() as connection:
            await erasure.insert_mark(connection, "BBBB-BBBB")
        output = await run("restore", "--replace", "--erased-in", str(old), str(file))
    assert "erased after this backup: 1" in output
    assert await fetch(database, "SELECT reference FROM responses") == [("AAAA-AAAA",)]
    output = await run("restore", "--replace", "--erased-in", str(tmp_path), str(file), code=1)
    assert "[restore.no_data]" in output


@pytest.mark.slow
async def test_an_interrupted_restore_is_found_and_done_again(run, database, tmp_path):
    await execute(database, PERSON.format("zoe"))
    file = tmp_path / "soundings.backup"
    await run("backup", str(file))
    await restores.set_aside(database)  # and then the machine stopped
    assert "[restore.unfinished]" in await run("migrate", code=1)
    assert "restore.unfinished" not in await run("restore", "--replace", str(file))
    assert await fetch(database, "SELECT name FROM accounts") == [("zoe",)]
    assert await fetch(database, "SELECT to_regnamespace('before_restore')") == [(None,)]


@pytest.mark.slow
async def test_a_restore_waits_for_nobody_who_is_still_connected(database, monkeypatch):
    monkeypatch.setattr(restore_command, "PATIENCE", 0)
    connection = await asyncpg.connect(database)
    with pytest.raises(Conflict) as refused:
        await restore_command.set_old_data_aside(database, replace=True)
    assert refused.value.code == "database.in_use"
    assert await connection.fetchval("SELECT count(*) FROM migrations")
    await connection.close()


async def test_marks_of_two_installations_find_the_same_reference(db):
    connection = db.the_connection
    await connection.execute(ANSWER.format("CCCC-CCCC"))
    await erasure.insert_mark(connection, "DDDD-DDDD")
    assert await erasure.load_erased_references(connection) == []
    there = hashlib.sha256(b"saltCCCC-CCCC").digest()
    await erasure.insert_marks(connection, [ErasureMark(salt=b"salt", mark=there)])
    assert await erasure.load_erased_references(connection) == ["CCCC-CCCC"]
