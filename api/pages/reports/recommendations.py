"""The public ledger of recommendations, as a page and as a file."""

from collections.abc import Iterator, Sequence

from litestar import Response, get
from litestar.response import Template

from api.dependencies import FromDatabase
from api.pages.reports.downloads import table_response
from survey.editions.recommendations import ForceAnswer, LedgerRow
from survey.files.delimited import write_csv
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import recommendations as store

HEAD = (
    *("recommendation", "title", "words", "words_read_on", "source", "address", "made_on"),
    *("addressee", "due", "status", "status_since", "reason", "decided_by"),
    *("answered_on", "answered_by", "answer", "answer_address"),
)
CLOSED = ("done", "rejected", "unseen")


async def load_public_rows(connection: Connection) -> list[LedgerRow]:
    """The ledger without what was entered by mistake: first what is not settled, the newest
    first.
    """
    rows: list[LedgerRow] = [
        row for row in await store.load_rows(connection) if row.decision.status != "withdrawn"
    ]
    return sorted(rows, key=lambda row: row.decision.status in CLOSED)


@get("/recommendations", include_in_schema=False)
async def show_ledger(database: FromDatabase) -> Template:
    async with database.connection() as connection:
        rows = await load_public_rows(connection)
        synthetic = await places.is_synthetic(connection)
    return Template("report/recommendations.html", context={"rows": rows, "synthetic": synthetic})


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
            *(decision.status, str(row.decided_on), decision.reason, decision.decided_by),
            *(
                (str(answer.said_on), answer.said_by, answer.words, answer.address)
                if answer
                else ("", "", "", "")
            ),
        ]


PAGES = [show_ledger]
FILES = [download_ledger]
