"""SQL for sums that are made anew: those of some months from files, the others from rows."""

import datetime
from collections.abc import Sequence

from survey.store.database import Connection
from survey.store.surveys import sums
from survey.surveys.sums import AnswerCell


async def replace_month(
    connection: Connection, month: datetime.date, cells: Sequence[AnswerCell]
) -> None:
    """Replace the sums of a month by those that its own answers gave again.

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
        (one.area, one.stratum, one.psu, one.probability): one.id
        for one in await sums.load_draws(connection)
    }
    kinds = {tuple(one.kind): one.id for one in await sums.load_kinds(connection)}
    await connection.copy_records_to_table(
        "answer_sums",
        records=(
            (
                *(one.alike.instrument, one.alike.version, one.alike.mode, one.alike.since),
                draws[one.alike.area, one.alike.stratum, one.alike.psu, one.alike.probability],
                *(kinds[one.alike.kind], one.persons, one.sums),
            )
            for one in cells
        ),
        columns=["instrument", "version", "mode", "since", "draw", "kind", "persons", "sums"],
    )


async def rebuild_other_months(
    connection: Connection, months: Sequence[datetime.date], batch: int = 5_000
) -> int:
    """Rebuild the sums of all but these months from the rows; the number of responses."""
    await connection.execute(
        "DELETE FROM answer_sums WHERE date_trunc('month', since)::date <> ALL ($1)", months
    )
    await connection.execute(
        """
        UPDATE responses SET summed = false
         WHERE summed AND date_trunc('month', received_at AT TIME ZONE 'Europe/London')::date
               <> ALL ($1)
        """,
        months,
    )
    done = 0
    while found := await sums.sum_batch(connection, batch):
        done += found
    return done
