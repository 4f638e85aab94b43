"""SQL for the inbox: the cases of a search, in the order in which to work on them; searches saved
under a name, and templates of replies.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from survey.cases import ACTIVE_STATUSES, CaseStatus, Channel
from survey.store import statements as sql
from survey.store.database import Connection


class InboxKey(NamedTuple):
    """The order of cases in the inbox; a page begins after the last key of the page before."""

    in_time: bool
    due: datetime.date
    received_at: datetime.datetime
    id: UUID


class InboxSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search for cases; None means any. `words` have the syntax of a search engine."""

    today: datetime.date
    statuses: tuple[CaseStatus, ...] | None = None
    area: str | None = None
    kind: str | None = None
    handler: str | None = None
    nobody: bool = False
    overdue: bool = False
    due_by: datetime.date | None = None
    channel: Channel | None = None
    words: str | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None


def late_sql(today: str) -> sql.SQL:
    # The same rule as CaseState.is_overdue.
    return f"coalesce(c.due_on < {today} AND c.status <> 'waiting', false)"


def due_between_sql(first: str, last: str) -> sql.SQL:
    return f"coalesce(c.due_on BETWEEN {first} AND {last} AND c.status <> 'waiting', false)"


LATE = late_sql("$wanted.today")
DUE_SOON = due_between_sql("$wanted.today", "$wanted.due_by")
# A NULL would end the pages at the first case without a day, as it compares with nothing.
DUE = "coalesce(c.due_on, '9999-01-01'::date)"
# English is searched by its stems and as written: words of other languages have only the latter.
MATCHING = f"""
          FROM complaints c
         WHERE ($wanted.statuses::text[] IS NULL OR c.status = ANY($wanted.statuses))
           AND ($wanted.area::text IS NULL OR c.area = $wanted.area)
           AND ($wanted.kind::text IS NULL
                OR EXISTS (SELECT FROM allegations a
                            WHERE a.complaint = c.id AND a.kind = $wanted.kind))
           AND ($wanted.handler::uuid IS NULL OR c.handler = $wanted.handler)
           AND (NOT $wanted.nobody OR c.handler IS NULL)
           AND (NOT $wanted.overdue OR {LATE})
           AND ($wanted.due_by::date IS NULL OR {DUE_SOON})
           AND ($wanted.channel::text IS NULL OR c.channel = $wanted.channel)
           AND ($wanted.words::text IS NULL OR c.id IN (
                SELECT t.complaint FROM case_words w JOIN texts t ON t.id = w.text
                 WHERE w.words @@ (websearch_to_tsquery('english', $wanted.words)
                                   || websearch_to_tsquery('simple', $wanted.words))))
           AND ($wanted.since::date IS NULL
                OR c.received_at >= $wanted.since::date)
           AND ($wanted.until::date IS NULL
                OR c.received_at
                 < ($wanted.until::date + 1))
"""  # noqa: S608 - only our own constant


# No case has this key, nor one that comes before it.
NEWEST_OF_ALL = datetime.datetime.max.replace(tzinfo=datetime.UTC)
BEFORE_ALL = InboxKey(False, datetime.date.min, NEWEST_OF_ALL, UUID(int=2**128 - 1))


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
        return InboxKey(self.in_time, self.due, self.received_at, self.id)


async def load_page(
    connection: Connection, wanted: InboxSearch, after: InboxKey | None, limit: int
) -> list[InboxCase]:
    """A page of cases: overdue ones first, then by deadline, then the newest."""
    overdue = []
    if after is None or not after.in_time:
        overdue = await load_late(connection, wanted, after or BEFORE_ALL, limit)
        after = None
    if len(overdue) == limit:
        return overdue
    rest = limit - len(overdue)
    return overdue + await load_in_time(connection, wanted, after or BEFORE_ALL, rest)


def part_sql(part: str) -> sql.SQL:
    """Cases of one part of the inbox, by deadline and then the newest, in the order of an index."""
    return f"""
        SELECT c.id, c.reference, c.area, c.received_at, c.status, c.channel, c.due_on,
               {LATE} AS overdue, NOT {LATE} AS in_time, {DUE} AS due,
               (SELECT p.name FROM accounts p WHERE p.id = c.handler) AS handled_by,
               (SELECT count(*) FROM complaints m WHERE m.merged_into = c.id) AS joined,
               ARRAY(SELECT kind FROM allegations a WHERE a.complaint = c.id ORDER BY kind)
                   AS allegations
        {MATCHING} AND {part}
           AND {DUE} >= $after.due
           AND ({DUE} > $after.due
                OR (c.received_at, c.id) < ($after.received_at::timestamptz, $after.id::uuid))
         ORDER BY {DUE}, c.received_at DESC, c.id DESC LIMIT $limit
        """  # noqa: S608 - only our own words


@sql.many(InboxCase)
def load_late(wanted: InboxSearch, after: InboxKey, limit: int) -> sql.SQL:
    return part_sql(f"{LATE} AND {DUE} < $wanted.today")


@sql.many(InboxCase)
def load_in_time(wanted: InboxSearch, after: InboxKey, limit: int) -> sql.SQL:
    return part_sql(f"NOT {LATE}")


class InboxNeighbours(msgspec.Struct, frozen=True):
    """The numbers of the cases before and after a case, in the order of the inbox."""

    before: str | None
    after: str | None


async def find_neighbours(
    connection: Connection, wanted: InboxSearch, reference: str
) -> InboxNeighbours:
    """The neighbours of a case. If it is no longer in the list, for instance because it was closed,
    the first case of the list comes after it.
    """
    if listed := await find_listed(connection, wanted, reference):
        return listed
    first = await load_page(connection, wanted, None, 1)
    return InboxNeighbours(None, first[0].reference if first else None)


