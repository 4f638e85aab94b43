"""Published words and the categories that they belong to.

A new word is counted as unknown and listed in the notes, so that it does not keep a whole file
out; many of them mean that the columns moved, and the file is refused.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from survey.files import unreadable_file

MOST_UNFORESEEN = 20
KnownWords = Mapping[str, str] | Callable[[str], str | None]

SEX = {
    **{word: word for word in ("male", "female", "other")},
    "transgender": "other",
    **dict.fromkeys(("", "don't know", "not reported", "unknown"), "unknown"),
}
YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0"), "no"),
    "": "unknown",
}


class Vocabulary:
    """The categories of one dimension, such as 'age', and the words that are not in it."""

    def __init__(self, dimension: str, known: KnownWords) -> None:
        self.dimension = dimension
        self.known = known if callable(known) else known.get
        self.groups: dict[str, str] = {}
        self.unforeseen: Counter[str] = Counter()

    def group(self, text: str) -> str:
        """The category of a word, such as 'age:11-17'."""
        if text not in self.groups:
            category = self.known(" ".join(text.casefold().split()))
            if category is None:
                # Not remembered among the groups, so that every row with this word is counted.
                self.unforeseen[text[:60]] += 1
                return f"{self.dimension}:unknown"
            self.groups[text] = f"{self.dimension}:{category}"
        return self.groups[text]


def unknown_word_notes(name: str, vocabularies: Iterable[Vocabulary]) -> list[str]:
    """Notes on the words that were not known; raises if they are too many."""
    notes = []
    for one in vocabularies:
        if len(one.unforeseen) > MOST_UNFORESEEN:
            seen = ", ".join(repr(word) for word in sorted(one.unforeseen)[:5])
            raise unreadable_file(
                name, f"words of {one.dimension}", f"{len(one.unforeseen)} others such as {seen}"
            )
        notes += [
            f"{one.dimension}: {word!r} ({times:,} rows) is not a word known here; "
            "counted as unknown."
            for word, times in sorted(one.unforeseen.items())
        ]
    return notes
