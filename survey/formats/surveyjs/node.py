"""The objects of a SurveyJS file, and what is known while an instrument is built of them."""

import math
import re
import unicodedata
from typing import Any

from survey.formats import foreign
from survey.formats.languages import find_language_code
from survey.formats.surveyjs import words
from survey.formats.surveyjs.expressions import SurveyjsConverter
from survey.formats.surveyjs.terms import SurveyjsEntry
from survey.problems import Fault, Invalid
from survey.surveys.instruments import Wording
from survey.surveys.refusals import bad_instrument_file

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")
PIPED = re.compile(r"\{[^{}\n]+\}")
PIPING = "the words in braces stay as they are: answers are not put into words here"
MOST = 1e12
MOST_LETTERS = 30_000
# The properties whose expression gives a value instead of yes or no.
VALUES = frozenset(
    {"expression", "defaultValueExpression", "minValueExpression", "maxValueExpression", "min",
     "max"}
)  # fmt: skip


def plain_name(given: str, fallback: str) -> str:
    """A name of letters, digits, '_', '-' and '.' as close to the given one as can be."""
    if PLAIN.fullmatch(given):
        return given
    folded = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    name = NOT_PLAIN.sub("_", folded).strip("_.-")[: foreign.LONGEST_NAME]
    if not name:
        return fallback
    return name if PLAIN.fullmatch(name) else f"q_{name}"[: foreign.LONGEST_NAME]


class SurveyjsContext:
    """The state of one pass over a file: its name, the default language of texts, the report, the
    names in use, and what conditions may refer to.

    There are two passes: the first collects what conditions can refer to, the second converts them.
    """

    def __init__(
        self,
        file: str,
        language: str,
        report: foreign.ImportReport,
        known: dict[str, SurveyjsEntry],
    ) -> None:
        self.file = file
        self.language = language
        self.report = report
        self.known = known
        self.met: dict[str, SurveyjsEntry] = {}
        self.names = foreign.FreeNames(foreign.RESERVED)
        self.offers: dict[str, Any] = {}  # the options of earlier questions
        self.repeat = ""  # the repeat that we are in, as SurveyJS calls it
        self.row = ""  # the row of a table that we are in, as conditions call it
        self.prefix = ""  # the same row as it is called here
        self.depth = 0
        self.one_by_one = False

    def inner(self, name: str) -> str:
        """A unique name for something without a name in the file."""
        return self.names.take(plain_name(name, "question"))

    def meet(self, given: str, entry: SurveyjsEntry) -> SurveyjsEntry:
        """Record what a name refers to; if a name is used twice, its first meaning is kept."""
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


