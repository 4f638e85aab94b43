"""One version of a survey: its items in order, who may answer, and when."""

import datetime
from functools import cached_property
from typing import Literal

import msgspec

from survey.surveys.instruments.own_words import free_text_names
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
)

# Who may answer: people drawn by chance, anybody, or people whom the police met, each with a code.
Mode = Literal["sampled", "open", "met"]


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
    becomes of the answers. An `unlisted` survey is open to anyone with its address and appears on
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
        """Whether any question has an answer to begin with."""
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
