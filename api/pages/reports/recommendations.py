"""The public ledger of recommendations, as a page and as a file."""

from collections.abc import Iterator, Mapping, Sequence

import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.response import Template

from api.dependencies import FromDatabase
from api.pages.reports.downloads import table_response
from api.pages.reports.history import read_edition, remember
from survey.editions.recommendations import (
    EditionRecommendation,
    ForceAnswer,
    LedgerRow,
    Movement,
)
from survey.files.delimited import write_csv
from survey.store import editions, places
from survey.store.database import Connection
from survey.store.editions import EditionLine
from survey.store.editions import recommendations as store

HEAD = (
    *("recommendation", "title", "words", "words_read_on", "source", "address", "made_on"),
    *("addressee", "due", "condition", "status", "status_since", "reason", "decided_by"),
    *("answered_on", "answered_by", "answer", "answer_address"),
)
MOST_PRINTED = 2
PRINTED: dict[str, Mapping[int, EditionRecommendation]] = {}
CLOSED = ("done", "rejected", "unseen")


async def load_public_rows(connection: Connection) -> list[LedgerRow]:
    """The ledger without what was entered by mistake: first what is not settled, the newest
    first.
    """
    rows: list[LedgerRow] = [
        row for row in await store.load_rows(connection) if row.decision.status != "withdrawn"
    ]
    return sorted(rows, key=lambda row: row.decision.status in CLOSED)


class PublicRow(msgspec.Struct, frozen=True):
    """A row, and what the newest monthly report says of its figures.

    There is nothing yet where the report knew other figures or another day to compare from.
    """

    row: LedgerRow
    movements: tuple[Movement, ...]


@get("/recommendations", include_in_schema=False)
async def show_ledger(database: FromDatabase) -> Template:
    async with database.connection() as connection:
        rows = await load_public_rows(connection)
        synthetic = await places.is_synthetic(connection)
        newest = await editions.find_newest_published(connection, "monthly")
        printed = {} if newest is None else await load_printed_rows(connection, newest)
    return Template(
        "report/recommendations.html",
        context={
            "rows": [PublicRow(row, printed_movements(row, printed.get(row.id))) for row in rows],
            "newest": newest,
            "synthetic": synthetic,
            "figure": figure_text,
        },
    )


async def load_printed_rows(
    connection: Connection, line: EditionLine
) -> Mapping[int, EditionRecommendation]:
    """The rows of the ledger as a published report prints them, by their number."""
    if line.sha256 not in PRINTED:
        stored = await editions.get_stored(connection, line.kind, line.start, line.number)
        # In a thread, because decoding a whole edition would hold up every other request.
        edition = await anyio.to_thread.run_sync(read_edition, stored.body)
        rows = {printed.id: printed for printed in edition.recommendations}
        remember(PRINTED, line.sha256, rows, MOST_PRINTED)
    return PRINTED[line.sha256]


def printed_movements(
    row: LedgerRow, printed: EditionRecommendation | None
) -> tuple[Movement, ...]:
    what = row.recommendation
    if printed is None or (printed.since, printed.measures) != (what.since, what.measures):
        return ()
    return printed.movements


def figure_text(movement: Movement, value: float | None) -> str:
    """A figure of a movement as reports write it; pages put it in the form of their language."""
    return f"{value or 0.0:,.{1 if movement.measure == 'index' else 2}f}"


@get("/recommendations.csv", include_in_schema=False)
async def download_ledger(database: FromDatabase) -> Response[bytes]:
    async with database.connection() as connection:
        rows = await load_public_rows(connection)
    lines = [[*HEAD], *(line for row in rows for line in ledger_lines(row))]
    return table_response(write_csv(lines), "recommendations")


def ledger_lines(row: LedgerRow) -> Iterator[list[str]]:
    """A line for each answer, or one without an answer."""
    what, decision = row.recommendation, row.decision
    said: Sequence[ForceAnswer | None] = row.answers or (None,)
    for answer in said:
        yield [
            *(str(row.id), what.title, what.words, str(what.read_on or ""), what.source),
            *(what.address, str(what.made_on), what.addressee, str(what.due or "")),
            "yes" if what.is_condition else "no",
            *(decision.status, str(row.decided_on), decision.reason, decision.decided_by),
            *(
                (str(answer.said_on), answer.said_by, answer.words, answer.address)
                if answer
                else ("", "", "", "")
            ),
        ]


PAGES = [show_ledger]
FILES = [download_ledger]
