"""The campaign job: read the texts of a year, find those that are one text, know them again."""

import datetime
import uuid

from analysis.text import campaigns
from api import clock
from api.jobs.threads import run_in_thread
from survey.campaigns import known_again
from survey.store import campaigns as campaign_store
from survey.store.database import Connection

LOOK_BACK = datetime.timedelta(weeks=52)


async def run(connection: Connection, _: str) -> None:
    await find(connection, clock.today())


async def find(connection: Connection, end: datetime.date) -> int:
    """Look at the year that ends with this day; how many campaigns there are in it."""
    after = end + datetime.timedelta(days=1)
    since = clock.midnight(after - LOOK_BACK)
    rows = await campaign_store.texts(connection, since, clock.midnight(after))
    ids = [row["id"] for row in rows]
    groups = await run_in_thread(
        campaigns.find, [row["redacted"] for row in rows], [row["day"] for row in rows]
    )
    members = [[ids[i] for i in group.members] for group in groups]
    known = known_again(members, {row["id"]: row["campaign"] for row in rows if row["campaign"]})
    found: list[campaign_store.Found] = [
        (campaign or str(uuid.uuid4()), ids[group.central], texts)
        for campaign, group, texts in zip(known, groups, members, strict=True)
    ]
    await campaign_store.save(connection, ids, found)
    return len(found)
