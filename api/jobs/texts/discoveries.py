"""What the machine finds among texts: campaigns, themes that the codebook does not have, and texts
whose labels would teach it most.
"""

import datetime
import functools
import uuid
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.statistics.sampling.variance import Floats
from analysis.text import campaigns, tone
from analysis.text.copies import Rows
from analysis.text.model import reading
from analysis.themes import candidates, tone_heads
from analysis.themes.candidates import CodedTexts
from analysis.themes.tone_heads import ReadTexts
from api import clock
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.long_work import run_in_thread
from survey.store.database import Connection
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks, codes
from survey.store.themes.codebooks import CodedEncodedText, EncodedText
from survey.store.themes.codes import ReadText
from survey.themes.codebooks import CandidateTheme, Codebook, Sentiment, current_themes
from survey.themes.demands import matching_campaigns
from survey.themes.double_coding import TEACHING_SIZE
from survey.themes.proposals import (
    AnyProposal,
    Discovery,
    MergeThemes,
    NewTheme,
    SplitTheme,
    affected_themes,
    is_same_proposal,
    proposal_candidates,
)

LOOK_BACK = datetime.timedelta(weeks=52)
WEEK = datetime.timedelta(weeks=1)
WEEKS_BEFORE = 6
MOST_TEXTS = 20_000
NO_TONE = (np.nan, np.nan, np.nan)


async def find_campaigns(connection: Connection, _: str) -> None:
    await save_campaigns(connection, clock.today())


def new_campaign_id(central: str, known: Sequence[str | None]) -> str:
    """An id for a campaign, made from the id of its central text: the same texts give the same
    id.
    """
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
    year_campaigns = [
        campaign_store.FoundCampaign(
            campaign or new_campaign_id(ids[group.central], known),
            ids[group.central],
            texts,
            [group.reworded.get(i) for i in group.members],
        )
        for campaign, group, texts in zip(known, groups, members, strict=True)
    ]
    await campaign_store.save(connection, ids, year_campaigns)
    return len(year_campaigns)


def whole_vectors(rows: Sequence[campaign_store.CampaignText]) -> Rows:
    """(rows, d): the vectors of whole texts, of length 1; zeros for a text without a vector."""
    vectors = np.zeros((len(rows), reading.DIMENSIONS), np.float32)
    for place, row in enumerate(rows):
        if row.vector is not None:
            vectors[place] = np.frombuffer(row.vector, "<f2")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    return vectors


