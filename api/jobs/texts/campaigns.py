"""Finds campaigns among the texts of a year: texts that are one text, edited or in other words."""

import datetime
import uuid
from collections.abc import Sequence

import numpy as np

from analysis.text import campaigns
from analysis.text.copies import Rows
from analysis.text.model import reading
from api import clock
from api.process.threads import run_in_thread
from survey.coding.campaigns import matching_campaigns
from survey.store.coding import campaigns as campaign_store
from survey.store.database import Connection

LOOK_BACK = datetime.timedelta(weeks=52)


async def find_campaigns(connection: Connection, _: str) -> None:
    await save_campaigns(connection, clock.today())


def new_campaign_id(central: str, known: Sequence[str | None]) -> str:
    """An id for a campaign, from that of its central text: the same texts give the same id."""
    derived = str(uuid.uuid5(uuid.UUID(central), "campaign"))
    # A known campaign may have grown away from the text that it was called by.
    return derived if derived not in known else str(uuid.uuid4())


async def save_campaigns(connection: Connection, end: datetime.date) -> int:
    """Find and save the campaigns of the year that ends on this day; returns how many there are."""
    after = end + datetime.timedelta(days=1)
    since = clock.midnight(after - LOOK_BACK)
    rows = await campaign_store.load_texts(
        connection, since, clock.midnight(after), reading.VERSION
    )
    ids = [row.id for row in rows]
    groups = await run_in_thread(
        campaigns.find_campaigns,
        [row.redacted for row in rows],
        [row.day for row in rows],
        whole_vectors(rows),
    )
    members = [[ids[i] for i in group.members] for group in groups]
    # A campaign that grows keeps its id, to which belongs what staff decided about it.
    known = matching_campaigns(members, {row.id: row.campaign for row in rows if row.campaign})
    found = [
        campaign_store.FoundCampaign(
            campaign or new_campaign_id(ids[group.central], known),
            ids[group.central],
            texts,
            [group.reworded.get(i) for i in group.members],
        )
        for campaign, group, texts in zip(known, groups, members, strict=True)
    ]
    await campaign_store.save(connection, ids, found)
    return len(found)


def whole_vectors(rows: Sequence[campaign_store.CampaignText]) -> Rows:
    """(rows, d): the vectors of whole texts, of length 1; zeros where the reader has none."""
    found = np.zeros((len(rows), reading.DIMENSIONS), np.float32)
    for place, row in enumerate(rows):
        if row.vector is not None:
            found[place] = np.frombuffer(row.vector, "<f2")
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    found /= np.where(lengths > 0, lengths, 1)
    return found
