"""The staff pages: every folder of them with the roles that may open it, and the menu.

A page is a module in one of these folders with a line `PAGES = [StaffPage([handler, ...], ...)]`.
Nothing else names it: its guard, its rate limit and its place in the menu follow from that line.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import msgspec
from litestar import Router
from litestar.di import Provide

from api.pages.menu import MENU_GROUP, MenuEntry
from api.pages.templating import prepare_page
from api.pages.work import provide_page
from api.security.people import ROLES, Role, SignedIn


class Folder(msgspec.Struct, frozen=True):
    """Who may open the pages of a folder, and the group of the menu that they are in."""

    roles: tuple[Role, ...]
    group: str


# Administrators may open all pages.
FOLDERS = {
    "api.pages.staff.home": Folder(ROLES, "Your work"),
    "api.pages.organiser": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.asking": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.building": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.entering": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.sharing": Folder(("organiser",), "Surveys"),
    "api.pages.organiser.results": Folder(("organiser", "reviewer"), "Surveys"),
    "api.pages.staff.inbox": Folder(("reviewer",), "Complaints"),
    "api.pages.staff.cases": Folder(("reviewer",), "Complaints"),
    "api.pages.staff.codebook": Folder(("reviewer",), "Texts"),
    "api.pages.staff.data": Folder(("reviewer",), "Data"),
    "api.pages.staff.scrutiny": Folder(("scrutineer", "reviewer"), "Data"),
    "api.pages.staff.editions": Folder(("reviewer",), "Editions"),
    "api.pages.staff.texts": Folder(("reviewer",), "Texts"),
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
    """Every module of a folder, pages and others."""
    package = importlib.import_module(folder)
    for found in pkgutil.iter_modules(package.__path__):
        # A folder below has an entry of its own in FOLDERS, perhaps with other roles.
        if not found.ispkg:
            yield importlib.import_module(f"{folder}.{found.name}")


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
    found: dict[tuple[str, tuple[Role, ...], str], list[Any]] = {}
    for folder, pages in pages_by_folder().items():
        for page in pages:
            key = folder, page_roles(folder, page), page_group(folder, page)
            found.setdefault(key, []).extend(page.handlers)
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
        for (_, roles, group), handlers in found.items()
    ]


def staff_menu() -> list[MenuEntry]:
    shown = [
        (
            page.place,
            MenuEntry(
                first_address(page), page.menu, page_roles(folder, page), page_group(folder, page)
            ),
        )
        for folder, pages in pages_by_folder().items()
        for page in pages
        if page.menu
    ]
    return [entry for _, entry in sorted(shown, key=lambda one: one[0])]


def first_address(page: StaffPage) -> str:
    return str(next(iter(page.handlers[0].paths)))
