"""One version of a survey: its items in order, who may answer, and when."""

import datetime
from typing import Literal

import msgspec

from survey.instruments.items import (
    Agreement,
    AnyItem,
    AnyPart,
    Borough,
    Choice,
    File,
    Foreign,
    Grid,
    Image,
    Leaf,
    Margin,
    Postcode,
    Repeat,
    Wording,
    every,
    leaves,
    names_of,
)
from survey.instruments.own_words import own_words

Mode = Literal["sampled", "open"]


class Index(msgspec.Struct, frozen=True):
    """A dated scale over Likert items; another set of items is another version, a new series."""

    version: str
    items: tuple[str, ...]
    fewest: int


class Follows(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of the questions of the version before.

    `renamed` and `merged` go by today's names: the name before, and the option now of each option
    before. `dropped` options are offered no more; answers that chose them stay.
    """

    version: int
    kept: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
    new: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    merged: dict[str, dict[str, str]] = {}
    dropped: dict[str, tuple[str, ...]] = {}


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a survey; once published it never changes.

    `settings` are those of other programs' forms, carried as they came. `organisation` is who asks,
    `contact` how to reach them, `thanks` what they say at the end. One that is `unlisted` is open
    to whoever has its address, and stands on no list.
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
    follows: Follows | None = None
    organisation: str = ""
    contact: str = ""
    thanks: Wording = {}
    unlisted: bool = False

    def leaves(self) -> list[Leaf]:
        """Every item in order, groups and pages opened; a repeat stands as one."""
        return list(leaves(self.items))

    def questions(self) -> list[AnyItem]:
        """Every item outside a repeat that may have an answer, or words, of its own."""
        return [item for item in self.leaves() if not isinstance(item, Repeat | Foreign)]

    def named(self, name: str) -> Leaf:
        return next(item for item in self.leaves() if item.name == name)

    def answer_names(self) -> list[str]:
        return [name for item in self.items for name in names_of(item)]

    def likert(self) -> dict[str, bool]:
        """The Likert answers and whether each is reverse-scored."""
        found: dict[str, bool] = {}
        for item in self.leaves():
            if isinstance(item, Agreement):
                found[item.name] = item.reverse
            elif isinstance(item, Grid):
                found |= {row.name: row.reverse for row in item.rows}
        return found

    def texts(self) -> list[str]:
        """The questions answered in a person's own words, those within repeats too.

        Calculations that pass these words on are among them.
        """
        return own_words(self.items)

    def files(self) -> dict[str, Image | File]:
        """The questions answered with a file, those within repeats too."""
        return {item.name: item for item in every(self.items) if isinstance(item, Image | File)}

    def margins(self) -> dict[Margin, Choice]:
        """Which question tells the category of each population margin."""
        return {
            item.margin: item
            for item in self.leaves()
            if isinstance(item, Choice) and item.margin is not None
        }

    def home(self) -> Borough | Postcode | None:
        """The question that tells where an answer is from, where everybody is asked it."""
        return next(
            (
                item
                for item in self.items
                if isinstance(item, Borough | Postcode) and not item.relevant
            ),
            None,
        )

    def is_open(self, today: datetime.date) -> bool:
        return (self.opens is None or self.opens <= today) and (
            self.closes is None or today <= self.closes
        )
