"""SQL for the months of the archive: which are closed, what their answers are, and the sums that
are made anew of them.
"""

import datetime
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import msgspec

from survey.store import statements as sql
from survey.store.answers import sums
from survey.store.answers.archive_files import AnswerRow, FileRecord, answer_row
from survey.store.answers.sums import SAVED_WEEKS_LOCK, SumLayouts
from survey.store.database import Connection
from survey.surveys.sums import AnswerCell, span_start

AT_ONCE = 5_000


class ArchivedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A month that was written: where, in which files, and how many people's answers these hold.

    A `stale` one has changed since.
    """

    month: datetime.date
    place: str
    files: list[FileRecord]
    persons: int
    stale: bool
    written_on: datetime.date


class MonthState(msgspec.Struct, frozen=True):
    """A summary of a month's sums: how many cells and persons, and a digest of all of them."""

    cells: int
    persons: int
    digest: str


@sql.execute
def lock_archive() -> sql.SQL:
    """Wait until nobody else changes files of the archive; keep others from it until the commit."""
    return "SELECT pg_advisory_xact_lock(hashtext('archive'))"


@sql.many(ArchivedMonth)
def load_months() -> sql.SQL:
    return (
        "SELECT month, place, files, persons, stale, written_on FROM archive_months ORDER BY month"
    )


@sql.value_or_none(datetime.date)
def find_closed_month(before: datetime.date) -> sql.SQL:
    """The first month that ended before this day, has answers, and is not written yet.

    A month with an answer that still waits to be summed is not closed.
    """
    return """
        SELECT m.start::date
          FROM generate_series((SELECT date_trunc('month', min(since)) FROM answer_sums),
                               date_trunc('month', $1::date) - interval '1 month',
                               interval '1 month') AS m (start)
         WHERE EXISTS (SELECT FROM answer_sums
                        WHERE since >= m.start AND since < m.start + interval '1 month')
           AND NOT EXISTS (SELECT FROM archive_months WHERE month = m.start::date)
           AND NOT EXISTS (SELECT FROM responses WHERE NOT summed
                               AND date_trunc('month', received_at) = m.start)
         ORDER BY m.start LIMIT 1
        """


@sql.only(MonthState)
def load_state(month: datetime.date) -> sql.SQL:
    """The state of a month's sums now."""
    return """
        SELECT count(*) AS cells, coalesce(sum(persons), 0)::bigint AS persons,
               coalesce(sum(hash_record_extended(s, 0)), 0)::text AS digest
          FROM answer_sums s WHERE since >= $1::date AND since < $1::date + interval '1 month'
        """


async def count_rows(
    connection: Connection, month: datetime.date, known: SumLayouts
) -> AsyncIterator[Counter[AnswerRow]]:
    """The summed answers of a month, one span of days at a time: how many people gave each row.

    Within a span rows have no order, so that nothing says when somebody answered.
    """
    for start, end in month_spans(month):
        rows: Counter[AnswerRow] = Counter()
        async for row in connection.cursor(
            """
            SELECT instrument, version, mode, area, answers, stratum, psu, probability,
                   $1::date AS since
              FROM responses
             WHERE summed AND received_at >= $1::date
               AND received_at < $2::date
            """,
            start,
            end,
            prefetch=AT_ONCE,
        ):
            rows[answer_row(row, known[row["instrument"], row["version"]])] += 1
        if rows:
            yield rows


def month_spans(month: datetime.date) -> list[tuple[datetime.date, datetime.date]]:
    """The spans of a month (the days of one week within it): the first day, and the one after the
    last.
    """
    after = (month + datetime.timedelta(days=31)).replace(day=1)
    days = (month + datetime.timedelta(days=n) for n in range((after - month).days))
    starts = sorted({span_start(day) for day in days})
    return list(zip(starts, [*starts[1:], after], strict=True))


@sql.execute
def wait_for_changes(*, saved_weeks_lock: int = SAVED_WEEKS_LOCK) -> sql.SQL:
    """Wait until nobody changes sums, and keep everybody from it until this transaction ends.

    Whoever changes sums afterwards finds the month that was recorded here, and marks it as stale.
    """
    return "SELECT pg_advisory_xact_lock($saved_weeks_lock)"


@sql.execute
def insert_month(
    month: datetime.date, place: str, files: list[FileRecord], persons: int
) -> sql.SQL:
    return "INSERT INTO archive_months (month, place, files, persons) VALUES ($1, $2, $3, $4)"


@sql.execute
def mark_stale(month: datetime.date) -> sql.SQL:
    """Mark a month whose files are not as they were written."""
    return "UPDATE archive_months SET stale = true WHERE month = $1"


@sql.execute
def delete_month(month: datetime.date) -> sql.SQL:
    """Delete the record of a month, whose files are gone."""
    return "DELETE FROM archive_months WHERE month = $1"


async def replace_month(
    connection: Connection, month: datetime.date, cells: Sequence[AnswerCell]
) -> None:
    """Replace the sums of a month by sums that were worked out again from the same answers.

    No two of the cells may be of the same people.
    """
    # The answers are the same, so the files of the month stay valid.
    await connection.execute("SELECT set_config('soundings.same_answers', 'on', true)")
    await connection.execute(
        "DELETE FROM answer_sums WHERE since >= $1::date AND since < $1::date + interval '1 month'",
        month,
    )
    await copy_cells(connection, cells)
    await connection.execute("SELECT set_config('soundings.same_answers', 'off', true)")


async def copy_cells(connection: Connection, cells: Sequence[AnswerCell]) -> None:
    """Add cells of which none is stored yet."""
    await sums.number_draws(connection, sums.cell_columns(cells, sign=1))
    draws = {
        (draw.area, draw.stratum, draw.psu, draw.probability): draw.id
        for draw in await sums.load_draws(connection)
    }
    kinds = {tuple(kind.kind): kind.id for kind in await sums.load_kinds(connection)}
    await connection.copy_records_to_table(
        "answer_sums",
        records=(
            (
                *(cell.alike.instrument, cell.alike.version, cell.alike.mode, cell.alike.since),
                draws[cell.alike.area, cell.alike.stratum, cell.alike.psu, cell.alike.probability],
                *(kinds[cell.alike.kind], cell.persons, cell.sums),
            )
            for cell in cells
        ),
        columns=["instrument", "version", "mode", "since", "draw", "kind", "persons", "sums"],
    )


async def rebuild_other_months(
    connection: Connection, months: Sequence[datetime.date], batch: int = 5_000
) -> int:
    """Rebuild the sums of all other months from the stored responses; return their number."""
    await connection.execute(
        "DELETE FROM answer_sums WHERE date_trunc('month', since)::date <> ALL ($1)", months
    )
    await connection.execute(
        """
        UPDATE responses SET summed = false
         WHERE summed AND date_trunc('month', received_at)::date
               <> ALL ($1)
        """,
        months,
    )
    done = 0
    while summed := await sums.sum_batch(connection, batch):
        done += summed
    return done
