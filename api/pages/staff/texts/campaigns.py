"""Campaigns: groups of texts that are one letter; a reviewer may say that one is none."""

import datetime
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api.dependencies import ON_REPLICA
from api.formatting import format_dates, format_short_day
from api.pages.registry import StaffPage
from api.pages.work import FromPage, format_day
from survey.store import jobs
from survey.store.coding import campaigns
from survey.store.coding.campaigns import StoredCampaign
from survey.store.database import Connection

STREAMS = {"open": "by people who wrote in", "complaints": "in complaints"}
MOST_DAYS = 60
MANY = 10  # editions name campaigns of at least this many texts; fewer may be alike by chance
WORDS_OF_NAME = 9


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign; `days` from its first to its last, each with its texts, at most 60 steps.

    `others` is how many other texts came on these days. `found` says how many of its texts are in
    the same words and how many in others.
    """

    id: str
    name: str
    tones: Counter[str]
    others: int
    words: str
    found: str
    texts: int
    streams: list[str]
    span: str
    days: list[tuple[str, int]]
    dismissed: str
    tone: str = ""


@get("/work/campaigns", dependencies=ON_REPLICA)
async def list_campaigns(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await campaigns.load_all(connection)
        coming = await jobs.load_pending(connection, ["find_campaigns"])
        found = [await load_campaign_row(connection, row) for row in rows]
    return page.show(
        "texts/campaigns",
        found=[one for one in found if one.texts >= MANY],
        small=[one for one in found if one.texts < MANY],
        coming=bool(coming),
        MANY=MANY,
    )


def campaign_name(words: str) -> str:
    """The first words of the campaign's most typical text, where nobody has named it."""
    first = words.split()
    more = "…" if len(first) > WORDS_OF_NAME else ""
    return " ".join(first[:WORDS_OF_NAME]) + more


async def load_campaign_row(connection: Connection, row: StoredCampaign) -> CampaignRow:
    first, last = min(row.days), max(row.days)
    written = await campaigns.count_texts(connection, first, last)
    by = f"{row.dismissed_by}, {format_day(row.dismissed_at)}" if row.dismissed_at else ""
    return CampaignRow(
        id=row.id,
        name=row.coding.name if row.coding else campaign_name(row.redacted or ""),
        tones=Counter(row.tones),
        others=written - row.texts,
        words=row.redacted or "",
        found=how_found(row.texts, row.reworded, row.likeness),
        texts=row.texts,
        streams=[f"{n:,} {STREAMS[stream]}" for stream, n in sorted(row.streams.items())],
        span=format_short_day(first) if first == last else format_dates(first, last),
        days=texts_over_time(row.days),
        dismissed=by,
        tone=row.coding.tone if row.coding else "",
    )


def how_found(texts: int, reworded: int, likeness: float | None) -> str:
    """How many texts of a campaign are in the same words and how many, how alike, in others."""
    if not reworded or likeness is None:
        return ""
    alike = f"{reworded:,} in other words ({100 * likeness:.0f}% alike)"
    return f"{texts - reworded:,} in the same words, {alike}" if texts > reworded else alike


def texts_over_time(came: dict[datetime.date, int]) -> list[tuple[str, int]]:
    """Texts by day from first to last; by several days where days would be too many."""
    first, last = min(came), max(came)
    # Rounded up, so that there are never more steps than that.
    step = -(-((last - first).days + 1) // MOST_DAYS)
    counts = [0] * ((last - first).days // step + 1)
    for at, texts in came.items():
        counts[(at - first).days // step] += texts
    return [
        (format_short_day(first + datetime.timedelta(days=i * step)), texts)
        for i, texts in enumerate(counts)
    ]


@post("/work/campaigns")
async def request_campaign_search(page: FromPage) -> Response[Any]:
    async with page.write("campaigns looked for", "") as connection:
        await jobs.enqueue_unless_waiting(connection, "find_campaigns")
    return page.to("/work/campaigns", "asked")


@post("/work/campaigns/{campaign:uuid}/standing")
async def dismiss_or_restore(page: FromPage, campaign: FromPath[UUID]) -> Response[Any]:
    """Dismiss a campaign or restore it; the decision holds if it is found again."""
    is_one = page.form["standing"] == "campaign"
    act = "a campaign after all" if is_one else "not a campaign"
    async with page.write(act, str(campaign)) as connection:
        await campaigns.set_dismissed(
            connection, str(campaign), by=None if is_one else page.person.id
        )
    return page.to("/work/campaigns", "restored" if is_one else "dismissed")


PAGES = [
    StaffPage(
        [list_campaigns, request_campaign_search, dismiss_or_restore], menu="Campaigns", place=100
    )
]
