"""A definition that cannot be answered is refused, every fault at once."""

import re
from collections import Counter
from collections.abc import Iterator

from survey.instruments.instrument import Instrument
from survey.instruments.items import (
    KINDS,
    Choice,
    Choices,
    Grid,
    Group,
    Page,
    Rank,
    Repeat,
    every,
)
from survey.instruments.sizes import faults_of_size
from survey.problems import Fault, bad_instrument

NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")


def check(instrument: Instrument) -> Instrument:
    """Refuse a definition that cannot be answered."""
    if faults := faults_of(instrument):
        raise bad_instrument(tuple(faults))
    return instrument


def faults_of(instrument: Instrument) -> list[Fault]:
    if too_large := faults_of_size(instrument):
        return too_large
    faults = [
        *faults_of_names(instrument),
        *faults_of_options(instrument),
        *faults_of_kinds(instrument),
        *faults_of_holders(instrument),
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
    """Every name an expression may use."""
    for part in every(instrument.items):
        if isinstance(part, Grid):
            yield from (row.name for row in part.rows)
            if part.name in {row.name for row in part.rows}:
                continue
        yield part.name


def faults_of_names(instrument: Instrument) -> list[Fault]:
    """A name is a column of exports and part of addresses, so it is plain and stands once."""
    names = list(all_names(instrument))
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    return [Fault(name, "two questions have this name") for name in twice] + [
        Fault(name[:60], "needs a name of letters, digits, '_', '-' or '.', starting with a letter")
        for name in names
        if not NAME.fullmatch(name)
    ]


def faults_of_options(instrument: Instrument) -> list[Fault]:
    return [
        Fault(part.name, "needs at least two different options")
        for part in every(instrument.items)
        if isinstance(part, Choice | Choices | Rank)
        and len({option.name for option in part.options}) < max(2, len(part.options))
    ]


def faults_of_kinds(instrument: Instrument) -> list[Fault]:
    """An option that counts as a kind of residents nobody weighs by would be lost in silence."""
    return [
        Fault(part.name, f"{option.name} counts as {option.kind!r}; take {', '.join(known)}")
        for part in every(instrument.items)
        if isinstance(part, Choice)
        for known in [KINDS[part.margin] if part.margin else ("no kind without a margin",)]
        for option in part.options
        if option.kind and option.kind not in known
    ]


def faults_of_holders(instrument: Instrument) -> list[Fault]:
    """A table has one level below it: rounds within rounds could not be taken away."""
    empty = [
        Fault(part.name, "has no questions")
        for part in every(instrument.items)
        if isinstance(part, Group | Page | Repeat) and not part.items
    ]
    return empty + [
        Fault(inner.name, f"is repeated within {part.name}, which is repeated itself")
        for part in every(instrument.items)
        if isinstance(part, Repeat)
        for inner in every(part.items)
        if isinstance(inner, Repeat)
    ]
