"""The indicators, one file each: what it is, why it is published, who is responsible for it."""

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An indicator: what it is, why and how it is measured, and who is responsible for it.

    `question` is the reader's question that it helps to answer.
    """

    title: str
    question: Literal["asked", "police", "wrote", "compared", "sure"]
    why: str
    numerator: str
    denominator: str
    method: str
    limits: str
    source: str
    author: str
    checker: str
    next_review: datetime.date


@cache
def load_measures() -> dict[str, Measure]:
    """All measures by name, in the order of their files."""
    return {
        file.stem: msgspec.toml.decode(file.read_bytes(), type=Measure)
        for file in sorted(Path(__file__).with_suffix("").glob("*.toml"))
    }
