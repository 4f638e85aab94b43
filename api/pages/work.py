"""What all staff pages share: request, folders with roles, menu, and files that people sent.

A stranger's file is served so that it can do nothing in the browser.
"""

import datetime
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import msgspec
from litestar import Response, Router
from litestar.datastructures import MultiDict
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, read_form
from api.pages.shell import MENU_GROUP, AnyRequest, MenuEntry, prepare_page
from api.security.people import ROLES, Person, Role, SignedIn
from api.security.requests import INERT_HEADERS
from survey import media
from survey.files.delimited import write_csv
from survey.problems import Conflict
from survey.store.accounts import people as people_store
from survey.store.answers.attachments import AnswerFile, FileContent, StoredFile
from survey.store.database import Connection, Database

Given = ParamSpec("Given")
Loaded = TypeVar("Loaded")
SCAN_LABELS = {
    "not_scanned": "Not scanned",
    "clean": "Scanned, nothing found",
    "waiting": "Being scanned",
    "infected": "Refused by the scanner",
}
MEDIA_LABELS = {"application": "PDF", "image": "picture", "audio": "sound", "video": "film"}


class StaffRequest:
    """A request of somebody who is signed in; a handler takes it as `page: FromPage`.

    `form` holds what was sent and what is wrong with it; it is empty for a request that only reads.
    `load` and `connection` read, `write` saves a change with its line in the audit: each gives its
    connection back at its end. `show` and `to` make the answer.
    """

    def __init__(self, request: AnyRequest, database: Database, person: Person, form: Form) -> None:
        self.request = request
        self.database = database
        self.person = person
        self.form = form
        self.more: dict[str, Any] = {}

    def add(self, **more: Any) -> Self:
        """Add these values to the context of the page that is shown next; they replace values with
        equal names.
        """
        self.more |= more
        return self

    @property
    def query(self) -> MultiDict[str]:
        """What follows the question mark of the address."""
        return self.request.query_params

    @property
    def done_word(self) -> str:
        """The `done` word of the address, by which a template confirms what was just done."""
        return self.query.get("done", "")

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        return self.database.connection()

    async def load(
        self,
        read: Callable[Concatenate[Connection, Given], Awaitable[Loaded]],
        *given: Given.args,
        **more: Given.kwargs,
    ) -> Loaded:
        """Return what the function `read` loads, on a connection that is given back at once."""
        async with self.database.connection() as connection:
            return await read(connection, *given, **more)

    @asynccontextmanager
    async def write(
        self, act: str, subject: str, detail: object = None
    ) -> AsyncIterator[Connection]:
        """A transaction whose change and audit line are saved together, or not at all.

        Every write from a page happens in one.
        """
        try:
            async with self.database.connection() as connection, connection.transaction():
                yield connection
                await people_store.append_audit(
                    connection, act, subject, by=self.person.id, detail=detail
                )
        except Conflict:
            # The page that says so also says what a colleague did to it.
            self.request.scope["state"]["last_act"] = await self.load(
                people_store.find_last_change, subject, self.person.id
            )
            raise

    def fill(self, values: Mapping[str, str | list[str]]) -> None:
        """Fill in the first values of the page's form; a form that was sent keeps what was
        typed.
        """
        if not self.form.values:
            self.form.values = {
                name: value if isinstance(value, list) else [value]
                for name, value in values.items()
            }

    def show(
        self, name: str, /, *, form: Form | None = None, status: int | None = None, **context: Any
    ) -> Template:
        """Render a staff page, with what was typed into its form and what is wrong with it.

        Staff pages are in English only and offer no other language.
        """
        form = form or self.form
        given: dict[str, Any] = {
            "person": self.person,
            "languages": [],
            "done": self.done_word,
            "errors": form.errors,
            "typed": form.typed_values,
            "refused": form if form.code else None,
        }
        # A page with errors is answered directly, without a redirect: decision 0019 says why.
        wrong = form.status if form.errors else 200
        return Template(
            f"work/{name}.html", context=given | context | self.more, status_code=status or wrong
        )

    def to(self, address: str, done: str = "") -> Redirect:
        """Go to another page, which shows a confirmation chosen by the word `done`."""
        return Redirect(f"{address}?done={done}" if done else address, status_code=303)


FromPage = NamedDependency[StaffRequest]


