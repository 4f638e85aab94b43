"""What the newest editions found, read once and then kept in memory by their hash."""

import anyio.to_thread
import msgspec

from analysis import disclosure
from api import sheet
from api.sheet.summary import Summary, summary_of
from survey.editions import Safe
from survey.store import reports
from survey.store.database import Connection, Database
from survey.store.reports import EditionLine

MOST_IN_MEMORY = 200
IN_MEMORY: dict[str, Summary] = {}


async def newest(database: Database) -> Summary | None:
    """Of the newest edition that everybody may read and that was not withdrawn."""
    return await database.remembered(read_newest)


async def read_newest(connection: Connection) -> Summary | None:
    line = await reports.newest_published(connection)
    return None if line is None else await of_line(connection, line)


async def of_line(connection: Connection, line: EditionLine) -> Summary:
    """An edition never changes, so what it found is worked out once."""
    if line.sha256 not in IN_MEMORY:
        stored = await reports.get_stored(connection, line.kind, line.start, line.number)
        found = await anyio.to_thread.run_sync(summarise, stored.body)
        while len(IN_MEMORY) >= MOST_IN_MEMORY:
            IN_MEMORY.pop(next(iter(IN_MEMORY)), None)
        IN_MEMORY[line.sha256] = found
    return IN_MEMORY[line.sha256]


def summarise(body: bytes) -> Summary:
    edition = sheet.windowed(disclosure.as_served(msgspec.json.decode(body, type=Safe)))
    return summary_of(edition, sheet.label_of(edition))
