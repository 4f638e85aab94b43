"""How many began and sent by which way: counted in memory, and added to the database each minute.

Added at the moment of an answer, the count of its way would lie next to it in the database, and
whoever reads both could tell how that person came.
"""

import asyncio
import contextlib
import datetime
from collections import Counter
from collections.abc import AsyncIterator
from typing import Literal

from litestar import Litestar

from api.observing.logs import log_failure
from survey.problems import Unavailable
from survey.store.database import Database
from survey.store.surveys import ways
from survey.surveys.sharing import WayWeek

EVERY_S = 60.0
WayAct = Literal["begun", "sent"]


class WayCounts:
    """What this process has counted since it was last saved, by survey, week, way and act."""

    def __init__(self) -> None:
        self.unsaved: Counter[tuple[str, datetime.date, str, WayAct]] = Counter()

    def add(self, slug: str, week: datetime.date, code: str, act: WayAct) -> None:
        self.unsaved[slug, week, code, act] += 1

    async def save(self, database: Database) -> None:
        """Add what was counted to the database; nothing is lost if it is away."""
        taken, self.unsaved = self.unsaved, Counter()
        for slug, week in sorted({(slug, week) for slug, week, _, _ in taken}):
            here = {code for one, of, code, _ in taken if (one, of) == (slug, week)}
            counts = [
                WayWeek(
                    code,
                    week,
                    begun=taken[slug, week, code, "begun"],
                    sent=taken[slug, week, code, "sent"],
                )
                for code in sorted(here)
            ]
            try:
                async with database.connection() as connection:
                    await ways.add_counts(connection, slug, week, counts)
            except Unavailable:
                self.unsaved.update({at: n for at, n in taken.items() if at[:2] == (slug, week)})
            except Exception as failure:  # answering goes on without
                log_failure("how people came could not be saved:", failure)


@contextlib.asynccontextmanager
async def save_way_counts(app: Litestar) -> AsyncIterator[None]:
    """Save the counts while the block runs, and what is left at its end, in the app's database."""
    saving = asyncio.create_task(save_each_minute(app))
    try:
        yield
    finally:
        saving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saving
        await app.state.way_counts.save(app.state.database)


async def save_each_minute(app: Litestar) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await app.state.way_counts.save(app.state.database)
