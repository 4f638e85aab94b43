"""Discovers candidate themes: groups the texts' vectors at every cut, and saves the result."""

import functools
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.text import reading
from analysis.text.themes import candidates
from api.jobs.threads import run_in_thread
from api.operations.submissions import PERCEPTION_SURVEY
from survey.coding.codebooks import CandidateTheme
from survey.coding.discoveries import Discovery
from survey.store.coding import proposals
from survey.store.coding.codes import ReadText
from survey.store.coding.proposals import EncodedText
from survey.store.database import Connection

MOST_TEXTS = 20_000


async def discover_themes(connection: Connection, _: str) -> None:
    rows = await proposals.load_readable_texts(
        connection, reading.VERSION, PERCEPTION_SURVEY, MOST_TEXTS
    )
    found = await run_in_thread(functools.partial(find_candidates, rows))
    await proposals.insert_discovery(connection, found)


def find_candidates(rows: Sequence[EncodedText]) -> Discovery:
    """The candidate themes at every cut; one that appears in several cuts is saved only once."""
    texts = [row.redacted for row in rows]
    found = candidates.theme_hierarchy(texts, text_vectors(rows))
    numbers = range(min(candidates.FEWEST, len(found)), min(candidates.MOST, len(found)) + 1)
    cuts = {number: found.at(number) for number in numbers if number}
    once = list(dict.fromkeys(one for cut in cuts.values() for one in cut))
    place = {one: number for number, one in enumerate(once)}
    # Reversed, so that of several equal texts the first one is quoted, in every run.
    whose = {candidates.collapsed_text(row.redacted): row.id for row in reversed(rows)}
    return Discovery(
        texts=len(rows),
        reader=reading.VERSION,
        proposed=found.proposed,
        candidates=tuple(with_text_ids(one, whose) for one in once),
        cuts={number: tuple(place[one] for one in cut) for number, cut in cuts.items()},
    )


def text_vectors(rows: Sequence[EncodedText] | Sequence[ReadText]) -> NDArray[np.float32]:
    """The vectors of whole texts, one a row."""
    numbers = np.frombuffer(b"".join(row.vector for row in rows), "<f2")
    return numbers.astype(np.float32).reshape(len(rows), reading.DIMENSIONS)


def with_text_ids(one: CandidateTheme, whose: dict[str, str]) -> CandidateTheme:
    """The theme with its quotes replaced by ids of texts, so that an erased text is no longer
    quoted.
    """
    quotes = tuple(whose[quote] for quote in one.quotes if quote in whose)
    return msgspec.structs.replace(one, quotes=quotes)
