"""The instrument: the ordered items that a version of a survey puts to a respondent, who may answer
and when; its texts by language, its limits, and every reason why it cannot be answered.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from survey.problems import Fault
from survey.surveys.instruments.references import free_text_names
from survey.surveys.item_types import *  # noqa: F403 - whoever makes a survey makes questions
from survey.surveys.item_types import (
    AnyItem,
    AnyPart,
    AnyQuestion,
    FileItem,
    Item,
    Margin,
    SelectOne,
    Wording,
    all_parts,
    questions_in,
    wording_text,
)
from survey.surveys.refusals import bad_instrument

Part = TypeVar("Part", bound=msgspec.Struct)
WORDING_FIELDS = frozenset(
    {
        "title", "summary", "text", "short", "hint", "labels", "low_label", "high_label",
        "required_message", "constraint_message", "thanks", "next_step",
    }
)  # fmt: skip
MOST_QUOTED = 80
# Who may answer: people drawn by chance, anybody, or people whom the police met, each with a code.
Mode = Literal["sampled", "open", "met"]
MOST_PARTS = 1_000  # questions, notes, groups and pages
MOST_ROWS = 1_000  # options of one question, or rows of one grid
MOST_ROWS_IN_ALL = 5_000
MOST_DEPTH = 20
MOST_LANGUAGES = 30
MOST_LETTERS = 32_767  # of one text, name or expression: the limit of a spreadsheet cell
MOST_LETTERS_IN_ALL = 2_000_000
MOST_DRAFTS = 200  # per person, of new and published surveys together
NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")


def all_wordings(part: object, where: str = "") -> Iterator[tuple[str, Wording]]:
    """Every wording and its path: 'age.hint', 'age.options.18.text'."""
    if isinstance(part, msgspec.Struct):
        name = getattr(part, "name", "")
        at = f"{where}.{name}".strip(".") if name else where
        for field in part.__struct_fields__:
            value = getattr(part, field)
            if field in WORDING_FIELDS and isinstance(value, dict):
                yield f"{at}.{field}".strip("."), value
            elif field in WORDING_FIELDS and isinstance(value, tuple):
                yield from ((f"{at}.{field}.{n}", wording) for n, wording in enumerate(value, 1))
            elif isinstance(value, tuple):
                yield from (
                    inner_wording
                    for inner_part in value
                    for inner_wording in all_wordings(inner_part, at)
                )


def languages_used(instrument: object) -> list[str]:
    """Every language that is used, the one with the most texts first."""
    counts: dict[str, int] = {}
    for _, wording in all_wordings(instrument):
        for code, text in wording.items():
            counts[code] = counts.get(code, 0) + bool(text)
    return sorted(counts, key=lambda code: (-counts[code], code != "en", code))


def missing_translations(instrument: object, languages: Iterable[str] = ()) -> dict[str, list[str]]:
    """For each language, the paths of wordings that lack it although they exist in another."""
    return {
        code: [where for where, said in all_wordings(instrument) if said and not said.get(code)]
        for code in languages or languages_used(instrument)
    }


def in_languages_only(part: Part, codes: Sequence[str]) -> Part:
    """A part with each wording in these languages only; a wording that has none of them is kept."""
    fields: dict[str, object] = {}
    for field in part.__struct_fields__:
        value = getattr(part, field)
        if field not in WORDING_FIELDS:
            fields[field] = parts_reduced(value, codes)
        elif isinstance(value, tuple):
            fields[field] = tuple(reduced_wording(wording, codes) for wording in value)
        else:
            fields[field] = reduced_wording(value, codes)
    return replace(part, **fields)


def parts_reduced(value: object, codes: Sequence[str]) -> object:
    """The value of a field with every part in it in these languages only."""
    if isinstance(value, tuple):
        return tuple(parts_reduced(part, codes) for part in value)
    return in_languages_only(value, codes) if isinstance(value, msgspec.Struct) else value


def reduced_wording(wording: Wording, codes: Sequence[str]) -> Wording:
    return {code: text for code, text in wording.items() if text and code in codes} or wording


def quoted_question(part: AnyPart) -> str:
    """The text of a question in quotation marks and cut short, for use in messages."""
    words = wording_text(part.text) or part.name
    return f"“{words[:MOST_QUOTED]}…”" if len(words) > MOST_QUOTED else f"“{words}”"


def and_list(words: Sequence[str]) -> str:
    """The words as one phrase: 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def words_by_name(parts: Iterable[AnyPart]) -> dict[str, str]:
    """The quoted text of each part and grid row, by the name that expressions use."""
    words: dict[str, str] = {}
    for part in all_parts(parts):
        words[part.name] = quoted_question(part)
        words |= {name: f"“{wording_text(text)}”" for name, text in part.row_texts().items()}
    return words


