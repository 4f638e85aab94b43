"""The discovery job: read the texts' vectors, find candidate themes at every cut, keep them."""

import functools
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.text import reading, themes
from api.intake import PERCEPTION
from api.jobs.threads import run_in_thread
from survey.codebooks import CandidateTheme
from survey.discoveries import Discovery
from survey.store import discoveries
from survey.store.database import Connection

MOST_TEXTS = 20_000


async def run(connection: Connection, _: str) -> None:
    rows = await discoveries.readable(connection, reading.VERSION, PERCEPTION, MOST_TEXTS)
    found = await run_in_thread(functools.partial(discover, rows))
    await discoveries.insert(connection, found)


def discover(rows: Sequence[Any]) -> Discovery:
    """Candidates at every cut; each is kept once, however many cuts it stands in."""
    texts = [row["redacted"] for row in rows]
    found = themes.hierarchy(texts, vectors_of(rows))
    numbers = range(min(themes.FEWEST, len(found)), min(themes.MOST, len(found)) + 1)
    cuts = {number: found.at(number) for number in numbers if number}
    once = list(dict.fromkeys(one for cut in cuts.values() for one in cut))
    place = {one: number for number, one in enumerate(once)}
    whose = {themes.cleaned(row["redacted"]): row["id"] for row in reversed(rows)}
    return Discovery(
        texts=len(rows),
        reader=reading.VERSION,
        proposed=found.proposed,
        candidates=tuple(traced(one, whose) for one in once),
        cuts={number: tuple(place[one] for one in cut) for number, cut in cuts.items()},
    )


def vectors_of(rows: Sequence[Any]) -> NDArray[np.float32]:
    """The whole of each text as a row."""
    numbers = np.frombuffer(b"".join(row["vector"] for row in rows), "<f2")
    return numbers.astype(np.float32).reshape(len(rows), reading.DIMENSIONS)


def traced(one: CandidateTheme, whose: dict[str, str]) -> CandidateTheme:
    """Quoted by the ids of the texts, so that what is erased is not quoted any more."""
    quotes = tuple(whose[quote] for quote in one.quotes if quote in whose)
    return msgspec.structs.replace(one, quotes=quotes)