class SurveyjsNode:
    """An object of the file; it knows its path, and which of its properties were read."""

    def __init__(self, context: SurveyjsContext, path: str, given: Any) -> None:
        self.context = context
        self.path = path
        self.asked: set[str] = set()
        self.given: dict[str, Any] = given
        if not isinstance(given, dict):
            raise self.refusal("", "an object { }")

    @property
    def where(self) -> str:
        name = self.given.get("name") or self.given.get("value")
        return f"{self.path} ({words.shortened_text(name)})" if isinstance(name, str) else self.path

    def refusal(self, key: str, wanted: str) -> Invalid:
        path = f"{self.path}.{key}" if key else self.path
        cause = f"{wanted} was expected"
        return bad_instrument_file(self.context.file, f"at {path} {cause}.", Fault(path, cause))

    def leave(self, what: str, why: str) -> None:
        self.context.report.leave(self.where, what, why)

    def has(self, key: str) -> bool:
        return self.given.get(key) not in (None, "", [], {}, False)

    def first_given(self, keys: tuple[str, ...]) -> tuple[str, Any]:
        """Of several spellings of a property, the first that the object has, and its value."""
        # All spellings, as only one of them is used and none of the others is a loss.
        self.asked.update(keys)
        key = next((key for key in keys if self.given.get(key) is not None), keys[0])
        return key, self.given.get(key)

    def raw(self, *keys: str) -> Any:
        return self.first_given(keys)[1]

    def text(self, *keys: str) -> str:
        key, given = self.first_given(keys)
        text = "" if given is None else words.scalar_text(given)
        if text is None:
            raise self.refusal(key, "a text")
        return text.strip()

    def flag(self, *keys: str) -> bool:
        key, given = self.first_given(keys)
        known = {None: False, "true": True, "false": False}
        if isinstance(given, bool):
            return given
        if isinstance(given, str | None) and given in known:
            return known[given]
        raise self.refusal(key, "true or false")

    def number(self, *keys: str) -> float | None:
        key, given = self.first_given(keys)
        if given is None or given == "":
            return None
        try:
            number = math.nan if isinstance(given, bool | list | dict) else float(given)
        except (ValueError, OverflowError):
            number = math.nan
        # This way round it refuses NaN too.
        if not abs(number) < MOST:
            raise self.refusal(key, "a number")
        return int(number) if number.is_integer() else number

    def entries(self, *keys: str) -> list[Any]:
        key, given = self.first_given(keys)
        if given is None:
            return []
        if not isinstance(given, list):
            raise self.refusal(key, "a list [ ]")
        return given

    def nodes(self, *keys: str) -> list["SurveyjsNode"]:
        given = self.entries(*keys)
        path = f"{self.path}.{self.first_given(keys)[0]}"
        return [
            SurveyjsNode(self.context, f"{path}[{at}]", entry) for at, entry in enumerate(given)
        ]

    def entry(self, key: str, given: Any) -> "tuple[str, SurveyjsNode | None]":
        """The value of an entry of a list, and the entry's node if the entry is an object."""
        if isinstance(given, dict):
            node = SurveyjsNode(self.context, f"{self.path}.{key}", given)
            return node.text("value", "name"), node
        if (value := words.scalar_text(given)) is None:
            raise self.refusal(key, "a text, a number or an object { }")
        return value.strip(), None

    def wording(self, *keys: str) -> Wording:
        """A text in each of its languages."""
        key, given = self.first_given(keys)
        if not isinstance(given, dict):
            text = self.cut(key, words.clean_words(self.text(key)))
            wording = {self.context.language: text} if text else {}
        else:
            wording = self.parse_translations(key, given)
        if any(PIPED.search(text) for text in wording.values()):
            self.leave(f"{key}: {words.shortened_text(next(iter(wording.values())))}", PIPING)
        return wording

    def cut(self, key: str, text: str) -> str:
        """The text, cut to what fits into a spreadsheet cell."""
        if len(text) > MOST_LETTERS:
            self.leave(f"{key}: all after {MOST_LETTERS:,} letters", "the text is too long")
        return text[:MOST_LETTERS].rstrip()

    def parse_translations(self, key: str, given: dict[str, Any]) -> Wording:
        wording: Wording = {}
        for name, said in given.items():
            code = self.context.language if name == "default" else find_language_code(name)
            text = "" if said is None else words.scalar_text(said)
            if text is None:
                raise self.refusal(f"{key}.{name}", "a text")
            if not code:
                self.leave(f"{key} in {name}", "the code of this language is not known")
            elif text := self.cut(key, words.clean_words(text)):
                wording[code] = text
        return wording

    @property
    def given_name(self) -> str:
        return self.text("name")

    def name_here(self, fallback: str = "question") -> str:
        """A unique name in our survey; outside of tables, another name than the file's is
        reported.
        """
        given, context = self.given_name, self.context
        if context.prefix:
            return context.inner(f"{context.prefix}_{given}")
        name = context.names.take(plain_name(given, fallback))
        if given and name != given:
            self.leave(f"the name {words.shortened_text(given)}", f"it is called {name} here")
        return name

    def meet(self, entry: SurveyjsEntry, ending: str = "") -> SurveyjsEntry:
        """Record what this object's name, with the ending added, refers to."""
        return self.context.meet(self.given_name + ending, entry)

    def expression(
        self,
        key: str,
        lost: str,
        own: SurveyjsEntry | None = None,
        item: SurveyjsEntry | None = None,
    ) -> str:
        """An expression converted to XPath; '' if it cannot be converted, which is reported.

        `own` is the question that it is about, `item` the question whose options it filters.
        """
        return self.convert(key, self.text(key), lost, own, item)

    def convert(
        self,
        key: str,
        given: str,
        lost: str,
        own: SurveyjsEntry | None,
        item: SurveyjsEntry | None = None,
    ) -> str:
        if not given:
            return ""
        converter = SurveyjsConverter(self.context.find, self.context.within, own, item)
        try:
            return converter.value(given) if key in VALUES else converter.condition(given)
        except foreign.Unconvertible as wrong:
            self.leave(f"{key}: {given}", f"{wrong}; {lost}")
        return ""

    def relevant(self) -> str:
        """The condition for asking a part: both visible and enabled."""
        asked = self.expression("visibleIf", "everyone is asked")
        open_to = self.expression("enableIf", "everyone is asked")
        if open_to:
            self.leave(
                f"enableIf: {self.text('enableIf')}",
                "where it is not met, the question is left out instead of greyed out",
            )
        # A condition has the last word in SurveyJS, whatever `visible` says.
        if self.raw("visible") is False and not self.has("visibleIf"):
            self.leave("visible: False", "it is never asked, until its condition is changed")
            asked = "false()"
        return foreign.all_conditions(asked, open_to)

    def leave_rest(self) -> None:
        """Report every property that was not read and changes more than the look."""
        for key, given in self.given.items():
            if key in self.asked or key in words.COSMETIC or given in (None, "", [], {}):
                continue
            if given is False and key not in words.TRUE_BY_DEFAULT:
                continue
            what = (
                f"{key}: {words.shortened_text(given)}"
                if isinstance(given, str | int | float)
                else key
            )
            self.leave(what, words.WHY.get(key, words.NOTHING_LIKE_IT))
