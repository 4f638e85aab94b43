"""The staff page of one edition: comments, actions, review, publication, withdrawal."""

from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import editions
from api.dependencies import FromDatabase, FromPerson, provide_person
from api.jobs import publishing
from api.pages import reader
from api.pages.forms import read_form
from api.pages.registry import StaffPage
from api.pages.staff.editions.actions import action_row, parse_action
from api.pages.staff.editions.addresses import BASE, WHICH, FromWhich, edition_address
from api.pages.staff.editions.comments import comment_address, load_threads, reading_page
from api.pages.staff.editions.two_people import (
    NOBODY_ELSE,
    ONE_PERSON,
    may_publish_alone,
    publication_detail,
)
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from api.security.people import Person
from survey.editions.actions import EditionKey, EditionMark
from survey.editions.refusals import closed_comment, own_edition
from survey.store.accounts import people
from survey.store.database import Database
from survey.store.editions import actions, edition_work, mails
from survey.store.editions.edition_work import EditionState

ANOTHER_PUBLISHES = (
    "The person who marks it as reviewed cannot publish it: another reviewer or an administrator "
    "must, so that no one publishes alone."
)
MOST_WORDS = 2_000
MOST_REASON = 300
EditionFileName = Annotated[
    Literal["edition.pdf", "edition.csv", "edition.parquet", "edition.json"], PathParameter()
]
MarkStep = Annotated[Literal["reviewed", "published"], PathParameter()]


@get("/")
async def show_edition_work(
    request: AnyRequest,
    database: FromDatabase,
    which: FromWhich,
) -> Template:
    return await edition_work_page(request, database, which, done=done_word(request))


async def edition_work_page(
    request: AnyRequest, database: Database, which: EditionKey, **context: Any
) -> Template:
    """The page of an edition, for whoever is signed in."""
    person, alone = provide_person(request), may_publish_alone(request)
    served = await reader.load_edition(database, *which, drafts=True)
    laid_out = editions.report_view(served.edition, served.sha256)
    names = {part.key: part.heading for part in laid_out.every_section}
    async with database.connection() as connection:
        state = await edition_work.get(connection, which)
        others = await people.has_other_reviewers(connection, person.id)
        threads = await load_threads(connection, which)
        agreed = await actions.load_for_edition(connection, which)
        mailed = await mails.count_by_outcome(connection, which)
    given: dict[str, Any] = {
        "sheet": laid_out,
        "standing": state,
        "own": state.reviewer == person.id and not alone,
        "who_publishes": who_publishes(state, person, others=others, alone=alone),
        "steps": edition_steps(state),
        "threads": threads,
        "agreed": [action_row(one) for one in agreed],
        "mailed": mailed,
        "parts": names,
        "address": edition_address(which),
    }
    return staff_page("editions/edition", person, **(given | context))


def who_publishes(state: EditionState, person: Person, *, others: bool, alone: bool) -> str:
    """Who may publish the edition and why, in words for this person, before anybody does.

    `others` is whether anybody else could, `alone` whether the operator lets one person do both.
    """
    if not state.reviewed_at:
        if alone:
            return ONE_PERSON
        return ANOTHER_PUBLISHES if others else f"{ANOTHER_PUBLISHES} {NOBODY_ELSE}"
    # A command has no account, so there is nobody whom the rule of two people excludes.
    if state.reviewer is None:
        return "A command marked it as reviewed, so any reviewer or administrator may publish it."
    if state.reviewer != person.id:
        return f"{state.reviewed_by} marked it as reviewed, so another person may publish it."
    mine = "You marked this edition as reviewed."
    if alone:
        return f"{mine} You may publish it too. {ONE_PERSON}"
    if others:
        return f"{mine} Another reviewer or an administrator publishes it: no one does so alone."
    return f"{mine} {NOBODY_ELSE}"


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
    request: AnyRequest,
    database: FromDatabase,
    which: FromWhich,
    step: MarkStep,
) -> Redirect:
    """Mark the edition as reviewed or as published.

    Two steps by two people, so that neither a slip nor one person alone publishes.
    """
    return await save_mark(request, database, which, step)


async def save_mark(
    request: AnyRequest, database: Database, which: EditionKey, step: EditionMark, reason: str = ""
) -> Redirect:
    person = provide_person(request)
    detail = {"reason": reason} if reason else {}
    async with audited_transaction(
        database, person, f"edition {step}", str(which), detail
    ) as connection:
        # Read in the transaction: the review may have been given while the page was open.
        state = await edition_work.get(connection, which)
        if step == "published":
            # Changed in place: the audit line is written from this dict when the block ends.
            detail |= publication_detail(
                state.reviewer,
                state.reviewed_by,
                person,
                own_edition(),
                alone=may_publish_alone(request),
            )
        await publishing.mark_edition(connection, which, step, by=person.id, reason=reason)
    return Redirect(f"{edition_address(which)}?done={step}", status_code=303)


@post("/withdrawal")
async def withdraw_edition(
    request: AnyRequest,
    database: FromDatabase,
    which: FromWhich,
) -> Response[Any]:
    """Withdraw the edition. It stays online with the reason, so that citations still work."""
    form = await read_form(request)
    wanted = f"Say why, in {MOST_REASON} characters or fewer"
    form.require_length("reason", 1, MOST_REASON, wanted)
    if form.errors:
        return await edition_work_page(request, database, which, form=form)
    return await save_mark(request, database, which, "withdrawn", form["reason"])


@post("/comments")
async def add_comment(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
) -> Response[Any]:
    """Add a comment on the edition or a part of it, or a reply to a comment."""
    form = await read_form(request)
    words = form["words"]
    wanted = f"Enter a comment of {MOST_WORDS:,} characters or fewer"
    form.require(1 <= len(words) <= MOST_WORDS, f"words-{form['place']}", wanted)
    if form.errors:
        if form["part"]:
            return await reading_page(request, database, which, form)
        return await edition_work_page(request, database, which, form=form)
    served = await reader.load_edition(database, *which, drafts=True)
    # Parts differ from edition to edition; a comment on one it lacks is about the whole.
    known = {one.key for one in editions.report_view(served.edition, served.sha256).every_section}
    part, answers = form["part"], form.number("answers")
    act = "comment answered" if answers else "edition commented"
    async with audited_transaction(database, person, act, str(which)) as connection:
        stored = await edition_work.insert_comment(
            connection,
            which,
            part if part in known else "",
            words,
            by=person.id,
            answers=answers,
        )
        if stored is None:
            raise closed_comment()
    return Redirect(comment_address(which, stored, "commented"), status_code=303)


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
        return await edition_work_page(request, database, which, form=form)
    async with audited_transaction(database, person, "action agreed", str(which)) as connection:
        # Raises for an edition that does not exist, before the action is stored.
        await edition_work.get(connection, which)
        await actions.insert(connection, which, found.what, found.owner, found.due, by=person.id)
    return Redirect(f"{edition_address(which)}?done=agreed", status_code=303)


PAGES = [
    StaffPage(
        [
            Router(
                BASE,
                route_handlers=[
                    show_edition_work,
                    download_edition,
                    mark_edition,
                    withdraw_edition,
                    add_comment,
                    add_action,
                ],
                dependencies=WHICH,
            )
        ],
        linked_from="/work/editions",
    )
]
