"""The weekly proposals: what the texts of the last weeks would change in the codebook."""

import datetime
import functools
from collections.abc import Sequence
from typing import Any

from analysis.text import proposals as finding
from analysis.text import reading, themes
from analysis.text.proposals import Coded
from api import clock
from api.intake import PERCEPTION
from api.jobs.discovery import traced, vectors_of
from api.jobs.threads import run_in_thread
from survey.codebooks import CandidateTheme, Codebook, carried
from survey.proposals import (
    AnyProposal,
    MergeThemes,
    NewTheme,
    SplitTheme,
    about,
    alike,
    candidates,
)
from survey.store import codebooks, proposals
from survey.store.database import Connection

WEEK = datetime.timedelta(weeks=1)
WEEKS_BEFORE = 6


async def weekly(connection: Connection, key: str) -> None:
    """What the week that began on this day proposes, beside the six weeks before it."""
    start = datetime.date.fromisoformat(key)
    since, between, end = (
        clock.midnight(day) for day in (start - WEEKS_BEFORE * WEEK, start, start + WEEK)
    )
    book = await codebooks.newest(connection)
    old = await proposals.texts(connection, since, between, reading.VERSION, PERCEPTION)
    new = await proposals.texts(connection, between, end, reading.VERSION, PERCEPTION)
    earlier = await proposals.read_out(connection, await proposals.known(connection))
    told = [theme for one in earlier for theme in candidates(one.proposal) if theme.quotes]
    find = functools.partial(proposed, book, old, new, told)
    await keep(connection, book, await run_in_thread(find), key)


def proposed(
    book: Codebook, old: Sequence[Any], new: Sequence[Any], earlier: Sequence[CandidateTheme]
) -> list[AnyProposal]:
    """Quoted by the ids of the texts, so that what is erased is not quoted any more."""
    found = finding.proposed(book, coded(book, old), coded(book, new), earlier)
    whose = {themes.cleaned(row["redacted"]): row["id"] for row in (*old, *new)}
    return [
        *(NewTheme(theme=traced(one, whose)) for one in found.new),
        *(MergeThemes(theme=one, into=other, likeness=how) for one, other, how in found.mergers),
        *(
            SplitTheme(theme=theme, parts=tuple(traced(part, whose) for part in parts))
            for theme, parts in found.divisions
        ),
    ]


def coded(book: Codebook, rows: Sequence[Any]) -> Coded:
    return Coded(
        [row["redacted"] for row in rows],
        vectors_of(rows),
        [carried(book, row["themes"], since=row["codebook"]) for row in rows],
    )


async def keep(
    connection: Connection, book: Codebook, found: Sequence[AnyProposal], key: str
) -> None:
    """Keep what is new; codes stay as they are.

    What is open, was declined, or concerns a theme that people have pinned is not raised.
    """
    known = [one.proposal for one in await proposals.known(connection)]
    pinned = {theme.id for theme in book.themes if theme.pinned}
    fresh: list[AnyProposal] = []
    for one in found:
        if pinned.isdisjoint(about(one)) and not any(alike(one, other) for other in known + fresh):
            fresh.append(one)
    await proposals.insert_many(connection, fresh, codebook=book.version, key=key)
