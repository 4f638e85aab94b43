"""Discovery: candidate themes that a machine finds when asked, cut as the reader chooses."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Redirect, Template

from analysis.disclosure import FEWEST_TEXTS
from api.pages.reviewer.codebook_draft import DRAFT
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.proposals import (
    draft_or_newest,
    faults_of,
    into_draft,
    named,
    suggested,
)
from api.pages.reviewer.themes import DISCOVER
from api.pages.templating import AnyRequest
from api.pages.work import acting, done, moment, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import CandidateTheme
from survey.instruments import said
from survey.problems import Conflict, Invalid, NotFound
from survey.proposals import NewTheme, as_edit
from survey.store import codebooks, discoveries, jobs, texts
from survey.store.database import Connection, Database

BASE = "/work/themes/discovery"
FEWEST, MOST = 6, 25
Cut = Annotated[int | None, QueryParameter(ge=FEWEST, le=MOST, required=False)]
Number = Annotated[int, PathParameter(ge=1, lt=2**31)]
Place = Annotated[int, PathParameter(ge=0, lt=1_000)]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate as it is read: quotes with the texts they are from, and its name if chosen."""

    place: int
    theme: CandidateTheme
    quotes: list[tuple[str, str]]
    name: str
    selected: str


@get(BASE, guards=reviewers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, k: Cut = None
) -> Template:
    return await discovery_page(database, person, k, done=done(request))


async def discovery_page(
    database: Database, person: Person, k: int | None, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        kept = await discoveries.newest(connection)
        coming = bool(await jobs.asked(connection, [DISCOVER]))
        given: dict[str, Any] = {"kept": kept, "coming": coming, "wrong": None}
        if kept:
            cut = kept.discovery.nearest(k or kept.discovery.proposed)
            all_of_them = kept.discovery.at(cut)
            shown = [one for one in all_of_them if one[1].size >= FEWEST_TEXTS]
            given |= {
                "cut": cut,
                "found_at": moment(kept.found_at),
                "candidates": await candidates(connection, shown),
                "small": len(all_of_them) - len(shown),
            }
    limits = {"fewest": FEWEST, "most": MOST, "fewest_texts": FEWEST_TEXTS}
    return page("discovery", person, status=status, **(given | limits | context))


async def candidates(
    connection: Connection, found: list[tuple[int, CandidateTheme]]
) -> list[Candidate]:
    """With the words of their texts as they stand now: what was erased is quoted no more."""
    words = await texts.redacted(connection, [text for _, one in found for text in one.quotes])
    chosen = await selected(connection)
    parts = {place: suggested(one) for place, one in found}
    return [
        Candidate(
            place=place,
            theme=one,
            quotes=[(text, words[text]) for text in one.quotes if text in words],
            name=parts[place].name,
            selected=chosen.get(one.words, ""),
        )
        for place, one in found
    ]


async def selected(connection: Connection) -> dict[tuple[str, ...], str]:
    """Names of the themes in use or in the draft, by the words they were found by."""
    draft = await codebooks.draft(connection)
    book = draft.book if draft else await codebooks.newest(connection)
    return {theme.seeds: said(theme.name) for theme in book.themes if theme.seeds}


@post(BASE, guards=reviewers, include_in_schema=False)
async def ask(database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Ask for a discovery, unless one is on its way."""
    async with acting(database, person, "discovery asked for", "themes") as connection:
        await jobs.ask_unless_waiting(connection, DISCOVER)
    return Redirect(f"{BASE}?done=asked", status_code=303)


@post(f"{BASE}/{{number:int}}/{{place:int}}", guards=reviewers, include_in_schema=False)
async def select(
    request: AnyRequest, database: FromDatabase, person: FromPerson, number: Number, place: Place
) -> Response[Any]:
    """A candidate becomes a theme of the draft, under the name that a person gave it."""
    form = await typed(request)
    try:
        async with acting(
            database, person, "candidate selected", f"{number}/{place}"
        ) as connection:
            candidate = await quoted(connection, number, place)
            book = await draft_or_newest(connection)
            edit = as_edit(NewTheme(theme=candidate), named(form, 1, book))
            await into_draft(connection, person, edit)
    except (Invalid, Conflict) as refused:
        wrong = faults_of(refused, form, place)
        k = int(form["k"]) if re.fullmatch(r"\d{1,2}", form.get("k", "")) else None
        return await discovery_page(
            database, person, k, status=refused.status, errors=wrong, typed=form, wrong=place
        )
    return Redirect(f"{DRAFT}?done=selected", status_code=303)


async def quoted(connection: Connection, number: int, place: int) -> CandidateTheme:
    """A candidate with the redacted words of its texts: the first examples of a theme."""
    found = (await discoveries.get(connection, number)).discovery.candidates
    if place >= len(found) or found[place].size < FEWEST_TEXTS:
        raise NotFound("candidate.unknown", "There is no such candidate.", "Look at the newest.")
    words = await texts.redacted(connection, found[place].quotes)
    quotes = tuple(words[text][:1_000] for text in found[place].quotes if text in words)
    return msgspec.structs.replace(found[place], quotes=quotes)


HANDLERS = [read, ask, select]
