"""The lists of words that tone and themes are read with, and why each word is on its list."""

from typing import NamedTuple

from analysis.text import lexicons, masking
from analysis.text.lexicons import WordGroup
from analysis.text.masking import MaskedGroup


class Group(NamedTuple):
    """Words with one reason to be on the list."""

    reason: str
    words: tuple[str, ...]


class WordList(NamedTuple):
    """One list: what is done with its words, and its version."""

    key: str
    title: str
    does: str
    version: int
    groups: tuple[Group, ...]

    @property
    def size(self) -> int:
        return sum(len(group.words) for group in self.groups)


TITLES = {
    "neutral": "Words without a tone",
    "phrases": "Phrases without a tone",
    "masked": "Words of who somebody is",
    "added": "Words of praise and blame that we added",
}
DOES = {
    "neutral": "Both lexicons would price these words. They are taken out of them: to mention a "
    "Taser, an arrest or a group of people is no judgement.",
    "phrases": "These are taken out of a text before the lexicons read it.",
    "masked": "Before the sentence model judges the tone it reads another word in their place, so "
    "that the same sentence about two groups has one tone. Names are read as “someone”. Themes "
    "are read from the words as written.",
    "added": "People use these of their police, and the lexicons lack them.",
}


def word_lists() -> tuple[WordList, ...]:
    """Every list, as it is in force. It loads the lexicons, which takes a second the first time."""
    neutral, added = lexicons.neutral_words(), lexicons.added_words()
    masked = masking.masked_words()
    told = (
        ("neutral", neutral.version, grouped(neutral.neutral)),
        ("phrases", neutral.version, grouped(neutral.phrase)),
        ("masked", masked.version, tuple(map(replaced, masked.masked))),
        ("added", added.version, tuple(map(priced, added.added))),
    )
    return tuple(WordList(key, TITLES[key], DOES[key], number, some) for key, number, some in told)


def grouped(groups: tuple[WordGroup, ...]) -> tuple[Group, ...]:
    return tuple(Group(group.reason, group.words) for group in groups)


def replaced(group: MaskedGroup) -> Group:
    return Group(f"{group.reason}; read as “{group.instead}”", group.words)


def priced(group: WordGroup) -> Group:
    return Group(f"tone {group.polarity:+.1f} of −1 to +1".replace("-", "−"), group.words)
