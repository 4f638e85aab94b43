"""What a chapter of an edition is: the fields it computes, and the gate that lets them pass."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.fields import FieldTreatments
from analysis.disclosure.session import CountGate, DisclosureSession, PublicCounts
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from survey.editions.edition import Edition, SafeEdition


class GateStep(NamedTuple):
    """What the gate of a field may look at.

    `found` is the edition as computed, `gated` what has passed so far; `session` remembers every
    count that was published.
    """

    session: DisclosureSession
    found: Edition
    gated: Edition

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
# Values of some fields of `Edition`, by name: what a chapter adds to the edition.
ChapterFields = Mapping[str, object]


def no_counts(_: Edition) -> Iterator[PublishedCount]:
    return iter(())


def nothing_derived(_: Derivation) -> ChapterFields:
    return {}


class Chapter(NamedTuple):
    """A chapter: what it computes, and how each of its fields passes the gate.

    `gates` names every field of `Edition` that belongs to the chapter: a function gives its public
    value; 'plain' is no figure (which, when, where, or words chosen from published figures);
    'digits' rests on all cells together and is rounded to three digits. `structs` does the same for
    the fields of its Structs. A field that is not named is published empty. `counts` gives the
    counts that a published edition reveals, `derive` fields made from the gated edition.
    """

    name: str
    compute: Callable[[Workings], ChapterFields]
    gates: Mapping[str, FieldGate | Literal["plain", "digits"]]
    structs: Mapping[type, FieldTreatments]
    counts: Callable[[Edition], Iterator[PublishedCount]] = no_counts
    derive: Callable[[Derivation], ChapterFields] = nothing_derived
