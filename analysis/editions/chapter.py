"""What a chapter of an edition is: the fields it computes, and the gate that lets them pass."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.fields import FieldTreatments
from analysis.disclosure.session import CountGate, DisclosureSession, PublicCounts
from analysis.editions.figure_tables import TableRules
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from survey.editions.edition import Edition, SafeEdition
from survey.editions.figures import FigureTable


class GateStep(NamedTuple):
    """What the gate of a field may look at.

    `found` is the edition as computed, `gated` what has passed so far; `session` remembers every
    count that was published, and `current` are those of the editions that published them which
    readers are referred to.
    """

    session: DisclosureSession
    found: Edition
    gated: Edition
    current: Sequence[Edition] = ()

    @property
    def uses(self) -> CountGate:
        """The gate of counts of deployments: open if their publisher has released them."""
        return PublicCounts() if self.found.as_published else self.session


class EditionPair(NamedTuple):
    """An edition before and after disclosure control."""

    full: Edition
    safe: Edition


class Derivation(NamedTuple):
    """The gated edition and how it was made, for fields that are derived from published figures.

    `full` is the edition before the gate; `again` makes the main figures from other inputs, by the
    same functions and through the same gate.
    """

    workings: Workings
    full: Edition
    safe: SafeEdition
    again: Callable[[EditionInputs], EditionPair]


FieldGate = Callable[[GateStep], object]
# The counts that a field of a published edition reveals.
FieldCounts = Callable[[Edition], Iterator[PublishedCount]]
NO_COUNTS: Mapping[str, FieldCounts] = {}
# Values of some fields of `Edition`, by name: what a chapter adds to the edition.
ChapterFields = Mapping[str, object]


def unless_public(counts: Mapping[str, FieldCounts]) -> Mapping[str, FieldCounts]:
    """The counts that readers have from this edition only: none of those of a public table."""

    def counts_unless_public(of_field: FieldCounts, edition: Edition) -> Iterator[PublishedCount]:
        return iter(()) if edition.as_published else of_field(edition)

    return {
        field: functools.partial(counts_unless_public, of_field)
        for field, of_field in counts.items()
    }


def nothing_computed(_: Workings | Derivation) -> ChapterFields:
    return {}


def no_tables(_: Workings) -> Iterator[FigureTable]:
    return iter(())


class Chapter(NamedTuple):
    """A chapter: what it computes, and how each of its fields passes the gate.

    `gates` names every field of `Edition` that belongs to the chapter: a function gives its public
    value; 'plain' is no figure (which, when, where, or words chosen from published figures);
    'digits' rests on all cells together and is rounded to three digits. `structs` does the same for
    the fields of its Structs. A field that is not named is published empty. `counts` gives the
    counts that each field of a published edition reveals: these fields, and no others, are what
    later editions know of it. `derive` gives fields made from the gated edition.

    A chapter of tables needs none of these: `compute_tables` gives its figures, and the rules of
    each kind in `tables` say how they pass.
    """

    name: str
    compute: Callable[[Workings], ChapterFields] = nothing_computed
    gates: Mapping[str, FieldGate | Literal["plain", "digits"]] = {}
    structs: Mapping[type, FieldTreatments] = {}
    counts: Mapping[str, FieldCounts] = NO_COUNTS
    derive: Callable[[Derivation], ChapterFields] = nothing_computed
    tables: Sequence[TableRules] = ()
    compute_tables: Callable[[Workings], Iterator[FigureTable]] = no_tables
