"""SQL for editions, stored as the bytes that were hashed and never changed.

Beside it stand the work on an edition, what the group agrees on, and who gets it by mail.
"""

import datetime
import hashlib
from collections.abc import Sequence

import asyncpg
import msgspec

from survey.editions import SafeEdition
from survey.editions.actions import EditionKey
from survey.editions.figures import Estimate
from survey.editions.refusals import unknown_edition
from survey.editions.stored import edition_from_json
from survey.problems import Problem
from survey.store import statements as sql
from survey.store.database import Connection


async def save(connection: Connection, edition: SafeEdition) -> str:
    """Store a new edition and return its hash; an existing one is never overwritten."""
    body = msgspec.json.encode(edition)
    sha256 = hashlib.sha256(body).hexdigest()
    await connection.execute(
        """
        INSERT INTO editions (kind, start_on, number, end_on, body, sha256)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        edition.kind,
        edition.start,
        edition.number,
        edition.end,
        body,
        sha256,
    )
    return sha256


@sql.boolean
def try_lock_counts() -> sql.SQL:
    """Lock the publication of counts for this transaction; False if another one holds the lock.

    Counts are published by one transaction at a time, as each must know what the others published.
    """
    return "SELECT pg_try_advisory_xact_lock(hashtext('counts'))"


@sql.execute
def wait_for_count_lock() -> sql.SQL:
    """Lock the publication of counts for this transaction; wait for another one to end first."""
    return "SELECT pg_advisory_xact_lock(hashtext('counts'))"


async def reserve_number(connection: Connection, kind: str, start: datetime.date) -> int:
    """The number for the next edition of this period, locked until the transaction ends."""
    # Without the lock two who make one at once would both read the same highest number.
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext($1 || $2::text))", kind, str(start)
    )
    number: int = await connection.fetchval(
        "SELECT coalesce(max(number), 0) + 1 FROM editions WHERE kind = $1 AND start_on = $2",
        kind,
        start,
    )
    return number


def edition_not_found(kind: str, start: datetime.date, number: int | None) -> Problem:
    which = f", number {number}" if number else ""
    return unknown_edition(f"of the {kind} report for {start}{which}")


class PublishedHead(msgspec.Struct, frozen=True):
    """What there is to know of a published edition without reading it: the hash of its bytes, its
    number, the newest number of its period, and the reason if it was withdrawn, else ''.
    """

    sha256: str
    number: int
    newest: int
    withdrawn: str


class StoredEdition(PublishedHead, frozen=True):
    """An edition with its bytes, published or not."""

    body: bytes

    @property
    def edition(self) -> SafeEdition:
        return edition_from_json(self.body)


@sql.only(StoredEdition, edition_not_found)
def get_stored(
    kind: str, start: datetime.date, number: int | None = None, *, drafts: bool = False
) -> sql.SQL:
    """An edition as it was stored.

    The newest one unless a number is given; only a published one, unless `drafts`.
    """
    return """
        SELECT * FROM (SELECT body, sha256, number, max(number) OVER () AS newest, withdrawn
                         FROM editions_today
                        WHERE kind = $1 AND start_on = $2
                          AND ($4 OR published_at IS NOT NULL)) e
         WHERE number = coalesce($3, newest)
        """


@sql.only(PublishedHead, edition_not_found)
def get_published_head(kind: str, start: datetime.date, number: int | None = None) -> sql.SQL:
    """The head of a published edition; of the newest one unless a number is given."""
    # As in `get_stored`, without the bytes, which take most of its time.
    return """
        SELECT * FROM (SELECT sha256, number, max(number) OVER () AS newest, withdrawn
                         FROM editions_today
                        WHERE kind = $1 AND start_on = $2 AND published_at IS NOT NULL) e
         WHERE number = coalesce($3, newest)
        """


async def get(
    connection: Connection,
    kind: str,
    start: datetime.date,
    number: int | None = None,
    *,
    drafts: bool = False,
) -> SafeEdition:
    return (await get_stored(connection, kind, start, number, drafts=drafts)).edition


def read_edition(row: asyncpg.Record) -> SafeEdition:
    return edition_from_json(row["body"])


@sql.first_by(read_edition)
def find_previous(kind: str, start: datetime.date, number: int) -> sql.SQL:
    """The last edition before this one that is published and not withdrawn.

    It is of an earlier period, or an earlier edition of the same period.
    """
    return """
        SELECT body FROM editions_today
         WHERE kind = $1 AND (start_on, number) < ($2, $3)
               AND published_at IS NOT NULL AND withdrawn = ''
         ORDER BY start_on DESC, number DESC LIMIT 1
        """


@sql.first_by(lambda row: (row["number"], row["end_on"]))
def find_published(kind: str, start: datetime.date) -> sql.SQL:
    """Number and last day of the newest published edition of a period, if it was not withdrawn."""
    return """
        SELECT number, end_on FROM editions_today
         WHERE kind = $1 AND start_on = $2 AND published_at IS NOT NULL AND withdrawn = ''
         ORDER BY number DESC LIMIT 1
        """


@sql.first_by(read_edition)
def find_compared(kind: str, start: datetime.date, before: datetime.date) -> sql.SQL:
    """The edition that an edition from `start` is compared with: of the period from `before`, or
    else the last of an earlier period.

    Only an edition that is published and not withdrawn.
    """
    return """
        SELECT body FROM editions_today
         WHERE kind = $1 AND start_on < $2 AND published_at IS NOT NULL AND withdrawn = ''
         ORDER BY start_on <> $3, start_on DESC, number DESC LIMIT 1
        """


@sql.many_by(read_edition)
def load_last_before(kind: str, days: Sequence[datetime.date]) -> sql.SQL:
    """Of each of these days the last published edition of a kind that ended before it, and was not
    withdrawn.
    """
    return """
        SELECT DISTINCT e.body FROM unnest($2::date[]) AS since
          CROSS JOIN LATERAL (
                SELECT body FROM editions_today
                 WHERE kind = $1 AND end_on < since AND published_at IS NOT NULL AND withdrawn = ''
                 ORDER BY start_on DESC, number DESC LIMIT 1) e
        """


@sql.many_by(read_edition)
def load_for_gate(since: datetime.date, *, before: datetime.date = datetime.date.max) -> sql.SQL:
    """Every edition with days from `since` on that ended before the day `before`: readers may put
    the counts of all of them together.

    Withdrawn and corrected editions are included, as they were read, and drafts, as they may still
    be published. `load_current` has only the editions that readers are referred to.
    An outcome report is left out: it counts nothing itself.
    """
    return """
        SELECT body FROM editions
         WHERE end_on >= $1 AND end_on < $2 AND kind <> 'outcome'
         ORDER BY made_at, kind, number
        """


@sql.many_by(read_edition)
def load_months(until: datetime.datetime) -> sql.SQL:
    """The newest edition of each month as it was published by a moment and not withdrawn by then,
    the oldest month first.
    """
    return """
        SELECT DISTINCT ON (start_on) body FROM editions_today
         WHERE kind = 'monthly' AND published_at < $1 AND withdrawn = ''
         ORDER BY start_on, number DESC
        """


class PublishedIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The perception index in an edition, the city's first; its other fields are not read."""

    start: datetime.date
    city: str
    index: tuple[Estimate, ...] = ()


async def load_monthly_index(
    connection: Connection, before: datetime.date
) -> list[tuple[datetime.date, Estimate]]:
    """The city's index in the newest published edition of each month that begins before a day."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (start_on) body FROM editions_today
         WHERE kind = 'monthly' AND published_at IS NOT NULL AND withdrawn = '' AND start_on < $1
         ORDER BY start_on, number DESC
        """,
        before,
    )
    editions = [msgspec.json.decode(row["body"], type=PublishedIndex) for row in rows]
    return [
        (edition.start, index)
        for edition in editions
        for index in edition.index
        if index.domain == edition.city
    ]