async def provide_page(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> StaffRequest:
    """The request of the person whom the guard of its folder let in, with its form read."""
    form = Form() if request.method == "GET" else await read_form(request)
    request.scope["state"]["typed_words"] = form.typed_words()
    return StaffRequest(request, database, person, form)


class Folder(msgspec.Struct, frozen=True):
    """Who may open the pages of a folder, and the group of the menu that they are in."""

    roles: tuple[Role, ...]
    group: str


# Administrators may open all pages.
FOLDERS = {
    "api.pages.staff": Folder(ROLES, "Your work"),
    "api.pages.organiser": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.samples": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.builder": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.results": Folder(("organiser", "reviewer"), "Surveys"),
    "api.pages.staff.cases": Folder(("reviewer",), "Complaints"),
    "api.pages.staff.scrutiny": Folder(("scrutineer", "reviewer"), "Data"),
    "api.pages.staff.editions": Folder(("reviewer",), "Editions"),
    "api.pages.staff.themes": Folder(("reviewer",), "Texts"),
    "api.pages.staff.admin": Folder(("administrator",), "Administration"),
}


class StaffPage(msgspec.Struct, frozen=True):
    """The handlers of a page. People reach it from the menu, or from the page `linked_from`.

    The menu shows the address of the first handler, in the order of `place`. `roles` and `group`
    are given only where they differ from those of the folder.
    """

    handlers: Sequence[Any]
    menu: str = ""
    place: int = 0
    linked_from: str = ""
    roles: tuple[Role, ...] = ()
    group: str = ""


def page_modules(folder: str) -> Iterator[ModuleType]:
    """Every module of a folder, pages and others, and the folder's own."""
    package = importlib.import_module(folder)
    yield package
    for module in pkgutil.iter_modules(package.__path__):
        # A folder below has an entry of its own in FOLDERS, perhaps with other roles.
        if not module.ispkg:
            yield importlib.import_module(f"{folder}.{module.name}")


@cache
def pages_by_folder() -> dict[str, list[StaffPage]]:
    return {
        folder: [page for module in page_modules(folder) for page in getattr(module, "PAGES", ())]
        for folder in FOLDERS
    }


def page_roles(folder: str, page: StaffPage) -> tuple[Role, ...]:
    return page.roles or FOLDERS[folder].roles


def page_group(folder: str, page: StaffPage) -> str:
    return page.group or FOLDERS[folder].group


def staff_routers() -> list[Router]:
    """A router for each folder, its roles and group: no handler can be reached without the
    roles.
    """
    router_handlers: dict[tuple[str, tuple[Role, ...], str], list[Any]] = {}
    for folder, pages in pages_by_folder().items():
        for page in pages:
            key = folder, page_roles(folder, page), page_group(folder, page)
            router_handlers.setdefault(key, []).extend(page.handlers)
    return [
        Router(
            "/",
            route_handlers=handlers,
            # On the router, so that a new page cannot be without a guard by oversight.
            guards=[SignedIn(*roles)],
            dependencies={"page": Provide(provide_page)},
            before_request=prepare_page,
            include_in_schema=False,
            opt={MENU_GROUP: group},
        )
        for (_, roles, group), handlers in router_handlers.items()
    ]


def staff_menu() -> list[MenuEntry]:
    shown = [
        (
            page.place,
            MenuEntry(
                str(next(iter(page.handlers[0].paths))),
                page.menu,
                page_roles(folder, page),
                page_group(folder, page),
            ),
        )
        for folder, pages in pages_by_folder().items()
        for page in pages
        if page.menu
    ]
    return [entry for _, entry in sorted(shown, key=lambda pair: pair[0])]


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a list; we name it, because the sender's own name can identify a person."""

    address: str
    name: str
    question: str
    kind: str
    kilobytes: int
    scan: str
    is_offered: bool
    day: datetime.date | None = None


def file_row(owner: str, folder: str, file: StoredFile, question: str) -> FileRow:
    """A file of a case or survey in the list, with its address below `folder`."""
    return FileRow(
        address=f"{folder}/{file.id}",
        name=file_name(owner, file.id, file.media_type),
        question=question,
        kind=media_label(file.media_type),
        # A file of a few bytes would otherwise be listed as 0 KB.
        kilobytes=max(1, round(file.size / 1_000)),
        scan=SCAN_LABELS[file.scan],
        # Without a scanner nothing is ever scanned, so such files have to be offered too.
        is_offered=file.scan in ("clean", "not_scanned"),
        day=file.day if isinstance(file, AnswerFile) else None,
    )


def file_name(owner: str, ident: str, media_type: str) -> str:
    return f"{owner}-{ident[:8]}.{media.ENDINGS[media_type]}"


def example_response(table: list[list[str]]) -> Response[bytes]:
    """An example of a file that people can upload, to download."""
    headers = {"Content-Disposition": 'attachment; filename="example.csv"'}
    return Response(write_csv(table), media_type="text/csv", headers=headers)


def download_response(owner: str, ident: str, content: FileContent | None) -> Response[bytes]:
    """The response that downloads an uploaded file of a case or survey.

    Never shown inside one of our pages. Refused while the virus scanner has not checked it, and for
    good if the scanner found something.
    """
    if content is None:
        raise media.unknown_attachment()
    require_scanned(content.scan)
    name = file_name(owner, ident, content.media_type)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        content.body or b"", media_type=content.media_type, headers=INERT_HEADERS | headers
    )


def require_scanned(scan: str) -> None:
    if scan == "waiting":
        raise media.quarantined_attachment()
    if scan == "infected":
        raise media.infected_attachment()


def media_label(media_type: str) -> str:
    """What people call a file of this media type."""
    return MEDIA_LABELS[media_type.partition("/")[0]]
