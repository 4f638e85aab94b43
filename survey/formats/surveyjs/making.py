"""What is known while an instrument is made: the names given, and who is who in conditions."""

import re
import unicodedata
from typing import Any

from survey.formats.surveyjs.conditions import Converter, Find, Within
from survey.formats.surveyjs.node import Node, Source, shortened
from survey.formats.surveyjs.terms import Entry, Unconvertible

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST = 60
RESERVED = ("meta", "data")  # which forms of phones keep for themselves


def plain_name(given: str, fallback: str) -> str:
    """A name of letters, digits, '_', '-' and '.' as close to the given one as can be."""
    if PLAIN.fullmatch(given):
        return given
    folded = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    name = NOT_PLAIN.sub("_", folded).strip("_.-")[:LONGEST]
    if not name:
        return fallback
    return name if PLAIN.fullmatch(name) else f"q_{name}"[:LONGEST]


def freed(name: str, taken: dict[str, int]) -> str:
    """The name, or with the next number behind it where it is taken."""
    free, number = name, taken.get(name, 2)
    while free in taken:
        end = f"_{number}"
        free, number = name[: LONGEST - len(end)] + end, number + 1
    taken[name] = number
    taken.setdefault(free, 2)
    return free


class Making:
    """Parts are made twice: first to learn who is who, then with conditions that know everybody."""

    def __init__(self, source: Source, known: dict[str, Entry]) -> None:
        self.source = source
        self.known = known
        self.met: dict[str, Entry] = {}
        self.taken: dict[str, int] = dict.fromkeys(RESERVED, 2)
        self.offers: dict[str, Any] = {}  # what the options of earlier questions are
        self.repeat = ""  # the repeat that we are in, as SurveyJS calls it
        self.row = ""  # the row of a table that we are in, as conditions call it
        self.prefix = ""  # the same row as it is called here
        self.depth = 0
        self.one_by_one = False

    def name(self, node: Node, given: str, fallback: str = "question") -> str:
        """A name that nothing else has; a name that had to be changed is told."""
        if self.prefix:
            return self.inner(f"{self.prefix}_{given}")
        name = freed(plain_name(given, fallback), self.taken)
        if given and name != given:
            node.leave(f"the name {shortened(given)}", f"it is called {name} here")
        return name

    def inner(self, name: str) -> str:
        """A name that the file does not give."""
        return freed(plain_name(name, "question"), self.taken)

    def meet(self, given: str, entry: Entry) -> Entry:
        """Whoever comes first is meant by a name."""
        self.met.setdefault(f"{self.repeat}\0{self.row}{given}", entry)
        return entry

    def find(self, given: str) -> Entry | None:
        """Whom a condition means; what is repeated is found within its repeat first."""
        if self.row and given.startswith("row."):
            return self.known.get(f"{self.repeat}\0{self.row}{given.removeprefix('row.')}")
        for before in ("panel.", "row."):
            if self.repeat and given.startswith(before):
                return self.known.get(f"{self.repeat}\0{given.removeprefix(before)}")
        return self.known.get(f"\0{given}") or self.known.get(f"{self.repeat}\0{given}")

    def within(self, repeat: str, given: str) -> Entry | None:
        return self.known.get(f"{repeat}\0{given}")

    def expression(
        self, node: Node, key: str, own: Entry | None, lost: str, item: Entry | None = None
    ) -> str:
        """An expression of ours, '' where it cannot be one, which is told.

        `own` is the question whose answer it is about, `item` the one whose options it sorts.
        """
        given = node.text(key)
        return self.converted(node, key, given, lost, Converter(*self.people(), own, item))

    def people(self) -> tuple[Find, Within]:
        return self.find, self.within

    def kept(self, node: Node, key: str, given: str, own: Entry, lost: str) -> str:
        """What an answer must keep, as an expression."""
        return self.converted(node, key, given, lost, Converter(*self.people(), own))

    def converted(self, node: Node, key: str, given: str, lost: str, converter: Converter) -> str:
        if not given:
            return ""
        try:
            return converter.value(given) if key in VALUES else converter.condition(given)
        except Unconvertible as wrong:
            node.leave(f"{key}: {given}", f"{wrong}; {lost}")
        return ""

    def relevant(self, node: Node) -> str:
        """When a part is asked: where it is visible and where it may be answered."""
        asked = self.expression(node, "visibleIf", None, "everyone is asked")
        open_to = self.expression(node, "enableIf", None, "everyone is asked")
        if open_to:
            node.leave(
                f"enableIf: {node.text('enableIf')}",
                "where it is not met, the question is left out instead of greyed out",
            )
        if node.raw("visible") is False and not node.has("visibleIf"):
            node.leave("visible: False", "it is never asked, until its condition is changed")
            asked = "false()"
        return both(asked, open_to)


# The properties that give a value, not yes or no.
VALUES = frozenset(
    {"expression", "defaultValueExpression", "minValueExpression", "maxValueExpression", "min",
     "max"}
)  # fmt: skip


def both(*conditions: str) -> str:
    """Conditions that must all hold, as one."""
    all_of = [one for one in conditions if one]
    return " and ".join(f"({one})" for one in all_of) if len(all_of) > 1 else "".join(all_of)
