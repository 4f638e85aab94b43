"""SQL for reading the audit log, the newest first. Writing is `people.append_audit`."""

import datetime

import msgspec

from survey.store.statements import SQL, many


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


@many(AuditLine)
def load_lines(below: int, limit: int, search: AuditSearch = EVERYTHING) -> SQL:
    """The lines of the audit with an id below the given one; `acts` are patterns of LIKE."""
    # strpos and not LIKE: a % or _ that somebody typed is only itself.
    return """
        SELECT a.id, a.at, p.name, a.act, a.subject, a.detail
          FROM audit a LEFT JOIN accounts p ON p.id = a.account
         WHERE a.id < $below
           AND ($search.account::uuid IS NULL OR a.account = $search.account)
           AND (NOT $search.by_command OR a.account IS NULL)
           AND (cardinality($search.acts::text[]) = 0 OR a.act LIKE ANY($search.acts))
           AND ($search.since::timestamptz IS NULL OR a.at >= $search.since)
           AND ($search.before::timestamptz IS NULL OR a.at < $search.before)
           AND ($search.words = ''
                OR strpos(lower(concat_ws(' ', a.act, a.subject, a.detail, p.name)),
                          lower($search.words)) > 0)
         ORDER BY a.id DESC LIMIT $limit
        """
