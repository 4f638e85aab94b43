"""The menu of the staff pages: its entries in groups, for one person on one page."""

from collections.abc import Iterable

import msgspec

from api.security.people import Person, Role

# The `opt` of staff routes that names the group of the menu they belong to.
MENU_GROUP = "menu_group"


class MenuEntry(msgspec.Struct, frozen=True):
    """An entry of the menu, who sees it, and the group it is in."""

    address: str
    label: str
    roles: tuple[Role, ...]
    group: str


class MenuGroup(msgspec.Struct, frozen=True):
    """The entries of a group that a person may open; `here` if the page shown belongs to it.

    A group of one entry is shown as that entry.
    """

    label: str
    entries: tuple[MenuEntry, ...]
    here: bool


def menu_groups(entries: Iterable[MenuEntry], person: Person, shown: str) -> list[MenuGroup]:
    """The menu of a person, on a page of the group `shown`; in the order of first entries."""
    found: dict[str, list[MenuEntry]] = {}
    for one in entries:
        if person.may(*one.roles):
            found.setdefault(one.group, []).append(one)
    return [
        MenuGroup(
            # An organiser has a single page of some groups, and its own name says more.
            label=group if len(mine) > 1 else mine[0].label,
            entries=tuple(mine),
            here=group == shown,
        )
        for group, mine in found.items()
    ]
