"""SQL for the inbox: the cases of a search, in the order in which to work on them; searches saved
under a name, and templates of replies.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

import msgspec

from survey.cases.complaints import ACTIVE_STATUSES, CaseStatus, Channel
from survey.store.database import Connection
from survey.store.statements import (
    SQL,
    execute,
    find_struct,
    load_structs,
    many,
    only,
    value_or_none,
    values,
)

InboxKey = tuple[bool, datetime.date, datetime.datetime, UUID]


class InboxSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search for cases; None means any. `words` have the syntax of a search engine."""

    today: datetime.date
    statuses: tuple[CaseStatus, ...] | None = None
    area: str | None = None
    kind: str | None = None
    handler: str | None = None
    nobody: bool = False
    overdue: bool = False
    channel: Channel | None = None
    words: str | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def values(self) -> tuple[object, ...]:
        return (
            self.today,
            None if self.statuses is None else list(self.statuses),
            self.area,
            self.kind,
            self.handler,
            self.nobody,
            self.overdue,
            self.channel,
            self.words,
            self.since,
            self.until,
        )


# The same rule as CaseState.is_overdue.
LATE = "coalesce(c.due_on < $1 AND c.status <> 'waiting', false)"
# A NULL would end the pages at the first case without a day, as it compares with nothing.
DUE = "coalesce(c.due_on, '9999-01-01'::date)"
# English is searched by its stems and as written: words of other languages have only the latter.
MATCHING = f"""
          FROM complaints c
         WHERE ($2::text[] IS NULL OR c.status = ANY($2))
           AND ($3::text IS NULL OR c.area = $3)
           AND ($4::text IS NULL
                OR EXISTS (SELECT FROM allegations a WHERE a.complaint = c.id AND a.kind = $4))
           AND ($5::uuid IS NULL OR c.handler = $5)
           AND (NOT $6 OR c.handler IS NULL)
           AND (NOT $7 OR {LATE})
           AND ($8::text IS NULL OR c.channel = $8)
           AND ($9::text IS NULL OR c.id IN (
                SELECT t.complaint FROM case_words w JOIN texts t ON t.id = w.text
                 WHERE w.words @@ (websearch_to_tsquery('english', $9)
                                   || websearch_to_tsquery('simple', $9))))
           AND ($10::date IS NULL
                OR c.received_at >= $10::date::timestamp AT TIME ZONE 'Europe/London')
           AND ($11::date IS NULL
                OR c.received_at < ($11::date + 1)::timestamp AT TIME ZONE 'Europe/London')
"""  # noqa: S608 - only our own constant


# No case has this key, nor one that comes before it.
NEWEST_OF_ALL = datetime.datetime.max.replace(tzinfo=datetime.UTC)
BEFORE_ALL: InboxKey = (False, datetime.date.min, NEWEST_OF_ALL, UUID(int=2**128 - 1))


class InboxCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the inbox; `in_time` and `due` are what it is ordered by, `joined` is how many
    complaints were merged into it.
    """

    id: UUID
    reference: str
    area: str
    received_at: datetime.datetime
    status: CaseStatus
    channel: Channel
    due_on: datetime.date | None
    overdue: bool
    in_time: bool
    due: datetime.date
    handled_by: str | None
    joined: int
    allegations: list[str]

    @property
    def key(self) -> InboxKey:
        """The key after which the next page begins."""
        return self.in_time, self.due, self.received_at, self.id


async def load_page(
    connection: Connection, wanted: InboxSearch, after: InboxKey | None, limit: int
) -> list[InboxCase]:
    """A page of cases: overdue ones first, then by deadline, then the newest."""
    overdue = []
    if after is None or not after[0]:
        overdue = await load_part(connection, wanted, f"{LATE} AND {DUE} < $1", after, limit)
        after = None
    if len(overdue) == limit:
        return overdue
    others = await load_part(connection, wanted, f"NOT {LATE}", after, limit - len(overdue))
    return overdue + others


async def load_part(
    connection: Connection, wanted: InboxSearch, part: str, after: InboxKey | None, limit: int
) -> list[InboxCase]:
    """Cases of one part of the inbox, by deadline and then the newest, in the order of an index."""
    return await load_structs(
        connection,
        InboxCase,
        f"""
        SELECT c.id, c.reference, c.area, c.received_at, c.status, c.channel, c.due_on,
               {LATE} AS overdue, NOT {LATE} AS in_time, {DUE} AS due,
               (SELECT p.name FROM accounts p WHERE p.id = c.handler) AS handled_by,
               (SELECT count(*) FROM complaints m WHERE m.merged_into = c.id) AS joined,
               ARRAY(SELECT kind FROM allegations a WHERE a.complaint = c.id ORDER BY kind)
                   AS allegations
        {MATCHING} AND {part}
           AND {DUE} >= $12
           AND ({DUE} > $12 OR (c.received_at, c.id) < ($13::timestamptz, $14::uuid))
         ORDER BY {DUE}, c.received_at DESC, c.id DESC LIMIT $15
        """,  # noqa: S608 - only our own constants
        *wanted.values(),
        *(after or BEFORE_ALL)[1:],
        limit,
    )


async def find_neighbours(
    connection: Connection, wanted: InboxSearch, reference: str
) -> tuple[str | None, str | None]:
    """The numbers of the cases before and after one, in the order of the inbox.

    After a case that is no longer in the list, such as a closed one, comes the first of the list.
    """
    row = await connection.fetchrow(
        f"""
        SELECT before, after FROM (
            SELECT c.reference, lag(c.reference) OVER listed AS before,
                   lead(c.reference) OVER listed AS after
            {MATCHING}
            WINDOW listed AS (ORDER BY NOT {LATE}, {DUE}, c.received_at DESC, c.id DESC)) found
         WHERE reference = $12
        """,  # noqa: S608 - only our own constants
        *wanted.values(),
        reference,
    )
    if row:
        return row["before"], row["after"]
    first = await load_page(connection, wanted, None, 1)
    return None, first[0].reference if first else None


class InboxTotals(msgspec.Struct, frozen=True):
    """How many cases match a search, and how many complaints they contain."""

    cases: int
    complaints: int


async def count_matching(connection: Connection, wanted: InboxSearch) -> InboxTotals:
    """How much a search finds: complaints that were merged count as one case."""
    row = await find_struct(
        connection,
        InboxTotals,
        f"""
        WITH found AS MATERIALIZED (SELECT DISTINCT coalesce(c.merged_into, c.id) AS id {MATCHING})
        SELECT cases, cases + (
                   SELECT count(*) FROM complaints m JOIN found f ON f.id = m.merged_into
                     LEFT JOIN found own ON own.id = m.id WHERE own.id IS NULL) AS complaints
          FROM (SELECT count(*) AS cases FROM found) counted
        """,  # noqa: S608 - only our own constants
        *wanted.values(),
    )
    assert row is not None
    return row


class AccountWorkload(msgspec.Struct, frozen=True):
    """How many cases an account handles; None is nobody."""

    handler: str | None
    open: int = 0
    waiting: int = 0
    overdue: int = 0


@many(AccountWorkload)
def load_workload(today: datetime.date, *, statuses: Sequence[str] = ACTIVE_STATUSES) -> SQL:
    """How many open, waiting and overdue cases each account handles."""
    return f"""
        SELECT c.handler::text, count(*) FILTER (WHERE c.status <> 'waiting') AS open,
               count(*) FILTER (WHERE c.status = 'waiting') AS waiting,
               count(*) FILTER (WHERE {LATE}) AS overdue
          FROM complaints c WHERE c.status = ANY($2) GROUP BY 1
        """  # noqa: S608 - only our own constants


class OverdueCase(msgspec.Struct, frozen=True):
    """A case whose next step is overdue."""

    reference: str
    status: CaseStatus
    due_on: datetime.date


class InboxOverview(msgspec.Struct, frozen=True):
    """How many open cases are new, overdue or handled by one person, and the longest overdue."""

    new: int
    overdue: int
    mine: int
    worst: list[OverdueCase]


@only(InboxOverview)
def load_overview(
    today: datetime.date,
    account: str,
    most: int,
    *,
    statuses: Sequence[str] = ACTIVE_STATUSES,
) -> SQL:
    """An overview of the inbox for one person, with the `most` cases that are longest overdue."""
    return f"""
        SELECT count(*) FILTER (WHERE c.status = 'new') AS new,
               count(*) FILTER (WHERE {LATE}) AS overdue,
               count(*) FILTER (WHERE c.handler = $2::uuid) AS mine,
               (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.due_on, w.reference), '[]')
                  FROM (SELECT c.reference, c.status, c.due_on FROM complaints c
                         WHERE c.status = ANY($4) AND {LATE}
                         ORDER BY c.due_on, c.reference LIMIT $3) w) AS worst
          FROM complaints c WHERE c.status = ANY($4)
        """  # noqa: S608 - only our own constants


@values(list[str])
def load_open_cases(account: str, *, statuses: Sequence[str] = ACTIVE_STATUSES) -> SQL:
    """The numbers of the open cases that an account handles."""
    return """
        SELECT reference FROM complaints
         WHERE handler = $account::uuid AND status = ANY($statuses) ORDER BY reference
        """


class SavedView(msgspec.Struct, frozen=True):
    """A search of the inbox, as the query string of its address."""

    name: str
    query: str


@many(SavedView)
def load_saved_views(account: str) -> SQL:
    return "SELECT name, query FROM saved_views WHERE account = $1::uuid ORDER BY lower(name), name"


@execute
def save_view(account: str, name: str, query: str) -> SQL:
    """Save a search; an existing name gets the new search."""
    return """
        INSERT INTO saved_views (account, name, query) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (account, name) DO UPDATE SET query = excluded.query
        """


@execute
def delete_view(account: str, name: str) -> SQL:
    return "DELETE FROM saved_views WHERE account = $1::uuid AND name = $2"


class ReplyTemplate(msgspec.Struct, frozen=True):
    id: int
    name: str
    body: str


@many(ReplyTemplate)
def load_reply_templates() -> SQL:
    return "SELECT id, name, body FROM reply_templates ORDER BY lower(name), id"


@execute
def save_reply_template(name: str, body: str) -> SQL:
    """Save a template; an existing name gets the new text."""
    return """
        INSERT INTO reply_templates (name, body) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET body = excluded.body
        """


@value_or_none(str)
def delete_reply_template(number: int) -> SQL:
    """Delete a template; returns its name."""
    return "DELETE FROM reply_templates WHERE id = $1 RETURNING name"
