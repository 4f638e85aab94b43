"""One edition as the working group has it: comments, actions, reviewed, published, withdrawn."""

import datetime
from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import sheet
from api.jobs import publishing
from api.pages import reader
from api.pages.reader import Kind
from api.pages.reviewer.actions import lines, typed_action
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.second_person import detail_of_second_step, needs_another
from api.pages.templating import AnyRequest
from api.pages.work import acting, done, moment, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.actions import Done, Which, own_edition
from survey.problems import Conflict
from survey.store import actions, edition_work, mails, people
from survey.store.database import Database
from survey.store.edition_work import EditionStanding

ALONE = "published by the person who reviewed it: there is only one reviewer"
BY_ANOTHER = (
    "The person who marks it as reviewed cannot publish it: another reviewer or an administrator "
    "must, so that no one publishes alone."
)
SOLE = "No one else who can review has an open account"
AUDITED = "The audit will say that one person did both."
MOST_WORDS = 2_000
MOST_REASON = 300
Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
File = Annotated[
    Literal["edition.pdf", "edition.csv", "edition.parquet", "edition.json"], PathParameter()
]
Comment = Annotated[int, PathParameter(ge=1, lt=2**31)]
Step = Annotated[Literal["reviewed", "published"], PathParameter()]
FromWhich = NamedDependency[Which]


def which_of(kind: Kind, start: FromPath[datetime.date], number: Number) -> Which:
    """The edition that an address names."""
    return Which(kind, start, number)


