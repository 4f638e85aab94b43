"""The staff page of one edition: comments, actions, review, publication, withdrawal."""

import datetime
from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect, Template

from api import editions
from api.dependencies import FromDatabase, FromPerson, RowNumber
from api.jobs import publishing
from api.pages import reader
from api.pages.forms import read_form
from api.pages.reader import KindParameter
from api.pages.registry import StaffPage
from api.pages.staff.editions.actions import action_row, parse_action
from api.pages.staff.texts.second_person import check_second_person, needs_second_person
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from api.security.people import Person
from survey.editions.actions import EditionKey, EditionMark
from survey.editions.refusals import own_edition, struck_comment
from survey.store.accounts import people
from survey.store.database import Database
from survey.store.editions import actions, edition_work, mails
from survey.store.editions.edition_work import EditionState

ONE_PERSON_NOTE = "published by the person who reviewed it: there is only one reviewer"
ANOTHER_PUBLISHES = (
    "The person who marks it as reviewed cannot publish it: another reviewer or an administrator "
    "must, so that no one publishes alone."
)
ONLY_REVIEWER = "No one else who can review has an open account"
AUDITED = "The audit will say that one person did both."
MOST_WORDS = 2_000
MOST_REASON = 300
Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
EditionFileName = Annotated[
    Literal["edition.pdf", "edition.csv", "edition.parquet", "edition.json"], PathParameter()
]
MarkStep = Annotated[Literal["reviewed", "published"], PathParameter()]
FromWhich = NamedDependency[EditionKey]


def edition_in_address(
    kind: KindParameter, start: FromPath[datetime.date], number: Number
) -> EditionKey:
    """The edition that an address names."""
    return EditionKey(kind, start, number)


