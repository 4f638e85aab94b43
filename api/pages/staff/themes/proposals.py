"""Changes to the codebook that the machine suggests, and groups of texts that it found."""

import datetime
import re
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from analysis.disclosure import FEWEST_TEXTS
from api import clock
from api.dependencies import RowNumber
from api.pages.filters import moment
from api.pages.forms import Form
from api.pages.staff.cases import FEWEST_REASON, MOST_REASON
from api.pages.staff.themes import DISCOVERY_JOB, machine_drafts
from api.pages.staff.themes.codebook_draft import DRAFT_ADDRESS, check_words
from api.pages.work import FromPage, StaffPage
from api.security.people import Person
from survey.problems import Conflict, Invalid, Problem
from survey.store import jobs
from survey.store.database import Connection
from survey.store.themes import codebooks, texts
from survey.store.themes.codebooks import StoredProposal
from survey.surveys.instruments import wording_text
from survey.themes import proposals
from survey.themes.codebook_edits import apply_edit, free_theme_id, next_draft
from survey.themes.codebooks import AnyEdit, CandidateTheme, Codebook
from survey.themes.refusals import unknown_candidate

BASE = "/work/themes/proposals"
FIELDS = {
    "theme.id": "name",
    "theme.id_used": "name",
    "theme.name": "name",
    "theme.name_used": "name",
}
DISCOVERY = "/work/themes/discovery"
FEWEST, MOST = 6, 25
ThemeCount = Annotated[int | None, QueryParameter(ge=FEWEST, le=MOST, required=False)]
Place = Annotated[int, PathParameter(ge=0, lt=1_000)]


class ProposalCandidate(msgspec.Struct, frozen=True):
    """A candidate theme, a name to start from, and what a language model suggested for it."""

    theme: CandidateTheme
    name: str
    suggestion: machine_drafts.NameSuggestion | None = None


class ProposalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that is not decided yet, as the page shows it."""

    id: int
    kind: str
    raised: str
    codebook: int
    names: tuple[str, ...]
    likeness: float | None
    parts: list[ProposalCandidate]


class OpenProposal(msgspec.Struct, frozen=True):
    """A proposal that nobody has decided on; it changes nothing."""

    id: int
    made_on: datetime.date
    codebook: int
    proposal: proposals.AnyProposal


@get(f"{BASE}.json")
async def list_open_proposals(page: FromPage) -> list[OpenProposal]:
    rows = await page.load(codebooks.load_open_proposals)
    return [
        OpenProposal(row.id, clock.local_day(row.made_at), row.codebook, row.proposal)
        for row in rows
    ]


async def proposals_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        rows = [
            proposal_row(book, proposal)
            for proposal in await codebooks.load_open_proposals(connection)
        ]
        rows = await with_suggestions(connection, rows)
        draft = await codebooks.find_draft(connection)
    return page.show("codebook/proposals", rows=rows, draft=draft, wrong=0)


def proposal_row(book: Codebook, row: StoredProposal) -> ProposalRow:
    proposal = row.proposal
    called = {theme.id: wording_text(theme.name) for theme in book.themes}
    about = [getattr(proposal, name, "") for name in ("theme", "into")]
    return ProposalRow(
        id=row.id,
        kind=str(type(proposal).__struct_config__.tag),
        raised=moment(row.made_at),
        codebook=row.codebook,
        names=tuple(called.get(name, name) for name in about if isinstance(name, str) and name),
        likeness=proposal.likeness if isinstance(proposal, proposals.MergeThemes) else None,
        parts=[suggested_candidate(theme) for theme in proposal_candidates(proposal)],
    )


async def with_suggestions(
    connection: Connection, rows: Sequence[ProposalRow]
) -> list[ProposalRow]:
    """The rows with what a language model suggested for each of their candidates."""
    subjects = [f"part {row.id}/{place}" for row in rows for place in range(len(row.parts))]
    suggestions = await machine_drafts.load_suggestions(connection, subjects)
    replace = msgspec.structs.replace
    return [
        replace(
            row,
            parts=[
                replace(part, suggestion=suggestions[f"part {row.id}/{place}"])
                for place, part in enumerate(row.parts)
            ],
        )
        for row in rows
    ]


def proposal_candidates(proposal: proposals.AnyProposal) -> Sequence[CandidateTheme]:
    match proposal:
        case proposals.NewTheme(theme=theme):
            return (theme,)
        case proposals.SplitTheme(parts=parts):
            return parts
        case _:
            return ()


def suggested_candidate(theme: CandidateTheme) -> ProposalCandidate:
    """A candidate with the first phrase of its label as a name to start from."""
    name = theme.label.split(",")[0].strip()
    return ProposalCandidate(theme, name.capitalize())


@post(f"{BASE}/{{number:int}}/accept")
async def accept_proposal(page: FromPage, number: RowNumber) -> Response[Any]:
    """Accept a proposal: it becomes an edit of the shared draft, and nothing is in use yet."""
    check_candidate_words(page.form, number)
    if page.form.errors:
        return await proposals_page(page.add(wrong=number))
    try:
        async with page.write("proposal accepted", str(number)) as connection:
            proposal = (await codebooks.get_proposal(connection, number)).proposal
            book = await load_draft_or_newest(connection)
            edit = proposals.edit_from_proposal(
                proposal, parse_candidate_names(page.form, len(proposal_candidates(proposal)), book)
            )
            # Before the edit: of two people who accept at once, the second is refused here.
            await codebooks.decide_proposal(connection, number, "accepted", by=page.person.id)
            await add_to_draft(connection, page.person, edit)
            await machine_drafts.accept_suggestions(
                connection, page.person, page.form, len(proposal_candidates(proposal))
            )
    except (Invalid, Conflict) as refused:
        add_refusal(page.form, refused, number)
        return await proposals_page(page.add(wrong=number))
    return page.to(DRAFT_ADDRESS, "selected")


@post(f"{BASE}/{{number:int}}/decline")
async def decline_proposal(page: FromPage, number: RowNumber) -> Response[Any]:
    reason = page.form["reason"]
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        wanted = f"Say why you decline it, in {FEWEST_REASON} to {MOST_REASON} characters"
        page.form.add_error(f"reason-{number}", wanted)
        return await proposals_page(page.add(wrong=number))
    detail = {"reason": reason}
    async with page.write("proposal declined", str(number), detail) as connection:
        await codebooks.decide_proposal(connection, number, "declined", by=page.person.id)
    return page.to(BASE, "declined")


def check_candidate_words(form: Form, number: int) -> None:
    """Add what is wrong with each name and description that was typed for a candidate."""
    parts = (name.removeprefix("name-") for name in form.values if re.fullmatch(r"name-\d", name))
    for part in sorted(parts):
        check_words(form, part, at=f"-{number}")


def parse_candidate_names(form: Form, parts: int, book: Codebook) -> list[proposals.CandidateName]:
    """The name of each candidate as typed, with an id made from it that never changes."""
    names: list[proposals.CandidateName] = []
    for part in range(parts):
        name, description = form[f"name-{part}"], form[f"description-{part}"]
        # Two candidates may be given the same name; their ids have to differ all the same.
        ident = free_theme_id(book, name, frozenset(candidate.id for candidate in names))
        names.append(proposals.CandidateName(ident, name, description))
    return names


async def load_draft_or_newest(connection: Connection) -> Codebook:
    draft = await codebooks.find_draft(connection)
    return draft.book if draft else await codebooks.get_newest(connection)


async def add_to_draft(connection: Connection, person: Person, edit: AnyEdit) -> None:
    """Add an edit to the shared draft; start the draft if there is none."""
    draft = await codebooks.find_draft(connection)
    book = draft.book if draft else next_draft(await codebooks.get_newest(connection))
    revision = draft.revision if draft else 0
    await codebooks.save_draft(connection, apply_edit(book, edit), revision=revision, by=person.id)


def add_refusal(form: Form, refused: Problem, number: int) -> None:
    """Add the refusal at the form field that holds the refused words, otherwise at an empty field
    or the first one of its kind.
    """
    kind = FIELDS.get(refused.code, refused.code.removeprefix("theme."))
    fields = sorted(name for name in form.values if name.startswith(f"{kind}-"))
    # A refusal quotes what was typed; it does not know in which of several fields that was.
    spoken = [name for name in fields if repr(form[name]) in refused.sentence]
    empty = [name for name in fields if not form[name]]
    where = next(iter(spoken or empty or fields), "")
    field = f"{where}-{number}" if where else ""
    form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])


class DiscoveryCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate theme, quotes with their texts, a name to start from, its name if selected, and
    what a language model suggested.
    """

    place: int
    theme: CandidateTheme
    quotes: list[tuple[str, str]]
    name: str
    selected: str
    suggestion: machine_drafts.NameSuggestion


