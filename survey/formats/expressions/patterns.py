"""Regular expressions written by organisers, matched in linear time."""

from functools import lru_cache

import re2

OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = 1 << 22  # of one compiled pattern
MOST_LETTERS = 1_000


@lru_cache(maxsize=32)
def compiled_pattern(pattern: str) -> "re2._Regexp | None":
    """The compiled pattern; None if it is too long or cannot be matched in linear time."""
    if len(pattern) > MOST_LETTERS:
        return None
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text."""
    found = compiled_pattern(pattern)
    # A pattern made from answers cannot be refused before publishing; a bad one matches nothing.
    return found is not None and found.fullmatch(text) is not None