@get("/")
async def show_edition_work(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Template:
    return await edition_work_page(database, person, which, done=done_word(request))


async def edition_work_page(
    database: Database, person: Person, which: EditionKey, **context: Any
) -> Template:
    served = await reader.load_edition(database, *which, drafts=True)
    laid_out = editions.report_view(served.edition, served.sha256)
    names = {part.key: part.heading for part in laid_out.every_section}
    async with database.connection() as connection:
        state = await edition_work.get(connection, which)
        own = await needs_second_person(connection, person, state.reviewer)
        others = await people.has_other_reviewers(connection, person.id)
        comments = await edition_work.load_comments(connection, which)
        agreed = await actions.load_for_edition(connection, which)
        mailed = await mails.count_by_outcome(connection, which)
    given: dict[str, Any] = {
        "sheet": laid_out,
        "standing": state,
        "own": own,
        "who_publishes": who_publishes(state, person, others=others),
        "steps": edition_steps(state),
        "comments": [(one, format_moment(one.at)) for one in comments],
        "agreed": [action_row(one) for one in agreed],
        "mailed": mailed,
        "parts": names,
        "address": edition_address(which),
    }
    return staff_page("editions/edition", person, **(given | context))


def who_publishes(state: EditionState, person: Person, *, others: bool) -> str:
    """Who may publish the edition and why, in words for this person, before anybody does."""
    if not state.reviewed_at:
        return (
            ANOTHER_PUBLISHES
            if others
            else f"{ONLY_REVIEWER}, so you may both review and publish it. {AUDITED}"
        )
    # A command has no account, so there is nobody whom the rule of two people excludes.
    if state.reviewer is None:
        return "A command marked it as reviewed, so any reviewer or administrator may publish it."
    if state.reviewer != person.id:
        return f"{state.reviewed_by} marked it as reviewed, so another person may publish it."
    mine = "You marked this edition as reviewed."
    if others:
        return f"{mine} Another reviewer or an administrator publishes it: no one does so alone."
    return f"{mine} {ONLY_REVIEWER}, so you may publish it too. {AUDITED}"


def edition_address(which: EditionKey) -> str:
    return f"/work/editions/{which.kind}/{which.start}/{which.number}"


def edition_steps(state: EditionState) -> list[tuple[str, str]]:
    """The steps of an edition so far: what was done, when and by whom; a command has no name."""
    found = [("Made", format_moment(state.made_at))]
    for step, at, by in (
        ("Reviewed", state.reviewed_at, state.reviewed_by),
        ("Published", state.published_at, state.published_by),
    ):
        if at:
            found.append((step, f"{format_moment(at)}, by {by or 'a command'}"))
    if state.withdrawn_at:
        found.append(("Withdrawn", f"{format_moment(state.withdrawn_at)}: {state.withdrawn}"))
    return found


@get("/read")
async def preview_edition(
    request: AnyRequest, database: FromDatabase, which: FromWhich
) -> Template:
    """Show the edition as readers will see it."""
    served = await reader.load_edition(database, *which, drafts=True)
    address = edition_address(which)
    return await reader.edition_page(request, served, address, work=address)


@get("/{file:str}")
async def download_edition(
    request: AnyRequest,
    database: FromDatabase,
    which: FromWhich,
    file: EditionFileName,
) -> Response[bytes]:
    """Download a file of the edition, the same as readers get."""
    served = await reader.load_edition(database, *which, drafts=True)
    if file == "edition.pdf":
        return await reader.pdf_response(request, served)
    if file == "edition.csv":
        return reader.csv_response(served)
    if file == "edition.parquet":
        return await reader.parquet_response(served)
    return Response(served.body, media_type="application/json")


@post("/marks/{step:str}")
async def mark_edition(
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
    step: MarkStep,
) -> Redirect:
    """Mark the edition as reviewed or as published.

    Two steps by two people, so that neither a slip nor one person alone publishes.
    """
    return await save_mark(database, person, which, step)


async def save_mark(
    database: Database, person: Person, which: EditionKey, step: EditionMark, reason: str = ""
) -> Redirect:
    detail = {"reason": reason} if reason else {}
    async with audited_transaction(
        database, person, f"edition {step}", str(which), detail
    ) as connection:
        # Read in the transaction: the review may have been given while the page was open.
        state = await edition_work.get(connection, which)
        if step == "published":
            # Changed in place: the audit line is written from this dict when the block ends.
            detail |= await check_second_person(
                connection, person, state.reviewer, own_edition(), ONE_PERSON_NOTE
            )
        await publishing.mark_edition(connection, which, step, by=person.id, reason=reason)
    return Redirect(f"{edition_address(which)}?done={step}", status_code=303)


@post("/withdrawal")
async def withdraw_edition(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    """Withdraw the edition. It stays online with the reason, so that citations still work."""
    form = await read_form(request)
    wanted = f"Say why, in {MOST_REASON} characters or fewer"
    form.require_length("reason", 1, MOST_REASON, wanted)
    if form.errors:
        return await edition_work_page(database, person, which, form=form)
    return await save_mark(database, person, which, "withdrawn", form["reason"])


@post("/comments")
async def add_comment(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    form = await read_form(request)
    words, part = form["words"], form["part"]
    wanted = f"Enter a comment of {MOST_WORDS:,} characters or fewer"
    form.require_length("words", 1, MOST_WORDS, wanted)
    if form.errors:
        return await edition_work_page(database, person, which, form=form)
    served = await reader.load_edition(database, *which, drafts=True)
    # Parts differ from edition to edition; a comment on one it lacks is about the whole.
    known = {one.key for one in editions.report_view(served.edition, served.sha256).every_section}
    async with audited_transaction(database, person, "edition commented", str(which)) as connection:
        await edition_work.insert_comment(
            connection, which, part if part in known else "", words, by=person.id
        )
    return Redirect(f"{edition_address(which)}?done=commented", status_code=303)


@post("/comments/{comment:int}")
async def strike_comment(
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
    comment: RowNumber,
) -> Redirect:
    """Strike out a comment; it is never deleted, and stays readable with the name of who struck it
    out.
    """
    async with audited_transaction(
        database, person, "comment struck out", str(which)
    ) as connection:
        if not await edition_work.strike_comment(connection, which, comment, by=person.id):
            raise struck_comment()
    return Redirect(f"{edition_address(which)}?done=struck", status_code=303)


@post("/actions")
async def add_action(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    form = await read_form(request)
    found = parse_action(form)
    if found is None:
        return await edition_work_page(database, person, which, form=form)
    async with audited_transaction(database, person, "action agreed", str(which)) as connection:
        # Raises for an edition that does not exist, before the action is stored.
        await edition_work.get(connection, which)
        await actions.insert(connection, which, found.what, found.owner, found.due, by=person.id)
    return Redirect(f"{edition_address(which)}?done=agreed", status_code=303)


PAGES = [
    StaffPage(
        [
            Router(
                "/work/editions/{kind:str}/{start:date}/{number:int}",
                route_handlers=[
                    show_edition_work,
                    preview_edition,
                    download_edition,
                    mark_edition,
                    withdraw_edition,
                    add_comment,
                    strike_comment,
                    add_action,
                ],
                dependencies={"which": Provide(edition_in_address, sync_to_thread=False)},
            )
        ],
        linked_from="/work/editions",
    )
]
