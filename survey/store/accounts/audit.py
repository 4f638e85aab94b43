"""SQL for reading the audit log, the newest first. Writing is `people.append_audit`."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.rows import load_structs


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines to find; a field left at its default does not narrow the search."""

    account: str | None = None
    by_command: bool = False
    acts: tuple[str, ...] = ()
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None
    words: str = ""


class AuditLine(msgspec.Struct, frozen=True):
    """One act: who did what, when and to what; no name where a command did it."""

    id: int
    at: datetime.datetime
    name: str | None
    act: str
    subject: str
    detail: dict[str, object]


EVERYTHING = AuditSearch()


async def load_lines(
    connection: Connection, below: int, limit: int, search: AuditSearch = EVERYTHING
) -> list[AuditLine]:
    """The lines of the audit with an id below the given one; `acts` are patterns of LIKE."""
    # strpos and not LIKE: a % or _ that somebody typed is only itself.
    return await load_structs(
        connection,
        AuditLine,
        """
        SELECT a.id, a.at, p.name, a.act, a.subject, a.detail
          FROM audit a LEFT JOIN accounts p ON p.id = a.account
         WHERE a.id < $1
           AND ($2::uuid IS NULL OR a.account = $2)
           AND (NOT $3 OR a.account IS NULL)
           AND (cardinality($4::text[]) = 0 OR a.act LIKE ANY($4))
           AND ($5::timestamptz IS NULL OR a.at >= $5)
           AND ($6::timestamptz IS NULL OR a.at < $6)
           AND ($7 = '' OR strpos(lower(concat_ws(' ', a.act, a.subject, a.detail, p.name)),
                                  lower($7)) > 0)
         ORDER BY a.id DESC LIMIT $8
        """,
        below,
        search.account,
        search.by_command,
        list(search.acts),
        search.since,
        search.before,
        search.words,
        limit,
    )