@sql.first(InboxNeighbours)
def find_listed(wanted: InboxSearch, reference: str) -> sql.SQL:
    return f"""
        SELECT before, after FROM (
            SELECT c.reference, lag(c.reference) OVER listed AS before,
                   lead(c.reference) OVER listed AS after
            {MATCHING}
            WINDOW listed AS (
                ORDER BY NOT {LATE}, {DUE}, c.received_at DESC, c.id DESC)) found
         WHERE reference = $reference
        """  # noqa: S608 - only our own words


class InboxTotals(msgspec.Struct, frozen=True):
    """How many cases match a search, and how many complaints they contain."""

    cases: int
    complaints: int


@sql.only(InboxTotals)
def count_matching(wanted: InboxSearch) -> sql.SQL:
    """How many cases a search finds, and how many complaints with those merged into these cases."""
    return f"""
        WITH found AS MATERIALIZED (SELECT DISTINCT coalesce(c.merged_into, c.id) AS id {MATCHING})
        SELECT cases, cases + (
                   SELECT count(*) FROM complaints m JOIN found f ON f.id = m.merged_into
                     LEFT JOIN found own ON own.id = m.id WHERE own.id IS NULL) AS complaints
          FROM (SELECT count(*) AS cases FROM found) counted
        """  # noqa: S608 - only our own words


class AccountWorkload(msgspec.Struct, frozen=True):
    """How many cases an account handles; None is nobody."""

    handler: str | None
    open: int = 0
    waiting: int = 0
    overdue: int = 0


@sql.many(AccountWorkload)
def load_workload(today: datetime.date, *, statuses: Sequence[str] = ACTIVE_STATUSES) -> sql.SQL:
    """How many open, waiting and overdue cases each account handles."""
    return f"""
        SELECT c.handler::text, count(*) FILTER (WHERE c.status <> 'waiting') AS open,
               count(*) FILTER (WHERE c.status = 'waiting') AS waiting,
               count(*) FILTER (WHERE {late_sql("$today")}) AS overdue
          FROM complaints c WHERE c.status = ANY($statuses) GROUP BY 1
        """  # noqa: S608 - only our own constants


class OverdueCase(msgspec.Struct, frozen=True):
    """A case whose next step is overdue."""

    reference: str
    status: CaseStatus
    due_on: datetime.date


class InboxOverview(msgspec.Struct, frozen=True):
    """How many open cases are new, overdue, due soon, without a handler or handled by one person,
    and the longest overdue.
    """

    new: int
    overdue: int
    soon: int
    unassigned: int
    mine: int
    worst: list[OverdueCase]


@sql.only(InboxOverview)
def load_overview(
    today: datetime.date,
    soon: datetime.date,
    account: str,
    most: int,
    *,
    statuses: Sequence[str] = ACTIVE_STATUSES,
) -> sql.SQL:
    """An overview of the inbox for one person: what is due by the day `soon`, and the `most` cases
    that are longest overdue.
    """
    return f"""
        SELECT count(*) FILTER (WHERE c.status = 'new') AS new,
               count(*) FILTER (WHERE {late_sql("$today")}) AS overdue,
               count(*) FILTER (WHERE {due_between_sql("$today", "$soon")}) AS soon,
               count(*) FILTER (WHERE c.handler IS NULL) AS unassigned,
               count(*) FILTER (WHERE c.handler = $account::uuid) AS mine,
               (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.due_on, w.reference), '[]')
                  FROM (SELECT c.reference, c.status, c.due_on FROM complaints c
                         WHERE c.status = ANY($statuses) AND {late_sql("$today")}
                         ORDER BY c.due_on, c.reference LIMIT $most) w) AS worst
          FROM complaints c WHERE c.status = ANY($statuses)
        """  # noqa: S608 - only our own constants


@sql.values(list[str])
def load_open_cases(account: str, *, statuses: Sequence[str] = ACTIVE_STATUSES) -> sql.SQL:
    """The numbers of the open cases that an account handles."""
    return """
        SELECT reference FROM complaints
         WHERE handler = $account::uuid AND status = ANY($statuses) ORDER BY reference
        """


class SavedView(msgspec.Struct, frozen=True):
    """A search of the inbox, as the query string of its address."""

    name: str
    query: str


@sql.many(SavedView)
def load_saved_views(account: str) -> sql.SQL:
    return "SELECT name, query FROM saved_views WHERE account = $1::uuid ORDER BY lower(name), name"


@sql.execute
def save_view(account: str, name: str, query: str) -> sql.SQL:
    """Save a search; an existing name gets the new search."""
    return """
        INSERT INTO saved_views (account, name, query) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (account, name) DO UPDATE SET query = excluded.query
        """


@sql.execute
def delete_view(account: str, name: str) -> sql.SQL:
    return "DELETE FROM saved_views WHERE account = $1::uuid AND name = $2"


class ReplyTemplate(msgspec.Struct, frozen=True):
    id: int
    name: str
    body: str


@sql.many(ReplyTemplate)
def load_reply_templates() -> sql.SQL:
    return "SELECT id, name, body FROM reply_templates ORDER BY lower(name), id"


@sql.execute
def save_reply_template(name: str, body: str) -> sql.SQL:
    """Save a template; an existing name gets the new text."""
    return """
        INSERT INTO reply_templates (name, body) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET body = excluded.body
        """


@sql.value_or_none(str)
def delete_reply_template(number: int) -> sql.SQL:
    """Delete a template; returns its name."""
    return "DELETE FROM reply_templates WHERE id = $1 RETURNING name"