@get("/", guards=reviewers, include_in_schema=False)
async def one(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Template:
    return await standing_page(database, person, which, done=done(request))


async def standing_page(
    database: Database, person: Person, which: Which, **context: Any
) -> Template:
    kept = await reader.find(database, *which, drafts=True)
    laid_out = sheet.laid_out(kept.edition, kept.sha256)
    names = {part.key: part.heading for part in laid_out.every_part}
    async with database.connection() as connection:
        standing = await edition_work.get(connection, which)
        own = await needs_another(connection, person, standing.reviewer)
        others = await people.others_who_review(connection, person.id)
        comments = await edition_work.comments(connection, which)
        agreed = await actions.of_edition(connection, which)
        told = await mails.standing(connection, which)
    given: dict[str, Any] = {
        "sheet": laid_out,
        "standing": standing,
        "own": own,
        "who_publishes": who_publishes(standing, person, others=others),
        "steps": steps(standing),
        "comments": [{**dict(row), "at": moment(row["at"])} for row in comments],
        "agreed": lines(agreed),
        "told": told,
        "parts": names,
        "address": address_of(which),
    }
    return page("edition", person, **(given | context))


def who_publishes(standing: EditionStanding, person: Person, *, others: bool) -> str:
    """Who may publish the edition and why, in words for this person, before anybody does."""
    if not standing.reviewed_at:
        return BY_ANOTHER if others else f"{SOLE}, so you may both review and publish it. {AUDITED}"
    if standing.reviewer is None:
        return "A command marked it as reviewed, so any reviewer or administrator may publish it."
    if standing.reviewer != person.id:
        return f"{standing.reviewed_by} marked it as reviewed, so another person may publish it."
    mine = "You marked this edition as reviewed."
    if others:
        return f"{mine} Another reviewer or an administrator publishes it: no one does so alone."
    return f"{mine} {SOLE}, so you may publish it too. {AUDITED}"


def address_of(which: Which) -> str:
    return f"/work/editions/{which.kind}/{which.start}/{which.number}"


def steps(standing: EditionStanding) -> list[tuple[str, str]]:
    """What was done with it, when and by whom; a command has no name."""
    found = [("Made", moment(standing.made_at))]
    for step, at, by in (
        ("Reviewed", standing.reviewed_at, standing.reviewed_by),
        ("Published", standing.published_at, standing.published_by),
    ):
        if at:
            found.append((step, f"{moment(at)}, by {by or 'a command'}"))
    if standing.withdrawn_at:
        found.append(("Withdrawn", f"{moment(standing.withdrawn_at)}: {standing.withdrawn}"))
    return found


@get("/read", guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, which: FromWhich) -> Template:
    """As readers will see it."""
    kept = await reader.find(database, *which, drafts=True)
    return await reader.shown(kept, address_of(which), work=address_of(which))


@get("/{file:str}", guards=reviewers, include_in_schema=False)
async def as_file(
    database: FromDatabase,
    which: FromWhich,
    file: File,
) -> Response[bytes]:
    """The same files as of a published edition; the bytes are those that were kept."""
    kept = await reader.find(database, *which, drafts=True)
    if file == "edition.pdf":
        return await reader.paper_of(kept)
    if file == "edition.csv":
        return reader.table_of(kept)
    if file == "edition.parquet":
        return await reader.columns_of(kept)
    return Response(kept.body, media_type="application/json")


@post("/marks/{step:str}", guards=reviewers, include_in_schema=False)
async def mark(
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
    step: Step,
) -> Redirect:
    """Reviewed, then published by another person: no single slip, and nobody alone, publishes."""
    return await marked(database, person, which, step)


async def marked(
    database: Database, person: Person, which: Which, step: Done, reason: str = ""
) -> Redirect:
    detail = {"reason": reason} if reason else {}
    async with acting(database, person, f"edition {step}", str(which), detail) as connection:
        standing = await edition_work.get(connection, which)
        if step == "published":
            detail |= await detail_of_second_step(
                connection, person, standing.reviewer, own_edition(), ALONE
            )
        await publishing.mark(connection, which, step, by=person.id, reason=reason)
    return Redirect(f"{address_of(which)}?done={step}", status_code=303)


@post("/withdrawal", guards=reviewers, include_in_schema=False)
async def withdraw(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    """It stays where it is, with the reason above it: whoever cites it must be able to see why."""
    form = await typed(request)
    reason = form.get("reason", "")
    if not 0 < len(reason) <= MOST_REASON:
        wrong = [("reason", f"Say why, in {MOST_REASON} characters or fewer")]
        return await standing_page(database, person, which, status=422, errors=wrong, typed=form)
    return await marked(database, person, which, "withdrawn", reason)


@post("/comments", guards=reviewers, include_in_schema=False)
async def comment(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    form = await typed(request)
    words, part = form.get("words", ""), form.get("part", "")
    if not 0 < len(words) <= MOST_WORDS:
        wrong = [("words", f"Enter a comment of {MOST_WORDS:,} characters or fewer")]
        return await standing_page(database, person, which, status=422, errors=wrong, typed=form)
    kept = await reader.find(database, *which, drafts=True)
    known = {one.key for one in sheet.laid_out(kept.edition, kept.sha256).every_part}
    async with acting(database, person, "edition commented", str(which)) as connection:
        await edition_work.insert_comment(
            connection, which, part if part in known else "", words, by=person.id
        )
    return Redirect(f"{address_of(which)}?done=commented", status_code=303)


@post("/comments/{comment:int}", guards=reviewers, include_in_schema=False)
async def strike(
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
    comment: Comment,
) -> Redirect:
    """Struck out, never deleted: it stays readable, with the name of who struck it out."""
    async with acting(database, person, "comment struck out", str(which)) as connection:
        if not await edition_work.strike(connection, which, comment, by=person.id):
            raise Conflict(
                "comment.struck_out",
                "There is no such comment, or it is already struck out.",
                "Look at the page of the edition.",
            )
    return Redirect(f"{address_of(which)}?done=struck", status_code=303)


@post("/actions", guards=reviewers, include_in_schema=False)
async def agree(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    form = await typed(request)
    found, errors = typed_action(form)
    if found is None:
        return await standing_page(database, person, which, status=422, errors=errors, typed=form)
    async with acting(database, person, "action agreed", str(which)) as connection:
        await edition_work.get(connection, which)
        await actions.insert(connection, which, found.what, found.owner, found.due, by=person.id)
    return Redirect(f"{address_of(which)}?done=agreed", status_code=303)


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/work/editions/{kind:str}/{start:date}/{number:int}",
        route_handlers=[one, read, as_file, mark, withdraw, comment, strike, agree],
        dependencies={"which": Provide(which_of, sync_to_thread=False)},
    )
]
