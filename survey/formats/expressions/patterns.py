"""Patterns that an organiser writes, matched in time that grows with the text and no faster."""

from functools import lru_cache
from typing import Any

import re2

OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = 1 << 22  # of one compiled pattern
MOST_LETTERS = 1_000


@lru_cache(maxsize=32)
def compiled(pattern: str) -> Any:
    """The pattern, or None where it is none that can be matched so."""
    if len(pattern) > MOST_LETTERS:
        return None
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits."""
    found = compiled(pattern)
    return found is not None and found.fullmatch(text) is not None
