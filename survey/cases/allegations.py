"""The coded list of allegations, and the working days that each kind allows."""

import datetime
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec

ALLEGATIONS_FILE = Path(__file__).with_name("allegations.toml")

# Adds working days to a day, by a calendar that knows the bank holidays.
AddWorkingDays = Callable[[datetime.date, int], datetime.date]


class AllegationKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of allegation; `iopc` is the national category that it is counted under."""

    name: str
    title: str
    iopc: str
    acknowledge: int
    decide: int


class WorkingDaysAllowed(msgspec.Struct, frozen=True):
    """Working days allowed to acknowledge and to decide, from the day a complaint was received."""

    acknowledge: int
    decide: int


@cache
def allegation_kinds() -> dict[str, AllegationKind]:
    read = tomllib.loads(ALLEGATIONS_FILE.read_text(encoding="utf-8"))
    return {one.name: one for one in msgspec.convert(read["kinds"], list[AllegationKind])}


def allegation_title(name: str) -> str:
    """The label of an allegation; for one that has left the list, its name made readable."""
    found = allegation_kinds().get(name)
    return found.title if found else name.replace("_", " ").capitalize()


def allegation_titles(more: Iterable[str]) -> dict[str, str]:
    """The title of each kind on the list, and of each in `more`, which may have left the list."""
    return {one: allegation_title(one) for one in (*allegation_kinds(), *more)}


def working_days_allowed(names: Iterable[str]) -> WorkingDaysAllowed:
    """The working days allowed for a complaint of several kinds: those of the most urgent one."""
    # An older case may name a kind that has left the list since.
    known = [allegation_kinds()[name] for name in names if name in allegation_kinds()] or [
        allegation_kinds()["other"]
    ]
    return WorkingDaysAllowed(
        min(one.acknowledge for one in known), min(one.decide for one in known)
    )
