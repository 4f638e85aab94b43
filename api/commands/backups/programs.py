"""PostgreSQL's own pg_dump and pg_restore, of the version of the server that they work on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from api import bootstrap
from api.commands.backups.refusals import stopped_backup_program, unfit_backup_programs
from survey.problems import Invalid, Unavailable
from survey.store import embedded, restoring
from survey.store.refusals import missing_postgres_program


def find_dump_programs(server: int) -> Path:
    """The folder whose pg_dump saves what a server of this major version can take in again."""
    return _fitting_folders(server)[0]


def find_restore_programs(path: Path, dsn: str) -> Path:
    """The folder whose pg_restore can read a backup and restore it into this server.

    A backup of a newer PostgreSQL is read by newer programs only. Raises what the last of them
    said, if none will do.
    """
    *others, last = _fitting_folders(bootstrap.run_async(restoring.load_server_version(dsn)))
    for programs in others:
        try:
            check_readable(programs, path, dsn)
        except (Invalid, Unavailable):
            continue
        return programs
    check_readable(last, path, dsn)
    return last


def check_readable(programs: Path, path: Path, dsn: str) -> None:
    """Raise unless a backup can be read to its end and the server knows how its restore begins."""
    run_program(programs, "pg_restore", "-f", os.devnull, str(path))
    # Of nothing in it: what is left are the settings that every restore begins with.
    script = run_program(programs, "pg_restore", "-L", os.devnull, "-f", "-", str(path))
    settings = [line for line in script.splitlines() if line.startswith("SET ")]
    if unknown := bootstrap.run_async(restoring.find_unknown_setting(dsn, settings)):
        server = bootstrap.run_async(restoring.load_server_version(dsn))
        raise unfit_backup_programs(embedded.major_version(programs, "pg_restore"), server, unknown)


def _fitting_folders(server: int) -> list[Path]:
    """The folders with programs of the server's version and of newer ones, the nearest first."""
    found: dict[int, Path] = {}
    for folder in _client_folders():
        major = int(embedded.major_version(folder, "pg_dump") or 0)
        if major >= server and os.access(folder / "pg_restore", os.X_OK):
            found.setdefault(major, folder)
    if not found:
        raise missing_postgres_program(server)
    return [found[major] for major in sorted(found)]


def _client_folders() -> Iterator[Path]:
    yield from embedded.program_folders()
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def run_program(programs: Path, name: str, *arguments: str) -> str:
    """Run one of PostgreSQL's own programs; returns what it printed."""
    command = [str(programs / name), *arguments]
    # In English, so that its error can be told from what it says besides.
    english = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=english, check=False)  # noqa: S603
    if done.returncode:
        raise stopped_backup_program(name, done.stderr)
    return done.stdout