class Index(msgspec.Struct, frozen=True):
    """A versioned scale made of Likert items; a different set of items starts a new series."""

    version: str
    items: tuple[str, ...]
    fewest: int


class VersionMapping(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How the questions of this version correspond to those of the version before.

    `renamed` and `merged` use today's names: the earlier name of a question, and the present option
    for each earlier one. `dropped` options are no longer offered; responses that chose them stay.
    """

    version: int
    kept: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
    new: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    merged: dict[str, dict[str, str]] = {}
    dropped: dict[str, tuple[str, ...]] = {}


class Instrument(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of a survey; once published it never changes.

    `settings` come from the forms of other programs and are kept unchanged. `organisation` is who
    runs the survey, `contact` how to reach them, `thanks` the closing words and `next_step` what
    happens to the answers. An `unlisted` survey is open to anyone with its address and appears on
    no list. These five may change afterwards (survey/surveys/sharing.py).
    """

    slug: str
    version: int
    mode: Mode
    kind: Literal["survey", "feedback", "complaint"]
    title: Wording
    summary: Wording
    items: tuple[AnyPart, ...]
    index: Index | None = None
    opens: datetime.date | None = None
    closes: datetime.date | None = None
    settings: dict[str, str] = {}
    follows: VersionMapping | None = None
    organisation: str = ""
    contact: str = ""
    thanks: Wording = {}
    unlisted: bool = False
    next_step: Wording = {}

    def all_questions(self) -> list[AnyQuestion]:
        """Every question in order, with groups and pages flattened; a repeat counts as one."""
        return list(self._every_question)

    # Walks over all items, taken once and not for every answer that arrives.
    @cached_property
    def _every_question(self) -> tuple[AnyQuestion, ...]:
        return tuple(questions_in(self.items))

    @cached_property
    def _answer_names(self) -> tuple[str, ...]:
        return tuple(name for item in self.items for name in item.answer_names())

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(free_text_names(self.items))

    @cached_property
    def _files(self) -> dict[str, FileItem]:
        return {item.name: item for item in all_parts(self.items) if isinstance(item, FileItem)}

    @cached_property
    def has_expression(self) -> bool:
        """Whether there is an expression to evaluate, defaults aside; most surveys have none."""
        return any(part.has_expression() for part in all_parts(self.items))

    @cached_property
    def has_default(self) -> bool:
        """Whether any question has a default answer."""
        return any(isinstance(part, Item) and part.default for part in questions_in(self.items))

    def questions(self) -> list[AnyItem]:
        """Every item outside repeats, without those that are unsupported here."""
        return [
            item for item in self.all_questions() if isinstance(item, Item) and item.is_supported
        ]

    def question(self, name: str) -> AnyQuestion:
        return next(item for item in self.all_questions() if item.name == name)

    def answer_names(self) -> list[str]:
        return list(self._answer_names)

    def likert(self) -> dict[str, bool]:
        """The Likert answers and whether each is reverse-scored."""
        return {
            name: reverse
            for item in self.all_questions()
            if isinstance(item, Item)
            for name, reverse in item.likert_rows().items()
        }

    def texts(self) -> list[str]:
        """The questions answered in free text, those within repeats too.

        Calculations that copy such a text are included.
        """
        return list(self._texts)

    def files(self) -> dict[str, FileItem]:
        """The questions answered with a file, those within repeats too."""
        return dict(self._files)

    def margins(self) -> dict[Margin, SelectOne]:
        """Which question gives the respondent's category for each population margin."""
        return {
            item.margin: item
            for item in self.all_questions()
            if isinstance(item, SelectOne) and item.margin is not None
        }

    def home(self) -> Item | None:
        """The question that gives the borough of a response, if everybody is asked it."""
        return self._home

    @cached_property
    def _home(self) -> Item | None:
        return next(
            (
                item
                for item in self.items
                if isinstance(item, Item) and item.gives_area and not item.relevant
            ),
            None,
        )

    def is_open(self, today: datetime.date) -> bool:
        return (self.opens is None or self.opens <= today) and (
            self.closes is None or today <= self.closes
        )


def faults_of_size(instrument: Instrument) -> list[Fault]:
    parts = rows = 0
    # A list of what is left instead of recursion, which a deep survey would bring to its limit.
    waiting: list[tuple[AnyPart, int]] = [(part, 1) for part in instrument.items]
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        held = (*getattr(part, "options", ()), *getattr(part, "rows", ()))
        rows += len(held)
        if depth > MOST_DEPTH:
            return [too_many_fault("items", "groups within groups", MOST_DEPTH)]
        if len(held) > MOST_ROWS:
            return [too_many_fault(part.name[:60], "options or rows", MOST_ROWS)]
        if parts > MOST_PARTS:
            return [too_many_fault("items", "questions and groups", MOST_PARTS)]
        if rows > MOST_ROWS_IN_ALL:
            return [too_many_fault("items", "options and rows in all", MOST_ROWS_IN_ALL)]
        waiting += [(child, depth + 1) for child in getattr(part, "items", ())]
    return faults_of_words(instrument)


def faults_of_words(instrument: Instrument) -> list[Fault]:
    """The faults of texts that are too long, in too many languages or have NUL characters.

    Only called once the nesting is known to be shallow.
    """
    total = 0
    waiting: list[tuple[str, object]] = [("survey", instrument)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
            if len(value) > MOST_LETTERS:
                return [too_many_fault(where, "characters in one text", MOST_LETTERS)]
            if "\0" in value:
                return [Fault(where, "has a character that cannot be saved (NUL)")]
        elif isinstance(value, dict):
            # Keys too: option names and languages come from files of strangers.
            waiting += [(where, side) for pair in value.items() for side in pair]
        elif isinstance(value, tuple):
            waiting += [(where, member) for member in value]
        elif isinstance(value, msgspec.Struct):
            # The refusal that names this place must not carry the character itself.
            where = str(getattr(value, "name", "") or where)[:60].replace("\0", "?")
            if any(len(wording) > MOST_LANGUAGES for wording in own_wordings(value)):
                return [too_many_fault(where, "languages", MOST_LANGUAGES)]
            waiting += [(where, getattr(value, field)) for field in value.__struct_fields__]
    return (
        [too_many_fault("survey", "characters in all", MOST_LETTERS_IN_ALL)]
        if total > MOST_LETTERS_IN_ALL
        else []
    )


def own_wordings(part: msgspec.Struct) -> list[Wording]:
    """The wordings of a part itself, without those of what it contains."""
    fields = [getattr(part, field) for field in part.__struct_fields__ if field in WORDING_FIELDS]
    return [
        wording for value in fields for wording in (value if isinstance(value, tuple) else (value,))
    ]


def too_many_fault(where: str, things: str, most: int) -> Fault:
    return Fault(where, f"has too many {things}: {most:,} at most")


def check_instrument(instrument: Instrument) -> Instrument:
    """The instrument unchanged; raises with every fault if it cannot be answered."""
    if faults := faults_of_instrument(instrument):
        raise bad_instrument(tuple(faults))
    return instrument


def faults_of_instrument(instrument: Instrument) -> list[Fault]:
    # First and alone: everything below recurses, and a file may nest groups thousands deep.
    if too_large := faults_of_size(instrument):
        return too_large
    faults = [
        *faults_of_names(instrument),
        *(fault for part in all_parts(instrument.items) for fault in part.faults()),
    ]
    if instrument.index:
        faults += [
            Fault(name, "the index uses it, but it is not an agreement question")
            for name in instrument.index.items
            if name not in instrument.likert()
        ]
    if not SLUG.fullmatch(instrument.slug):
        faults.append(Fault("slug", "needs 2 to 60 lower-case letters, digits or hyphens"))
    if not 0 < instrument.version < 1_000_000:
        faults.append(Fault("version", "needs a whole number from 1 up"))
    if not instrument.answer_names():
        faults.append(Fault("items", "there is nothing to answer"))
    return faults


def all_names(instrument: Instrument) -> Iterator[str]:
    """Every name that an expression may refer to: parts, and rows of grids."""
    for part in all_parts(instrument.items):
        yield from part.expression_names()


def faults_of_names(instrument: Instrument) -> list[Fault]:
    """The faults of names that are used twice or are not plain.

    Names become column headings of exports and parts of addresses, so they must be unique.
    """
    names = list(all_names(instrument))
    # Counted, as comparing every name with all the others takes quadratic time.
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    return [Fault(name, "two questions have this name") for name in twice] + [
        Fault(name[:60], "needs a name of letters, digits, '_', '-' or '.', starting with a letter")
        for name in names
        if not NAME.fullmatch(name)
    ]
