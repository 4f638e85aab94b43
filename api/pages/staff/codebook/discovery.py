"""Discovery: candidate themes found by the model, in as many as the reviewer chooses."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from analysis.disclosure.counts import FEWEST_TEXTS
from api.dependencies import RowNumber
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import DRAFT_ADDRESS
from api.pages.staff.codebook.proposals import (
    add_refusal,
    add_to_draft,
    check_candidate_words,
    load_draft_or_newest,
    parse_candidate_names,
    suggested_candidate,
)
from api.pages.staff.codebook.suggestions import (
    NameSuggestion,
    accept_suggestions,
    load_suggestions,
)
from api.pages.staff.texts.themes import DISCOVERY_JOB
from api.pages.work import FromPage, StaffRequest, format_moment
from survey.problems import Conflict, Invalid
from survey.store import jobs
from survey.store.coding import codebooks, texts
from survey.store.database import Connection
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import CandidateTheme
from survey.themes.proposals import NewTheme, edit_from_proposal
from survey.themes.refusals import unknown_candidate

BASE = "/work/themes/discovery"
FEWEST, MOST = 6, 25
ThemeCount = Annotated[int | None, QueryParameter(ge=FEWEST, le=MOST, required=False)]
Place = Annotated[int, PathParameter(ge=0, lt=1_000)]


class DiscoveryCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate theme, quotes with their texts, a name to start from, its name if selected, and
    what a language model suggested.
    """

    place: int
    theme: CandidateTheme
    quotes: list[tuple[str, str]]
    name: str
    selected: str
    suggestion: NameSuggestion


@get(BASE)
async def show_discovery(page: FromPage, k: ThemeCount = None) -> Template:
    return await discovery_page(page, k)


async def discovery_page(page: StaffRequest, k: int | None, **context: Any) -> Template:
    async with page.connection() as connection:
        newest = await codebooks.find_newest_discovery(connection)
        coming = bool(await jobs.load_pending(connection, [DISCOVERY_JOB]))
        given: dict[str, Any] = {"kept": newest, "coming": coming, "wrong": None}
        if newest:
            cut = newest.discovery.nearest(k or newest.discovery.proposed)
            all_of_them = newest.discovery.at(cut)
            shown = [one for one in all_of_them if one[1].size >= FEWEST_TEXTS]
            given |= {
                "cut": cut,
                "found_at": format_moment(newest.found_at),
                "candidates": await load_candidates(connection, newest.id, shown),
                "small": len(all_of_them) - len(shown),
            }
    limits = {"fewest": FEWEST, "most": MOST, "fewest_texts": FEWEST_TEXTS}
    return page.show("codebook/discovery", **(given | limits | context))


async def load_candidates(
    connection: Connection, number: int, found: list[tuple[int, CandidateTheme]]
) -> list[DiscoveryCandidate]:
    """Candidates with the current words of their texts: erased texts are left out."""
    words = await texts.load_redacted(connection, [text for _, one in found for text in one.quotes])
    chosen = await load_selected_names(connection)
    parts = {place: suggested_candidate(one) for place, one in found}
    subjects = {place: f"candidate {number}/{place}" for place, _ in found}
    suggestions = await load_suggestions(connection, list(subjects.values()))
    return [
        DiscoveryCandidate(
            place=place,
            theme=one,
            quotes=[(text, words[text]) for text in one.quotes if text in words],
            name=parts[place].name,
            selected=chosen.get(one.words, ""),
            suggestion=suggestions[subjects[place]],
        )
        for place, one in found
    ]


async def load_selected_names(connection: Connection) -> dict[tuple[str, ...], str]:
    """Names of the themes in use or in the draft, by the words they were found by."""
    draft = await codebooks.find_draft(connection)
    book = draft.book if draft else await codebooks.get_newest(connection)
    # A theme does not know its candidate; the words it was found by are all they share.
    return {theme.seeds: wording_text(theme.name) for theme in book.themes if theme.seeds}


@post(BASE)
async def request_discovery(page: FromPage) -> Response[Any]:
    """Request a discovery, unless one is waiting already."""
    async with page.write("discovery asked for", "themes") as connection:
        await jobs.enqueue_unless_waiting(connection, DISCOVERY_JOB)
    return page.to(BASE, "asked")


@post(f"{BASE}/{{number:int}}/{{place:int}}")
async def select_candidate(page: FromPage, number: RowNumber, place: Place) -> Response[Any]:
    """Add a candidate to the draft codebook as a theme, under the name that was typed."""
    check_candidate_words(page.form, place)
    if page.form.errors:
        return await discovery_page(page, shown_number(page.form), wrong=place)
    try:
        async with page.write("candidate selected", f"{number}/{place}") as connection:
            candidate = await load_quoted_candidate(connection, number, place)
            # The draft comes first, so that the id made from the name is free there too.
            book = await load_draft_or_newest(connection)
            edit = edit_from_proposal(
                NewTheme(theme=candidate), parse_candidate_names(page.form, 1, book)
            )
            await add_to_draft(connection, page.person, edit)
            await accept_suggestions(connection, page.person, page.form, 1)
    except (Invalid, Conflict) as refused:
        add_refusal(page.form, refused, place)
        return await discovery_page(page, shown_number(page.form), wrong=place)
    return page.to(DRAFT_ADDRESS, "selected")


def shown_number(form: Form) -> int | None:
    """How many candidates the page showed when the form was sent."""
    return int(form["k"]) if re.fullmatch(r"\d{1,2}", form["k"]) else None


async def load_quoted_candidate(connection: Connection, number: int, place: int) -> CandidateTheme:
    """A candidate with the redacted texts that become the first examples of its theme."""
    found = (await codebooks.get_discovery(connection, number)).discovery.candidates
    if place >= len(found) or found[place].size < FEWEST_TEXTS:
        raise unknown_candidate()
    words = await texts.load_redacted(connection, found[place].quotes)
    quotes = tuple(words[text][:1_000] for text in found[place].quotes if text in words)
    return msgspec.structs.replace(found[place], quotes=quotes)


PAGES = [
    StaffPage([show_discovery, request_discovery, select_candidate], linked_from="/work/themes")
]
