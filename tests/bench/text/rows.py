"""One line of the table that `python -m tests.bench.text` prints."""

from typing import NamedTuple


class Row(NamedTuple):
    what: str
    target: str
    found: str
    yardsticks: str
    passed: bool
