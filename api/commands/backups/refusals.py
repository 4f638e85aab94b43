"""The refusals of backups: what cannot be saved, read or restored."""

from pathlib import Path

from survey.problems import Conflict, Invalid, NotFound, Unavailable

missing_backup_folder = NotFound.of(
    "backup.no_folder", "There is no folder {folder}.", "Create it first, or choose another."
)
backup_exists = Conflict.of(
    "backup.exists",
    "{path} already exists, and a backup never overwrites a file.",
    "Give a new name, or a folder: the file is then named after the date and time.",
)


def damaged_backup(path: Path, sums: Path, *, has_checksum: bool) -> Invalid:
    return Invalid(
        "backup.damaged",
        f"{path} does not match the SHA-256 in {sums.name}."
        if has_checksum
        else f"There is no {sums.name} with the SHA-256 of {path.name} next to it.",
        "Copy both files again from where they were written; nothing was changed.",
    )


unfit_backup_programs = Invalid.of(
    "backup.unfit",
    "pg_restore {major} cannot restore into PostgreSQL {server}, the version of this database: the "
    "server does not know {unknown!r}.",
    "Install the client programs of PostgreSQL {server} (Debian: postgresql-client-{server}) for "
    "backups from now on. What newer programs saved can be restored into a newer PostgreSQL, or "
    "into an embedded one with --data and without SOUNDINGS_DATABASE_URL. Nothing was changed.",
)


def stopped_backup_program(name: str, errors: str) -> Unavailable:
    lines = [line.removeprefix(f"{name}: ") for line in errors.strip().splitlines()]
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return Unavailable(
        "backup.failed",
        f"{name} stopped: {[*said, *reversed(lines), 'it did not say why'][0]}",
        "Nothing was changed.",
    )
