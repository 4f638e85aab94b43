"""Proposals: changes to the codebook that the model suggests, to accept or decline."""

import datetime
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock
from api.dependencies import RowNumber
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import DRAFT_ADDRESS, check_words
from api.pages.staff.codebook.suggestions import (
    NameSuggestion,
    accept_suggestions,
    load_suggestions,
)
from api.pages.staff.inbox.complaints import FEWEST_REASON, MOST_REASON
from api.pages.work import FromPage, StaffRequest, format_moment
from api.security.people import Person
from survey.problems import Conflict, Invalid, Problem
from survey.store.coding import codebooks
from survey.store.coding.codebooks import StoredProposal
from survey.store.database import Connection
from survey.surveys.instruments import wording_text
from survey.themes.codebook_edits import apply_edit, free_theme_id, next_draft
from survey.themes.codebooks import AnyEdit, CandidateTheme, Codebook
from survey.themes.proposals import (
    AnyProposal,
    CandidateName,
    MergeThemes,
    NewTheme,
    SplitTheme,
    edit_from_proposal,
)

BASE = "/work/themes/proposals"
FIELDS = {
    "theme.id": "name",
    "theme.id_used": "name",
    "theme.name": "name",
    "theme.name_used": "name",
}


class ProposalCandidate(msgspec.Struct, frozen=True):
    """A candidate theme, a name to start from, and what a language model suggested for it."""

    theme: CandidateTheme
    name: str
    suggestion: NameSuggestion | None = None


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
    proposal: AnyProposal


@get(f"{BASE}.json")
async def list_open_proposals(page: FromPage) -> list[OpenProposal]:
    found = await page.load(codebooks.load_open_proposals)
    return [
        OpenProposal(
            one.id, one.made_at.astimezone(clock.LONDON).date(), one.codebook, one.proposal
        )
        for one in found
    ]


@get(BASE)
async def list_proposals(page: FromPage) -> Template:
    return await proposals_page(page)


async def proposals_page(page: StaffRequest, **context: Any) -> Template:
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        rows = [proposal_row(book, one) for one in await codebooks.load_open_proposals(connection)]
        rows = await with_suggestions(connection, rows)
        draft = await codebooks.find_draft(connection)
    given = {"rows": rows, "draft": draft, "wrong": 0}
    return page.show("codebook/proposals", **(given | context))


def proposal_row(book: Codebook, one: StoredProposal) -> ProposalRow:
    proposal = one.proposal
    called = {theme.id: wording_text(theme.name) for theme in book.themes}
    about = [getattr(proposal, name, "") for name in ("theme", "into")]
    return ProposalRow(
        id=one.id,
        kind=str(type(proposal).__struct_config__.tag),
        raised=format_moment(one.made_at),
        codebook=one.codebook,
        names=tuple(called.get(name, name) for name in about if isinstance(name, str) and name),
        likeness=proposal.likeness if isinstance(proposal, MergeThemes) else None,
        parts=[suggested_candidate(theme) for theme in proposal_candidates(proposal)],
    )


async def with_suggestions(
    connection: Connection, rows: Sequence[ProposalRow]
) -> list[ProposalRow]:
    """The rows with what a language model suggested for each of their candidates."""
    subjects = [f"part {row.id}/{place}" for row in rows for place in range(len(row.parts))]
    found = await load_suggestions(connection, subjects)
    replace = msgspec.structs.replace
    return [
        replace(
            row,
            parts=[
                replace(part, suggestion=found[f"part {row.id}/{place}"])
                for place, part in enumerate(row.parts)
            ],
        )
        for row in rows
    ]


def proposal_candidates(proposal: AnyProposal) -> Sequence[CandidateTheme]:
    match proposal:
        case NewTheme(theme=theme):
            return (theme,)
        case SplitTheme(parts=parts):
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
        return await proposals_page(page, wrong=number)
    try:
        async with page.write("proposal accepted", str(number)) as connection:
            proposal = (await codebooks.get_proposal(connection, number)).proposal
            book = await load_draft_or_newest(connection)
            edit = edit_from_proposal(
                proposal, parse_candidate_names(page.form, len(proposal_candidates(proposal)), book)
            )
            # Before the edit: of two people who accept at once, the second is refused here.
            await codebooks.decide_proposal(connection, number, "accepted", by=page.person.id)
            await add_to_draft(connection, page.person, edit)
            await accept_suggestions(
                connection, page.person, page.form, len(proposal_candidates(proposal))
            )
    except (Invalid, Conflict) as refused:
        add_refusal(page.form, refused, number)
        return await proposals_page(page, wrong=number)
    return page.to(DRAFT_ADDRESS, "selected")


@post(f"{BASE}/{{number:int}}/decline")
async def decline_proposal(page: FromPage, number: RowNumber) -> Response[Any]:
    reason = page.form["reason"]
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        wanted = f"Say why you decline it, in {FEWEST_REASON} to {MOST_REASON} characters"
        page.form.add_error(f"reason-{number}", wanted)
        return await proposals_page(page, wrong=number)
    detail = {"reason": reason}
    async with page.write("proposal declined", str(number), detail) as connection:
        await codebooks.decide_proposal(connection, number, "declined", by=page.person.id)
    return page.to(BASE, "declined")


def check_candidate_words(form: Form, number: int) -> None:
    """Add what is wrong with each name and description that was typed for a candidate."""
    parts = (name.removeprefix("name-") for name in form.values if re.fullmatch(r"name-\d", name))
    for part in sorted(parts):
        check_words(form, part, at=f"-{number}")


def parse_candidate_names(form: Form, parts: int, book: Codebook) -> list[CandidateName]:
    """The name of each candidate as typed, with an id made from it that never changes."""
    found: list[CandidateName] = []
    for part in range(parts):
        name, description = form[f"name-{part}"], form[f"description-{part}"]
        # Two candidates may be given the same name; their ids have to differ all the same.
        ident = free_theme_id(book, name, frozenset(one.id for one in found))
        found.append(CandidateName(ident, name, description))
    return found


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
    """Add the refusal at the first form field that holds what was refused."""
    kind = FIELDS.get(refused.code, refused.code.removeprefix("theme."))
    fields = sorted(name for name in form.values if name.startswith(f"{kind}-"))
    # A refusal quotes what was typed; it does not know in which of several fields that was.
    spoken = [name for name in fields if repr(form[name]) in refused.sentence]
    empty = [name for name in fields if not form[name]]
    where = next(iter(spoken or empty or fields), "")
    field = f"{where}-{number}" if where else ""
    form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])


PAGES = [
    StaffPage(
        [list_proposals, list_open_proposals, accept_proposal, decline_proposal],
        linked_from="/work/themes",
    )
]
