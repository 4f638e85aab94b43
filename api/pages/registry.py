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

from api.pages.templating import prepare_page
from api.security.people import ROLES, Role, SignedIn

# Who may open the pages of a folder; administrators may open all of them.
FOLDERS: dict[str, tuple[Role, ...]] = {
    "api.pages.staff.home": ROLES,
    "api.pages.organiser": ("organiser",),
    "api.pages.organiser.building": ("organiser",),
    "api.pages.staff.inbox": ("reviewer",),
    "api.pages.staff.cases": ("reviewer",),
    "api.pages.staff.codebook": ("reviewer",),
    "api.pages.staff.data": ("reviewer",),
    "api.pages.staff.editions": ("reviewer",),
    "api.pages.staff.texts": ("reviewer",),
    "api.pages.staff.admin": ("administrator",),
}


class StaffPage(msgspec.Struct, frozen=True):
    """The handlers of a page. People reach it from the menu, or from the page `linked_from`.

    The menu shows the address of the first handler, in the order of `place`. `roles` are given only
    where they differ from those of the folder.
    """

    handlers: Sequence[Any]
    menu: str = ""
    place: int = 0
    linked_from: str = ""
    roles: tuple[Role, ...] = ()


class MenuEntry(msgspec.Struct, frozen=True):
    """An entry of the menu, and who sees it."""

    address: str
    label: str
    roles: tuple[Role, ...]


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
    return page.roles or FOLDERS[folder]


def staff_routers() -> list[Router]:
    """A router for each folder and its roles: no handler in it can be reached without them."""
    found: dict[tuple[str, tuple[Role, ...]], list[Any]] = {}
    for folder, pages in pages_by_folder().items():
        for page in pages:
            found.setdefault((folder, page_roles(folder, page)), []).extend(page.handlers)
    return [
        Router(
            "/",
            route_handlers=handlers,
            # On the router, so that a new page cannot be without a guard by oversight.
            guards=[SignedIn(*roles)],
            before_request=prepare_page,
            include_in_schema=False,
        )
        for (_, roles), handlers in found.items()
    ]


def staff_menu() -> list[MenuEntry]:
    shown = [
        (page.place, MenuEntry(first_address(page), page.menu, page_roles(folder, page)))
        for folder, pages in pages_by_folder().items()
        for page in pages
        if page.menu
    ]
    return [entry for _, entry in sorted(shown, key=lambda one: one[0])]


def first_address(page: StaffPage) -> str:
    return str(next(iter(page.handlers[0].paths)))
