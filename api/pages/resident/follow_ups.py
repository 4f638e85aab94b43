"""Which questions of a page come up by the answers to others of it."""

import re
from collections.abc import Iterable, Iterator

from survey.instruments import (
    AnyPart,
    Calculate,
    Group,
    Instrument,
    Page,
    Repeat,
    every,
)

NAMED = re.compile(r"\$\{([\w.-]+)\}")


class FollowUps:
    """Which questions of a page depend on others of it, by their own conditions or their group's.

    They come a page later, so that nothing appears on a page that somebody has just answered.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.calculations = {
            item.name: item.calculation
            for item in every(instrument.items)
            if isinstance(item, Calculate)
        }

    def turns(self, page: Page | Repeat) -> dict[str, int]:
        """0 for what is asked at once; 1 for what depends on that, and so on."""
        conditions = dict(conditions_in(page.items))
        found: dict[str, int] = {}
        for name, condition in conditions.items():
            needed = self.names_in(condition) & found.keys()
            found[name] = max((found[one] + 1 for one in needed), default=0)
        return found

    def names_in(self, expression: str, deeper: int = 5) -> set[str]:
        """The questions an expression asks about, also by way of calculations."""
        names = set(NAMED.findall(expression))
        if deeper:
            for name in names & self.calculations.keys():
                names |= self.names_in(self.calculations[name], deeper - 1)
        return names


def conditions_in(parts: Iterable[AnyPart], outer: str = "") -> Iterator[tuple[str, str]]:
    """Each question with what decides whether it is asked and what it offers."""
    for part in parts:
        condition = f"{outer} {part.relevant} {getattr(part, 'filter', '')}"
        if isinstance(part, Group | Page):
            yield from conditions_in(part.items, condition)
        elif not isinstance(part, Repeat):
            yield part.name, condition
