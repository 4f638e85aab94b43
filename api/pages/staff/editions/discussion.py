"""The page of one edition, its comments, review and publication."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import editions
from api.dependencies import RowNumber, provide_person
from api.jobs import edition_marks
from api.pages.filters import moment
from api.pages.reports import downloads
from api.pages.reports import editions as reader
from api.pages.staff.editions import (
    BASE,
    WHICH,
    FromWhich,
    edition_address,
    may_publish_alone,
    publication_detail,
    read_reason,
    who_publishes,
)
from api.pages.staff.editions.actions import action_row, parse_action
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.editions.actions import EditionKey, EditionMark
from survey.editions.refusals import closed_comment, own_edition
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.editions import actions, edition_work, mails
from survey.store.editions.edition_work import EditionComment, EditionState, PlacedComment

PUBLISHERS = "another reviewer or an administrator"
MOST_WORDS = 2_000
EditionFileName = Annotated[
    Literal[
        "edition.pdf",
        "edition.csv",
        "edition.parquet",
        "edition.json",
        "edition.xlsx",
        "members.xlsx",
        "slides.pdf",
        "slides.pptx",
        "press-notice.txt",
    ],
    PathParameter(),
]
MarkStep = Annotated[Literal["reviewed", "published"], PathParameter()]
CommentStep = Annotated[Literal["struck", "resolved", "reopened"], PathParameter()]
ACTS = {
    "struck": "comment struck out",
    "resolved": "comment resolved",
    "reopened": "comment reopened",
}


async def edition_work_page(page: FromPage, which: FromWhich) -> Template:
    """The page of an edition, for whoever is signed in."""
    person, alone = provide_person(page.request), may_publish_alone(page.request)
    served = await reader.load_edition(page.database, *which, drafts=True)
    laid_out = editions.report_view(served.edition, served.sha256)
    names = {part.key: part.heading for part in laid_out.every_section}
    async with page.connection() as connection:
        state = await edition_work.get(connection, which)
        others = await people.has_other_reviewers(connection, person.id)
        threads = await load_threads(connection, which)
        agreed = await actions.load_for_edition(connection, which)
        mailed = await mails.count_by_outcome(connection, which)
    return page.show(
        "editions/edition",
        sheet=laid_out,
        standing=state,
        own=state.reviewer == person.id and not alone,
        who_publishes=who_publishes(
            "edition",
            PUBLISHERS,
            state if state.reviewed_at else None,
            person,
            others=others,
            alone=alone,
        ),
        steps=edition_steps(state),
        threads=threads,
        agreed=[action_row(action) for action in agreed],
        mailed=mailed,
        parts=names,
        address=edition_address(which),
    )


def edition_steps(state: EditionState) -> list[tuple[str, str]]:
    """The steps of an edition so far: what was done, when and by whom; a command has no name."""
    steps = [("Made", moment(state.made_at))]
    for step, at, by in (
        ("Reviewed", state.reviewed_at, state.reviewed_by),
        ("Published", state.published_at, state.published_by),
    ):
        if at:
            steps.append((step, f"{moment(at)}, by {by or 'a command'}"))
    if state.withdrawn_at:
        steps.append(("Withdrawn", f"{moment(state.withdrawn_at)}: {state.withdrawn}"))
    return steps


@get("/{file:str}")
async def download_edition(
    page: FromPage, which: FromWhich, file: EditionFileName
) -> Response[bytes]:
    """Download a file of the edition, the same as readers get."""
    served = await reader.load_edition(page.database, *which, drafts=True)
    if file == "edition.json":
        return Response(served.body, media_type="application/json")
    return await downloads.RESPONSES[file](page.request, served)


@post("/marks/{step:str}")
async def mark_edition(page: FromPage, which: FromWhich, step: MarkStep) -> Redirect:
    """Mark the edition as reviewed or as published.

    Two steps by two people, so that neither a slip nor one person alone publishes.
    """
    return await save_mark(page, which, step)


async def save_mark(
    page: StaffRequest, which: EditionKey, step: EditionMark, reason: str = ""
) -> Redirect:
    person = provide_person(page.request)
    detail = {"reason": reason} if reason else {}
    async with page.write(f"edition {step}", str(which), detail) as connection:
        # Read in the transaction: the review may have been given while the page was open.
        state = await edition_work.get(connection, which)
        if step == "published":
            # Changed in place: the audit line is written from this dict when the block ends.
            detail |= publication_detail(
                state.reviewer,
                state.reviewed_by,
                person,
                own_edition(),
                alone=may_publish_alone(page.request),
            )
        await edition_marks.mark_edition(connection, which, step, by=person.id, reason=reason)
    return page.to(f"{edition_address(which)}", step)


@post("/withdrawal")
async def withdraw_edition(page: FromPage, which: FromWhich) -> Response[Any]:
    """Withdraw the edition. It stays online with the reason, so that citations still work."""
    reason = read_reason(page.form)
    if page.form.errors:
        return await edition_work_page(page, which)
    return await save_mark(page, which, "withdrawn", reason)


@post("/comments")
async def add_comment(page: FromPage, which: FromWhich) -> Response[Any]:
    """Add a comment on the edition or a part of it, or a reply to a comment."""
    words = page.form["words"]
    wanted = f"Enter a comment of {MOST_WORDS:,} characters or fewer"
    page.form.require(1 <= len(words) <= MOST_WORDS, f"words-{page.form['place']}", wanted)
    if page.form.errors:
        if page.form["part"]:
            return await reading_page(page, which)
        return await edition_work_page(page, which)
    served = await reader.load_edition(page.database, *which, drafts=True)
    # Parts differ from edition to edition; a comment on one it lacks is about the whole.
    known = {
        section.key for section in editions.report_view(served.edition, served.sha256).every_section
    }
    part, answers = page.form["part"], page.form.number("answers")
    act = "comment answered" if answers else "edition commented"
    async with page.write(act, str(which)) as connection:
        stored = await edition_work.insert_comment(
            connection,
            which,
            part if part in known else "",
            words,
            by=page.person.id,
            answers=answers,
        )
        if stored is None:
            raise closed_comment()
    return page.to(comment_address(which, stored, "commented"))


@post("/actions")
async def add_action(page: FromPage, which: FromWhich) -> Response[Any]:
    action = parse_action(page.form)
    if action is None:
        return await edition_work_page(page, which)
    async with page.write("action agreed", str(which)) as connection:
        # Raises for an edition that does not exist, before the action is stored.
        await edition_work.get(connection, which)
        await actions.insert(
            connection, which, action.what, action.owner, action.due, by=page.person.id
        )
    return page.to(f"{edition_address(which)}", "agreed")


class CommentThread(msgspec.Struct, frozen=True):
    """A comment with its replies; `resolved` says by whom and when, empty while it is open."""

    first: EditionComment
    replies: list[EditionComment]
    resolved: str


def comment_threads(comments: Iterable[EditionComment]) -> dict[str, list[CommentThread]]:
    """The threads of each part of an edition, in the order in which they began."""
    threads: dict[int, CommentThread] = {}
    for comment in comments:
        if comment.answers is None:
            threads[comment.id] = CommentThread(comment, [], resolved_words(comment))
        else:
            threads[comment.answers].replies.append(comment)
    part_threads: dict[str, list[CommentThread]] = {}
    for thread in threads.values():
        part_threads.setdefault(thread.first.part, []).append(thread)
    return part_threads


def resolved_words(comment: EditionComment) -> str:
    if comment.resolved_at is None:
        return ""
    return f"Resolved by {comment.resolved_by}, {moment(comment.resolved_at)}"


async def load_threads(connection: Connection, which: EditionKey) -> dict[str, list[CommentThread]]:
    return comment_threads(await edition_work.load_comments(connection, which))


async def reading_page(page: FromPage, which: FromWhich) -> Template:
    """Show the edition as readers will see it, with comments at its headings."""
    served = await reader.load_edition(page.database, *which, drafts=True)
    threads = await page.load(load_threads, which)
    address = edition_address(which)
    context = await reader.edition_context(page.request, served, address, work=address)
    comments = {"threads": threads, "errors": page.form.errors, "typed": page.form.typed_values}
    # A page with errors is answered directly, without a redirect: decision 0019 says why.
    status = page.form.status if page.form.errors else 200
    return Template(
        "report/edition.html", context=context | comments | {"refused": None}, status_code=status
    )


def comment_address(which: EditionKey, comment: PlacedComment, done: str) -> str:
    """The address of a comment: at its part of the edition, or on the edition's work page."""
    if comment.part:
        return f"{edition_address(which)}/read#comment-{comment.id}"
    return f"{edition_address(which)}?done={done}#comment-{comment.id}"


@post("/comments/{comment:int}/{step:str}")
async def change_comment(
    page: FromPage, which: FromWhich, comment: RowNumber, step: CommentStep
) -> Redirect:
    """Strike out a comment, mark it as resolved, or open it again.

    A comment is never deleted: a struck one stays readable with the name of who struck it out.
    """
    async with page.write(ACTS[step], str(which), {"comment": comment}) as connection:
        if step == "struck":
            placed_comment = await edition_work.strike_comment(
                connection, which, comment, by=page.person.id
            )
        elif step == "resolved":
            placed_comment = await edition_work.resolve_comment(
                connection, which, comment, by=page.person.id
            )
        else:
            placed_comment = await edition_work.reopen_comment(connection, which, comment)
        if placed_comment is None:
            raise closed_comment()
    return page.to(comment_address(which, placed_comment, step))


PAGES = [
    StaffPage(
        [
            Router(
                BASE,
                route_handlers=[
                    get("/")(edition_work_page),
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
    ),
    StaffPage(
        [
            Router(
                BASE,
                route_handlers=[get("/read")(reading_page), change_comment],
                dependencies=WHICH,
            )
        ],
        linked_from="/work/editions",
    ),
]
