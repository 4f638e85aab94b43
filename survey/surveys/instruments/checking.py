"""Finds every reason why an instrument cannot be answered, so that all are reported at once."""

import re
from collections import Counter
from collections.abc import Iterator

from survey.problems import Fault
from survey.surveys.instruments.instrument import Instrument
from survey.surveys.instruments.sizes import faults_of_size
from survey.surveys.item_types import all_parts
from survey.surveys.refusals import bad_instrument

NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")


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