class PublishedEdition(msgspec.Struct, frozen=True):
    """The key of a published edition, and the bytes it was stored as."""

    kind: str
    start: datetime.date
    number: int
    body: bytes


@sql.many_by(lambda row: PublishedEdition(*row))
def load_published(first: tuple[datetime.date, str, int], limit: int) -> sql.SQL:
    """Published editions from a key on, the oldest period first, with their bytes."""
    return """
        SELECT kind, start_on, number, body FROM editions_today
         WHERE (start_on, kind, number) >= ($1, $2, $3) AND published_at IS NOT NULL
         ORDER BY start_on, kind, number LIMIT $4
        """


@sql.boolean
def has_complete_edition(kind: str, start: datetime.date, end: datetime.date) -> sql.SQL:
    """True if an edition of the whole period was made after the period ended."""
    # By local time: an edition made an hour before midnight there lacks the end of its last day.
    return """
        SELECT EXISTS (SELECT FROM editions
                        WHERE kind = $1 AND start_on = $2 AND end_on = $3
                          AND made_at > ($3::date + 1))
        """


class EditionLine(msgspec.Struct, frozen=True):
    """An edition in a list: its period and number, and how far it has got.

    `withdrawn` is the reason if the working group withdrew it, else ''. Names are None where a
    command reviewed or published it.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    sha256: str
    made_at: datetime.datetime
    reviewed_at: datetime.datetime | None
    published_at: datetime.datetime | None
    withdrawn: str
    reviewed_by: str | None = None
    published_by: str | None = None

    @property
    def which(self) -> EditionKey:
        return EditionKey(self.kind, self.start, self.number)

    def key(self) -> tuple[datetime.date, str, int]:
        """The key after which the next page begins."""
        return self.start, self.kind, self.number


LINE_COLUMNS = """kind, start_on, end_on, number, sha256, made_at, reviewed_at, published_at,
               withdrawn, reviewed_by, published_by"""
LINE_SQL = f"SELECT {LINE_COLUMNS} FROM editions_today"  # noqa: S608 - only our own words


async def load_page(
    connection: Connection,
    before: tuple[datetime.date, str, int] | None,
    limit: int,
    *,
    kind: str | None = None,
    drafts: bool = False,
) -> list[EditionLine]:
    """A page of editions, of one kind if it is given, the newest period first; only published
    ones, unless `drafts`.
    """
    rows = await connection.fetch(
        f"""
        {LINE_SQL}
         WHERE (start_on, kind, number) < ($1, $2, $3) AND ($5 OR published_at IS NOT NULL)
               AND kind = coalesce($6, kind)
         ORDER BY start_on DESC, kind DESC, number DESC LIMIT $4
        """,
        *(before or (datetime.date.max, "z", 2_000_000_000)),
        limit,
        drafts,
        kind,
    )
    return [EditionLine(*row) for row in rows]


@sql.first_by(lambda row: EditionLine(*row))
def find_newest_published(kind: str | None = None) -> sql.SQL:
    """The published edition with the latest days, not withdrawn, of one kind or, if none is given,
    a weekly or monthly one; a weekly edition comes before a monthly one.
    """
    # "weekly" sorts after "monthly", so descending it comes first.
    return f"""
        {LINE_SQL}
         WHERE published_at IS NOT NULL AND withdrawn = ''
               AND CASE WHEN $1::text IS NULL THEN kind <> 'outcome' ELSE kind = $1 END
         ORDER BY end_on DESC, kind DESC, number DESC LIMIT 1
        """


@sql.many_by(lambda row: EditionLine(*row))
def load_current() -> sql.SQL:
    """For each period its newest edition that is published and not withdrawn, the oldest period
    first.
    """
    return f"""
        SELECT DISTINCT ON (start_on, kind) {LINE_COLUMNS} FROM editions_today
         WHERE published_at IS NOT NULL AND withdrawn = ''
         ORDER BY start_on, kind, number DESC
        """  # noqa: S608 - only our own words


class EditionNeighbours(msgspec.Struct, frozen=True):
    """The first days of the published periods next to a day: the one that it is in, the one before
    it and the one after it. None where there is none.
    """

    period: datetime.date | None
    previous: datetime.date | None
    next: datetime.date | None


@sql.only_by(lambda row: EditionNeighbours(*row))
def find_neighbours(kind: str, day: datetime.date) -> sql.SQL:
    """The published periods of a kind next to a day."""
    return """
        SELECT max(start_on) FILTER (WHERE $2 BETWEEN start_on AND end_on),
               max(start_on) FILTER (WHERE end_on < $2), min(start_on) FILTER (WHERE start_on > $2)
          FROM editions_today WHERE kind = $1 AND published_at IS NOT NULL
        """


@sql.many_by(lambda row: EditionLine(*row))
def load_drafts(limit: int) -> sql.SQL:
    """Editions that wait to be reviewed or published, the newest first; of each period only the
    latest edition.
    """
    return f"""
        {LINE_SQL} e
         WHERE published_at IS NULL
           AND NOT EXISTS (SELECT FROM editions later
                            WHERE later.kind = e.kind AND later.start_on = e.start_on
                              AND later.number > e.number)
         ORDER BY end_on DESC, kind DESC LIMIT $1
        """
