"""The faults of a file grouped by cause, so that one wrong date in 12,000 rows is one line."""

import re

from survey.plurals import with_noun
from survey.problems import Fault
from survey.sources.refusals import bad_causes

MOST_CAUSES, MOST_PLACES = 20, 5
DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
ROW = re.compile(r"row ([0-9]+)")


class FaultCause:
    """Faults that are the same but for their place and their digits."""

    def __init__(self, first: Fault) -> None:
        self.first = first
        self.more = 0
        self.places: list[str] = []

    def add(self, fault: Fault) -> None:
        self.more += 1
        if len(self.places) < MOST_PLACES:
            self.places.append(fault.where)

    def as_fault(self) -> Fault:
        """One fault for all of them, with the first places where it occurs again."""
        if not self.more:
            return self.first
        rows = [row[1] for place in self.places if (row := ROW.match(place))]
        named = ", ".join(rows) if len(rows) == len(self.places) else "; ".join(self.places)
        noun = "row" if len(rows) == len(self.places) else "place"
        rest = " and others" if self.more > len(self.places) else ""
        like = f"{with_noun(self.more, f'more {noun}')} like this: {named}{rest}"
        return Fault(self.first.where, f"{self.first.sentence}, and {like}")


class Faults:
    """The faults of a file by cause: the first twenty causes, and the number of faults beyond."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.causes: dict[tuple[str, str], FaultCause] = {}
        self.more = 0

    def add(self, fault: Fault) -> None:
        key = DIGITS.sub("#", fault.where), DIGITS.sub("#", fault.sentence)
        if key in self.causes:
            self.causes[key].add(fault)
        elif len(self.causes) < MOST_CAUSES:
            self.causes[key] = FaultCause(fault)
        else:
            self.more += 1

    def refuse(self) -> None:
        """Raise if anything was added."""
        if self.causes:
            causes = tuple(cause.as_fault() for cause in self.causes.values())
            raise bad_causes(self.name, causes, self.more)