async def discovery_page(page: FromPage, k: ThemeCount = None) -> Template:
    async with page.connection() as connection:
        newest = await codebooks.find_newest_discovery(connection)
        coming = bool(await jobs.load_pending(connection, [DISCOVERY_JOB]))
        given: dict[str, Any] = {"kept": newest, "coming": coming, "wrong": None}
        if newest:
            cut = newest.discovery.nearest(k or newest.discovery.proposed)
            all_of_them = newest.discovery.at(cut)
            shown = [pair for pair in all_of_them if pair[1].size >= FEWEST_TEXTS]
            given |= {
                "cut": cut,
                "candidates": await load_candidates(connection, newest.id, shown),
                "small": len(all_of_them) - len(shown),
            }
    limits = {"fewest": FEWEST, "most": MOST, "fewest_texts": FEWEST_TEXTS}
    return page.show("codebook/discovery", **(given | limits))


async def load_candidates(
    connection: Connection, number: int, candidates: list[tuple[int, CandidateTheme]]
) -> list[DiscoveryCandidate]:
    """Candidates with the current words of their texts: erased texts are left out."""
    words = await texts.load_redacted(
        connection, [text for _, candidate in candidates for text in candidate.quotes]
    )
    # Names of the themes in use or in the draft, by the words they were found by.
    draft = await codebooks.find_draft(connection)
    book = draft.book if draft else await codebooks.get_newest(connection)
    # A theme does not know its candidate; the words it was found by are all they share.
    chosen = {theme.seeds: wording_text(theme.name) for theme in book.themes if theme.seeds}
    parts = {place: suggested_candidate(candidate) for place, candidate in candidates}
    subjects = {place: f"candidate {number}/{place}" for place, _ in candidates}
    suggestions = await machine_drafts.load_suggestions(connection, list(subjects.values()))
    return [
        DiscoveryCandidate(
            place=place,
            theme=candidate,
            quotes=[(text, words[text]) for text in candidate.quotes if text in words],
            name=parts[place].name,
            selected=chosen.get(candidate.words, ""),
            suggestion=suggestions[subjects[place]],
        )
        for place, candidate in candidates
    ]


@post(DISCOVERY)
async def request_discovery(page: FromPage) -> Response[Any]:
    """Request a discovery, unless one is waiting already."""
    async with page.write("discovery asked for", "themes") as connection:
        await jobs.enqueue_unless_waiting(connection, DISCOVERY_JOB)
    return page.to(DISCOVERY, "asked")


@post(f"{DISCOVERY}/{{number:int}}/{{place:int}}")
async def select_candidate(page: FromPage, number: RowNumber, place: Place) -> Response[Any]:
    """Add a candidate to the draft codebook as a theme, under the name that was typed."""
    check_candidate_words(page.form, place)
    if page.form.errors:
        return await discovery_page(page.add(wrong=place), shown_number(page.form))
    try:
        async with page.write("candidate selected", f"{number}/{place}") as connection:
            # A candidate with the redacted texts that become the first examples of its theme.
            candidates = (await codebooks.get_discovery(connection, number)).discovery.candidates
            if place >= len(candidates) or candidates[place].size < FEWEST_TEXTS:
                raise unknown_candidate()
            words = await texts.load_redacted(connection, candidates[place].quotes)
            quotes = tuple(
                words[text][:1_000] for text in candidates[place].quotes if text in words
            )
            candidate = msgspec.structs.replace(candidates[place], quotes=quotes)
            # The draft comes first, so that the id made from the name is free there too.
            book = await load_draft_or_newest(connection)
            edit = proposals.edit_from_proposal(
                proposals.NewTheme(theme=candidate), parse_candidate_names(page.form, 1, book)
            )
            await add_to_draft(connection, page.person, edit)
            await machine_drafts.accept_suggestions(connection, page.person, page.form, 1)
    except (Invalid, Conflict) as refused:
        add_refusal(page.form, refused, place)
        return await discovery_page(page.add(wrong=place), shown_number(page.form))
    return page.to(DRAFT_ADDRESS, "selected")


def shown_number(form: Form) -> int | None:
    """How many candidates the page showed when the form was sent; None if the form does not say."""
    return int(form["k"]) if re.fullmatch(r"\d{1,2}", form["k"]) else None


PAGES = [
    StaffPage(
        [get(BASE)(proposals_page), list_open_proposals, accept_proposal, decline_proposal],
        linked_from="/work/themes",
    ),
    StaffPage(
        [get(DISCOVERY)(discovery_page), request_discovery, select_candidate],
        linked_from="/work/themes",
    ),
]
