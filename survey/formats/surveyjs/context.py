"""What is known while an instrument is built: names in use, and what conditions may refer to."""

import re
import unicodedata
from typing import Any

from survey.formats.surveyjs.expressions import Find, SurveyjsConverter, Within
from survey.formats.surveyjs.node import SurveyjsNode, SurveyjsSource, shortened_text
from survey.formats.surveyjs.terms import SurveyjsEntry, SurveyjsUnconvertible

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST = 60
RESERVED = ("meta", "data")  # names that an XForm reserves


def plain_name(given: str, fallback: str) -> str:
    """A name of letters, digits, '_', '-' and '.' as close to the given one as can be."""
    if PLAIN.fullmatch(given):
        return given
    folded = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    name = NOT_PLAIN.sub("_", folded).strip("_.-")[:LONGEST]
    if not name:
        return fallback
    return name if PLAIN.fullmatch(name) else f"q_{name}"[:LONGEST]


def free_name(name: str, taken: dict[str, int]) -> str:
    """The name, or with the next number if it is taken."""
    # The next number is remembered, so that equal names do not each count up from 2.
    free, number = name, taken.get(name, 2)
    while free in taken:
        end = f"_{number}"
        free, number = name[: LONGEST - len(end)] + end, number + 1
    taken[name] = number
    taken.setdefault(free, 2)
    return free


class SurveyjsContext:
    """The state of one pass over the file.

    There are two passes: the first collects what conditions can refer to, the second converts them.
    """

    def __init__(self, source: SurveyjsSource, known: dict[str, SurveyjsEntry]) -> None:
        self.source = source
        self.known = known
        self.met: dict[str, SurveyjsEntry] = {}
        self.taken: dict[str, int] = dict.fromkeys(RESERVED, 2)
        self.offers: dict[str, Any] = {}  # the options of earlier questions
        self.repeat = ""  # the repeat that we are in, as SurveyJS calls it
        self.row = ""  # the row of a table that we are in, as conditions call it
        self.prefix = ""  # the same row as it is called here
        self.depth = 0
        self.one_by_one = False

    def name(self, node: SurveyjsNode, given: str, fallback: str = "question") -> str:
        """A unique name; if it differs from the given one, that is reported."""
        if self.prefix:
            return self.inner(f"{self.prefix}_{given}")
        name = free_name(plain_name(given, fallback), self.taken)
        if given and name != given:
            node.leave(f"the name {shortened_text(given)}", f"it is called {name} here")
        return name

    def inner(self, name: str) -> str:
        """A unique name for something that has none in the file."""
        return free_name(plain_name(name, "question"), self.taken)

    def meet(self, given: str, entry: SurveyjsEntry) -> SurveyjsEntry:
        """Record what a name refers to; the first one to use a name keeps it."""
        self.met.setdefault(f"{self.repeat}\0{self.row}{given}", entry)
        return entry

    def find(self, given: str) -> SurveyjsEntry | None:
        """What a name in a condition refers to; `panel.` and `row.` mean the current ones."""
        if self.row and given.startswith("row."):
            return self.known.get(f"{self.repeat}\0{self.row}{given.removeprefix('row.')}")
        for before in ("panel.", "row."):
            if self.repeat and given.startswith(before):
                return self.known.get(f"{self.repeat}\0{given.removeprefix(before)}")
        # Without 'panel.' or 'row.' a name in SurveyJS is one outside of the repeat.
        return self.known.get(f"\0{given}") or self.known.get(f"{self.repeat}\0{given}")

    def within(self, repeat: str, given: str) -> SurveyjsEntry | None:
        return self.known.get(f"{repeat}\0{given}")

    def expression(
        self,
        node: SurveyjsNode,
        key: str,
        own: SurveyjsEntry | None,
        lost: str,
        item: SurveyjsEntry | None = None,
    ) -> str:
        """An expression converted to XPath, or '' if it cannot be, which is reported.

        `own` is the question whose answer it is about, `item` the one whose options it filters.
        """
        given = node.text(key)
        return self.convert(node, key, given, lost, SurveyjsConverter(*self.people(), own, item))

    def people(self) -> tuple[Find, Within]:
        return self.find, self.within

    def constraint(
        self, node: SurveyjsNode, key: str, given: str, own: SurveyjsEntry, lost: str
    ) -> str:
        """A constraint on an answer, converted to XPath."""
        return self.convert(node, key, given, lost, SurveyjsConverter(*self.people(), own))

    def convert(
        self, node: SurveyjsNode, key: str, given: str, lost: str, converter: SurveyjsConverter
    ) -> str:
        if not given:
            return ""
        try:
            return converter.value(given) if key in VALUES else converter.condition(given)
        except SurveyjsUnconvertible as wrong:
            node.leave(f"{key}: {given}", f"{wrong}; {lost}")
        return ""

    def relevant(self, node: SurveyjsNode) -> str:
        """The condition for asking a part: both visible and enabled."""
        asked = self.expression(node, "visibleIf", None, "everyone is asked")
        open_to = self.expression(node, "enableIf", None, "everyone is asked")
        if open_to:
            node.leave(
                f"enableIf: {node.text('enableIf')}",
                "where it is not met, the question is left out instead of greyed out",
            )
        # A condition has the last word in SurveyJS, whatever `visible` says.
        if node.raw("visible") is False and not node.has("visibleIf"):
            node.leave("visible: False", "it is never asked, until its condition is changed")
            asked = "false()"
        return all_conditions(asked, open_to)


# The properties whose expression gives a value instead of yes or no.
VALUES = frozenset(
    {"expression", "defaultValueExpression", "minValueExpression", "maxValueExpression", "min",
     "max"}
)  # fmt: skip


def all_conditions(*conditions: str) -> str:
    """Conditions joined by 'and'; empty ones are ignored."""
    all_of = [one for one in conditions if one]
    return " and ".join(f"({one})" for one in all_of) if len(all_of) > 1 else "".join(all_of)
