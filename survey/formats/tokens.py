"""A row of tokens read from left to right, which is how each expression of a file is read."""

from typing import ClassVar


class Tokens:
    """`wrong` is what a reader raises where something else should stand."""

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
        """Refuses what is left over."""
        if self.at < len(self.tokens):
            raise self.wrong(f"it continues with {self.peek()!r} where it should end")
