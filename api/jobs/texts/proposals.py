"""Weekly proposals: how the texts of the last weeks would change the codebook."""

import datetime
import functools
from collections.abc import Sequence

from analysis.text import reading
from analysis.text.themes import candidates
from analysis.text.themes.candidates import CodedTexts
from api import clock
from api.jobs.texts.discovery import text_vectors, with_text_ids
from api.jobs.threads import run_in_thread
from api.operations.submissions import PERCEPTION_SURVEY
from survey.coding.codebooks import CandidateTheme, Codebook, current_themes
from survey.coding.proposals import (
    AnyProposal,
    MergeThemes,
    NewTheme,
    SplitTheme,
    affected_themes,
    is_same_proposal,
    proposal_candidates,
)
from survey.store.coding import codebooks, proposals
from survey.store.coding.proposals import CodedEncodedText
from survey.store.database import Connection

WEEK = datetime.timedelta(weeks=1)
WEEKS_BEFORE = 6


async def propose_themes(connection: Connection, key: str) -> None:
    """Propose changes from the week that began on this day, compared with the six before it."""
    start = datetime.date.fromisoformat(key)
    since, between, end = (
        clock.midnight(day) for day in (start - WEEKS_BEFORE * WEEK, start, start + WEEK)
    )
    book = await codebooks.get_newest(connection)
    old = await proposals.load_texts(connection, since, between, reading.VERSION, PERCEPTION_SURVEY)
    new = await proposals.load_texts(connection, between, end, reading.VERSION, PERCEPTION_SURVEY)
    earlier = await proposals.load_quoted_words(
        connection, await proposals.load_not_to_repeat(connection)
    )
    # Earlier themes are known by their quotes; where all those texts were erased, by nothing.
    raised = [
        theme for one in earlier for theme in proposal_candidates(one.proposal) if theme.quotes
    ]
    find = functools.partial(find_proposals, book, old, new, raised)
    await save_proposals(connection, book, await run_in_thread(find), key)


def find_proposals(
    book: Codebook,
    old: Sequence[CodedEncodedText],
    new: Sequence[CodedEncodedText],
    earlier: Sequence[CandidateTheme],
) -> list[AnyProposal]:
    """The proposals, which quote texts by id, so that an erased text is no longer quoted."""
    before, now = coded_texts(book, old), coded_texts(book, new)
    found = candidates.theme_proposals(book, before, now, earlier)
    whose = {candidates.collapsed_text(row.redacted): row.id for row in (*old, *new)}
    return [
        *(NewTheme(theme=with_text_ids(one, whose)) for one in found.new),
        *(MergeThemes(theme=one, into=other, likeness=how) for one, other, how in found.mergers),
        *(
            SplitTheme(theme=theme, parts=tuple(with_text_ids(part, whose) for part in parts))
            for theme, parts in found.divisions
        ),
    ]


def coded_texts(book: Codebook, rows: Sequence[CodedEncodedText]) -> CodedTexts:
    return CodedTexts(
        [row.redacted for row in rows],
        text_vectors(rows),
        [current_themes(book, row.themes, since=row.codebook) for row in rows],
    )


async def save_proposals(
    connection: Connection, book: Codebook, found: Sequence[AnyProposal], key: str
) -> None:
    """Save the proposals that are new; codes do not change.

    A proposal that is open or was declined, or is about a pinned theme, is not made again.
    """
    known = [one.proposal for one in await proposals.load_not_to_repeat(connection)]
    pinned = {theme.id for theme in book.themes if theme.pinned}
    fresh: list[AnyProposal] = []
    for one in found:
        if pinned.isdisjoint(affected_themes(one)) and not any(
            is_same_proposal(one, other) for other in known + fresh
        ):
            fresh.append(one)
    await proposals.insert_many(connection, fresh, codebook=book.version, key=key)
