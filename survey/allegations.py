"""What can be complained of: the coded list, and the working days that each kind is given."""

import datetime
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec

LIST = Path(__file__).with_name("allegations.toml")

# The day so many working days after another, by a calendar that knows the bank holidays.
Later = Callable[[datetime.date, int], datetime.date]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of allegation; `iopc` is the national category that it is counted under."""

    name: str
    title: str
    iopc: str
    acknowledge: int
    decide: int


class Given(msgspec.Struct, frozen=True):
    """Working days from the day on which a complaint came."""

    acknowledge: int
    decide: int


@cache
def kinds() -> dict[str, Kind]:
    read = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return {one.name: one for one in msgspec.convert(read["kinds"], list[Kind])}


def title(name: str) -> str:
    """A kind in words; one that an older form offered and the list no longer has, by its name."""
    found = kinds().get(name)
    return found.title if found else name.replace("_", " ").capitalize()


def given(names: Iterable[str]) -> Given:
    """A complaint of several kinds is given the days of the most urgent one."""
    known = [kinds()[name] for name in names if name in kinds()] or [kinds()["other"]]
    return Given(min(one.acknowledge for one in known), min(one.decide for one in known))
