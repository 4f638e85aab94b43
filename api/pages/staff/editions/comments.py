"""Comments on an edition, where it is read: replies, resolved ones, and the page to read it."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, RowNumber
from api.pages import reader
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.editions.addresses import BASE, WHICH, FromWhich, edition_address
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, format_moment
from survey.editions.actions import EditionKey
from survey.editions.refusals import closed_comment
from survey.store.database import Connection, Database
from survey.store.editions import edition_work
from survey.store.editions.edition_work import EditionComment, PlacedComment

CommentStep = Annotated[Literal["struck", "resolved", "reopened"], PathParameter()]
ACTS = {
    "struck": "comment struck out",
    "resolved": "comment resolved",
    "reopened": "comment reopened",
}


class ShownComment(msgspec.Struct, frozen=True):
    """A comment, and when it was made in words."""

    comment: EditionComment
    at: str


class CommentThread(msgspec.Struct, frozen=True):
    """A comment with its replies; `resolved` says by whom and when, empty while it is open."""

    first: ShownComment
    replies: list[ShownComment]
    resolved: str


def comment_threads(comments: Iterable[EditionComment]) -> dict[str, list[CommentThread]]:
    """The threads of each part of an edition, in the order in which they began."""
    threads: dict[int, CommentThread] = {}
    for one in comments:
        shown = ShownComment(one, format_moment(one.at))
        if one.answers is None:
            threads[one.id] = CommentThread(shown, [], resolved_words(one))
        else:
            threads[one.answers].replies.append(shown)
    found: dict[str, list[CommentThread]] = {}
    for thread in threads.values():
        found.setdefault(thread.first.comment.part, []).append(thread)
    return found


def resolved_words(one: EditionComment) -> str:
    if one.resolved_at is None:
        return ""
    return f"Resolved by {one.resolved_by}, {format_moment(one.resolved_at)}"


async def load_threads(connection: Connection, which: EditionKey) -> dict[str, list[CommentThread]]:
    return comment_threads(await edition_work.load_comments(connection, which))


@get("/read")
async def read_edition(request: AnyRequest, database: FromDatabase, which: FromWhich) -> Template:
    """Show the edition as readers will see it, with comments at its headings."""
    return await reading_page(request, database, which, Form())


async def reading_page(
    request: AnyRequest, database: Database, which: EditionKey, form: Form
) -> Template:
    served = await reader.load_edition(database, *which, drafts=True)
    async with database.connection() as connection:
        threads = await load_threads(connection, which)
    address = edition_address(which)
    context = await reader.edition_context(request, served, address, work=address)
    comments = {"threads": threads, "errors": form.errors, "typed": form.typed_values}
    # A page with errors is answered directly, without a redirect: decision 0019 says why.
    status = form.status if form.errors else 200
    return Template(
        "report/edition.html", context=context | comments | {"refused": None}, status_code=status
    )


def comment_address(which: EditionKey, one: PlacedComment, done: str) -> str:
    """Where a comment stands: at its part of the edition, or on the page of the edition."""
    if one.part:
        return f"{edition_address(which)}/read#comment-{one.id}"
    return f"{edition_address(which)}?done={done}#comment-{one.id}"


@post("/comments/{comment:int}/{step:str}")
async def change_comment(
    database: FromDatabase,
    person: FromPerson,
    which: FromWhich,
    comment: RowNumber,
    step: CommentStep,
) -> Redirect:
    """Strike out a comment, mark it as resolved, or open it again.

    A comment is never deleted: a struck one stays readable with the name of who struck it out.
    """
    async with audited_transaction(
        database, person, ACTS[step], str(which), {"comment": comment}
    ) as connection:
        if step == "struck":
            found = await edition_work.strike_comment(connection, which, comment, by=person.id)
        elif step == "resolved":
            found = await edition_work.resolve_comment(connection, which, comment, by=person.id)
        else:
            found = await edition_work.reopen_comment(connection, which, comment)
        if found is None:
            raise closed_comment()
    return Redirect(comment_address(which, found, step), status_code=303)


PAGES = [
    StaffPage(
        [Router(BASE, route_handlers=[read_edition, change_comment], dependencies=WHICH)],
        linked_from="/work/editions",
    )
]
