"""Themes: the codebook in force, and what a machine would propose beside it."""

from typing import Annotated

import anyio
import anyio.to_thread
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from analysis import disclosure
from api.pages.reviewer.complaints import reviewers
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import CandidateTheme
from survey.store import codes
from survey.store.database import Database

MOST_TEXTS = 1_500
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
Propose = Annotated[bool, QueryParameter(required=False)]


@get("/work/themes", guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson, propose: Propose = False) -> Template:
    async with database.connection() as connection:
        book = await codes.get_codebook(connection)
        counts = await codes.theme_counts(connection, book.version)
        waiting = await codes.waiting(connection)
    found = await candidates(database) if propose else None
    return page(
        "themes",
        person,
        book=book,
        counts=counts,
        waiting=waiting,
        candidates=found,
        most=MOST_TEXTS,
        fewest=disclosure.FEWEST_TEXTS,
    )


async def candidates(database: Database) -> list[CandidateTheme]:
    """Those that enough texts speak of; found among redacted texts only."""
    async with database.connection() as connection:
        texts = await codes.redacted_texts(connection, MOST_TEXTS)
    found = await anyio.to_thread.run_sync(discover, texts, limiter=ONE_AT_A_TIME)
    return [one for one in found if one.size >= disclosure.FEWEST_TEXTS]


def discover(texts: list[str]) -> list[CandidateTheme]:
    """Called in a thread: scikit-learn takes seconds to load, and only once."""
    from analysis.text import themes

    return themes.discover(texts)


HANDLERS = [read]
