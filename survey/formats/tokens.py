"""Reads a list of tokens from left to right; the base of every expression reader."""

import re
from typing import ClassVar


def split_tokens(
    expression: str, pattern: re.Pattern[str], wrong: type[ValueError]
) -> list[tuple[str, str]]:
    """The tokens of an expression, each behind the name of its group in the pattern."""
    found: list[tuple[str, str]] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise wrong(f"it cannot be read from {text[at : at + 20].strip()!r} on")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class TokenReader:
    """A position in a list of tokens; `wrong` is the error to raise on an unexpected one."""

    wrong: ClassVar[type[ValueError]] = ValueError

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.peek()
        if not found or (wanted and found != wanted):
            there = f"it has {found!r}" if found else "it ends"
            should = repr(wanted) if wanted else "a value"
            raise self.wrong(f"{there} where {should} should be")
        self.at += 1
        return found

    def end(self) -> None:
        """Raises if any token is left over."""
        if self.at < len(self.tokens):
            raise self.wrong(f"it continues with {self.peek()!r} where it should end")
