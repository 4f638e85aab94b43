"""A backup of every supported PostgreSQL is restored into it, and into each newer one."""

import asyncio
import contextlib

import asyncpg
import pytest
from click.testing import CliRunner

from api.__main__ import main
from survey.store.connections import embedded

VERSIONS = ("15", "16", "17", "18")
KINDS = ("own", "embedded")
NEWER = [(older, newer) for older in VERSIONS for newer in VERSIONS if older < newer]
PERSON = "INSERT INTO accounts (email, name, role) VALUES ('{0}@example.org', '{0}', 'reviewer')"


def programs_of(version):
    """The programs of a major version, as the embedded server finds them; skips without them."""
    try:
        return embedded.find_programs(version)
    except embedded.ServerUnavailable:
        pytest.skip(f"there is no PostgreSQL {version} here: apt-get install postgresql-{version}")


class Installation:
    """A data folder whose PostgreSQL has one version, embedded or as an operator's own server."""

    def __init__(self, folder, dsn, kind):
        self.folder = folder
        self.dsn = dsn
        self.address = dsn if kind == "own" else ""

    def run(self, *words, code=0, **environment):
        given = {"SOUNDINGS_DATA": str(self.folder), "SOUNDINGS_DATABASE_URL": self.address}
        done = CliRunner().invoke(main, words, prog_name="soundings", env=given | environment)
        assert done.exit_code == code, done.output
        return done.output

    def names(self):
        return [row["name"] for row in self.fetch("SELECT name FROM accounts ORDER BY name")]

    def fetch(self, statement):
        async def fetch():
            connection = await asyncpg.connect(self.dsn)
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return asyncio.run(fetch())


@contextlib.contextmanager
def install(folder, version, kind, monkeypatch):
    """Its data are made by the programs of the version, and from then on found by it."""
    programs = programs_of(version)
    with monkeypatch.context() as named:
        named.setenv("SOUNDINGS_PG_BIN", str(programs))
        opened = embedded.open_server(folder / "postgres", throwaway=True)
        dsn = opened.__enter__()
    try:
        made = Installation(folder, dsn, kind)
        assert made.fetch("SHOW server_version")[0][0].split(".")[0] == version
        made.run("migrate", SOUNDINGS_ALLOW_UNSAFE_DATABASE="true")
        yield made
    finally:
        opened.__exit__(None, None, None)


def check_round_trip(tmp_path, version, kind, monkeypatch):
    """Backed up, changed and restored: what was there then is there again."""
    with install(tmp_path / "data", version, kind, monkeypatch) as here:
        here.fetch(PERSON.format("before"))
        file = tmp_path / "one.backup"
        assert "restored on trial" in here.run("backup", "--verify", str(file))
        assert f"{file}, restored on trial" in here.run("doctor")
        here.fetch(PERSON.format("later"))
        assert "Restored" in here.run("restore", "--replace", str(file))
        assert here.names() == ["before"]


@pytest.mark.slow
def test_a_backup_is_restored_into_a_server_older_than_our_newest_programs(tmp_path, monkeypatch):
    check_round_trip(tmp_path, "16", "own", monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_backup_of_each_version_is_restored_into_it(version, kind, tmp_path, monkeypatch):
    check_round_trip(tmp_path, version, kind, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize(("older", "newer"), NEWER)
def test_a_backup_moves_to_each_newer_version(older, newer, tmp_path, monkeypatch):
    file = tmp_path / "moving.backup"
    with install(tmp_path / "old", older, "own", monkeypatch) as old:
        old.fetch(PERSON.format("moved"))
        old.run("backup", str(file))
    with install(tmp_path / "new", newer, "embedded", monkeypatch) as new:
        assert "Restored" in new.run("restore", "--replace", str(file))
        assert new.names() == ["moved"]


@pytest.mark.slow
def test_a_backup_that_the_server_could_not_take_back_is_refused_at_once(tmp_path, monkeypatch):
    """With the newest programs alone, and likewise where such a file is to be restored."""
    newest = str(programs_of("18"))
    file, moved = tmp_path / "one.backup", tmp_path / "of-newer.backup"
    with install(tmp_path / "data", "16", "own", monkeypatch) as here:
        output = here.run("backup", str(file), code=1, SOUNDINGS_PG_BIN=newest)
        assert "[backup.unfit]" in output
        assert "pg_restore 18 cannot restore into PostgreSQL 16" in output
        assert list(tmp_path.glob("*.backup*")) == []
        with install(tmp_path / "newer", "18", "own", monkeypatch) as newer:
            newer.run("backup", str(moved))
        assert "[backup.unfit]" in here.run("restore", "--replace", str(moved), code=1)
        assert "up to date" in here.run("migrate")
