"""The expressions of instruments, evaluated once, on the server, for every door."""

from survey.formats.expressions.logic import (
    BROKEN,
    asks_anything,
    check,
    defaults_of,
    logic_of,
    needs_logic,
    unreadable_in,
)

__all__ = [
    "BROKEN",
    "asks_anything",
    "check",
    "defaults_of",
    "logic_of",
    "needs_logic",
    "unreadable_in",
]
