"""Proposals: what a machine would change in the codebook, for a person to accept or decline."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.pages.reviewer.codebook_draft import DRAFT
from api.pages.reviewer.complaints import FEWEST_REASON, MOST_REASON, reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, done, moment, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import AnyEdit, CandidateTheme, Codebook
from survey.edits import draft_of, edited, free_id
from survey.instruments import said
from survey.problems import Conflict, Invalid, Problem
from survey.proposals import AnyProposal, MergeThemes, Named, NewTheme, SplitTheme, as_edit
from survey.store import codebooks, proposals
from survey.store.database import Connection, Database
from survey.store.proposals import Raised

BASE = "/work/themes/proposals"
FIELDS = {"theme.id": "name", "theme.id_used": "name", "theme.name": "name"}
Number = Annotated[int, PathParameter(ge=1, lt=2**31)]


class Part(msgspec.Struct, frozen=True):
    """A candidate of a proposal, and what its form suggests that it is called."""

    theme: CandidateTheme
    name: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it is read."""

    id: int
    kind: str
    raised: str
    codebook: int
    names: tuple[str, ...]
    likeness: float | None
    parts: list[Part]


@get(BASE, guards=reviewers, include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await list_page(database, person, done=done(request))


async def list_page(
    database: Database, person: Person, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        book = await codebooks.newest(connection)
        rows = [waiting(book, one) for one in await proposals.open_ones(connection)]
        draft = await codebooks.draft(connection)
    given = {"rows": rows, "draft": draft, "wrong": 0}
    return page("proposals", person, status=status, **(given | context))


def waiting(book: Codebook, one: Raised) -> Waiting:
    proposal = one.proposal
    called = {theme.id: said(theme.name) for theme in book.themes}
    about = [getattr(proposal, name, "") for name in ("theme", "into")]
    return Waiting(
        id=one.id,
        kind=str(type(proposal).__struct_config__.tag),
        raised=moment(one.made_at),
        codebook=one.codebook,
        names=tuple(called.get(name, name) for name in about if isinstance(name, str) and name),
        likeness=proposal.likeness if isinstance(proposal, MergeThemes) else None,
        parts=[suggested(theme) for theme in candidates(proposal)],
    )


def candidates(proposal: AnyProposal) -> Sequence[CandidateTheme]:
    match proposal:
        case NewTheme(theme=theme):
            return (theme,)
        case SplitTheme(parts=parts):
            return parts
        case _:
            return ()


def suggested(theme: CandidateTheme) -> Part:
    """The first phrase of the label, to begin with: people find a better one."""
    name = theme.label.split(",")[0].strip()
    return Part(theme, name.capitalize())


@post(f"{BASE}/{{number:int}}/accept", guards=reviewers, include_in_schema=False)
async def accept(
    request: AnyRequest, database: FromDatabase, person: FromPerson, number: Number
) -> Response[Any]:
    """The proposal becomes an edit of the shared draft: nothing is in use yet."""
    form = await typed(request)
    try:
        async with acting(database, person, "proposal accepted", str(number)) as connection:
            proposal = (await proposals.get(connection, number)).proposal
            book = await draft_or_newest(connection)
            edit = as_edit(proposal, named(form, len(candidates(proposal)), book))
            await proposals.decide(connection, number, "accepted", by=person.id)
            await into_draft(connection, person, edit)
    except (Invalid, Conflict) as refused:
        wrong = faults_of(refused, form, number)
        return await list_page(
            database, person, status=refused.status, errors=wrong, typed=form, wrong=number
        )
    return Redirect(f"{DRAFT}?done=selected", status_code=303)


@post(f"{BASE}/{{number:int}}/decline", guards=reviewers, include_in_schema=False)
async def decline(
    request: AnyRequest, database: FromDatabase, person: FromPerson, number: Number
) -> Response[Any]:
    form = await typed(request)
    reason = form.get("reason", "")
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        said_so = f"Say why you decline it, in {FEWEST_REASON} to {MOST_REASON} characters"
        errors: Errors = [(f"reason-{number}", said_so)]
        return await list_page(
            database, person, status=422, errors=errors, typed=form, wrong=number
        )
    detail = {"reason": reason}
    async with acting(database, person, "proposal declined", str(number), detail) as connection:
        await proposals.decide(connection, number, "declined", by=person.id)
    return Redirect(f"{BASE}?done=declined", status_code=303)


def named(form: dict[str, str], parts: int, book: Codebook) -> list[Named]:
    """What the person calls each candidate; its id follows from the name and stays for good."""
    found: list[Named] = []
    for part in range(parts):
        name, description = form.get(f"name-{part}", ""), form.get(f"description-{part}", "")
        ident = free_id(book, name, frozenset(one.id for one in found))
        found.append(Named(ident, name, description))
    return found


async def draft_or_newest(connection: Connection) -> Codebook:
    draft = await codebooks.draft(connection)
    return draft.book if draft else await codebooks.newest(connection)


async def into_draft(connection: Connection, person: Person, edit: AnyEdit) -> None:
    """One edit more on the shared draft, which begins with it where there was none."""
    draft = await codebooks.draft(connection)
    book = draft.book if draft else draft_of(await codebooks.newest(connection))
    revision = draft.revision if draft else 0
    await codebooks.save_draft(connection, edited(book, edit), revision=revision, by=person.id)


def faults_of(refused: Problem, form: dict[str, str], number: int) -> Errors:
    """The refusal at the field that it speaks of: the first one that holds what was refused."""
    kind = FIELDS.get(refused.code, refused.code.removeprefix("theme."))
    fields = sorted(name for name in form if name.startswith(f"{kind}-"))
    spoken = [name for name in fields if repr(form[name]) in refused.sentence]
    empty = [name for name in fields if not form[name]]
    where = next(iter(spoken or empty or fields), "")
    return [(f"{where}-{number}" if where else "", f"{refused.sentence} {refused.remedy}")]


HANDLERS = [every, accept, decline]
