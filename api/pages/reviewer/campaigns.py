"""Campaigns: many texts that are one text, as found; a person may say that one is none."""

import datetime
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import acting, day, done, page, typed
from api.wiring import FromDatabase, FromPerson
from survey.store import campaigns, jobs
from survey.store.database import Connection

STREAMS = {"open": "by people who chose to write", "complaints": "in complaints"}
MOST_DAYS = 60
MANY = 10  # an edition names a campaign from so many texts on; fewer may say the same by chance
WORDS_OF_NAME = 9


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign; `days` from its first to its last, each with its texts, at most 60 steps.

    `others` is how many other texts came on these days.
    """

    id: str
    name: str
    tones: Counter[str]
    others: int
    words: str
    texts: int
    streams: list[str]
    span: str
    days: list[tuple[str, int]]
    dismissed: str


@get("/work/campaigns", guards=reviewers, include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        rows = await campaigns.every(connection)
        coming = await jobs.asked(connection, ["find_campaigns"])
        found = [await shown(connection, row) for row in rows]
    return page(
        "campaigns",
        person,
        found=[one for one in found if one.texts >= MANY],
        small=[one for one in found if one.texts < MANY],
        coming=bool(coming),
        done=done(request),
        MANY=MANY,
    )


def name_of(words: str) -> str:
    """How its most central text begins."""
    first = words.split()
    more = "…" if len(first) > WORDS_OF_NAME else ""
    return " ".join(first[:WORDS_OF_NAME]) + more


async def shown(connection: Connection, row: Any) -> Shown:
    came = {datetime.date.fromisoformat(day): n for day, n in row["days"].items()}
    first, last = min(came), max(came)
    written = await campaigns.written_between(connection, first, last)
    by = f"{row['dismissed_by']}, {day(row['dismissed_at'])}" if row["dismissed_at"] else ""
    return Shown(
        id=row["id"],
        name=name_of(row["redacted"] or ""),
        tones=Counter(row["tones"] or {}),
        others=written - row["texts"],
        words=row["redacted"] or "",
        texts=row["texts"],
        streams=[f"{n:,} {STREAMS[stream]}" for stream, n in sorted(row["streams"].items())],
        span=in_words(first) if first == last else f"{in_words(first)} to {in_words(last)}",
        days=series(came),
        dismissed=by,
    )


def series(came: dict[datetime.date, int]) -> list[tuple[str, int]]:
    """Texts by step from the first day to the last: a day, or more where that would be many."""
    first, last = min(came), max(came)
    step = -(-((last - first).days + 1) // MOST_DAYS)
    counts = [0] * ((last - first).days // step + 1)
    for at, texts in came.items():
        counts[(at - first).days // step] += texts
    return [
        (in_words(first + datetime.timedelta(days=i * step)), texts)
        for i, texts in enumerate(counts)
    ]


def in_words(at: datetime.date) -> str:
    return f"{at:%-d %b %Y}"


@post("/work/campaigns", guards=reviewers, include_in_schema=False)
async def look(database: FromDatabase, person: FromPerson) -> Response[Any]:
    async with acting(database, person, "campaigns looked for", "") as connection:
        await jobs.ask_unless_waiting(connection, "find_campaigns")
    return Redirect("/work/campaigns?done=asked", status_code=303)


@post("/work/campaigns/{campaign:uuid}/standing", guards=reviewers, include_in_schema=False)
async def decide(
    request: AnyRequest, database: FromDatabase, person: FromPerson, campaign: FromPath[UUID]
) -> Response[Any]:
    """Not a campaign, or one after all; what was said holds when it is found again."""
    is_one = (await typed(request)).get("standing") == "campaign"
    act = "a campaign after all" if is_one else "not a campaign"
    async with acting(database, person, act, str(campaign)) as connection:
        await campaigns.dismiss(connection, str(campaign), by=None if is_one else person.id)
    return Redirect(
        f"/work/campaigns?done={'restored' if is_one else 'dismissed'}", status_code=303
    )


HANDLERS = [every, look, decide]