async def propose_themes(connection: Connection, key: str) -> None:
    """Propose changes from the week that began on this day, compared with the six before it."""
    start = datetime.date.fromisoformat(key)
    since, between, end = (
        clock.midnight(day) for day in (start - WEEKS_BEFORE * WEEK, start, start + WEEK)
    )
    book = await codebooks.get_newest(connection)
    old = await codebooks.load_encoded_texts(
        connection, since, between, reading.VERSION, PERCEPTION_SURVEY
    )
    new = await codebooks.load_encoded_texts(
        connection, between, end, reading.VERSION, PERCEPTION_SURVEY
    )
    earlier = await codebooks.load_quoted_words(
        connection, await codebooks.load_proposals_not_to_repeat(connection)
    )
    # Earlier themes are known by their quotes; where all those texts were erased, by nothing.
    raised = [
        theme
        for stored_proposal in earlier
        for theme in proposal_candidates(stored_proposal.proposal)
        if theme.quotes
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
    proposals = candidates.theme_proposals(book, before, now, earlier)
    whose = {candidates.collapsed_text(row.redacted): row.id for row in (*old, *new)}
    return [
        *(NewTheme(theme=with_text_ids(candidate, whose)) for candidate in proposals.new),
        *(
            MergeThemes(theme=merged_theme, into=other, likeness=how)
            for merged_theme, other, how in proposals.mergers
        ),
        *(
            SplitTheme(theme=theme, parts=tuple(with_text_ids(part, whose) for part in parts))
            for theme, parts in proposals.divisions
        ),
    ]


def coded_texts(book: Codebook, rows: Sequence[CodedEncodedText]) -> CodedTexts:
    return CodedTexts(
        [row.redacted for row in rows],
        text_vectors(rows),
        [current_themes(book, row.themes, since=row.codebook) for row in rows],
    )


async def save_proposals(
    connection: Connection, book: Codebook, proposals: Sequence[AnyProposal], key: str
) -> None:
    """Save the proposals that are new; codes do not change.

    A proposal that is open or was declined, or is about a pinned theme, is not made again.
    """
    known = [
        stored_proposal.proposal
        for stored_proposal in await codebooks.load_proposals_not_to_repeat(connection)
    ]
    pinned = {theme.id for theme in book.themes if theme.pinned}
    fresh: list[AnyProposal] = []
    for proposal in proposals:
        if pinned.isdisjoint(affected_themes(proposal)) and not any(
            is_same_proposal(proposal, other) for other in known + fresh
        ):
            fresh.append(proposal)
    await codebooks.insert_proposals(connection, fresh, codebook=book.version, key=key)


async def discover_themes(connection: Connection, _: str) -> None:
    rows = await codebooks.load_readable_texts(
        connection, reading.VERSION, PERCEPTION_SURVEY, MOST_TEXTS
    )
    hierarchy = await run_in_thread(functools.partial(find_candidates, rows))
    await codebooks.insert_discovery(connection, hierarchy)


def find_candidates(rows: Sequence[EncodedText]) -> Discovery:
    """The candidate themes at each number of themes; a theme found at several is saved once."""
    texts = [row.redacted for row in rows]
    hierarchy = candidates.theme_hierarchy(texts, text_vectors(rows))
    numbers = range(
        min(candidates.FEWEST, len(hierarchy)), min(candidates.MOST, len(hierarchy)) + 1
    )
    cuts = {number: hierarchy.at(number) for number in numbers if number}
    once = list(dict.fromkeys(candidate for cut in cuts.values() for candidate in cut))
    place = {candidate: number for number, candidate in enumerate(once)}
    # Reversed, so that of several equal texts the first one is quoted, in every run.
    whose = {candidates.collapsed_text(row.redacted): row.id for row in reversed(rows)}
    return Discovery(
        texts=len(rows),
        reader=reading.VERSION,
        proposed=hierarchy.proposed,
        candidates=tuple(with_text_ids(candidate, whose) for candidate in once),
        cuts={number: tuple(place[candidate] for candidate in cut) for number, cut in cuts.items()},
    )


def text_vectors(rows: Sequence[EncodedText] | Sequence[ReadText]) -> NDArray[np.float32]:
    """The vectors of whole texts, one a row."""
    numbers = np.frombuffer(b"".join(row.vector for row in rows), "<f2")
    return numbers.astype(np.float32).reshape(len(rows), reading.DIMENSIONS)


def with_text_ids(theme: CandidateTheme, whose: dict[str, str]) -> CandidateTheme:
    """The theme with its quotes replaced by ids of texts, so that an erased text is no longer
    quoted.
    """
    quotes = tuple(whose[quote] for quote in theme.quotes if quote in whose)
    return msgspec.structs.replace(theme, quotes=quotes)


async def choose_teaching_texts(
    connection: Connection, frame: Sequence[str], drawn: set[str]
) -> list[str]:
    """The ids of the texts to teach with, out of a quarter's texts (`frame`); `drawn` are those in
    the random sample.

    Texts in other languages are left out: nothing compares their vectors with the others'.
    """
    rows = await codes.load_read_texts(connection, frame, reading.VERSION)
    if not rows:
        return []
    work = functools.partial(
        tone_heads.teaching_texts,
        read_texts(rows),
        np.array([row.text in drawn for row in rows], dtype=np.bool_),
        size=TEACHING_SIZE,
    )
    return [rows[place].text for place in await run_in_thread(work)]


def read_texts(rows: Sequence[ReadText]) -> ReadTexts:
    return ReadTexts(
        vectors=text_vectors(rows),
        tone=np.array([tone_probabilities(row.sentiment) for row in rows], dtype=np.float64),
        strengths=theme_strengths(rows),
    )


def tone_probabilities(sentiment: Sentiment | None) -> Sequence[float]:
    return NO_TONE if sentiment is None else tone.tone_probabilities(sentiment).tolist()


def theme_strengths(rows: Sequence[ReadText]) -> Floats:
    """Texts x themes: the strength of each theme that was found, 0 of the others."""
    themes = sorted({code.theme for row in rows for code in row.themes})
    place = {theme: i for i, theme in enumerate(themes)}
    strengths = np.zeros((len(rows), len(themes)))
    for i, row in enumerate(rows):
        for code in row.themes:
            strengths[i, place[code.theme]] = code.strength
    return strengths
